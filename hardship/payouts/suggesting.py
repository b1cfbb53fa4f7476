"""What a bank line that fits nothing could be, and why: for a person to choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.identity import name_key
from hardship.core.clock import day_of
from hardship.core.runtime import Transaction
from hardship.payouts.models import (
    Attempt,
    BankFile,
    BankFileState,
    BankLine,
    Batch,
    Direction,
    LineReason,
    Payment,
)
from hardship.payouts.queries import named_beside
from hardship.payouts.service.reconciling import Words, line_locked, words_of
from hardship.payouts.service.reconciling.naming import LOOK_BACK, Candidate, candidates
from hardship.payouts.service.reconciling.resolving import MAX_CHARGE_MINOR
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, PaymentState
from hardship.staff.permissions import Permission, require_staff
from hardship.web.filters import plural, short_day

MOST = 5
_CHARGE_WORDS = ("fee", "charge", "commission", "tariff")
_DOUBTED = (LineReason.AMOUNT_DIFFERS, LineReason.SEEN_BEFORE, LineReason.NOT_SENT)
"""Reasons of lines that name a payment: what they are about is known, what they mean is not."""


class What(StrEnum):
    """What a line could be."""

    PAYMENT = "payment"
    FILE = "file"
    RECEIPT = "receipt"
    CHARGE = "charge"


@dataclass(frozen=True)
class Suggestion:
    """One thing a line could be: `value` names the payment or file."""

    what: What
    value: str
    text: str
    why: str


@dataclass(frozen=True)
class Looked:
    """A line as a member of staff opened it: its words, and what it could be, the likeliest first."""

    words: Words
    suggestions: Sequence[Suggestion]


def look_at(tx: Transaction, *, line_id: int) -> Looked:
    """A bank line opened for a member of staff, which is one event, with what it could be."""
    require_staff(tx.actor, Permission.RECONCILE)
    line = line_locked(tx, line_id)
    tx.record("bank_line.read", f"bank_line:{line_id}")
    told = words_of(tx, line)
    return Looked(told, _suggestions(tx, line, told))


def _suggestions(tx: Transaction, line: BankLine, told: Words) -> list[Suggestion]:
    named = named_beside(tx.session, [line.id or 0]).get(line.id or 0)
    if named and line.reason is LineReason.SEVERAL:
        return [_one_of(code, line) for code in named if _has_amount(tx.session, code, line.amount_minor)]
    if line.reason in _DOUBTED:
        return []
    open_to = AT_THE_RAIL if line.direction is Direction.OUT else {PaymentState.PAID, PaymentState.SUBMITTED}
    same = [
        one
        for one in candidates(tx, {line.amount_minor}, line.on - LOOK_BACK).get(line.amount_minor, [])
        if one.state in open_to and one.sent_on <= line.on
    ]
    ranked = sorted(same, key=lambda one: (-_shared(one, told), -one.sent_on.toordinal(), one.code))
    found = [_payment(one, line, told) for one in ranked[:MOST]]
    if line.direction is Direction.OUT:
        return [*_files(tx.session, line), *found, *_charge(line, told, bool(found))]
    receipt = Suggestion(
        What.RECEIPT,
        "",
        "A receipt: a gift, a sponsor's payment, what the card processor paid out",
        "It stands in unidentified receipts until somebody says whose it is."
        if found
        else "Nothing that was paid has this amount.",
    )
    return [*found, receipt]


def _shared(one: Candidate, told: Words) -> int:
    """How many words of the payee's name stand on the line."""
    said = set(name_key(f"{told.counterparty} {told.reference}").split())
    return len(said & {word for word in name_key(one.payee).split() if len(word) > 2})


def _payment(one: Candidate, line: BankLine, told: Words) -> Suggestion:
    back = line.direction is Direction.IN
    why = f"The same amount, sent on {short_day(one.sent_on)}"
    named = ", and words of the payee's name are on the line" if _shared(one, told) else ""
    what = f"Payment {one.code} coming back" if back else f"Payment {one.code} going out"
    return Suggestion(What.PAYMENT, one.code, what, f"{why}{named}.")


def _one_of(code: str, line: BankLine) -> Suggestion:
    way = "coming back" if line.direction is Direction.IN else "going out"
    why = "The line names it, and it has this amount; so have others that the line names, one or several together."
    return Suggestion(What.PAYMENT, code, f"Payment {code} {way}", why)


def _has_amount(session: Session, code: str, minor: int) -> bool:
    wanted = select(Payment.amount_minor).join(Attempt, col(Attempt.payment_id) == Payment.id)
    return session.exec(wanted.where(Attempt.reference == code)).one() == minor


def _files(session: Session, line: BankLine) -> list[Suggestion]:
    rows = session.exec(
        select(BankFile)
        .join(Batch, col(Batch.id) == BankFile.batch_id)
        .where(
            BankFile.amount_minor == line.amount_minor,
            BankFile.count > 1,
            BankFile.state == BankFileState.MADE,
            col(BankFile.debited_on).is_(None),
            Batch.state == BatchState.SUBMITTED,
        )
        .order_by(col(BankFile.id))
        .limit(MOST)
    ).all()
    return [
        Suggestion(
            What.FILE,
            one.ref,
            f"One debit for file {one.ref}",
            f"Its {plural(one.count, 'payment')} add up to this, and no debit of it was seen.",
        )
        for one in rows
        if day_of(one.made_at) <= line.on
    ]


def _charge(line: BankLine, told: Words, is_grant: bool) -> list[Suggestion]:
    """That it is a charge: by its words, or when it is small and no payment has its amount."""
    text = f"{told.reference} {told.counterparty}".casefold()
    if line.amount_minor > MAX_CHARGE_MINOR:
        return []
    said = any(word in text for word in _CHARGE_WORDS)
    if is_grant and not said:
        return []
    why = "Its words speak of a charge." if said else "It names no payment, and is small."
    return [Suggestion(What.CHARGE, "", "The bank's own charge", why)]


def hints(session: Session, lines: Iterable[BankLine]) -> dict[int, str]:
    """For a list, what each line could be, by amounts alone: nobody's words are opened for it."""
    wanted = list(lines)
    amounts = sorted({line.amount_minor for line in wanted})
    rows = session.exec(
        select(Payment.amount_minor, Payment.state, func.count())
        .where(col(Payment.amount_minor).in_(amounts))
        .group_by(col(Payment.amount_minor), col(Payment.state))
    ).all()
    counts = {(int(minor), PaymentState(state)): int(count) for minor, state, count in rows}
    files = set(
        session.exec(
            select(BankFile.amount_minor).where(
                col(BankFile.amount_minor).in_(amounts),
                BankFile.count > 1,
                BankFile.state == BankFileState.MADE,
                col(BankFile.debited_on).is_(None),
            )
        ).all()
    )
    return {line.id or 0: _hint(line, counts, files) for line in wanted}


def _hint(line: BankLine, counts: dict[tuple[int, PaymentState], int], files: set[int]) -> str:
    minor = line.amount_minor
    if line.reason in _DOUBTED:
        return "Ask the bank about the payment it names."
    if line.direction is Direction.IN:
        paid = counts.get((minor, PaymentState.PAID), 0)
        if paid:
            return f"{plural(paid, 'paid payment')} of this amount: it may be one coming back."
        return "A receipt: no payment has this amount."
    if minor in files:
        return "A file adds up to this."
    under_way = sum(counts.get((minor, state), 0) for state in AT_THE_RAIL)
    if under_way:
        return (
            f"{plural(under_way, 'payment')} of this amount {'is' if under_way == 1 else 'are'} on the way."
        )
    return "No payment has this amount: a charge, or a transfer."
