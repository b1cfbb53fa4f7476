"""What waits for the panel in the conversations: messages that nobody has read, cases that changed since a vote."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.review.models import Assignment, ConflictOfInterest, Vote

_AT_MOST = 200  # cases of a list: whoever has dealt with these comes back


@dataclass(frozen=True)
class MessageRow:
    """A case with a message that waits to be read. `mine`: it was given to the reader; `given`: to somebody."""

    ref: str
    state: ApplicationState
    since: dt.datetime
    mine: bool
    given: bool


@dataclass(frozen=True)
class ChangedRow:
    """A case that changed at `changed_at`, after the reader voted on it."""

    ref: str
    state: ApplicationState
    changed_at: dt.datetime


def _with_messages(staff_id: int) -> Any:
    conflicted = sa_select(ConflictOfInterest.application_id).where(  # type: ignore[call-overload]
        col(ConflictOfInterest.staff_id) == staff_id
    )
    return (
        sa_select(
            col(Application.ref),
            col(Application.state),
            col(Application.message_at),
            col(Assignment.staff_id).label("assigned"),
        )
        .outerjoin(Assignment, col(Assignment.application_id) == col(Application.id))
        .where(col(Application.message_at).is_not(None), col(Application.id).not_in(conflicted))
    )


def with_messages(session: Session, staff_id: int) -> list[MessageRow]:
    """The cases with an unread message: those given to the reader first, then by how long they wait."""
    rows = session.execute(
        _with_messages(staff_id)
        .order_by(
            (func.coalesce(col(Assignment.staff_id), 0) == staff_id).desc(),
            col(Application.message_at),
            col(Application.id),
        )
        .limit(_AT_MOST)
    ).all()
    return [
        MessageRow(one.ref, one.state, one.message_at, one.assigned == staff_id, one.assigned is not None)
        for one in rows
    ]


def count_messages(session: Session, staff_id: int, *, mine: bool) -> int:
    """How many cases with an unread message were given to the reader, or to nobody."""
    whose = col(Assignment.staff_id) == staff_id if mine else col(Assignment.staff_id).is_(None)
    found = _with_messages(staff_id).where(whose).limit(_AT_MOST).subquery()
    return int(session.execute(sa_select(func.count()).select_from(found)).scalar_one())


def _changed(staff_id: int) -> Any:
    """Cases that are still open to votes. Somebody with a conflict has no vote, or one that no longer counts."""
    conflict = sa_select(literal(1)).where(
        col(ConflictOfInterest.application_id) == col(Application.id),
        col(ConflictOfInterest.staff_id) == staff_id,
    )
    return (
        sa_select(col(Application.ref), col(Application.state), col(Application.changed_at))
        .join(Vote, col(Vote.application_id) == col(Application.id))
        .where(
            col(Vote.staff_id) == staff_id,
            col(Application.state) == ApplicationState.IN_REVIEW,
            col(Application.changed_at) > col(Vote.at),
            ~conflict.exists(),
        )
    )


def changed(session: Session, staff_id: int) -> list[ChangedRow]:
    """The cases in review that changed after the reader voted on them, the longest ago first."""
    order = (col(Application.changed_at), col(Application.id))
    rows = session.execute(_changed(staff_id).order_by(*order).limit(_AT_MOST)).all()
    return [ChangedRow(one.ref, one.state, one.changed_at) for one in rows]


def count_changed(session: Session, staff_id: int) -> int:
    """How many cases in review changed after the reader voted on them."""
    found = _changed(staff_id).limit(_AT_MOST).subquery()
    return int(session.execute(sa_select(func.count()).select_from(found)).scalar_one())
