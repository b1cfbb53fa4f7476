"""What the accounts need of a payment until they are signed off: name, last four digits, who approved it and when.

It is sealed under the organisation's own key, so that a person's erasure does not take it away before its time.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, exists, insert, union
from sqlalchemy import select as sa_select
from sqlmodel import Session, and_, col, or_, select

from hardship.applications.service import Payee
from hardship.awards.models import Award
from hardship.core.canonical import canonical
from hardship.core.clock import LONDON
from hardship.core.errors import NotFound
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.payouts.models import Attempt, BankLine, BankLineAttempt, Payment
from hardship.payouts.tables import ExternalPayment, PaidRecord, SignOff
from hardship.payouts.transitions import PaymentState
from hardship.review.casework import Conflicted
from hardship.review.queries import has_conflict
from hardship.staff.permissions import Permission, require_staff
from hardship.staff.queries import addresses

_RECORD = PaidRecord.__table__  # type: ignore[attr-defined]
_AT_A_TIME = 500
OUT = (PaymentState.PAID, PaymentState.PAID_EXTERNALLY, PaymentState.RECALL_PENDING)
CAME_TO_NOTHING = (PaymentState.FAILED, PaymentState.RETURNED, PaymentState.CANCELLED)


def keep_records(
    tx: Transaction, payees: Sequence[tuple[Payment, Payee]], made_by: int | None, approved_by: int | None
) -> None:
    """Keep, in place of an earlier approval's, what was approved: to whom, the last four digits, and by whom."""
    if not payees:
        return
    house = tx.vault.house(tx.session)
    rows = []
    for payment, payee in payees:
        told = {
            "name": payee.name,
            "last_four": payee.account_number[-4:],
            "made_by": made_by,
            "approved_by": approved_by,
            "approved_at": tx.at.isoformat(),
        }
        sealed = house.seal("paid_record", "record", payment.reference, canonical(told).decode())
        rows.append({"payment_id": payment.id, "record": sealed, "at": tx.at})
    tx.session.flush()
    connection = tx.session.connection()
    numbers = [payment.id for payment, _ in payees]
    for start in range(0, len(numbers), _AT_A_TIME):
        part = numbers[start : start + _AT_A_TIME]
        connection.execute(delete(_RECORD).where(_RECORD.c.payment_id.in_(part)))
    connection.execute(insert(_RECORD), rows)


def record_of(session: Session, vault: Vault, payment: Payment) -> dict[str, Any] | None:
    """The record of a payment, opened, for the use case that records its reading; None when it is gone."""
    found = session.get(PaidRecord, payment.id)
    if found is None:
        return None
    text = vault.house(session).open("paid_record", "record", payment.reference, found.record)
    told: dict[str, Any] = json.loads(text or "{}")
    return told


def records_free(session: Session) -> list[int]:
    """The payments, by number, whose records the accounts need no longer: paid, or over without having been paid, on or
    before a day up to which the accounts of their fund, or of their round, are signed off. For retention."""
    wanted = (
        select(Payment, col(SignOff.through))
        .join(PaidRecord, col(PaidRecord.payment_id) == Payment.id)
        .join(Award, col(Award.id) == Payment.award_id)
        .join(SignOff, _signs_off())
        .where(col(Payment.state).in_((*OUT, *CAME_TO_NOTHING)))
        .order_by(col(Payment.id))
    )
    return sorted({one.id or 0 for one, through in session.exec(wanted) if _is_over_by(one, through)})


def _is_over_by(payment: Payment, day: dt.date) -> bool:
    """Whether it was paid on or before this day, or was over by then without having been paid."""
    if payment.state in OUT:
        return payment.paid_on is not None and payment.paid_on <= day
    return payment.state_since.astimezone(LONDON).date() <= day


def words_free(session: Session, most: int) -> list[int]:
    """The lines of the bank's statement, by number, that tell of payments whose records are gone: their words name the
    payee as well, and are needed as long. At most `most`, for retention."""
    told_of = union(
        select(col(BankLine.id).label("line"), col(BankLine.attempt_id).label("attempt")).where(
            col(BankLine.attempt_id).is_not(None)
        ),
        select(BankLineAttempt.line_id, BankLineAttempt.attempt_id),
    ).subquery()
    held = exists().where(col(PaidRecord.payment_id) == Attempt.payment_id)
    signed = exists().where(_signs_off(), col(SignOff.through) >= BankLine.on)
    needed = (
        sa_select(told_of.c.line)
        .join(BankLine, col(BankLine.id) == told_of.c.line)
        .join(Attempt, col(Attempt.id) == told_of.c.attempt)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(held | ~signed.correlate(Award, BankLine))
    )
    wanted = select(BankLine.id).where(
        col(BankLine.reference).is_not(None) | col(BankLine.counterparty).is_not(None),
        col(BankLine.id).in_(sa_select(told_of.c.line)),
        col(BankLine.id).not_in(needed),
    )
    found = session.exec(wanted.order_by(col(BankLine.id)).limit(most)).all()
    return [number for number in found if number is not None]


def _signs_off() -> Any:
    """The condition under which a sign-off is one of an award's fund, or of its round."""
    of_all = col(SignOff.round_id).is_(None)
    return and_(col(SignOff.fund_id) == Award.fund_id, or_(of_all, col(SignOff.round_id) == Award.round_id))


@dataclass(frozen=True)
class Record:
    """What the accounts need of a payment, opened. `evidence` is that of a payment by hand, {} for others."""

    name: str = field(repr=False)
    last_four: str = field(repr=False)
    made_by: str
    approved_by: str
    approved_at: str
    evidence: dict[str, str] = field(repr=False, default_factory=dict)


def read_record(tx: Transaction, *, payment_ref: str) -> Record:
    """The record of a payment, opened for whoever keeps the accounts; the reading is one event (I8).

    Raises `NotFound` when there is none: it was not approved yet, or its time was over.
    """
    staff_id = require_staff(tx.actor, Permission.RECONCILE)
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
    told = record_of(tx.session, tx.vault, payment)
    if told is None:
        raise NotFound(
            "there is no record of this payment",
            where=payment.reference,
            fix="It is kept from the approval to the sign-off.",
        )
    people = addresses(tx.session)
    tx.record("payment.record_read", f"payment:{payment.reference}")
    return Record(
        told["name"],
        told["last_four"],
        people.get(told["made_by"] or 0, "–"),
        people.get(told["approved_by"] or 0, "–"),
        told["approved_at"],
        evidence_of(tx.session, tx.vault, payment),
    )


def evidence_of(session: Session, vault: Vault, payment: Payment) -> dict[str, str]:
    """The evidence of a payment by hand, opened; {} where there is none."""
    found = session.get(ExternalPayment, payment.id)
    if found is None:
        return {}
    text = vault.house(session).open("external_payment", "evidence", payment.reference, found.evidence)
    told: dict[str, str] = json.loads(text or "{}")
    return told
