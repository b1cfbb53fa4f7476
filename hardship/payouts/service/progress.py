"""What happens to payments, in bulk: states, attempts, journals, awards, batches and events move together.

Whoever calls holds the fund's lock and has the payments from `hold`, in the one lock order: fund → award → payment.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import col, select

from hardship.awards import service as awards
from hardship.awards.models import Award, AwardShare
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment
from hardship.payouts.transitions import (
    AT_THE_RAIL,
    BATCH_MACHINE,
    MACHINE,
    BatchEvent,
    BatchState,
    PaymentEvent,
    PaymentState,
)

T = TypeVar("T")
AT_ONCE = 500

STALE_AFTER = dt.timedelta(minutes=2)
"""How long whoever sends a payment has it to themselves; after that the worker looks it up."""

LOOK_AGAIN = dt.timedelta(minutes=1)
LOOK_AGAIN_AT_LATEST = dt.timedelta(days=1)
WATCH_PAID = dt.timedelta(days=30)
"""How long a paid payment is watched for a return."""

_E, _K = PaymentEvent, AccountKind

_BOOKED: dict[PaymentEvent, tuple[str, AccountKind, AccountKind]] = {
    _E.SUBMIT: ("payout.sent", _K.GRANTS_PAYABLE, _K.PAYOUT_CLEARING),
    _E.REJECT: ("payout.failed", _K.PAYOUT_CLEARING, _K.GRANTS_PAYABLE),
    _E.FAIL: ("payout.failed", _K.PAYOUT_CLEARING, _K.GRANTS_PAYABLE),
    _E.SETTLE: ("payout.paid", _K.PAYOUT_CLEARING, _K.BANK),
    _E.RETURN: ("payout.returned", _K.BANK, _K.GRANTS_PAYABLE),
}
"""The journal of an event: its kind, the account debited, the account credited (design.md, "Money")."""

_OUTCOME: dict[PaymentEvent, AttemptOutcome] = {
    _E.ACCEPT: AttemptOutcome.ACCEPTED,
    _E.REJECT: AttemptOutcome.REFUSED,
    _E.LOSE_TRACK: AttemptOutcome.UNKNOWN,
    _E.FAIL: AttemptOutcome.FAILED,
    _E.RETURN: AttemptOutcome.RETURNED,
}

_AWARDS: dict[PaymentEvent, Callable[[Transaction, Sequence[Award]], object]] = {
    _E.CANCEL: awards.stop_payment,
    _E.REJECT: awards.stop_payment,
    _E.FAIL: awards.stop_payment,
    _E.SETTLE: awards.mark_paid,
    _E.RETURN: awards.bank_return,
}
"""What an event means for the award; it is in payment from when it was put into a batch."""


@dataclass(frozen=True)
class Step:
    """One event and the day it belongs to in the books."""

    event: PaymentEvent
    on: dt.date


@dataclass
class Move:
    """A payment and what happens to it, one step after the other. `attempt` is the try that the steps are about."""

    payment: Payment
    award: Award
    attempt: Attempt | None = None
    steps: list[Step] = field(default_factory=list)
    problem: str = ""
    provider_ref: str | None = None


def parts(items: Sequence[T], size: int = AT_ONCE) -> Iterable[Sequence[T]]:
    """`items` in portions that fit into one statement."""
    return (items[start : start + size] for start in range(0, len(items), size))


def hold(tx: Transaction, payment_ids: Sequence[int]) -> list[tuple[Payment, Award]]:
    """The payments with their awards, locked and read anew, by number. The fund is locked already."""
    ordered = sorted(set(payment_ids))
    by_id: dict[int, Award] = {}
    for part in parts(ordered):
        of_these = select(Payment.award_id).where(col(Payment.id).in_(part))
        for award in lock(
            tx.session, select(Award).where(col(Award.id).in_(of_these)).order_by(col(Award.id))
        ):
            by_id[award.id or 0] = award
    found: list[tuple[Payment, Award]] = []
    for part in parts(ordered):
        rows = lock(tx.session, select(Payment).where(col(Payment.id).in_(part)).order_by(col(Payment.id)))
        found += [(payment, by_id[payment.award_id]) for payment in rows]
    return found


def move(tx: Transaction, fund: Fund, moves: Sequence[Move]) -> None:
    """Let every step happen: state, attempt, journal, award and event; then close the batches that are through."""
    tx.session.flush()
    batch_refs = _batch_refs(tx, moves)
    shares = _shares(tx, [one for one in moves if any(step.event in _BOOKED for step in one.steps)])
    drafts: list[JournalDraft] = []
    for round_no in range(max((len(one.steps) for one in moves), default=0)):
        now = [(one, one.steps[round_no]) for one in moves if round_no < len(one.steps)]
        for one, step in now:
            _apply(tx, one, step, batch_refs)
            if step.event in _BOOKED:
                drafts.append(_journal(fund, one, step, shares[one.payment.award_id]))
        for event, tell in _AWARDS.items():
            if concerned := [one.award for one, step in now if step.event is event]:
                tell(tx, concerned)
    post(tx, drafts)
    close_batches(tx, {one.payment.batch_id for one in moves if one.payment.batch_id is not None})


def _apply(tx: Transaction, one: Move, step: Step, batch_refs: dict[int, str]) -> None:
    payment, attempt = one.payment, one.attempt
    payment.state = MACHINE.apply(payment.state, step.event)
    payment.state_since = tx.at
    payment.version += 1
    payment.look_at = first_look(payment.state, tx.at)
    if step.event is PaymentEvent.SUBMIT:
        payment.submitted_at = tx.at
    if step.event is PaymentEvent.SETTLE:
        payment.paid_on = step.on
    facts = {"state": payment.state.value, "award": one.award.ref, "amount": payment.amount_minor}
    if payment.batch_id is not None:
        facts["batch"] = batch_refs[payment.batch_id]
    if attempt is not None and (outcome := _OUTCOME.get(step.event)):
        attempt.outcome = outcome
        attempt.resolved_at = None if outcome is AttemptOutcome.UNKNOWN else tx.at
        attempt.provider_ref = one.provider_ref or attempt.provider_ref
        attempt.problem = one.problem[:80]
        if one.problem:
            facts["problem"] = one.problem[:80]
    tx.session.add(payment)
    tx.record(f"payment.{payment.state.value}", f"payment:{payment.reference}", **facts)


def first_look(state: PaymentState, at: dt.datetime) -> dt.datetime | None:
    """When the rail is first asked about a payment that has just come into `state`; None for never."""
    match state:
        case PaymentState.SUBMITTING:
            return at + STALE_AFTER
        case PaymentState.UNKNOWN | PaymentState.SUBMITTED:
            return at
        case PaymentState.PAID:
            return at + LOOK_AGAIN
        case _:
            return None


def next_look(payment: Payment, at: dt.datetime) -> dt.datetime | None:
    """When the rail is asked again about a payment of which it had no news: the longer nothing happens, the later."""
    waited = at - payment.state_since
    if payment.state is PaymentState.PAID and waited > WATCH_PAID:
        return None
    return at + min(max(LOOK_AGAIN, waited / 4), LOOK_AGAIN_AT_LATEST)


def _journal(fund: Fund, one: Move, step: Step, shares: Sequence[tuple[int, int]]) -> JournalDraft:
    kind, debit, credit = _BOOKED[step.event]
    assert one.attempt is not None
    lines: list[Line] = []
    for pot_id, minor in shares:
        lines += transfer(pot_id, debit, credit, minor)
    return JournalDraft(
        idem_key=f"{kind}:{one.attempt.idem_key}",
        kind=kind,
        fund_slug=fund.slug,
        cause=f"payment:{one.payment.reference}",
        effective_on=step.on,
        lines=lines,
        currency=fund.currency,
    )


def _shares(tx: Transaction, moves: Sequence[Move]) -> dict[int, list[tuple[int, int]]]:
    """The pots and pence of each award, by award."""
    found: dict[int, list[tuple[int, int]]] = {one.payment.award_id: [] for one in moves}
    for part in parts(sorted(found)):
        rows = tx.session.exec(
            select(AwardShare.award_id, AwardShare.pot_id, func.sum(AwardShare.amount_minor))
            .where(col(AwardShare.award_id).in_(part))
            .group_by(col(AwardShare.award_id), col(AwardShare.pot_id))
            .order_by(col(AwardShare.award_id), col(AwardShare.pot_id))
        )
        for award_id, pot_id, minor in rows:
            found[award_id].append((pot_id, int(minor)))
    return found


def _batch_refs(tx: Transaction, moves: Sequence[Move]) -> dict[int, str]:
    numbers = sorted({one.payment.batch_id for one in moves if one.payment.batch_id is not None})
    rows = tx.session.exec(select(Batch.id, Batch.ref).where(col(Batch.id).in_(numbers))).all()
    return {number or 0: ref for number, ref in rows}


# --- Batches ------------------------------------------------------------------------------------------------------


def move_batch(tx: Transaction, batch: Batch, event: BatchEvent) -> None:
    """One event of a batch, witnessed."""
    batch.state = BATCH_MACHINE.apply(batch.state, event)
    batch.state_since = tx.at
    tx.session.add(batch)
    tx.record(
        f"batch.{batch.state.value}",
        f"batch:{batch.ref}",
        state=batch.state.value,
        count=batch.count,
        amount=batch.amount_minor,
        digest=batch.digest,
    )


def close_batches(tx: Transaction, batch_ids: Iterable[int]) -> None:
    """Finish the batches of which every payment was handed over, and settle those with none at the rail any more."""
    tx.session.flush()
    for batch in lock(
        tx.session, select(Batch).where(col(Batch.id).in_(sorted(batch_ids))).order_by(col(Batch.id))
    ):
        if batch.state not in {BatchState.SUBMITTING, BatchState.SUBMITTED}:
            continue
        left = set(
            tx.session.exec(select(Payment.state).where(Payment.batch_id == batch.id).distinct()).all()
        )
        if batch.state is BatchState.SUBMITTING and not left & {
            PaymentState.APPROVED,
            PaymentState.SUBMITTING,
        }:
            move_batch(tx, batch, BatchEvent.FINISH_SUBMITTING)
        if batch.state is BatchState.SUBMITTED and not left & AT_THE_RAIL:
            move_batch(tx, batch, BatchEvent.SETTLE)


def recount(tx: Transaction, batch: Batch) -> None:
    """Bring a batch's count and amount up to date with what is in it."""
    tx.session.flush()
    count, amount = tx.session.exec(
        select(func.count(), func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.batch_id == batch.id, Payment.state != PaymentState.CANCELLED
        )
    ).one()
    batch.count, batch.amount_minor = int(count), int(amount)
    tx.session.add(batch)


def today(tx: Transaction) -> dt.date:
    """The day in London of the transaction."""
    return day_of(tx.at)
