"""What the event log has to say the same about: the state of every award, and the pennies that each pot pays."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.awards.models import Award, AwardShare
from hardship.awards.transitions import AwardState

SUBJECTS = ("award",)
KINDS = ("award.offered",)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every award with its state."""
    rows = session.exec(select(Award.ref, Award.state).order_by(col(Award.id)))
    return ((f"award:{ref}", AwardState(state).value) for ref, state in rows)


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """An offer: the amount, and what each pot pays of it."""
    yield f"{subject} amount", facts["amount_minor"]
    for pot, minor in facts["shares"].items():
        yield f"{subject} from pot {pot}", minor


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows; what was released later is no part of the offer."""
    for ref, minor in session.exec(select(Award.ref, Award.amount_minor).order_by(col(Award.id))):
        yield f"award:{ref} amount", minor
    shares = session.exec(
        select(Award.ref, AwardShare.pot_id, func.sum(AwardShare.amount_minor))
        .join(Award, col(Award.id) == AwardShare.award_id)
        .where(AwardShare.amount_minor > 0)
        .group_by(Award.ref, col(AwardShare.pot_id))
        .order_by(Award.ref, col(AwardShare.pot_id))
    )
    for ref, pot, minor in shares:
        yield f"award:{ref} from pot {pot}", int(minor)
