"""Messages between an applicant and the fund: written, read, opened for the page.

An applicant is told by their safe channel that there is news when a message is the first that they have not read: one
mail, however many messages follow. What they write marks the case, until somebody of the panel has read it.
"""

import datetime as dt
import re
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from hardship.applications.answers import visible
from hardship.applications.messages import asking, queries
from hardship.applications.messages.models import Direction, InfoRequest, Message, MessageReading
from hardship.applications.models import Application
from hardship.applications.service.reaching import tell
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.core.actor import ActorKind
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.refs import new_key
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.staff.permissions import Permission, require_staff

MAX_WORDS = 5_000
MOST_UNREAD = 20  # messages of one applicant that nobody has read yet
_ONCE = re.compile(r"[0-9A-Za-z]{8,32}")


@dataclass(frozen=True)
class Said:
    """A message as a page shows it. `new`: the reader has not read it before; `wants`: it is a question."""

    number: int
    direction: Direction
    words: str = field(repr=False)
    at: dt.datetime
    read_at: dt.datetime | None
    new: bool = False
    is_question: bool = False


def write(tx: Transaction, *, application_id: int, words: str, once: str) -> Message:
    """The applicant writes to the fund; while a question is open, it is the answer. The same form again is one message.

    Raises `BadInput` with `words` as `where`, `Conflict` while too many wait to be read, `NotFound` when the person was
    erased.
    """
    application = lock_application(tx, application_id)
    if tx.actor.kind is not ActorKind.APPLICANT:
        raise Forbidden("only the applicant writes here", fix="Write to them from the case.")
    require_owner(tx.actor, application)
    sent = sent_before(tx, application, words, once)
    if sent is not None:
        return sent
    if queries.unread(tx.session, application_id, Direction.APPLICANT) >= MOST_UNREAD:
        raise Conflict("we have not read your last messages yet", fix="Please wait until we have.")
    message = store(tx, application, Direction.APPLICANT, words, once)
    application.message_at = application.message_at or tx.at
    application.changed_at = tx.at
    application.version += 1
    tx.session.add(application)
    tx.record("message.from_applicant", subject_of(application), message=message.id)
    asking.answered(tx, application)
    return message


def write_for_fund(tx: Transaction, application: Application, *, words: str, once: str) -> Message:
    """A member of staff writes to the applicant of a locked case, who is told that the fund did. The same form again is
    one message. The caller has refused whoever must not see the case."""
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    sent = sent_before(tx, application, words, once)
    if sent is not None:
        return sent
    first = not queries.unread(tx.session, application.id or 0, Direction.FUND)
    message = store(tx, application, Direction.FUND, words, once, staff_id)
    tx.record("message.from_fund", subject_of(application), message=message.id)
    if first:
        tell(tx, application)
    return message


def sent_before(tx: Transaction, application: Application, words: str, once: str) -> Message | None:
    """What this form has sent already, or None. Somebody who went back and wrote something else has said something
    else: nothing they write is lost."""
    found = queries.sent_with(tx.session, application.id or 0, once)
    if found is None:
        return None
    sealer = tx.vault.person(tx.session, application.data_key_id)
    said = sealer.open("message", "words", found.ref, found.words)
    return found if said == visible(words).strip() else None


def store(
    tx: Transaction,
    application: Application,
    direction: Direction,
    words: str,
    once: str,
    staff_id: int | None = None,
) -> Message:
    """Keep a message of a locked case, sealed; its event is the caller's. Raises `BadInput`, `NotFound` once erased."""
    said = visible(words).strip()
    if not said:
        raise BadInput("there is nothing in it", where="words", fix="Write your message.")
    if len(said) > MAX_WORDS:
        raise BadInput(f"longer than {MAX_WORDS:,} characters", where="words", fix="Shorten it.")
    ref, number = new_key(), application.id or 0
    sealer = tx.vault.person(tx.session, application.data_key_id)
    free = queries.sent_with(tx.session, number, once) is None
    message = Message(
        application_id=number,
        ref=ref,
        once=mark(once) if free else new_key(),
        direction=direction,
        staff_id=staff_id,
        words=sealer.seal("message", "words", ref, said),
        at=tx.at,
    )
    tx.session.add(message)
    tx.session.flush()
    return message


def mark(once: str) -> str:
    """A form's mark as it is kept: a made-up one is as good as its own, and anything else gets a new one."""
    return once if _ONCE.fullmatch(once) else new_key()


def read_by_applicant(tx: Transaction, *, application_id: int, only: int | None = None) -> int:
    """The applicant has read the fund's messages (or `only` that one); returns how many were new. One event if any."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    wanted = select(Message).where(
        Message.application_id == application_id,
        Message.direction == Direction.FUND,
        col(Message.read_at).is_(None),
    )
    if only is not None:
        wanted = wanted.where(Message.id == only)
    fresh = tx.session.exec(wanted.order_by(col(Message.id))).all()
    for message in fresh:
        message.read_at = tx.at
        tx.session.add(message)
    if fresh:
        tx.record("messages.read_by_applicant", subject_of(application), messages=len(fresh))
    return len(fresh)


def read_for_fund(tx: Transaction, application: Application, *, up_to: int, settles: bool) -> int:
    """A member of staff has read the thread of a locked case up to the message `up_to`; returns how many were new to
    them. One event for what is new, none for looking again.

    `settles`: nobody else has to read it, so that the case is no longer marked.
    """
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    number = application.id or 0
    reading = tx.session.get(MessageReading, (number, staff_id))
    after = reading.message_id if reading else 0
    wanted = select(Message).where(
        Message.application_id == number, col(Message.id) > after, col(Message.id) <= up_to
    )
    passed = tx.session.exec(wanted.order_by(col(Message.id))).all()
    fresh = [message for message in passed if message.staff_id != staff_id]
    for message in fresh:
        if message.direction is Direction.APPLICANT and message.read_at is None:
            message.read_at = tx.at
            tx.session.add(message)
    if passed:
        reading = reading or MessageReading(application_id=number, staff_id=staff_id, message_id=0, at=tx.at)
        reading.message_id, reading.at = passed[-1].id or 0, tx.at
        tx.session.add(reading)
    if fresh:
        tx.record("messages.read", subject_of(application), up_to=up_to, messages=len(fresh))
    tx.session.flush()
    if settles and application.message_at and not queries.unread(tx.session, number, Direction.APPLICANT):
        application.message_at = None
        tx.session.add(application)
    return len(fresh)


def opened(
    session: Session,
    vault: Vault,
    application: Application,
    *,
    reader: Direction,
    after: int = 0,
    staff_id: int | None = None,
) -> list[Said]:
    """The thread of a case, oldest first, for one side; [] once the person was erased. It records nothing.

    For the fund's side, `after` is the last message that the reader, `staff_id`, has read.
    """
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        return []
    questions = {one.message_id for one in queries.questions_of(session, application.id or 0)}
    return [
        Said(
            one.id or 0,
            one.direction,
            sealer.open("message", "words", one.ref, one.words) or "",
            one.at,
            one.read_at,
            new=_is_new(one, reader, after, staff_id),
            is_question=one.id in questions,
        )
        for one in queries.thread(session, application.id or 0)
    ]


def _is_new(message: Message, reader: Direction, after: int, staff_id: int | None) -> bool:
    if reader is Direction.APPLICANT:
        return message.read_at is None and message.direction is Direction.FUND
    return (message.id or 0) > after and (message.staff_id is None or message.staff_id != staff_id)


def question_words(session: Session, vault: Vault, application: Application, question: InfoRequest) -> str:
    """What was asked, opened for the applicant's own page; "" once the person was erased."""
    message = session.get(Message, question.message_id)
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        return ""
    return (sealer.open("message", "words", message.ref, message.words) or "") if message else ""
