"""Reads of the statements that were taken in, and what the bank's balance says beside ours."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.money import display
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind, Entry, Journal, Pot
from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankImport,
    BankLine,
    Batch,
    Direction,
    LineReason,
    LineState,
    Payment,
)
from hardship.payouts.queries import in_batch, named_beside
from hardship.payouts.suggesting import hints
from hardship.payouts.transitions import AT_THE_RAIL, PaymentState


@dataclass(frozen=True)
class Balance:
    """The bank's closing balance, and the bank account in our books on that day, in pence."""

    on: dt.date
    statement_minor: int
    books_minor: int

    @property
    def difference_minor(self) -> int:
        """What the statement has more than the books (negative: less)."""
        return self.statement_minor - self.books_minor

    def described(self) -> dict[str, Any]:
        """The balance for `--json`."""
        return {
            "on": self.on.isoformat(),
            "statement": self.statement_minor,
            "books": self.books_minor,
            "difference": self.difference_minor,
        }

    def __str__(self) -> str:
        agrees = (
            "they agree"
            if self.difference_minor == 0
            else f"the difference is {display(self.difference_minor)}"
        )
        return (
            f"On {self.on.isoformat()} the statement closes at {display(self.statement_minor)},"
            f" the books at {display(self.books_minor)}: {agrees}."
        )


@dataclass(frozen=True)
class ImportRow:
    """A statement as the list shows it; `fund` is "" where it could be several."""

    row: BankImport
    fund: str
    balance: Balance | None


def imports(session: Session, limit: int = 50) -> list[ImportRow]:
    """The statements taken in, the newest first."""
    rows = session.exec(
        select(BankImport, Fund.slug)
        .outerjoin(Fund, col(Fund.id) == BankImport.fund_id)
        .order_by(col(BankImport.id).desc())
        .limit(limit)
    ).all()
    return [ImportRow(row, slug or "", _balance(session, row, slug)) for row, slug in rows]


def balance_of(session: Session, sha256: str) -> Balance | None:
    """The balances of the statement with this digest; None where the bank told none or the fund is not known."""
    found = session.exec(
        select(BankImport, Fund.slug)
        .outerjoin(Fund, col(Fund.id) == BankImport.fund_id)
        .where(BankImport.sha256 == sha256)
    ).first()
    return _balance(session, *found) if found else None


def _balance(session: Session, row: BankImport, slug: str | None) -> Balance | None:
    if row.closing_minor is None or row.closing_on is None or not slug:
        return None
    books = session.exec(
        select(func.coalesce(func.sum(Entry.amount_minor), 0))
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Account.pot_id)
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .where(
            Account.kind == AccountKind.BANK,
            Pot.fund_slug == slug,
            Journal.effective_on <= row.closing_on,
            col(Journal.posted),
        )
    ).one()
    return Balance(row.closing_on, row.closing_minor, int(books))


PAGE = 50


@dataclass(frozen=True)
class Waiting:
    """A bank line that waits for a person, without its words; `code` names the payments it is about, where it names any,
    `hint` says what it could be."""

    line: BankLine
    code: str
    hint: str


def waiting_lines(
    session: Session, *, direction: Direction | None = None, reason: LineReason | None = None, first: int = 0
) -> tuple[list[Waiting], bool]:
    """Lines that wait for a person, the oldest first, from the `first` on; and whether there are more than a page."""
    wanted = (
        select(BankLine, Attempt.reference)
        .outerjoin(Attempt, col(Attempt.id) == BankLine.attempt_id)
        .where(BankLine.state == LineState.EXCEPTION)
    )
    if direction is not None:
        wanted = wanted.where(BankLine.direction == direction)
    if reason is not None:
        wanted = wanted.where(BankLine.reason == reason)
    rows = session.exec(
        wanted.order_by(col(BankLine.on), col(BankLine.id)).offset(first).limit(PAGE + 1)
    ).all()
    said = hints(session, [line for line, _ in rows[:PAGE]])
    beside = named_beside(session, [line.id or 0 for line, _ in rows[:PAGE]])
    shown = [
        Waiting(line, code or ", ".join(beside.get(line.id or 0, ())), said[line.id or 0])
        for line, code in rows[:PAGE]
    ]
    return shown, len(rows) > PAGE


def clearing_of(session: Session, batch: Batch) -> int:
    """What of a batch is handed over and not yet seen at the bank, in pence; zero is its reconciliation."""
    total = select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
        in_batch(batch), col(Payment.state).in_(AT_THE_RAIL)
    )
    return int(session.exec(total).one())


def unwritten(session: Session, batch: Batch) -> int:
    """How many of a batch's payments were taken and stand in no file yet."""
    wanted = (
        select(func.count())
        .select_from(Attempt)
        .join(Payment, col(Payment.id) == Attempt.payment_id)
        .where(
            Attempt.batch_id == batch.id,
            Attempt.outcome == AttemptOutcome.ACCEPTED,
            col(Attempt.bank_file_id).is_(None),
            Payment.state == PaymentState.SUBMITTED,
        )
    )
    return int(session.exec(wanted).one())
