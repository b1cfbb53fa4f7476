"""What banks answer when asked whether a name is that of an account (Confirmation of Payee). Only codes are kept.

An answer belongs to one account and name: once the applicant gives others it says nothing. It decides nothing either:
whoever makes and approves a batch sees it, and the applicant is asked whether the name is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hardship.applications.bankdetails.models import BankCheck
from hardship.applications.models import Application
from hardship.applications.tracker import Step
from hardship.awards.models import Award
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound, Refused
from hardship.core.runtime import Transaction
from hardship.payouts.models import Attempt, Batch, Payment
from hardship.payouts.service.batches import tell_once
from hardship.payouts.tables import NameCheck, NameResult
from hardship.payouts.transitions import PaymentState, said
from hardship.review.casework import Conflicted
from hardship.review.queries import has_conflict
from hardship.staff.permissions import Permission, require_staff

_R = NameResult

WORDS = {
    _R.MATCH: "The name is that of the account",
    _R.CLOSE_MATCH: "The name is close, not the same",
    _R.NO_MATCH: "The name is not that of the account",
    _R.BUSINESS_MATCH: "The name fits, but it is a business account",
    _R.PERSONAL_MATCH: "The name fits, but it is a personal account",
    _R.CLOSE_BUSINESS: "The name is close, and it is a business account",
    _R.CLOSE_PERSONAL: "The name is close, and it is a personal account",
    _R.NOT_FOUND: "The bank knows no such account",
    _R.SECONDARY_REFERENCE: "The account needs a second reference",
    _R.NOT_SUPPORTED: "The bank cannot check this account",
    _R.OPTED_OUT: "The account's holder does not want it checked",
    _R.SWITCHED: "The account was moved to another bank",
    _R.BANK_NOT_SUPPORTED: "The bank does not take part",
}

ASKS = frozenset(
    {
        _R.CLOSE_MATCH,
        _R.NO_MATCH,
        _R.CLOSE_BUSINESS,
        _R.CLOSE_PERSONAL,
        _R.NOT_FOUND,
        _R.SECONDARY_REFERENCE,
        _R.SWITCHED,
    }
)
"""Answers after which the applicant is asked whether the details are right."""

_BEFORE = (PaymentState.DRAFT, PaymentState.APPROVED, PaymentState.FAILED, PaymentState.RETURNED)


@dataclass(frozen=True)
class CheckRow:
    """What is known of a payment's account: the modulus check, and the newest answer about the name ("" for none).
    `may_note`: it was not sent yet, so that an answer can still be noted."""

    reference: str
    award: str
    amount_minor: int
    modulus: BankCheck
    name: str
    may_note: bool

    @property
    def words(self) -> str:
        """The answer about the name, for people."""
        return WORDS[NameResult(self.name)] if self.name in set(NameResult) else "Not asked"


def record(tx: Transaction, *, payment_ref: str, result: str) -> NameCheck:
    """Note what the bank's own page said about the payee of a payment that was not sent yet; the applicant is asked when
    it does not fit. Raises `BadInput` for a code that is none, `Refused` once the payment was sent."""
    staff_id = require_staff(tx.actor, Permission.RESOLVE_PAYMENT)
    try:
        code = NameResult(result.strip().upper()[:8])
    except ValueError:
        raise BadInput(
            "not a result code", where="result", fix=f"Use one of: {', '.join(NameResult)}."
        ) from None
    found = tx.session.exec(
        select(Payment, Award.application_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(Payment.reference == payment_ref.strip().upper()[:20])
    ).first()
    if found is None:
        raise NotFound("there is no such payment", where=payment_ref[:20], fix="See: hardship payouts status")
    payment, application_id = found
    if has_conflict(tx.session, application_id, staff_id):
        raise Conflicted
    if payment.state not in _BEFORE:
        raise Refused(f"the payment is {said(payment.state)}", where=payment.reference, fix="It was sent.")
    before = _noted(tx, payment, application_id, code)
    return before or note(tx, payment, application_id, code, source="staff")


def _noted(tx: Transaction, payment: Payment, application_id: int, result: NameResult) -> NameCheck | None:
    """The newest answer about these details, if this person noted this very one: a form sent twice notes once."""
    lock(tx.session, select(Payment).where(Payment.id == payment.id))
    wanted = select(NameCheck).where(
        NameCheck.application_id == application_id, NameCheck.payee == payment.payee_digest
    )
    newest = tx.session.exec(wanted.order_by(col(NameCheck.id).desc()).limit(1)).first()
    same = newest is not None and (newest.result, newest.staff_id) == (result, tx.actor.staff_id)
    return newest if same else None


def note(
    tx: Transaction, payment: Payment, application_id: int, result: NameResult, *, source: str
) -> NameCheck:
    """Keep an answer about the payee of a payment, by a person or a rail; one event, of the code alone."""
    made = NameCheck(
        application_id=application_id,
        payee=payment.payee_digest,
        result=result,
        source=source[:20],
        staff_id=tx.actor.staff_id,
        at=tx.at,
    )
    tx.session.add(made)
    tx.record("payment.name_checked", f"payment:{payment.reference}", result=result.value, source=source[:20])
    if result in ASKS:
        tell_once(tx, application_id)
    return made


def newest(session: Session, payments: Sequence[Payment]) -> dict[int, str]:
    """The newest answer about each payment's present payee, by payment: the staff's, or the rail's at the last try."""
    found: dict[int, str] = {}
    numbers = [payment.id or 0 for payment in payments]
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        tried = session.exec(
            select(Attempt.payment_id, Attempt.name_check)
            .where(col(Attempt.payment_id).in_(part), col(Attempt.name_check) != "")
            .order_by(col(Attempt.id))
        ).all()
        found |= dict(tried)
        noted = session.exec(
            select(Payment.id, NameCheck.result)
            .join(NameCheck, col(NameCheck.payee) == Payment.payee_digest)
            .where(col(Payment.id).in_(part), col(Payment.payee_digest) != "")
            .order_by(col(NameCheck.id))
        ).all()
        found |= {number or 0: NameResult(result).value for number, result in noted}
    return found


def checks_of(session: Session, batch: Batch, limit: int = 100, after: int = 0) -> list[CheckRow]:
    """What is known of the accounts in a batch, in its order."""
    rows = session.exec(
        select(Payment, Award.ref, Application.bank_check)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(Application, col(Application.id) == Award.application_id)
        .where(Payment.batch_id == batch.id)
        .order_by(col(Payment.id))
        .offset(after)
        .limit(limit)
    ).all()
    answers = newest(session, [payment for payment, _, _ in rows])
    return [
        CheckRow(
            payment.reference,
            award,
            payment.amount_minor,
            BankCheck(modulus),
            answers.get(payment.id or 0, ""),
            payment.state in _BEFORE,
        )
        for payment, award, modulus in rows
    ]


def name_steps(session: Session, application: Application) -> list[Step]:
    """The applicant's own page: the bank does not know the account by this name, and they may give other details."""
    found = session.exec(
        select(NameCheck.result)
        .join(Payment, col(Payment.payee_digest) == NameCheck.payee)
        .where(NameCheck.application_id == application.id, col(Payment.state).in_(_BEFORE))
        .order_by(col(NameCheck.id).desc())
    ).first()
    if found is None or NameResult(found) not in ASKS:
        return []
    note = (
        "The bank does not know it by the name you gave. Check the name and the numbers, and give them again."
    )
    return [Step("Check your bank details", "now", note, asks_for_bank=True)]
