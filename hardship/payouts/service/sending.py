"""Handing batches over to a rail, and finding out what became of them.

Intent, key and payload of each payment are committed before the rail is touched, and the rail is touched outside of
every transaction. Whoever dies in between leaves payments that are *submitting*: anybody may ask the rail about them,
and send the same payload under the same key again. So any number of workers, replays and double clicks pay once (I7).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from hardship.applications.models import Application
from hardship.applications.service import Payee
from hardship.awards.models import Award
from hardship.core.actor import Actor
from hardship.core.errors import Broken, Refused
from hardship.core.refs import new_key, new_payment_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Sealer, Vault
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.payouts.held import refuse_while_held
from hardship.payouts.models import Attempt, AttemptOutcome, Batch, Payment, RailName
from hardship.payouts.rails import rail_for
from hardship.payouts.rails.base import NAME_DIFFERS, Answer, Instruction, Status
from hardship.payouts.references import bank_text
from hardship.payouts.service.batches import (
    contents,
    digest_of,
    open_batch,
    payee_digest,
    refuse_conflicts,
    void_approval,
)
from hardship.payouts.service.choosing import payable
from hardship.payouts.service.hearing import record_all
from hardship.payouts.service.progress import (
    Move,
    Step,
    close_batches,
    hold,
    move,
    move_batch,
    parts,
    recount,
    today,
)
from hardship.payouts.service.screening import screen_contents
from hardship.payouts.service.storing import add_attempts
from hardship.payouts.transitions import BatchEvent, BatchState, PaymentEvent, PaymentState, said
from hardship.staff.permissions import Permission, require_staff

CHUNK = 200
"""How many payments one transaction sends on their way at most."""


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
        raise Refused(f"the batch is {said(batch.state)}", where=batch.ref, fix=fix)
    refuse_while_held(tx.session, batch.ref)
    rail_for(tx.runtime, batch.rail)
    held = contents(tx, batch)
    people = {staff_id: "You", batch.made_by: "Its maker", batch.approved_by: "Its approver"}
    refuse_conflicts(tx, batch, people, held)
    if stopped := screen_contents(tx, fund, batch, held):
        return Begun(batch.id, batch.count, f"{stopped} of its payments wait for somebody to look at them")
    approved = all(payment.state is PaymentState.APPROVED for payment, _ in held)
    if not held or not approved or batch.digest != digest_of(batch, [payment for payment, _ in held]):
        void_approval(tx, fund, batch)
        return Begun(batch.id, batch.count, "the batch is not what was approved")
    move_batch(tx, batch, BatchEvent.SUBMIT)
    return Begun(batch.id, batch.count)


def hand_over(runtime: Runtime, actor: Actor, batch_id: int) -> int:
    """Send what is approved in a batch on its way, a portion at a time; returns how many payments that were. A rail
    that is busy is left alone: the worker goes on when it wants to be asked again."""
    rail = rail_for(runtime, rail_of(runtime, batch_id))
    done = 0
    while portion := runtime.transact(actor, _commit_portion, batch_id=batch_id, size=rail.portion):
        done += len(portion)
        answers = answered(rail.send(portion), [one.key for one in portion])
        record_all(runtime, actor, answers)
        if any(answer.status is Status.BUSY for answer in answers):
            break
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


def _commit_portion(tx: Transaction, *, batch_id: int, size: int) -> list[Instruction]:
    """Take the next approved payments of a batch: approved → submitting, with key, payload and journal.

    Two that work on one batch share it: each takes its portion under the fund's lock. Comes back empty when nothing
    is left. A payment whose payee is not the one approved is taken out. Raises `Refused` while money waits.
    """
    batch = tx.session.get(Batch, batch_id)
    assert batch is not None
    fund = lock_fund(tx, batch.fund_id)
    refuse_while_held(tx.session, batch.ref)
    while held := hold(tx, _next_portion(tx, batch_id, min(size, CHUNK))):
        known = payable(tx, [award for _, award in held])
        changed = [one for one in held if not _is_approved_payee(tx, *one, known)]
        if changed:
            move(tx, fund, [Move(*one, steps=[Step(PaymentEvent.CANCEL, today(tx))]) for one in changed])
            recount(tx, batch)
            continue
        sealers = _sealers(tx, [award.application_id for _, award in held])
        instructed = [
            _instruct(tx, fund, *one, known[one[1].application_id], sealers[one[1].application_id])
            for one in held
        ]
        add_attempts(
            tx,
            [
                _attempt(tx, payment, sealers[award.application_id], *given)
                for (payment, award), given in zip(held, instructed, strict=True)
            ],
        )
        step = [Step(PaymentEvent.SUBMIT, today(tx))]
        batch.resume_at, batch.paused_for = None, ""
        tx.session.add(batch)
        keys = [instruction.key for _, instruction in instructed]
        move(tx, fund, [Move(*one, steps=step, new_key=key) for one, key in zip(held, keys, strict=True)])
        return [instruction for _, instruction in instructed]
    close_batches(tx, [batch_id])
    return []


def _next_portion(tx: Transaction, batch_id: int, size: int) -> list[int]:
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
        .limit(size)
    )
    return [number or 0 for number in tx.session.exec(wanted).all()]


def _is_approved_payee(tx: Transaction, payment: Payment, award: Award, known: Mapping[int, Payee]) -> bool:
    payee = known.get(award.application_id)
    return payee is not None and payee_digest(tx, payment, payee) == payment.payee_digest


def _instruct(
    tx: Transaction, fund: Fund, payment: Payment, award: Award, payee: Payee, sealer: Sealer
) -> tuple[str, Instruction]:
    """A new try: its code on the bank statement and what the rail is told. Each try has a code of its own."""
    again = payment.submitted_at is not None
    code = new_payment_reference() if again else payment.reference
    return code, Instruction(
        key=new_key(),
        reference=bank_text(fund.public_name, code),
        amount_minor=payment.amount_minor,
        currency=fund.currency,
        name=payee.name,
        sort_code=payee.sort_code,
        account_number=payee.account_number,
        payer=fund.public_name,
        payee=tx.vault.mac(f"payee at a rail|{award.application_id}".encode())[:32],
        name_accepted=again and _name_differed(tx, payment, payee, sealer),
    )


def _name_differed(tx: Transaction, payment: Payment, payee: Payee, sealer: Sealer) -> bool:
    """Whether the last try was refused because the bank has another name for this very account: since then a second
    person approved the same details again, knowing that."""
    last = tx.session.exec(
        select(Attempt).where(Attempt.payment_id == payment.id).order_by(col(Attempt.id).desc())
    ).first()
    if last is None or last.problem != NAME_DIFFERS:
        return False
    before = opened(tx.vault, last, sealer)
    same = (before.name, before.sort_code, before.account_number)
    return same == (payee.name, payee.sort_code, payee.account_number)


def opened(vault: Vault, attempt: Attempt, sealer: Sealer) -> Instruction:
    """What the rail was told in a try; raises `Broken` for a payload that is not the one that was committed."""
    text = sealer.open("attempt", "payload", attempt.idem_key, attempt.payload) or ""
    if vault.mac(b"payload|" + text.encode()) != attempt.payload_digest:
        raise Broken("a stored payload is not the one that was sent", where=f"attempt {attempt.id}")
    return Instruction(**json.loads(text))


def _attempt(
    tx: Transaction, payment: Payment, sealer: Sealer, code: str, instruction: Instruction
) -> dict[str, Any]:
    """A new try as a row: its key, and sealed what the rail is told."""
    payload = instruction.payload()
    return {
        "payment_id": payment.id,
        "batch_id": payment.batch_id,
        "reference": code,
        "idem_key": instruction.key,
        "payload_digest": tx.vault.mac(b"payload|" + payload),
        "payload": sealer.seal("attempt", "payload", instruction.key, payload.decode()),
        "outcome": AttemptOutcome.PENDING,
        "created_at": tx.at,
    }


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
