"""Reads of messages and questions. Every list ends in a deterministic order."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.messages.models import Direction, InfoRequest, Message, MessageReading
from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState

_AT_MOST = 500  # messages of a thread that are shown: nobody reads more


def thread(session: Session, application_id: int) -> list[Message]:
    """The messages of a case, oldest first; of very many the newest five hundred."""
    newest = (
        select(Message)
        .where(Message.application_id == application_id)
        .order_by(col(Message.id).desc())
        .limit(_AT_MOST)
    )
    return list(reversed(session.exec(newest).all()))


def sent_with(session: Session, application_id: int, once: str) -> Message | None:
    """The message that this form has sent already, or None."""
    wanted = select(Message).where(Message.application_id == application_id, Message.once == once)
    return session.exec(wanted).first()


def unread(session: Session, application_id: int, direction: Direction) -> int:
    """How many messages in one direction the other side has not read."""
    question = (
        select(func.count())
        .select_from(Message)
        .where(
            Message.application_id == application_id,
            Message.direction == direction,
            col(Message.read_at).is_(None),
        )
    )
    return int(session.exec(question).one())


def read_up_to(session: Session, application_id: int, staff_id: int) -> int:
    """The number of the last message that this member of staff has read; 0 for none."""
    found = session.get(MessageReading, (application_id, staff_id))
    return 0 if found is None else found.message_id


def questions_of(session: Session, application_id: int) -> Sequence[InfoRequest]:
    """The questions put to an applicant, oldest first."""
    wanted = select(InfoRequest).where(InfoRequest.application_id == application_id)
    return session.exec(wanted.order_by(col(InfoRequest.id))).all()


def last_question(session: Session, application_id: int) -> InfoRequest | None:
    """The newest question put to an applicant, open or not."""
    wanted = select(InfoRequest).where(InfoRequest.application_id == application_id)
    return session.exec(wanted.order_by(col(InfoRequest.id).desc()).limit(1)).first()


def open_question(session: Session, application: Application) -> InfoRequest | None:
    """The question that an applicant has to answer now; None unless the case waits for it."""
    if application.state is not ApplicationState.INFO_REQUESTED:
        return None
    found = last_question(session, application.id or 0)
    return found if found is not None and found.closed_at is None else None


def earlier_cases(session: Session, application: Application) -> list[Application]:
    """The applicant's own earlier cases after which they asked again, newest first."""
    found: list[Application] = []
    known, number = {application.id}, application.again_of_id
    while number is not None and number not in known:
        known.add(number)
        one = session.get(Application, number)
        if one is None:
            break
        found.append(one)
        number = one.again_of_id
    return found
