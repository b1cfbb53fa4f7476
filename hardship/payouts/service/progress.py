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
from hardship.awards.transitions import AwardState
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, Line, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.payouts.events import PaymentReturned
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment
from hardship.payouts.service.storing import put, store_attempts, store_payments
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
    _E.CONFIRM_CANCEL: ("payout.stopped", _K.PAYOUT_CLEARING, _K.GRANTS_PAYABLE),
    _E.RETURN: ("payout.returned", _K.BANK, _K.GRANTS_PAYABLE),
    _E.PAY_EXTERNALLY: ("payout.external", _K.GRANTS_PAYABLE, _K.BANK),
}
"""The journal of an event: its kind, the account debited, the account credited. What is paid another way while it is at
the rail is not payable any more but in clearing, which is debited instead."""

_OUTCOME: dict[PaymentEvent, AttemptOutcome] = {
    _E.ACCEPT: AttemptOutcome.ACCEPTED,
    _E.REJECT: AttemptOutcome.REFUSED,
    _E.LOSE_TRACK: AttemptOutcome.UNKNOWN,
    _E.FAIL: AttemptOutcome.FAILED,
    _E.CONFIRM_CANCEL: AttemptOutcome.CANCELLED,
    _E.RETURN: AttemptOutcome.RETURNED,
    _E.PAY_EXTERNALLY: AttemptOutcome.CANCELLED,
}


def _paid_otherwise(tx: Transaction, paid: Sequence[Award]) -> None:
    """Awards are paid by another way: those that were in no batch go through payment at once."""
    awards.start_payment(tx, [award for award in paid if award.state is AwardState.ACCEPTED])
    awards.mark_paid(tx, paid)


_AWARDS: dict[PaymentEvent, Callable[[Transaction, Sequence[Award]], object]] = {
    _E.CANCEL: awards.stop_payment,
    _E.CONFIRM_CANCEL: awards.stop_payment,
    _E.REJECT: awards.stop_payment,
    _E.FAIL: awards.stop_payment,
    _E.SETTLE: awards.mark_paid,
    _E.PAY_EXTERNALLY: _paid_otherwise,
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
    """A payment and what happens to it, one step after the other.

    `attempt` is the try that the steps are about, if there is one; `new_key` that of one that is just begun. `paid_from`
    is the account that paid it externally.
    """

    payment: Payment
    award: Award
    attempt: Attempt | None = None
    steps: list[Step] = field(default_factory=list)
    problem: str = ""
    provider_ref: str | None = None
    name_check: str = ""
    paid_from: AccountKind = AccountKind.BANK
    new_key: str = ""

    @property
    def key(self) -> str:
        """The key of the try that the steps are about, or "" when they are about none."""
        return self.attempt.idem_key if self.attempt else self.new_key


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
    origins = {
        one.payment.id or 0: (one.payment, one.payment.state, len(one.steps)) for one in moves if one.steps
    }
    drafts: list[JournalDraft] = []
    for round_no in range(max((len(one.steps) for one in moves), default=0)):
        now = [(one, one.steps[round_no]) for one in moves if round_no < len(one.steps)]
        for one, step in now:
            if step.event in _BOOKED:
                drafts.append(_journal(fund, one, step, shares[one.payment.award_id]))
            _apply(tx, one, step, batch_refs)
        for event, tell in _AWARDS.items():
            if concerned := [one.award for one, step in now if step.event is event]:
                tell(tx, concerned)
    store_payments(tx, origins)
    store_attempts(tx, [one.attempt for one in moves if one.attempt is not None and _is_told(one)])
    post(tx, drafts)
    for one in moves:
        if any(step.event is PaymentEvent.RETURN for step in one.steps):
            tx.publish(PaymentReturned(one.payment.id or 0))
    close_batches(tx, {one.payment.batch_id for one in moves if one.payment.batch_id is not None})


def _is_told(one: Move) -> bool:
    return any(step.event in _OUTCOME for step in one.steps)


def _apply(tx: Transaction, one: Move, step: Step, batch_refs: dict[int, str]) -> None:
    """One step of one payment, as its object says it; what moved is written afterwards, all at once."""
    payment, attempt = one.payment, one.attempt
    state = MACHINE.apply(payment.state, step.event)
    put(
        payment,
        state=state,
        state_since=tx.at,
        version=payment.version + 1,
        look_at=first_look(state, tx.at),
    )
    if step.event is PaymentEvent.SUBMIT:
        put(payment, submitted_at=tx.at)
    if step.event is PaymentEvent.SETTLE:
        put(payment, paid_on=step.on)
    facts = {"state": state.value, "award": one.award.ref, "amount": payment.amount_minor}
    if payment.batch_id is not None:
        facts["batch"] = batch_refs[payment.batch_id]
    if attempt is not None and (outcome := _OUTCOME.get(step.event)):
        put(
            attempt,
            outcome=outcome,
            resolved_at=None if outcome is AttemptOutcome.UNKNOWN else tx.at,
            provider_ref=one.provider_ref or attempt.provider_ref,
            name_check=one.name_check[:8] or attempt.name_check,
            problem=one.problem[:80],
        )
        if one.problem:
            facts["problem"] = one.problem[:80]
    tx.record(f"payment.{state.value}", f"payment:{payment.reference}", **facts)


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
    """What a step does to the books; the payment is still where it was before it."""
    kind, debit, credit = _BOOKED[step.event]
    if step.event is PaymentEvent.PAY_EXTERNALLY:
        credit = one.paid_from
        if one.payment.state in AT_THE_RAIL:
            debit = AccountKind.PAYOUT_CLEARING
    lines: list[Line] = []
    for pot_id, minor in shares:
        lines += transfer(pot_id, debit, credit, minor)
    return JournalDraft(
        idem_key=f"{kind}:{one.key or one.payment.reference}",
        kind=kind,
        fund_slug=fund.slug,
        cause=f"payment:{one.payment.reference}",
        effective_on=step.on,
        lines=lines,
        currency=fund.currency,
        refers_on=one.payment.paid_on if step.event is PaymentEvent.RETURN else None,
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
    under_way = (
        select(Batch)
        .where(col(Batch.id).in_(sorted(batch_ids)))
        .where(col(Batch.state).in_((BatchState.SUBMITTING, BatchState.SUBMITTED)))
    )
    for batch in lock(tx.session, under_way.order_by(col(Batch.id))):
        if batch.state is BatchState.SUBMITTING and not _any_in(tx, batch, _TO_HAND_OVER):
            move_batch(tx, batch, BatchEvent.FINISH_SUBMITTING)
        if batch.state is BatchState.SUBMITTED and not _any_in(tx, batch, AT_THE_RAIL):
            move_batch(tx, batch, BatchEvent.SETTLE)


_TO_HAND_OVER = frozenset({PaymentState.APPROVED, PaymentState.SUBMITTING})


def _any_in(tx: Transaction, batch: Batch, states: Iterable[PaymentState]) -> bool:
    """Whether a payment of a batch is in one of these states; asked by the index, however large the batch."""
    wanted = select(Payment.id).where(Payment.batch_id == batch.id, col(Payment.state).in_(sorted(states)))
    return tx.session.exec(wanted.limit(1)).first() is not None


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
