"""What the event log has to say the same about: the state of every payment and batch."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.payouts.models import Batch, Payment
from hardship.payouts.transitions import BatchState, PaymentState

SUBJECTS = ("payment", "batch")


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every payment and every batch with its state."""
    payments = session.exec(select(Payment.reference, Payment.state).order_by(col(Payment.id)))
    for reference, state in payments:
        yield f"payment:{reference}", PaymentState(state).value
    for ref, standing in session.exec(select(Batch.ref, Batch.state).order_by(col(Batch.id))):
        yield f"batch:{ref}", BatchState(standing).value
