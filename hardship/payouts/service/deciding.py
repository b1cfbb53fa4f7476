"""What only a person can find out: whether the rail took a payment of which it cannot tell, and what became of one that
the rail took although it counts as not taken. Two people say so; then the books follow.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from hardship.awards.models import Award
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.payouts.models import Attempt, Payment
from hardship.payouts.service.hearing import live_attempts
from hardship.payouts.service.progress import Move, Step, hold, move, today
from hardship.payouts.transitions import PaymentEvent, PaymentState, said
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose

KIND = "payment_found_out"
MAX_WHY = 500


class Finding(StrEnum):
    """What a person found out."""

    TAKEN = "taken"  # the rail has it: it is on its way
    NOT_TAKEN = "not-taken"  # the rail has never had it: it may be paid again, by a new approval
    SETTLED = "settled"  # what the rail took after all was dealt with


WORDS: Mapping[Finding, str] = {
    Finding.TAKEN: "The rail took it",
    Finding.NOT_TAKEN: "The rail did not take it",
    Finding.SETTLED: "What the rail took after all, or gave back, was dealt with",
}
_EVENTS = {Finding.TAKEN: PaymentEvent.ACCEPT, Finding.NOT_TAKEN: PaymentEvent.REJECT}


def finding_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(KIND, "What became of a payment", Permission.SECOND_MONEY, _carry_out, _describe)


def propose_finding(tx: Transaction, *, payment_ref: str, finding: Finding, why: str) -> Proposed:
    """Propose what a person found out about a payment; a second one confirms it.

    Raises `Conflict` unless the payment is unknown (or, for `SETTLED`, contradicted), `BadInput` without a reason.
    """
    require(tx.actor, Permission.RESOLVE_PAYMENT)
    words = why.strip()
    if not words or len(words) > MAX_WHY:
        raise BadInput(
            f"say how you know, in {MAX_WHY} characters or fewer", where="why", fix="Write a few words."
        )
    payment = payment_named(tx.session, payment_ref)
    attempt = _attempt_in_question(tx, payment, finding)
    payload: dict[str, Any] = {
        "payment": payment.reference,
        "attempt": attempt.reference,
        "finding": finding.value,
        "why": words,
    }
    return propose(tx, kind=KIND, subject=f"payment:{payment.reference}", payload=payload)


def payment_named(session: Session, payment_ref: str) -> Payment:
    """The payment with this reference, its own or that of a try; raises `NotFound`."""
    wanted = payment_ref.strip().upper()[:20]
    found = session.exec(select(Payment).where(Payment.reference == wanted)).first()
    if found is None:
        by_code = select(Payment).join(Attempt, col(Attempt.payment_id) == Payment.id)
        found = session.exec(by_code.where(Attempt.reference == wanted)).first()
    if found is None:
        raise NotFound("there is no such payment", where=wanted, fix="See: hardship payouts unknown")
    return found


def _attempt_in_question(tx: Transaction, payment: Payment, finding: Finding) -> Attempt:
    """The try that a finding is about; raises `Conflict` when there is nothing to find out."""
    assert payment.id is not None
    if finding is Finding.SETTLED:
        wanted = select(Attempt).where(
            Attempt.payment_id == payment.id, col(Attempt.contradicted_at).is_not(None)
        )
        found = next(iter(lock(tx.session, wanted.order_by(col(Attempt.id)))), None)
    else:
        found = live_attempts(tx, [payment.id]).get(payment.id)
        found = found if payment.state is PaymentState.UNKNOWN else None
    if found is None:
        raise Conflict(
            f"nothing is to be found out about this payment: it is {said(payment.state)}",
            where=payment.reference,
            fix="Load the page again.",
        )
    return found


def _carry_out(tx: Transaction, payload: Payload) -> PaymentState:
    finding = Finding(payload["finding"])
    payment = payment_named(tx.session, payload["payment"])
    fund_id = tx.session.exec(select(Award.fund_id).where(Award.id == payment.award_id)).one()
    fund = lock_fund(tx, fund_id)
    ((payment, award),) = hold(tx, [payment.id or 0])
    attempt = _attempt_in_question(tx, payment, finding)
    if attempt.reference != payload["attempt"]:
        raise Conflict("the payment was tried again meanwhile", where=payment.reference, fix="Look again.")
    if finding is Finding.SETTLED:
        attempt.contradicted_at = None
        tx.session.add(attempt)
        tx.record("attempt.agreed", f"attempt:{attempt.reference}")
    else:
        problem = "found_not_taken" if finding is Finding.NOT_TAKEN else ""
        move(tx, fund, [Move(payment, award, attempt, [Step(_EVENTS[finding], today(tx))], problem)])
    return payment.state


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    payment = payment_named(session, payload["payment"])
    return [
        ("Payment", payment.reference),
        ("Amount", display(payment.amount_minor)),
        ("Found out", WORDS[Finding(payload["finding"])]),
        ("How", payload["why"]),
    ]
