"""What the rails say, made true: answers come late, twice and out of order, and each is about one try by its key."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from hardship.awards.models import Award
from hardship.contributions.webhooks import Delivered, NotOurs
from hardship.core.actor import SYSTEM, Actor
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.service import lock_fund
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment, RailName
from hardship.payouts.outcomes import meaning
from hardship.payouts.queries import NOT_TAKEN
from hardship.payouts.rails import rail_for
from hardship.payouts.rails.base import Answer, Status
from hardship.payouts.service.batches import hold_back
from hardship.payouts.service.progress import Move, Step, hold, move, next_look, parts
from hardship.payouts.service.storing import store_checked, store_looks
from hardship.payouts.transitions import BatchState, PaymentEvent, PaymentState
from hardship.payouts.wrong import NOTED_PROBLEM, TWICE_PROBLEM, noted_as_wrong, recovered_whole

LIVE = (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED)
_TAKEN = {Status.ACCEPTED, Status.POSTED}
_UNSURE = {PaymentState.SUBMITTING, PaymentState.UNKNOWN}


def record_answers(tx: Transaction, *, fund_id: int, answers: Sequence[Answer]) -> int:
    """Let the rail's answers, all about one fund's payments, come true; returns how many payments went on.

    Answers that say nothing new change nothing. One that a try which counts as not taken was taken after all is kept for
    a person, and its award is not paid again before that.
    """
    fund = lock_fund(tx, fund_id)
    by_key = {answer.key: answer for answer in answers}
    held = hold(tx, _payments_of(tx, by_key))
    attempts = live_attempts(tx, [payment.id or 0 for payment, _ in held])
    wrong = noted_as_wrong(tx.session, [award.id or 0 for _, award in held])
    moves: list[Move] = []
    looks: dict[dt.datetime | None, list[Payment]] = {}
    for payment, award in held:
        attempt = attempts.get(payment.id or 0)
        answer = by_key.get(attempt.idem_key) if attempt else None
        if attempt is None or answer is None:
            continue
        events = meaning(payment.state, answer.status)
        if PaymentEvent.RETURN in events and award.id in wrong:
            _wrong_and_back(tx, award, attempt)
            looks.setdefault(None, []).append(payment)
        elif events:
            moves.append(_move(tx, payment, award, attempt, answer, events))
        else:
            looks.setdefault(_next_look(tx, payment, attempt, answer), []).append(payment)
    store_checked(tx, [one.payment for one in moves])
    store_looks(tx, looks)
    move(tx, fund, moves)
    pause_batches(tx, [answer for answer in answers if answer.status is Status.BUSY])
    note_contradictions(tx, by_key)
    return len(moves)


def _payments_of(tx: Transaction, by_key: Mapping[str, Answer]) -> list[int]:
    """The payments whose live try has one of these keys."""
    numbers: list[int] = []
    for part in parts(sorted(by_key)):
        wanted = select(Attempt.payment_id).where(
            col(Attempt.idem_key).in_(part), col(Attempt.outcome).in_(LIVE)
        )
        numbers += tx.session.exec(wanted).all()
    return numbers


def _move(
    tx: Transaction,
    payment: Payment,
    award: Award,
    attempt: Attempt,
    answer: Answer,
    events: Sequence[PaymentEvent],
) -> Move:
    """What an answer that says something new does to a payment."""
    day = answer.on or day_of(tx.at)
    days = [answer.posted_on or day if event is PaymentEvent.SETTLE else day for event in events]
    steps = [Step(event, on) for event, on in zip(events, days, strict=True)]
    return Move(payment, award, attempt, steps, answer.problem, answer.provider_ref, answer.name_check)


def _wrong_and_back(tx: Transaction, award: Award, attempt: Attempt) -> None:
    """The rail gave back what is noted as wrongly paid: a person books it as a recovery, or, when all of it had come back
    already, finds out whose it is. The rail is asked no more."""
    if attempt.problem in {NOTED_PROBLEM, TWICE_PROBLEM}:
        return
    attempt.problem = NOTED_PROBLEM
    if recovered_whole(tx.session, award.id or 0):
        attempt.problem, attempt.contradicted_at = TWICE_PROBLEM, tx.at
    tx.session.add(attempt)
    tx.record(f"attempt.{attempt.problem}", f"attempt:{attempt.reference}")


def _next_look(tx: Transaction, payment: Payment, attempt: Attempt, answer: Answer) -> dt.datetime | None:
    """When the rail is asked next about a payment of which it had no news, and why it had none."""
    if answer.problem and payment.state in _UNSURE:
        attempt.problem = answer.problem[:80]
        tx.session.add(attempt)
    return tx.at + answer.wait if answer.wait is not None else next_look(payment, tx.at)


def live_attempts(tx: Transaction, payment_ids: Sequence[int]) -> dict[int, Attempt]:
    """The one live try of each payment that has one, read anew. The payments are locked."""
    found: dict[int, Attempt] = {}
    for part in parts(payment_ids):
        rows = lock(
            tx.session,
            select(Attempt)
            .where(col(Attempt.payment_id).in_(part), col(Attempt.outcome).in_(LIVE))
            .order_by(col(Attempt.id)),
        )
        found |= {attempt.payment_id: attempt for attempt in rows}
    return found


def record_all(runtime: Runtime, actor: Actor, answers: Sequence[Answer]) -> int:
    """Record answers, each fund's in a transaction of its own."""
    by_key = {answer.key: answer for answer in answers}
    by_fund: dict[int, list[Answer]] = {}
    with runtime.read() as session:
        for part in parts(sorted(by_key)):
            rows = session.exec(
                select(Attempt.idem_key, Batch.fund_id)
                .join(Batch, col(Batch.id) == Attempt.batch_id)
                .where(col(Attempt.idem_key).in_(part))
                .order_by(col(Attempt.id))
            )
            for key, fund_id in rows:
                by_fund.setdefault(fund_id, []).append(by_key[key])
    return sum(
        runtime.transact(actor, record_answers, fund_id=fund_id, answers=told)
        for fund_id, told in sorted(by_fund.items())
    )


def pause_batches(tx: Transaction, busy: Sequence[Answer]) -> None:
    """Leave a rail alone that is busy: the batches under way of these payments go on when it wants to be asked again."""
    for answer in busy:
        wanted = (
            select(Batch)
            .join(Attempt, col(Attempt.batch_id) == Batch.id)
            .where(Attempt.idem_key == answer.key, Batch.state == BatchState.SUBMITTING)
        )
        for batch in lock(tx.session, wanted):
            batch.resume_at = tx.at + (answer.wait or dt.timedelta())
            batch.paused_for = answer.problem[:80]
            tx.session.add(batch)


def note_contradictions(tx: Transaction, by_key: Mapping[str, Answer]) -> None:
    """A rail says that it took a try which counts as not taken: a person has to look, and until then the award is not
    paid again. When it says later that nothing left, or that it came back, that is over."""
    for part in parts(sorted(by_key)):
        wanted = select(Attempt).where(col(Attempt.idem_key).in_(part), col(Attempt.outcome).in_(NOT_TAKEN))
        for attempt in lock(tx.session, wanted.order_by(col(Attempt.id))):
            taken = by_key[attempt.idem_key].status in _TAKEN
            gone = by_key[attempt.idem_key].status in {Status.FAILED, Status.CANCELLED, Status.RETURNED}
            if taken and attempt.contradicted_at is None:
                _contradict(tx, attempt, by_key[attempt.idem_key])
            elif gone and attempt.contradicted_at is not None:
                attempt.contradicted_at = None
                tx.session.add(attempt)
                tx.record("attempt.agreed", f"attempt:{attempt.reference}")


def _contradict(tx: Transaction, attempt: Attempt, answer: Answer) -> None:
    attempt.contradicted_at = tx.at
    attempt.provider_ref = attempt.provider_ref or answer.provider_ref
    tx.session.add(attempt)
    tx.record("attempt.contradicted", f"attempt:{attempt.reference}", said=answer.status.value)
    hold_back(tx, attempt.payment_id)


def on_outbound_payment(runtime: Runtime, delivered: Delivered) -> None:
    """An event of Stripe's about an outbound payment: it says only that something happened, so the payment is fetched,
    and how it stands now is what counts, in whatever order events arrive."""
    related = delivered.body.get("related_object")
    ref = related.get("id") if isinstance(related, dict) else None
    answer = rail_for(runtime, RailName.STRIPE).fetch(ref) if isinstance(ref, str) and ref else None
    if answer is None:
        raise NotOurs("the event names no payment of ours")
    record_all(runtime, SYSTEM, [answer])
