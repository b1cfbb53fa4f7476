"""What wants a person because no machine can go on: unknown payments, a rail that is busy or shut, money that was sent
and is not seen, and what a rail took after all. Reads only; every list ends in a deterministic order."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from hardship.payouts.models import Attempt, Batch, Payment, RailName
from hardship.payouts.tables import AwardRecovery
from hardship.payouts.transitions import BatchState, PaymentState, RecoveryState
from hardship.payouts.wrong import NOTED_PROBLEM, TWICE_PROBLEM

PATIENCE = dt.timedelta(hours=1)
"""How long the worker finds out by itself before somebody is told."""
SEEN_WITHIN = dt.timedelta(days=5)
"""How long after it was sent a payment is seen at the latest: over a weekend and holidays."""
_SHOWN = 500


class What(StrEnum):
    """The kinds of trouble."""

    UNKNOWN = "unknown"
    LATE = "late"  # being handed over for too long: perhaps no worker runs
    CONTRADICTED = "contradicted"
    PAUSED = "paused"
    NOT_SEEN = "not_seen"
    WRONG_AND_BACK = "wrong_and_back"


class NextStep(StrEnum):
    """What comes next for a payment."""

    ASKED_AGAIN = "asked_again"  # the worker asks by itself
    PERSON = "person"  # the rail cannot tell: look there, and say what you found
    RECORD = "record"  # the rail took it after all
    WAIT = "wait"  # the batch goes on by itself
    MEND = "mend"  # the rail wants something put right first
    ASK_BANK = "ask_bank"
    RECOVERY = "recovery"  # the rail gave back what went to the wrong person: book it there
    WHOSE = "whose"  # it did so after all had come back: find out whose it is


@dataclass(frozen=True)
class Trouble:
    """One thing that wants a look: a payment by its code, or a batch that is paused.

    `at` is when the rail is asked next by itself; `told` whether it has lasted so long that somebody is told.
    """

    what: What
    code: str
    batch: str
    rail: RailName
    amount_minor: int
    since: dt.datetime
    at: dt.datetime | None
    checked_at: dt.datetime | None
    problem: str
    step: NextStep
    told: bool


_NOT_TO_BE_FOUND = {"not_found", "key_of_another_payment"}
_TO_MEND = {"insufficient_funds", "feature_not_enabled", "financial_account_not_open", "not_authorised"}


def troubles(session: Session, now: dt.datetime) -> list[Trouble]:
    """All that wants a look, the longest waiting first."""
    found = [
        *_unknown(session, now),
        *_late(session, now),
        *_contradicted(session),
        *_paused(session, now),
        *_not_seen(session, now),
        *_wrong_and_back(session),
    ]
    return sorted(found, key=lambda one: (one.since, one.code))


def _payments(session: Session, *where: Any) -> Iterator[tuple[Payment, Attempt, Batch]]:
    statement = (
        select(Payment, Attempt, Batch)
        .join(Attempt, col(Attempt.payment_id) == Payment.id)
        .join(Batch, col(Batch.id) == Attempt.batch_id)
        .where(*where)
        .order_by(col(Payment.state_since), col(Attempt.id))
        .limit(_SHOWN)
    )
    yield from session.exec(statement)


def _unknown(session: Session, now: dt.datetime) -> Iterator[Trouble]:
    """Payments of which nobody knows whether the rail took them."""
    live = col(Attempt.outcome).in_(("pending", "unknown"))
    for payment, attempt, batch in _payments(session, Payment.state == PaymentState.UNKNOWN, live):
        step = _next_step(attempt.problem)
        told = payment.state_since <= now - PATIENCE or step is NextStep.PERSON
        yield _trouble(What.UNKNOWN, payment, attempt, batch, payment.state_since, step, told)


def _late(session: Session, now: dt.datetime) -> Iterator[Trouble]:
    """Payments that have been on their way to the rail for too long, though it does not want to be left alone."""
    late = (Payment.state == PaymentState.SUBMITTING, col(Payment.state_since) <= now - PATIENCE)
    live = col(Attempt.outcome).in_(("pending", "unknown"))
    for payment, attempt, batch in _payments(session, *late, live, col(Batch.resume_at).is_(None)):
        step = _next_step(attempt.problem)
        yield _trouble(What.LATE, payment, attempt, batch, payment.state_since, step, True)


def _next_step(problem: str) -> NextStep:
    """What comes next for a payment of which nobody knows, by the rail's last word."""
    if problem in _NOT_TO_BE_FOUND:
        return NextStep.PERSON
    return NextStep.MEND if problem in _TO_MEND else NextStep.ASKED_AGAIN


def _contradicted(session: Session) -> Iterator[Trouble]:
    for payment, attempt, batch in _payments(session, col(Attempt.contradicted_at).is_not(None)):
        since = attempt.contradicted_at or payment.state_since
        twice = attempt.problem == TWICE_PROBLEM
        what, step = (What.WRONG_AND_BACK, NextStep.WHOSE) if twice else (What.CONTRADICTED, NextStep.RECORD)
        yield _trouble(what, payment, attempt, batch, since, step, True)


def _not_seen(session: Session, now: dt.datetime) -> Iterator[Trouble]:
    """Payments that were sent and that neither the rail nor the bank has shown as paid."""
    late = col(Payment.state_since) <= now - SEEN_WITHIN
    sent = Payment.state == PaymentState.SUBMITTED
    live = Attempt.outcome == "accepted"
    for payment, attempt, batch in _payments(session, sent, late, live):
        yield _trouble(What.NOT_SEEN, payment, attempt, batch, payment.state_since, NextStep.ASK_BANK, True)


def _wrong_and_back(session: Session) -> Iterator[Trouble]:
    """What the rail gave back of awards that went to the wrong person, until all of it is booked."""
    still_out = select(AwardRecovery.award_id).where(AwardRecovery.state != RecoveryState.RECOVERED)
    mine = (Attempt.problem == NOTED_PROBLEM, col(Payment.award_id).in_(still_out))
    for payment, attempt, batch in _payments(session, *mine):
        since = payment.state_since
        yield _trouble(What.WRONG_AND_BACK, payment, attempt, batch, since, NextStep.RECOVERY, True)


def _paused(session: Session, now: dt.datetime) -> Iterator[Trouble]:
    """Batches under way whose rail wants to be left alone."""
    wanted = select(Batch).where(Batch.state == BatchState.SUBMITTING, col(Batch.resume_at).is_not(None))
    for batch in session.exec(wanted.order_by(col(Batch.id)).limit(_SHOWN)):
        mend = batch.paused_for in _TO_MEND
        yield Trouble(
            What.PAUSED,
            batch.ref,
            batch.ref,
            batch.rail,
            batch.amount_minor,
            batch.state_since,
            batch.resume_at,
            None,
            batch.paused_for,
            NextStep.MEND if mend else NextStep.WAIT,
            mend or batch.state_since <= now - PATIENCE,
        )


def _trouble(
    what: What,
    payment: Payment,
    attempt: Attempt,
    batch: Batch,
    since: dt.datetime,
    step: NextStep,
    told: bool,
) -> Trouble:
    return Trouble(
        what,
        payment.reference,
        batch.ref,
        batch.rail,
        payment.amount_minor,
        since,
        payment.look_at,
        payment.checked_at,
        attempt.problem,
        step,
        told,
    )
