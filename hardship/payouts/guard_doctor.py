"""I7 and I9 where money leaves or comes back by hand: evidence and two people for each payment, receipts that add up,
and nobody paid whom a sanctions hit stops."""

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.runtime import Runtime
from hardship.payouts.models import Payment
from hardship.payouts.tables import AwardRecovery, ExternalPayment, RecoveryReceipt, SanctionsHit
from hardship.payouts.transitions import HitState, PaymentState, RecoveryState
from hardship.review.models import ConflictOfInterest


def by_hand(session: Session, _runtime: Runtime) -> list[str]:
    """What is paid externally has its evidence, and nothing else has."""
    bare = session.exec(
        select(Payment.reference)
        .outerjoin(ExternalPayment, col(ExternalPayment.payment_id) == Payment.id)
        .where(Payment.state == PaymentState.PAID_EXTERNALLY, col(ExternalPayment.payment_id).is_(None))
        .order_by(Payment.reference)
    )
    strange = session.exec(
        select(Payment.reference)
        .join(ExternalPayment, col(ExternalPayment.payment_id) == Payment.id)
        .where(Payment.state != PaymentState.PAID_EXTERNALLY)
        .order_by(Payment.reference)
    )
    found = [f"payment {reference} was paid by hand, without evidence" for reference in bare]
    return found + [f"payment {reference} has evidence of a payment by hand" for reference in strange]


def recovered(session: Session, _runtime: Runtime) -> list[str]:
    """What came back of a wrongly paid award is its receipts; the award is recovered when all of it has come back."""
    receipts = dict(
        session.exec(
            select(RecoveryReceipt.recovery_id, func.sum(RecoveryReceipt.amount_minor)).group_by(
                col(RecoveryReceipt.recovery_id)
            )
        ).all()
    )
    rows = session.exec(
        select(AwardRecovery, Award.state)
        .join(Award, col(Award.id) == AwardRecovery.award_id)
        .order_by(AwardRecovery.ref)
    ).all()
    found = [
        f"recovery {row.ref} says {row.recovered_minor}, its receipts {int(receipts.get(row.id or 0, 0))}"
        for row, _ in rows
        if row.recovered_minor != int(receipts.get(row.id or 0, 0))
    ]
    return found + [
        f"recovery {row.ref} is {row.state.value}, its award {AwardState(state).value}"
        for row, state in rows
        if (row.state is RecoveryState.RECOVERED) != (state == AwardState.RECOVERED)
    ]


def four_eyes(session: Session, _runtime: Runtime) -> list[str]:
    """A payment by hand has two people, neither of whom had a conflict with its case; the operator acts alone."""
    own = session.exec(
        select(Payment.reference)
        .join(ExternalPayment, col(ExternalPayment.payment_id) == Payment.id)
        .where(ExternalPayment.proposed_by == ExternalPayment.approved_by)
        .order_by(Payment.reference)
    )
    found = [f"payment {reference} by hand was approved by whoever proposed it" for reference in own]
    conflicted = session.exec(
        select(Payment.reference)
        .join(ExternalPayment, col(ExternalPayment.payment_id) == Payment.id)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(ConflictOfInterest, col(ConflictOfInterest.application_id) == Award.application_id)
        .where(
            or_(
                col(ConflictOfInterest.staff_id) == ExternalPayment.proposed_by,
                col(ConflictOfInterest.staff_id) == ExternalPayment.approved_by,
            ),
            col(ConflictOfInterest.at) <= ExternalPayment.at,
        )
        .distinct()
        .order_by(Payment.reference)
    )
    return found + [f"payment {reference} by hand has somebody with a conflict" for reference in conflicted]


def frozen(session: Session, _runtime: Runtime) -> list[str]:
    """Nobody was paid after the officer confirmed that they are on the list, until that was taken back."""
    rows = session.exec(
        select(Payment.reference)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(SanctionsHit, col(SanctionsHit.application_id) == Award.application_id)
        .where(SanctionsHit.state == HitState.CONFIRMED, col(Payment.submitted_at) > SanctionsHit.decided_at)
        .distinct()
        .order_by(Payment.reference)
    )
    return [f"payment {reference} was sent although its payee is on the sanctions list" for reference in rows]


CHECKS = (
    ("I7 once: by hand", by_hand),
    ("I7 once: recovered", recovered),
    ("I9 four eyes: by hand", four_eyes),
    ("I9 sanctions", frozen),
)
