"""Finding out what became of payments: by look-up, or by the same payload under the same key, never by a new key.

A person may ask about a batch or a payment; the worker asks about whatever is due, and goes on with batches that
somebody began to hand over.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.core.actor import SYSTEM, Actor
from hardship.core.errors import HardshipError, Refused
from hardship.core.logs import log
from hardship.core.runtime import Runtime, Transaction
from hardship.payouts.held import is_held
from hardship.payouts.models import Attempt, Batch, Payment, RailName
from hardship.payouts.queries import Handed, handed_over
from hardship.payouts.rails import rail_for
from hardship.payouts.rails.base import Instruction, Rail, Status
from hardship.payouts.service.hearing import LIVE, record_all
from hardship.payouts.service.progress import STALE_AFTER, parts
from hardship.payouts.service.sending import (
    Begun,
    answered,
    begin_submit,
    hand_over,
    opened,
    rail_of,
)
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, PaymentState
from hardship.staff.permissions import Permission, require

_PAYMENT: Any = Payment.__table__  # type: ignore[attr-defined]
WATCHED = (*AT_THE_RAIL, PaymentState.PAID, PaymentState.RECALL_PENDING)
_UNSURE = (PaymentState.SUBMITTING, PaymentState.UNKNOWN)


def submit_batch(runtime: Runtime, actor: Actor, batch_ref: str) -> Handed:
    """Hand an approved batch over to its rail, all of it, and say what became of it. Again is harmless: what an
    earlier run left undone is done, and nothing is sent under another key.

    Raises `Refused` for a batch that is not approved, whose contents are not those approved, or that holds a case in
    which one of the people concerned declared a conflict.
    """
    begun = start_submitting(runtime, actor, batch_ref)
    hand_over(runtime, actor, begun.batch_id)
    ask_about(runtime, actor, begun.batch_id)
    with runtime.read() as session:
        return handed_over(session, begun.batch_id)


def start_submitting(runtime: Runtime, actor: Actor, batch_ref: str) -> Begun:
    """Start handing a batch over and leave the rest to the worker; raises `Refused` as `submit_batch` does."""
    begun = runtime.transact(actor, begin_submit, batch_ref=batch_ref)
    if begun.refused:
        raise Refused(begun.refused, where=batch_ref, fix="It needs a new approval.")
    return begun


def ask_about(runtime: Runtime, actor: Actor, batch_id: int) -> int:
    """Find out at once about every payment of a batch of which nobody knows whether the rail took it; not while the
    rail wants to be left alone."""
    now = runtime.clock.now()
    with runtime.read() as session:
        keys = session.exec(
            select(Attempt.idem_key)
            .join(Payment, col(Payment.id) == Attempt.payment_id)
            .join(Batch, col(Batch.id) == Attempt.batch_id)
            .where(Attempt.batch_id == batch_id, Payment.state == PaymentState.SUBMITTING)
            .where(col(Batch.resume_at).is_(None) | (col(Batch.resume_at) <= now))
            .where(col(Attempt.outcome).in_(LIVE))
            .order_by(col(Attempt.id))
        ).all()
    return _ask(runtime, actor, rail_for(runtime, rail_of(runtime, batch_id)), keys) if keys else 0


def resolve_unknown(runtime: Runtime, actor: Actor, payment_ref: str) -> PaymentState:
    """Ask the rail about one payment by its reference: by look-up, or with the same key and payload, never with a new
    key. Returns where the payment stands then; raises `Refused` when there is nothing to find out."""
    require(actor, Permission.RESOLVE_PAYMENT)
    key, rail = _at_the_rail(runtime, payment_ref, WATCHED)
    _ask(runtime, actor, rail, [key])
    return _state_of(runtime, payment_ref)


def stop_payment(runtime: Runtime, actor: Actor, payment_ref: str) -> PaymentState:
    """Ask the rail to stop a payment before the debit; it may be too late. Returns where the payment stands then; raises
    `Refused` when there is nothing to stop, or the rail cannot."""
    require(actor, Permission.RESOLVE_PAYMENT)
    key, rail = _at_the_rail(runtime, payment_ref, [PaymentState.SUBMITTED])
    record_all(runtime, actor, rail.stop([key]))
    return _state_of(runtime, payment_ref)


def _at_the_rail(runtime: Runtime, payment_ref: str, states: Sequence[PaymentState]) -> tuple[str, Rail]:
    """The key of a payment's live try, and its rail."""
    with runtime.read() as session:
        found = session.exec(
            select(Attempt.idem_key, Batch.rail)
            .join(Payment, col(Payment.id) == Attempt.payment_id)
            .join(Batch, col(Batch.id) == Attempt.batch_id)
            .where(Payment.reference == payment_ref[:20], col(Payment.state).in_(states))
            .where(col(Attempt.outcome).in_(LIVE))
        ).first()
    if found is None:
        raise Refused("nothing of this payment is at the rail", where=payment_ref[:20])
    return found[0], rail_for(runtime, RailName(found[1]))


def _state_of(runtime: Runtime, payment_ref: str) -> PaymentState:
    with runtime.read() as session:
        return PaymentState(
            session.exec(select(Payment.state).where(Payment.reference == payment_ref[:20])).one()
        )


def _ask(runtime: Runtime, actor: Actor, rail: Rail, keys: Sequence[str]) -> int:
    """Look keys up, and send again, to the byte, what the rail has never heard of; returns how many payments went on.

    While money waits nothing is sent again: after the backup the payment may have been given up, and paid under another key.
    """
    told = answered(rail.look_up(keys), keys)
    unheard = [answer.key for answer in told if answer.status is Status.NOT_KNOWN]
    known = [answer for answer in told if answer.status is not Status.NOT_KNOWN]
    if unheard and _waits(runtime):
        known += answered((), unheard)
    elif unheard:
        again = _sent_before(runtime, unheard)
        known += answered(rail.send(again), [one.key for one in again])
    return record_all(runtime, actor, known)


def _waits(runtime: Runtime) -> bool:
    with runtime.read() as session:
        return is_held(session)


def _sent_before(runtime: Runtime, keys: Sequence[str]) -> list[Instruction]:
    """The stored instructions of these keys; only of payments that are on their way, the erased left out."""
    found: list[Instruction] = []
    with runtime.read() as session:
        for part in parts(keys):
            rows = session.exec(
                select(Attempt, Application.data_key_id)
                .join(Payment, col(Payment.id) == Attempt.payment_id)
                .join(Award, col(Award.id) == Payment.award_id)
                .join(Application, col(Application.id) == Award.application_id)
                .where(col(Attempt.idem_key).in_(part), col(Attempt.outcome).in_(LIVE))
                .where(col(Payment.state).in_(_UNSURE))
                .order_by(col(Attempt.id))
            ).all()
            sealers = runtime.vault.people(session, {key_id for _, key_id in rows})
            for attempt, key_id in rows:
                if sealer := sealers.get(key_id):
                    found.append(opened(runtime.vault, attempt, sealer))
    return found


# --- The worker ---------------------------------------------------------------------------------------------------


def work(runtime: Runtime) -> int:
    """Go on with batches under way, and ask the rails about payments that are due; returns how many payments that
    were. Any number of workers may run."""
    now = runtime.clock.now()
    with runtime.read() as session:
        held = is_held(session)
        under_way = session.exec(
            select(Batch.id, Batch.rail)
            .where(Batch.state == BatchState.SUBMITTING)
            .where(col(Batch.resume_at).is_(None) | (col(Batch.resume_at) <= now))
            .order_by(col(Batch.id))
        ).all()
    done = 0
    for number, rail in under_way:
        if number is not None and not held and _usable(runtime, RailName(rail)):
            done += hand_over(runtime, SYSTEM, number)
    return done + poll(runtime)


def _usable(runtime: Runtime, rail: RailName) -> Rail | None:
    try:
        return rail_for(runtime, rail)
    except HardshipError:
        log().warning("payments wait for a rail that cannot be used", rail=rail.value)
        return None


def poll(runtime: Runtime) -> int:
    """Ask the rails about the payments that are due for it; returns how many were asked about."""
    asked = 0
    with runtime.read() as session:
        waiting = session.exec(_due(runtime.clock.now(), Batch.rail).distinct()).all()
    for name in sorted(RailName(one) for one in waiting):
        rail = _usable(runtime, name)
        while rail and (keys := runtime.transact(SYSTEM, _claim_due, rail=name, at_once=rail.looks)):
            asked += len(keys)
            _ask(runtime, SYSTEM, rail, keys)
    return asked


def _due(now: dt.datetime, *columns: Any) -> Any:
    """These columns of the payments at a rail that are due to be asked about."""
    return (
        select(*columns)
        .select_from(Payment)
        .join(Attempt, col(Attempt.payment_id) == Payment.id)
        .join(Batch, col(Batch.id) == Attempt.batch_id)
        .where(col(Payment.look_at) <= now, col(Payment.state).in_(WATCHED))
        .where(col(Attempt.outcome).in_(LIVE))
    )


def _claim_due(tx: Transaction, *, rail: RailName, at_once: int) -> list[str]:
    """Take payments that are due to be asked about, and keep other workers off them for a while; their keys."""
    rows = tx.session.exec(
        _due(tx.at, Payment.id, Attempt.idem_key)
        .where(Batch.rail == rail)
        .order_by(col(Payment.look_at), col(Payment.id))
        .limit(at_once)
        .with_for_update(skip_locked=True, of=Payment)
    ).all()
    if rows:
        held_until = update(_PAYMENT).where(_PAYMENT.c.id.in_([row[0] for row in rows]))
        tx.session.connection().execute(held_until.values(look_at=tx.at + STALE_AFTER))
    return [key for _, key in rows]
