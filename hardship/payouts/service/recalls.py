"""A payment that was sent by mistake is asked back from the recipient's bank: requested, then returned or refused.

The money comes back as a line of the bank's statement, or as the rail's word; only its refusal is a person's.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.payouts.events import PaymentReturned
from hardship.payouts.models import Payment
from hardship.payouts.service.progress import Move, Step, hold, move, today
from hardship.payouts.tables import Recall
from hardship.payouts.transitions import (
    RECALL_MACHINE,
    PaymentEvent,
    PaymentState,
    RecallEvent,
    RecallState,
    said,
)
from hardship.payouts.wrong import noted_as_wrong
from hardship.review.casework import Conflicted
from hardship.review.queries import has_conflict
from hardship.staff.permissions import Permission, require_staff

MAX_WHY = 2_000


@dataclass(frozen=True)
class RecallRow:
    """A recall as the list shows it."""

    recall: Recall
    payment: str
    award: str
    amount_minor: int


def request_recall(tx: Transaction, *, payment_ref: str, why: str) -> Recall:
    """The bank was asked to call a payment back; it waits for the bank's answer. Asking it is done by a person, with
    the bank.

    Raises `NotFound`, `Refused` for a payment that is not paid or is noted as wrongly paid, `BadInput` without a reason.
    """
    staff_id = require_staff(tx.actor, Permission.RESOLVE_PAYMENT)
    words = _words(why, "why")
    number, fund_id = _payment_named(tx.session, payment_ref)
    fund = lock_fund(tx, fund_id)
    payment, award = hold(tx, [number])[0]
    if has_conflict(tx.session, award.application_id, staff_id):
        raise Conflicted
    if payment.state is not PaymentState.PAID:
        raise Refused(
            f"the payment is {said(payment.state)}",
            where=payment.reference,
            fix="Only what was paid is called back.",
        )
    if noted_as_wrong(tx.session, [payment.award_id]):
        raise Refused(
            "the award is noted as paid wrongly",
            where=award.ref,
            fix="Book what comes back there: hardship recoveries receive",
        )
    ref = new_reference()
    recall = Recall(
        ref=ref,
        payment_id=number,
        state=RECALL_MACHINE.initial,
        why=tx.vault.house(tx.session).seal("payment_recall", "why", ref, words),
        requested_by=staff_id,
        requested_at=tx.at,
    )
    tx.session.add(recall)
    move(tx, fund, [Move(payment, award, steps=[Step(PaymentEvent.RECALL, today(tx))])])
    tx.record("recall.requested", _subject(recall), state=recall.state.value, payment=payment.reference)
    return recall


def refuse_recall(tx: Transaction, *, recall_ref: str, answer: str) -> Recall:
    """The bank, or the recipient, said no: the payment is paid, as before. `answer` is what they said."""
    staff_id = require_staff(tx.actor, Permission.RESOLVE_PAYMENT)
    words = _words(answer, "answer")
    found = named(tx.session, recall_ref)
    fund_id = tx.session.exec(
        select(Award.fund_id)
        .join(Payment, col(Payment.award_id) == Award.id)
        .where(Payment.id == found.payment_id)
    ).one()
    fund = lock_fund(tx, fund_id)
    payment, award = hold(tx, [found.payment_id])[0]
    recall = lock(tx.session, select(Recall).where(Recall.id == found.id))[0]
    if recall.state is not RecallState.REQUESTED:
        raise Refused(f"the recall was {said(recall.state)} already", where=recall.ref)
    move(tx, fund, [Move(payment, award, steps=[Step(PaymentEvent.REFUSE_RECALL, today(tx))])])
    recall.answer = tx.vault.house(tx.session).seal("payment_recall", "answer", recall.ref, words)
    _end(tx, recall, RecallEvent.REFUSE, staff_id)
    return recall


def on_returned(tx: Transaction, returned: PaymentReturned) -> None:
    """The money came back: a recall that waited for it has ended."""
    waiting = select(Recall).where(
        Recall.payment_id == returned.payment_id, Recall.state == RecallState.REQUESTED
    )
    for recall in lock(tx.session, waiting.order_by(col(Recall.id))):
        _end(tx, recall, RecallEvent.RETURN, tx.actor.staff_id)


def _end(tx: Transaction, recall: Recall, event: RecallEvent, by: int | None) -> None:
    recall.state = RECALL_MACHINE.apply(recall.state, event)
    recall.ended_by, recall.ended_at = by, tx.at
    tx.session.add(recall)
    tx.session.flush()
    tx.record(f"recall.{recall.state.value}", _subject(recall), state=recall.state.value)


def _subject(recall: Recall) -> str:
    return f"recall:{recall.ref}"


def _words(text: str, field: str) -> str:
    words = text.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(f"say it in {MAX_WHY} characters or fewer", where=field, fix="A sentence is enough.")
    return words


def _payment_named(session: Session, reference: str) -> tuple[int, int]:
    found = session.exec(
        select(Payment.id, Award.fund_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(Payment.reference == reference.strip().upper()[:20])
    ).first()
    if found is None:
        raise NotFound("there is no such payment", where=reference[:20], fix="See: hardship payouts status")
    return found[0] or 0, found[1]


def named(session: Session, ref: str) -> Recall:
    """One recall; raises `NotFound`."""
    found = session.exec(select(Recall).where(Recall.ref == tidy_reference(ref[:40]))).first()
    if found is None:
        raise NotFound("there is no such recall", where=ref[:40], fix="See: hardship payouts recalls")
    return found


def recalls(session: Session, state: RecallState | None = None, limit: int = 200) -> list[RecallRow]:
    """Recalls (in one state, or all), the oldest first."""
    wanted = (
        select(Recall, Payment.reference, Award.ref, Payment.amount_minor)
        .join(Payment, col(Payment.id) == Recall.payment_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .order_by(col(Recall.id))
        .limit(limit)
    )
    if state is not None:
        wanted = wanted.where(Recall.state == state)
    return [RecallRow(*row) for row in session.exec(wanted).all()]
