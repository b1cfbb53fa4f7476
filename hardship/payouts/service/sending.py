"""Handing batches over to a rail, and finding out what became of them.

Intent, key and payload of each payment are committed before the rail is touched, and the rail is touched outside of
every transaction. Whoever dies in between leaves payments that are *submitting*: anybody may ask the rail about them,
and send the same payload under the same key again. So any number of workers, replays and double clicks pay once (I7).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from hardship.applications.models import Application
from hardship.applications.service import Payee
from hardship.awards.models import Award
from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import Refused
from hardship.core.refs import new_key, new_payment_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Sealer
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment, RailName
from hardship.payouts.outcomes import meaning
from hardship.payouts.rails import rail_for
from hardship.payouts.rails.base import Answer, Instruction, Status
from hardship.payouts.references import bank_text
from hardship.payouts.service.batches import (
    contents,
    digest_of,
    open_batch,
    payable,
    payee_digest,
    refuse_conflicts,
    void_approval,
)
from hardship.payouts.service.progress import (
    Move,
    Step,
    close_batches,
    hold,
    move,
    move_batch,
    next_look,
    parts,
    recount,
    today,
)
from hardship.payouts.transitions import BatchEvent, BatchState, PaymentEvent, PaymentState
from hardship.staff.permissions import Permission, require_staff

CHUNK = 200
LIVE = (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED)


@dataclass(frozen=True)
class Begun:
    """A batch on its way: `refused` says why it did not start, where it did not."""

    batch_id: int
    count: int
    refused: str = ""


def begin_submit(tx: Transaction, *, batch_ref: str) -> Begun:
    """Start handing a batch over: from here on the worker goes on with it if nobody else does.

    A batch that is on its way already is left alone. One that is not what was approved loses its approval, which
    stands although it is `refused`.
    """
    staff_id = require_staff(tx.actor, Permission.SUBMIT_BATCH)
    fund, batch = open_batch(tx, batch_ref)
    assert batch.id is not None
    if batch.state in {BatchState.SUBMITTING, BatchState.SUBMITTED, BatchState.SETTLED}:
        return Begun(batch.id, batch.count)
    if batch.state is not BatchState.APPROVED or batch.approved_by is None:
        fix = (
            "Make another."
            if batch.state is BatchState.CANCELLED
            else "A second person has to approve it first."
        )
        raise Refused(f"the batch is {batch.state.value}", where=batch.ref, fix=fix)
    rail_for(tx.runtime, batch.rail)
    held = contents(tx, batch)
    people = {staff_id: "You", batch.made_by: "Its maker", batch.approved_by: "Its approver"}
    refuse_conflicts(tx, batch, people, held)
    approved = all(payment.state is PaymentState.APPROVED for payment, _ in held)
    if not held or not approved or batch.digest != digest_of(batch, [payment for payment, _ in held]):
        void_approval(tx, fund, batch)
        return Begun(batch.id, batch.count, "the batch is not what was approved")
    move_batch(tx, batch, BatchEvent.SUBMIT)
    return Begun(batch.id, batch.count)


def hand_over(runtime: Runtime, actor: Actor, batch_id: int) -> int:
    """Send what is approved in a batch on its way, a portion at a time; returns how many payments that were."""
    rail = rail_for(runtime, rail_of(runtime, batch_id))
    done = 0
    while portion := runtime.transact(actor, _commit_portion, batch_id=batch_id):
        done += len(portion)
        record_all(runtime, actor, answered(rail.send(portion), [one.key for one in portion]))
    return done


def rail_of(runtime: Runtime, batch_id: int) -> RailName:
    """The rail of a batch."""
    with runtime.read() as session:
        return RailName(session.exec(select(Batch.rail).where(Batch.id == batch_id)).one())


def answered(answers: Iterable[Answer], keys: Sequence[str]) -> list[Answer]:
    """The answers, one a key; what was not answered is not known."""
    by_key = {answer.key: answer for answer in answers}
    return [by_key.get(key, Answer(key, Status.NO_ANSWER)) for key in keys]


# --- Before the rail ----------------------------------------------------------------------------------------------


def _commit_portion(tx: Transaction, *, batch_id: int) -> list[Instruction]:
    """Take the next approved payments of a batch: approved → submitting, with key, payload and journal.

    Two that work on one batch share it: each takes its portion under the fund's lock. Comes back empty when nothing
    is left. A payment whose payee is not the one approved is taken out.
    """
    batch = tx.session.get(Batch, batch_id)
    assert batch is not None
    fund = lock_fund(tx, batch.fund_id)
    while held := hold(tx, _next_portion(tx, batch_id)):
        known = payable(tx, [award for _, award in held])
        changed = [one for one in held if not _is_approved_payee(tx, *one, known)]
        if changed:
            move(tx, fund, [Move(*one, steps=[Step(PaymentEvent.CANCEL, today(tx))]) for one in changed])
            recount(tx, batch)
            continue
        instructed = [_instruct(tx, fund, payment, known[award.application_id]) for payment, award in held]
        sealers = _sealers(tx, [award.application_id for _, award in held])
        moves = [
            Move(payment, award, _attempt(tx, payment, sealers[award.application_id], *given))
            for (payment, award), given in zip(held, instructed, strict=True)
        ]
        for one in moves:
            one.steps.append(Step(PaymentEvent.SUBMIT, today(tx)))
        tx.session.add_all(one.attempt for one in moves)
        move(tx, fund, moves)
        return [instruction for _, instruction in instructed]
    close_batches(tx, [batch_id])
    return []


def _next_portion(tx: Transaction, batch_id: int) -> list[int]:
    """The next payments of a batch under way. Read under the fund's lock, without which no payment changes."""
    wanted = (
        select(Payment.id)
        .join(Batch, col(Batch.id) == Payment.batch_id)
        .where(
            Batch.id == batch_id,
            Batch.state == BatchState.SUBMITTING,
            Payment.state == PaymentState.APPROVED,
        )
        .order_by(col(Payment.id))
        .limit(CHUNK)
    )
    return [number or 0 for number in tx.session.exec(wanted).all()]


def _is_approved_payee(tx: Transaction, payment: Payment, award: Award, known: Mapping[int, Payee]) -> bool:
    payee = known.get(award.application_id)
    return payee is not None and payee_digest(tx, payment, payee) == payment.payee_digest


def _instruct(tx: Transaction, fund: Fund, payment: Payment, payee: Payee) -> tuple[str, Instruction]:
    """A new try: its code on the bank statement and what the rail is told. Each try has a code of its own."""
    code = payment.reference if payment.submitted_at is None else new_payment_reference()
    return code, Instruction(
        key=new_key(),
        reference=bank_text(fund.public_name, code),
        amount_minor=payment.amount_minor,
        currency=fund.currency,
        name=payee.name,
        sort_code=payee.sort_code,
        account_number=payee.account_number,
    )


def _attempt(
    tx: Transaction, payment: Payment, sealer: Sealer, code: str, instruction: Instruction
) -> Attempt:
    payload = instruction.payload()
    assert payment.batch_id is not None
    return Attempt(
        payment_id=payment.id or 0,
        batch_id=payment.batch_id,
        reference=code,
        idem_key=instruction.key,
        payload_digest=tx.vault.mac(b"payload|" + payload),
        payload=sealer.seal("attempt", "payload", instruction.key, payload.decode()),
        outcome=AttemptOutcome.PENDING,
        created_at=tx.at,
    )


def _sealers(tx: Transaction, application_ids: Sequence[int]) -> dict[int, Sealer]:
    """The sealer of each application's person."""
    found: dict[int, str] = {}
    for part in parts(application_ids):
        rows = tx.session.exec(
            select(Application.id, Application.data_key_id).where(col(Application.id).in_(part))
        )
        found |= {number or 0: key_id for number, key_id in rows}
    sealers = tx.vault.people(tx.session, set(found.values()))
    return {number: sealers[key_id] for number, key_id in found.items() if key_id in sealers}


# --- After the rail -----------------------------------------------------------------------------------------------


def record_answers(tx: Transaction, *, fund_id: int, answers: Sequence[Answer]) -> int:
    """Let the rail's answers, all about one fund's payments, come true; returns how many payments went on.

    Answers that say nothing new, or are about a try that is over, change nothing.
    """
    fund = lock_fund(tx, fund_id)
    by_key = {answer.key: answer for answer in answers}
    numbers: list[int] = []
    for part in parts(sorted(by_key)):
        wanted = select(Attempt.payment_id).where(
            col(Attempt.idem_key).in_(part), col(Attempt.outcome).in_(LIVE)
        )
        numbers += tx.session.exec(wanted).all()
    held = hold(tx, numbers)
    attempts = live_attempts(tx, [payment.id or 0 for payment, _ in held])
    moves: list[Move] = []
    for payment, award in held:
        attempt = attempts.get(payment.id or 0)
        answer = by_key.get(attempt.idem_key) if attempt else None
        if answer is None:
            continue
        payment.checked_at = tx.at
        events = meaning(payment.state, answer.status)
        if not events:
            payment.look_at = next_look(payment, tx.at)
            continue
        steps = [Step(event, answer.on or day_of(tx.at)) for event in events]
        moves.append(Move(payment, award, attempt, steps, answer.problem, answer.provider_ref))
    move(tx, fund, moves)
    return len(moves)


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
