"""I7 and I9: money leaves once for an award, and nobody approves a batch of their own or pays a case they have a
conflict with."""

from collections.abc import Iterable

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.core.runtime import Runtime
from hardship.ledger.queries import check
from hardship.payouts import bank_doctor, guard_doctor
from hardship.payouts.held import kept
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment, RailName, SandboxPayment
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState
from hardship.payouts.wrong import TWICE_PROBLEM
from hardship.review.models import ConflictOfInterest

_S = PaymentState
OUT = frozenset({_S.PAID, _S.RECALL_PENDING, _S.PAID_EXTERNALLY})
LIVE = (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED)


def once(session: Session, _runtime: Runtime) -> list[str]:
    """One live attempt a payment, one open payment an award; the books and the stand-in bank say the same as the
    payments."""
    return [*_attempts(session), *_payments(session), *_books(session), *_sandbox(session)]


def _attempts(session: Session) -> list[str]:
    rows = session.exec(
        select(Payment.reference, func.count())
        .join(Attempt, col(Attempt.payment_id) == Payment.id)
        .where(col(Attempt.outcome).in_(LIVE))
        .group_by(Payment.reference)
        .having(func.count() > 1)
        .order_by(Payment.reference)
    )
    found = [f"payment {reference} has {count} live attempts" for reference, count in rows]
    contradicted = session.exec(
        select(Attempt.reference)
        .where(col(Attempt.contradicted_at).is_not(None), Attempt.problem != TWICE_PROBLEM)
        .order_by(Attempt.reference)
    )
    return found + [f"attempt {code} counts as not taken, and the rail took it" for code in contradicted]


def _payments(session: Session) -> list[str]:
    rows = session.exec(
        select(Award.ref, func.count(), func.min(Payment.amount_minor), Award.amount_minor)
        .join(Payment, col(Payment.award_id) == Award.id)
        .where(Payment.state != _S.CANCELLED)
        .group_by(Award.ref, col(Award.amount_minor))
        .having((func.count() > 1) | (func.min(Payment.amount_minor) != Award.amount_minor))
        .order_by(Award.ref)
    )
    return [
        f"award {ref} has {count} open payments" if count > 1 else f"award {ref} is {due}, its payment {paid}"
        for ref, count, paid, due in rows
    ]


def _books(session: Session) -> list[str]:
    sums = {
        PaymentState(state): int(minor)
        for state, minor in session.exec(
            select(Payment.state, func.sum(Payment.amount_minor)).group_by(col(Payment.state))
        )
    }
    funds = check(session).funds
    booked = [
        ("in flight", sum(fund.in_flight for fund in funds), _of(sums, AT_THE_RAIL)),
        ("paid", sum(fund.paid for fund in funds), _of(sums, OUT)),
    ]
    return [
        f"{name} is {books} in the books and {rows} by the payments"
        for name, books, rows in booked
        if books != rows
    ]


def _of(sums: dict[PaymentState, int], states: Iterable[PaymentState]) -> int:
    return sum(sums.get(state, 0) for state in states)


def _sandbox(session: Session) -> list[str]:
    """The stand-in bank's book against ours: nothing in it that we did not ask for, nothing paid that we do not know."""
    strange = session.exec(
        select(SandboxPayment.reference)
        .outerjoin(Attempt, col(Attempt.idem_key) == SandboxPayment.key)
        .outerjoin(Payment, col(Payment.id) == Attempt.payment_id)
        .where(col(Attempt.id).is_(None) | (Payment.amount_minor != SandboxPayment.amount_minor))
        .order_by(SandboxPayment.reference)
    )
    found = [f"the stand-in bank holds {reference}, which is no attempt of ours" for reference in strange]
    unheard = session.exec(
        select(Attempt.reference)
        .join(Batch, col(Batch.id) == Attempt.batch_id)
        .outerjoin(SandboxPayment, col(SandboxPayment.key) == Attempt.idem_key)
        .where(
            Batch.rail == RailName.SANDBOX,
            Attempt.outcome == AttemptOutcome.ACCEPTED,
            col(SandboxPayment.key).is_(None),
        )
        .order_by(Attempt.reference)
    )
    return found + [f"attempt {reference} is not in the stand-in bank's book" for reference in unheard]


def four_eyes(session: Session, _runtime: Runtime) -> list[str]:
    """A batch's maker and approver are two people, and neither has a conflict with a case in it."""
    own = session.exec(select(Batch.ref).where(Batch.made_by == Batch.approved_by).order_by(Batch.ref))
    found = [f"batch {ref} was approved by its maker" for ref in own]
    conflicted = session.exec(
        select(Batch.ref, ConflictOfInterest.staff_id)
        .join(Payment, col(Payment.batch_id) == Batch.id)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(ConflictOfInterest, col(ConflictOfInterest.application_id) == Award.application_id)
        .where(
            col(ConflictOfInterest.staff_id).in_([Batch.made_by, Batch.approved_by]),
            # a conflict that is declared afterwards does not undo what was decided before it
            (
                (col(ConflictOfInterest.staff_id) == Batch.made_by)
                & (col(ConflictOfInterest.at) <= Batch.made_at)
            )
            | (
                (col(ConflictOfInterest.staff_id) == Batch.approved_by)
                & (col(ConflictOfInterest.at) <= Batch.approved_at)
            ),
        )
        .distinct()
        .order_by(Batch.ref, col(ConflictOfInterest.staff_id))
    )
    return found + [
        f"batch {ref} pays a case that staff {who} has a conflict with" for ref, who in conflicted
    ]


CHECKS = (
    ("I7 once", once),
    ("I9 four eyes: batches", four_eyes),
    ("I7 once: after a restore", lambda session, _runtime: kept(session)),
    *guard_doctor.CHECKS,
    *bank_doctor.CHECKS,
)
