"""What the event log has to say the same about: closed periods, the loss log, and reversed journals."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from hardship.ledger.closing import subject_of
from hardship.ledger.corrections import REVERSIBLE
from hardship.ledger.models import Journal, Loss, LossRecovery, LossState, PeriodClose

SUBJECTS = ("period", "loss", "journal")
KINDS = ("loss.recorded", "loss.recovered", "recovery.booked")


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every closed period, every loss with its state, every journal that was reversed by hand."""
    for row in session.exec(select(PeriodClose).order_by(col(PeriodClose.id))):
        yield subject_of(row), "closed"
    for ref, state in session.exec(select(Loss.ref, Loss.state).order_by(col(Loss.id))):
        yield f"loss:{ref}", LossState(state).value
    kinds = [f"{kind}.reversed" for kind in REVERSIBLE]
    reversed_ = select(Journal.reverses_id).where(
        col(Journal.reverses_id).is_not(None), col(Journal.kind).in_(kinds)
    )
    for number in session.exec(reversed_.order_by(col(Journal.reverses_id))):
        yield f"journal:{number}", "reversed"


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """What was lost, and what came back."""
    what = "recovered" if "recovered_minor" in facts else "amount"
    yield f"{subject} {what}", facts["amount_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    for ref, minor, back in session.exec(
        select(Loss.ref, Loss.amount_minor, Loss.recovered_minor).order_by(col(Loss.id))
    ):
        yield f"loss:{ref} amount", minor
        yield f"loss:{ref} recovered", back
    for ref, minor in session.exec(
        select(LossRecovery.ref, LossRecovery.amount_minor).order_by(col(LossRecovery.id))
    ):
        yield f"loss_recovery:{ref} amount", minor
