"""The outbox: mails say nothing but that there is news, and a real server gets each of them once."""

import datetime as dt
import email
import email.policy
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import text

from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput
from hardship.core.models import OutboxMail
from hardship.core.outbox import enqueue_news
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs.mails import DELAYS, MOST_TRIES, claim, outbox, send_due, server_of, standing
from tests.integration.applications.helpers import load


@dataclass
class Post:
    """A server's mailbox; `refuse` is what it answers to an address that holds the word."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take or refuse a recipient."""
        for word, answer in self.refuse.items():
            if word in address:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a mail."""
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 Message accepted"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def post() -> Iterator[Post]:
    """A running server."""
    box = Post()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.port = controller.port  # type: ignore[attr-defined]
    yield box
    controller.stop()


@pytest.fixture
def sending(runtime: Runtime, post: Post) -> Runtime:
    """A runtime with a fund that sends through the server."""
    load(runtime)
    runtime.settings = replace(
        runtime.settings, smtp_url=f"smtp://127.0.0.1:{post.port}?from=help@example.org"
    )  # type: ignore[attr-defined]
    return runtime


def news(runtime: Runtime, *addresses: str) -> None:
    """One mail to each address, each a person of their own."""

    def queue(tx: Transaction) -> None:
        for address in addresses:
            enqueue_news(tx, tx.vault.new_person(tx.session, tx.at).key_id, address, "news")

    runtime.transact(SYSTEM, queue)


def mails(runtime: Runtime) -> list[OutboxMail]:
    """The outbox."""
    with runtime.read() as session:
        return outbox(session)


def later(runtime: Runtime, by: dt.timedelta) -> None:
    """Let time pass."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(by)


def test_each_mail_is_sent_once(sending: Runtime, post: Post) -> None:
    """To its own address alone, and not again."""
    news(sending, "maya@example.org", "ines@example.org")
    assert sending.run_due("mails") == 2
    assert sending.run_due("mails") == 0
    assert sorted(to for tos, _ in post.mails for to in tos) == ["ines@example.org", "maya@example.org"]
    assert all(len(tos) == 1 for tos, _ in post.mails)
    assert [standing(mail) for mail in mails(sending)] == ["sent", "sent"]


def test_a_mail_says_nothing_but_that_there_is_news(sending: Runtime, post: Post) -> None:
    """The fund's public name, and where to read; no word of what it is about."""
    news(sending, "maya@example.org")
    sending.run_due("mails")
    mail = post.mails[0][1]
    assert mail["Subject"] == "Lane Support"
    assert mail["From"] == "Lane Support <help@example.org>"
    body = mail.get_content()
    assert "http://localhost:8000/status" in body
    everything = f"{mail['Subject']} {mail['From']} {body}".lower()
    for word in ("grant", "award", "hardship", "approv", "declin", "application", "money", "fund", "maya"):
        assert word not in everything, word


def test_a_sent_mail_keeps_no_address(sending: Runtime) -> None:
    """What was sealed for the sending is gone after it, and never stood there in plain."""
    news(sending, "maya@example.org")
    assert b"maya" not in (mails(sending)[0].address or b"")
    sending.run_due("mails")
    assert mails(sending)[0].address is None


def test_without_a_server_mails_are_kept(runtime: Runtime) -> None:
    """Shown by `outbox list`, not lost and not tried."""
    news(runtime, "maya@example.org")
    assert runtime.run_due("mails") == 0
    assert [(standing(mail), mail.attempts) for mail in mails(runtime)] == [("waiting", 0)]


def test_a_server_that_is_away_is_tried_again(sending: Runtime, post: Post) -> None:
    """Later and later, and with the next try it goes out."""
    there = sending.settings
    sending.settings = replace(there, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    news(sending, "maya@example.org")
    assert sending.run_due("mails") == 1
    assert (mails(sending)[0].attempts, mails(sending)[0].failed) == (1, "the mail server was not reached")
    sending.settings = there
    assert sending.run_due("mails") == 0  # not before its time
    later(sending, DELAYS[0])
    assert sending.run_due("mails") == 1
    assert standing(mails(sending)[0]) == "sent"
    assert len(post.mails) == 1


def test_tries_end(sending: Runtime) -> None:
    """A server that never comes back is not asked for ever."""
    sending.settings = replace(sending.settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    news(sending, "maya@example.org")
    for _ in range(MOST_TRIES + 3):
        sending.run_due("mails")
        later(sending, DELAYS[-1])
    assert (standing(mails(sending)[0]), mails(sending)[0].attempts) == ("given_up", MOST_TRIES)


def test_a_definite_no_ends_the_tries_and_names_nobody(sending: Runtime, post: Post) -> None:
    """The others are sent; what is kept of the answer is its code, for an answer may quote the address."""
    post.refuse = {
        "maya": "550 no such user maya@example.org",
        "slow": "451 slow@example.org come back later",
    }
    news(sending, "maya@example.org", "slow@example.org", "ines@example.org")
    sending.run_due("mails")
    found = mails(sending)
    assert [standing(mail) for mail in found] == ["given_up", "waiting", "sent"]
    assert [mail.failed for mail in found] == [
        "refused by the server (550)",
        "refused by the server (451)",
        "",
    ]
    post.refuse = {}
    later(sending, DELAYS[0])
    assert sending.run_due("mails") == 1
    assert [standing(mail) for mail in mails(sending)] == ["given_up", "sent", "sent"]


def test_an_erased_person_gets_no_mail(sending: Runtime, post: Post) -> None:
    """Without the data key the address cannot be read; the mail is given up."""
    news(sending, "maya@example.org", "ines@example.org")
    with sending.database.writer.begin() as connection:
        key = mails(sending)[0].data_key_id
        connection.execute(text("UPDATE data_key SET wrapped = NULL WHERE id = :key"), {"key": key})
    assert sending.run_due("mails") == 1
    assert [tos for tos, _ in post.mails] == [["ines@example.org"]]
    assert [standing(mail) for mail in mails(sending)] == ["given_up", "sent"]


def test_two_workers_never_take_the_same_mail(sending: Runtime) -> None:
    """What one has claimed is not due for the other."""
    news(sending, "maya@example.org", "ines@example.org")
    assert len(sending.transact(SYSTEM, claim)) == 2
    assert sending.transact(SYSTEM, claim) == {}


def test_signing_in_over_starttls(sending: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password goes out encrypted, to a server whose certificate is checked."""
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def may(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
        return AuthResult(success=(told.login, told.password) == (b"post", b"p@ss word"))

    box = Post()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        authenticator=may,
        auth_required=True,
    )
    controller.start()
    try:
        url = f"smtp+starttls://post:p%40ss%20word@localhost:{controller.port}?from=help@example.org"
        sending.settings = replace(sending.settings, smtp_url=url)
        news(sending, "maya@example.org")
        send_due(sending)  # nobody vouches for the certificate
        assert (box.mails, mails(sending)[0].failed) == ([], "the mail server was not reached")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        later(sending, DELAYS[0])
        send_due(sending)
        assert len(box.mails) == 1
    finally:
        controller.stop()


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:99999", "smtp://["]
)
def test_a_server_that_cannot_be_meant_is_told(url: str) -> None:
    """One clear line, without what stands in the address."""
    with pytest.raises(BadInput, match="not a mail server") as refused:
        server_of(url, "localhost")
    assert refused.value.where == "SMTP_URL"


def test_the_password_is_not_shown() -> None:
    """Neither in a log nor in a doctor's report."""
    assert "secret" not in repr(server_of("smtps://me:secret@mail.example.org", "localhost"))
    assert server_of("smtps://me:secret@mail.example.org", "help.org").sender == "no-reply@help.org"
