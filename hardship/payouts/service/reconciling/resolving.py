"""What a person says a bank line is: the debit or the return of a payment, a file's debit, a receipt, a bank charge."""

from sqlmodel import col, delete, or_, select

from hardship.contributions.unidentified import book_line
from hardship.core.errors import BadInput, Refused
from hardship.core.money import display
from hardship.core.refs import tidy
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund, lock_funds
from hardship.ledger.service import post
from hardship.payouts.charges import charge
from hardship.payouts.files import file_named
from hardship.payouts.models import (
    Attempt,
    BankLine,
    BankLineAttempt,
    Direction,
    LineReason,
    LineState,
    MatchedBy,
    Payment,
)
from hardship.payouts.queries import names_several
from hardship.payouts.service.reconciling.book import Book, Found, close_book, open_book
from hardship.payouts.service.reconciling.deciding import about_file, about_payment
from hardship.payouts.service.reconciling.words import waiting_line, words_of
from hardship.payouts.statement import StatementLine
from hardship.staff.permissions import Permission, require_staff

MAX_CHARGE_MINOR = 25_000
"""The largest bank charge that one person books; more is looked at by two."""

_WHY_NOT = {
    LineReason.AMOUNT_DIFFERS: "the amount is another",
    LineReason.SEEN_BEFORE: "the bank has shown that already",
    LineReason.RECEIPT: "the award is noted as paid wrongly, so what comes back is a recovery",
    LineReason.NOT_SENT: "it was not sent, or did not reach the bank",
}


def match_to_payment(tx: Transaction, *, line_id: int, code: str) -> None:
    """A person says that a line is the debit, or the return, of a payment, named by its code. Raises `Refused` when that
    cannot be: another amount, seen before, never sent."""
    lock_funds(tx)
    line = _taken(tx, line_id)
    attempt_id = _attempt_named(tx, code)
    book = open_book(tx, attempts=[attempt_id])
    found = _found(tx, line)
    found.attempt_id = attempt_id
    attempt = book.attempts[attempt_id]
    _settle(tx, line, book, found, about_payment(book, found, attempt), attempt=attempt.reference)


def match_to_file(tx: Transaction, *, line_id: int, file_ref: str) -> None:
    """A person says that a line is the one debit for a file of payments. Raises `Refused` as `match_to_payment` does."""
    lock_funds(tx)
    line = _taken(tx, line_id)
    if line.direction is not Direction.OUT:
        raise BadInput("a file is debited, never credited", where="file", fix="Choose something else.")
    file = file_named(tx.session, file_ref)
    book = open_book(tx, attempts=(), files=[file.id or 0])
    found = _found(tx, line)
    _settle(tx, line, book, found, about_file(book, found, book.files[file.id or 0]), file=file.ref)


def _settle(
    tx: Transaction, line: BankLine, book: Book, found: Found, reason: LineReason | None, **facts: str
) -> None:
    if reason is not None:
        raise Refused(
            f"it cannot be that: {_WHY_NOT.get(reason, 'nothing fits')}",
            where=next(iter(facts.values())),
            fix="Choose another, or set the line aside with a reason.",
        )
    close_book(tx, book)
    tx.session.exec(delete(BankLineAttempt).where(col(BankLineAttempt.line_id) == line.id))
    line.attempt_id = found.attempt_id or line.attempt_id
    line.batch_id, line.bank_file_id = found.batch_id, found.file_id
    line.matched_by = MatchedBy.HAND
    _resolved(tx, line, LineState.MATCHED, amount=line.amount_minor, **facts)


def book_receipt(tx: Transaction, *, line_id: int, fund: str) -> None:
    """A person says that money in belongs to a fund: it claims what is in the books already, or stands in unidentified
    receipts."""
    owner = lock_fund(tx, fund)
    line = _taken(tx, line_id)
    if line.direction is not Direction.IN:
        raise BadInput("money out is no receipt", where="line", fix="Choose something else.")
    told = words_of(tx, line)
    booked = book_line(
        tx,
        fund=owner,
        line_key=f"{line.fingerprint}:{line.occurrence}",
        received_on=line.on,
        amount_minor=line.amount_minor,
        reference=told.reference,
        counterparty=told.counterparty,
    )
    _resolved(tx, line, LineState.BOOKED, amount=line.amount_minor, receipt=booked.ref, fund=owner.slug)


def book_charge(tx: Transaction, *, line_id: int, fund: str) -> None:
    """A person says that money out is the bank's own charge: Dr fees / Cr bank, in the community's pot. Raises `Refused`
    above `MAX_CHARGE_MINOR`."""
    owner = lock_fund(tx, fund)
    line = _taken(tx, line_id)
    if line.direction is not Direction.OUT or line.attempt_id is not None or names_several(tx.session, line):
        raise BadInput("the line is no bank charge", where="line", fix="Choose something else.")
    if line.amount_minor > MAX_CHARGE_MINOR:
        raise Refused(
            f"a charge above {display(MAX_CHARGE_MINOR)} is not booked by one person",
            where=f"line {line_id}",
            fix="Set it aside with a reason and have it booked by two.",
        )
    post(tx, [charge(owner, f"bank_line:{line_id}", "bank.charge", line.on, line.amount_minor)])
    _resolved(tx, line, LineState.BOOKED, amount=line.amount_minor, fund=owner.slug)


def _taken(tx: Transaction, line_id: int) -> BankLine:
    require_staff(tx.actor, Permission.RECONCILE)
    return waiting_line(tx, line_id)


def _found(tx: Transaction, line: BankLine) -> Found:
    told = words_of(tx, line)
    said = StatementLine(line.on, line.amount_minor, told.reference, told.counterparty, line.direction)
    return Found(said, line.fingerprint, line.occurrence, row=line)


def _attempt_named(tx: Transaction, code: str) -> int:
    """The try that a code names: its own, or the newest of the payment's."""
    wanted = tidy(code)[:20]
    found = tx.session.exec(
        select(Attempt.id)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .where(or_(col(Attempt.reference) == wanted, col(Payment.reference) == wanted))
        .order_by((col(Attempt.reference) == wanted).desc(), col(Attempt.id).desc())
    ).first()
    if found is None:
        raise BadInput("no payment has this code", where="code", fix="Copy it from the page of payments.")
    return found


def _resolved(tx: Transaction, line: BankLine, state: LineState, **facts: str | int) -> None:
    line.state = state
    tx.session.add(line)
    tx.record(
        f"bank_line.{state.value}",
        f"bank_line:{line.id}",
        state=state.value,
        by=MatchedBy.HAND.value,
        reason=str(line.reason or ""),
        **facts,
    )
