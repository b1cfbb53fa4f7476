"""What the event log has to say the same about: the states of payments, batches, recalls, recoveries and hits."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.payouts.models import (
    BankFile,
    BankFileState,
    Batch,
    Payment,
    TrialPayment,
    TrialState,
)
from hardship.payouts.tables import AwardRecovery, PaymentHold, Recall, SanctionsHit
from hardship.payouts.transitions import (
    BatchState,
    HitState,
    HoldState,
    PaymentState,
    RecallState,
    RecoveryState,
)

SUBJECTS = (
    "payment",
    "batch",
    "recall",
    "award-recovery",
    "sanctions-hit",
    "bank_file",
    "trial_payment",
    "payment_hold",
)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Everything of the room that has a state, with it."""
    payments = session.exec(select(Payment.reference, Payment.state).order_by(col(Payment.id)))
    for reference, state in payments:
        yield f"payment:{reference}", PaymentState(state).value
    for ref, standing in session.exec(select(Batch.ref, Batch.state).order_by(col(Batch.id))):
        yield f"batch:{ref}", BatchState(standing).value
    for ref, recalled in session.exec(select(Recall.ref, Recall.state).order_by(col(Recall.id))):
        yield f"recall:{ref}", RecallState(recalled).value
    for ref, back in session.exec(
        select(AwardRecovery.ref, AwardRecovery.state).order_by(col(AwardRecovery.id))
    ):
        yield f"award-recovery:{ref}", RecoveryState(back).value
    for ref, found in session.exec(
        select(SanctionsHit.ref, SanctionsHit.state).order_by(col(SanctionsHit.id))
    ):
        yield f"sanctions-hit:{ref}", HitState(found).value
    for ref, kept in session.exec(select(BankFile.ref, BankFile.state).order_by(col(BankFile.id))):
        yield f"bank_file:{ref}", BankFileState(kept).value
    for ref, tried in session.exec(
        select(TrialPayment.ref, TrialPayment.state).order_by(col(TrialPayment.id))
    ):
        yield f"trial_payment:{ref}", TrialState(tried).value
    for ref, waits in session.exec(select(PaymentHold.ref, PaymentHold.state).order_by(col(PaymentHold.id))):
        yield f"payment_hold:{ref}", HoldState(waits).value
