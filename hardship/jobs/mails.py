"""Sending what is in the outbox. A mail says only that there is news; the address is opened for the sending alone.

A mail is claimed in one transaction, sent outside any, and marked in another: whoever claims it has it to themselves
until its next try is due. A crash in between sends it twice at worst, never not at all.
"""

import datetime as dt
import json
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from sqlmodel import Session, col, select

from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput, NotFound
from hardship.core.logs import log
from hardship.core.models import Channel, OutboxMail
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.web.language import _, lazy, speaking

AT_ONCE = 20
MOST_TRIES = 8
PATIENCE = 30  # seconds for the server to answer
DELAYS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
"""How long to wait after the first, second, … try that did not succeed."""

NO_FOR_GOOD = "refused for good"

NEUTRAL = "A message for you"
NEUTRAL_SAID = lazy("A message for you")


def news(status: str) -> str:
    """The mail that says that there is news and no more, in the language spoken; `status` is where to read it."""
    said = (
        _("Hello"),
        _("There is news for you. To read it, open"),
        status,
        _("and enter the reference and the code that you were given."),
        _("Nobody reads answers to this message."),
    )
    return "\n\n".join(said) + "\n"


@dataclass(frozen=True)
class Server:
    """The outgoing mail server: `smtp`, `smtp+starttls` or `smtps`, and the sender's address."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        return f"Server({self.scheme}://{self.host}:{self.port})"


def server_of(url: str, own_host: str) -> Server:
    """The server that SMTP_URL names, such as `smtp+starttls://user:password@mail.example.org:587?from=help@example.org`.

    Raises `BadInput` when it cannot be meant.
    """
    ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ports or not parts.hostname:
        raise BadInput(
            "not a mail server",
            where="SMTP_URL",
            fix="Write it like smtp+starttls://user:password@mail.example.org:587?from=help@example.org",
        )
    sender = (parse_qs(parts.query).get("from") or [f"no-reply@{own_host}"])[0]
    return Server(
        parts.scheme,
        parts.hostname,
        port or ports[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        sender,
    )


def send_due(runtime: Runtime) -> int:
    """Send some of the mails that are due; returns how many were tried. Without SMTP_URL they stay in the outbox."""
    if not runtime.settings.smtp_url:
        return 0
    host = urlsplit(runtime.settings.base_url).hostname or "localhost"
    server = server_of(runtime.settings.smtp_url, host)
    claimed = runtime.transact(SYSTEM, claim)
    if not claimed:
        return 0
    done: dict[int, str] = {}
    try:
        with connected(server) as connection:
            for mail_id, letter in claimed.items():
                done[mail_id] = _send(runtime, connection, server, letter)
    except (OSError, smtplib.SMTPException) as error:
        log().warning("mail server not reached", job="mails", error=type(error).__name__)
        done = {mail_id: "the mail server was not reached" for mail_id in claimed} | done
    runtime.transact(SYSTEM, note, done=done)
    return len(claimed)


@dataclass(frozen=True)
class Letter:
    """A mail or text as it leaves: to whom, and what it says where it says more than that there is news. `ref` names it
    in the outbox, and to a gateway, that may have got it before."""

    address: str
    subject: str = ""
    body: str = ""
    language: str = "en"
    ref: str = ""

    def __repr__(self) -> str:
        return "Letter()"


def claim(tx: Transaction, kind: Channel = Channel.MAIL) -> dict[int, Letter]:
    """Take the messages of one kind that are due, oldest first, opened; those of erased people are given up."""
    waiting = (
        select(OutboxMail)
        .where(
            OutboxMail.kind == kind,
            col(OutboxMail.sent_at).is_(None),
            col(OutboxMail.attempts) < MOST_TRIES,
        )
        .order_by(col(OutboxMail.id))
        .limit(AT_ONCE * 10)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    due = [mail for mail in tx.session.exec(waiting) if is_due(mail, tx.at)][:AT_ONCE]
    claimed: dict[int, Letter] = {}
    for mail in due:
        letter = _opened(tx, mail)
        mail.tried_at = tx.at
        mail.attempts = mail.attempts + 1 if letter else MOST_TRIES
        mail.failed = "" if letter else "the person was erased"
        tx.session.add(mail)
        if letter:
            claimed[mail.id or 0] = letter
    return claimed


def is_due(mail: OutboxMail, at: dt.datetime) -> bool:
    """Whether a mail that was not sent yet may be tried at `at`."""
    if mail.tried_at is None:
        return True
    return at >= mail.tried_at + DELAYS[min(mail.attempts, len(DELAYS)) - 1]


def _opened(tx: Transaction, mail: OutboxMail) -> Letter | None:
    try:
        person = tx.vault.person(tx.session, mail.data_key_id)
    except NotFound:
        return None
    address = person.open("outbox_mail", "address", mail.ref, mail.address)
    said = json.loads(person.open("outbox_mail", "letter", mail.ref, mail.letter) or "{}")
    return Letter(address, language=mail.language, ref=mail.ref, **said) if address else None


@contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection to the server, signed in if there is a user; raises `OSError` or `SMTPException`."""
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    with client:
        if server.scheme == "smtp+starttls":
            client.starttls(context=context)
        if server.user:
            client.login(server.user, server.password)
        yield client


def _send(runtime: Runtime, connection: smtplib.SMTP, server: Server, letter: Letter) -> str:
    """Send one mail; returns what went wrong, or nothing. What a server answers may quote the address: only its code
    is kept."""
    try:
        connection.send_message(message(runtime, server, letter))
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        connection.rset()
        return f"refused by the server ({codes})"
    except smtplib.SMTPResponseException as error:
        return f"refused by the server ({error.smtp_code})"
    except ValueError:
        return "not an address"
    return ""


def message(runtime: Runtime, server: Server, letter: Letter) -> EmailMessage:
    """The mail: a neutral subject, and where to read the news, or the letter that somebody asked for."""
    host = urlsplit(runtime.settings.base_url).hostname or "localhost"
    with runtime.read() as session:
        subject = letter.subject or subject_of(session)
    named = subject != NEUTRAL
    with speaking(letter.language):
        subject = subject if named else str(NEUTRAL_SAID)
        body = letter.body or news(f"{runtime.settings.base_url}/status")
    mail = EmailMessage()
    mail["From"] = formataddr((subject if named else "", server.sender))
    mail["To"] = letter.address
    mail["Subject"] = subject
    mail["Date"] = format_datetime(runtime.clock.now())
    mail["Message-ID"] = make_msgid(domain=host)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    return mail


def subject_of(session: Session) -> str:
    """The public name of the only fund; of several, words that say nothing."""
    names = session.exec(select(Fund.public_name).distinct().order_by(Fund.public_name)).all()
    return names[0] if len(names) == 1 else NEUTRAL


def note(tx: Transaction, *, done: dict[int, str]) -> None:
    """Mark messages as sent, or with what went wrong; a server's definite no ends the tries."""
    for mail_id, problem in done.items():
        mail = tx.session.get(OutboxMail, mail_id, populate_existing=True, with_for_update=True)
        if mail is None:
            continue
        mail.failed = problem[:80]
        if not problem:
            mail.sent_at, mail.address, mail.letter = tx.at, None, None  # nothing more to be done with them
        elif is_final(problem):
            mail.attempts = MOST_TRIES
        tx.session.add(mail)


def is_final(problem: str) -> bool:
    """Whether another try would be refused as well: a mail server's 5xx, or a gateway's no to this message."""
    return problem.startswith(("refused by the server (5", NO_FOR_GOOD)) or problem == "not an address"


def outbox(session: Session) -> list[OutboxMail]:
    """Every mail and text, oldest first."""
    return list(session.exec(select(OutboxMail).order_by(col(OutboxMail.id))).all())


def standing(mail: OutboxMail) -> str:
    """Where a mail stands: sent, waiting, or given up."""
    if mail.sent_at is not None:
        return "sent"
    return "given_up" if mail.attempts >= MOST_TRIES else "waiting"
