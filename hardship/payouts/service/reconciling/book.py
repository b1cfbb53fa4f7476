"""What a statement is about, locked, and what its lines do to it while they are read one after the other."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.funds.service import lock_fund
from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankFile,
    BankLine,
    BankLineAttempt,
    Direction,
    LineReason,
    LineState,
    MatchedBy,
)
from hardship.payouts.outcomes import meaning
from hardship.payouts.queries import NOT_TAKEN
from hardship.payouts.rails.base import Status
from hardship.payouts.service.progress import Move, Step, hold, move, parts
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import MACHINE, PaymentState
from hardship.payouts.wrong import noted_as_wrong

SENT = (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED, AttemptOutcome.RETURNED)
"""Outcomes of tries of which the bank may have debited the money."""


@dataclass
class Found:
    """A line and what it seems to be about. `row` is the line as stored, when an earlier statement had it already and it
    waits for a person; `trial_id` names a test payment."""

    line: StatementLine
    fingerprint: str
    occurrence: int
    row: BankLine | None = None
    attempt_id: int | None = None
    several: tuple[int, ...] = ()  # tries, where it names more than one and none of them alone
    batch_id: int | None = None
    file_id: int | None = None
    trial_id: int | None = None
    state: LineState = LineState.EXCEPTION
    reason: LineReason | None = None
    matched_by: MatchedBy | None = None

    @property
    def is_out(self) -> bool:
        """Whether money went out."""
        return self.line.direction is Direction.OUT

    @property
    def is_unnamed(self) -> bool:
        """Whether nothing in its words names anything of ours."""
        return not self.several and self.attempt_id is self.batch_id is self.file_id is self.trial_id is None

    @property
    def attempts(self) -> tuple[int, ...]:
        """The tries that it names, one or several."""
        return self.several if self.attempt_id is None else (self.attempt_id,)


@dataclass
class Book:
    """The payments concerned, locked, as they stand while the lines are read one after the other."""

    moves: dict[int, Move] = field(default_factory=dict)  # by payment
    attempts: dict[int, Attempt] = field(default_factory=dict)
    files: dict[int, BankFile] = field(default_factory=dict)
    funds: dict[int, int] = field(default_factory=dict)  # by payment
    seen: set[tuple[int, Direction]] = field(
        default_factory=set
    )  # attempts whose line of this direction was seen
    batches_seen: set[int] = field(default_factory=set)  # of which one debit for the whole was seen
    wrong: set[int] = field(default_factory=set)  # awards that are noted as paid to the wrong person

    def state_of(self, payment_id: int) -> PaymentState:
        """Where a payment stands after the lines read so far."""
        one = self.moves[payment_id]
        state = one.payment.state
        for step in one.steps:
            state = MACHINE.apply(state, step.event)
        return state

    def is_wrong(self, attempt: Attempt) -> bool:
        """Whether what comes back of this try is a recovery: its award is noted as paid wrongly."""
        payment = self.moves[attempt.payment_id].payment
        return payment.award_id in self.wrong and self.state_of(payment.id or 0) is not PaymentState.RETURNED

    def amount_of(self, attempt: Attempt) -> int:
        """The pence of a try."""
        return self.moves[attempt.payment_id].payment.amount_minor

    def is_live(self, attempt: Attempt) -> bool:
        """Whether the payment's state is about this try."""
        return self.moves[attempt.payment_id].attempt is attempt

    def tell(self, attempt: Attempt, status: Status, on: dt.date) -> bool:
        """Let the bank's word about a try come true; whether it said anything new."""
        one = self.moves[attempt.payment_id]
        events = meaning(self.state_of(attempt.payment_id), status)
        one.steps += [Step(event, on) for event in events]
        return bool(events)

    def sent_with(self, *, batch_id: int | None = None, file_id: int | None = None) -> list[Attempt]:
        """The tries of a batch, or in a file, of which the bank may have debited the money."""
        return [
            one
            for one in self.attempts.values()
            if one.outcome in SENT and (one.batch_id == batch_id or (file_id and one.bank_file_id == file_id))
        ]

    def in_doubt(self, found: Found) -> set[int]:
        """The payments that the bank may have made although they count as not made, when it debits this and a person has
        to look: those it names, and of the file or batch it names those that count as not taken."""
        doubted = {self.attempts[number].payment_id for number in found.attempts}
        for one in self.attempts.values():
            of_it = (found.file_id and one.bank_file_id == found.file_id) or one.batch_id == found.batch_id
            if of_it and one.outcome in NOT_TAKEN:
                doubted.add(one.payment_id)
        return doubted

    def sum_of(self, attempts: Iterable[Attempt]) -> int:
        """The pence of several tries."""
        return sum(self.amount_of(one) for one in attempts)

    def is_debited(self, attempt: Attempt) -> bool:
        """Whether a debit that covers this try was seen: its own, that of its file, or that of its batch."""
        file = self.files.get(attempt.bank_file_id or 0)
        return (
            (attempt.id or 0, Direction.OUT) in self.seen
            or (file is not None and file.debited_on is not None)
            or attempt.batch_id in self.batches_seen
        )


def open_book(
    tx: Transaction, *, attempts: Iterable[int], batches: Iterable[int] = (), files: Iterable[int] = ()
) -> Book:
    """Lock everything that lines are about: awards, payments, their tries and files. The funds are locked already."""
    book = Book()
    numbers = (
        _payments_of(tx, Attempt.id, attempts)
        | _payments_of(tx, Attempt.batch_id, batches)
        | _payments_of(tx, Attempt.bank_file_id, files)
    )
    for payment, award in hold(tx, sorted(numbers)):
        book.moves[payment.id or 0] = Move(payment, award)
        book.funds[payment.id or 0] = award.fund_id
    book.wrong = noted_as_wrong(tx.session, [one.payment.award_id for one in book.moves.values()])
    for part in parts(sorted(numbers)):
        rows = lock(
            tx.session, select(Attempt).where(col(Attempt.payment_id).in_(part)).order_by(col(Attempt.id))
        )
        for attempt in rows:
            book.attempts[attempt.id or 0] = attempt
            book.moves[attempt.payment_id].attempt = attempt  # the newest comes last
    _add_files(tx, book)
    _remember_seen(tx, book)
    return book


def _payments_of(tx: Transaction, column: Any, values: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for part in parts(sorted(set(values))):
        found |= set(tx.session.exec(select(Attempt.payment_id).where(col(column).in_(part))).all())
    return found


def _add_files(tx: Transaction, book: Book) -> None:
    """The files of the tries, and the other files of their batches: a debit names a batch as often as a file."""
    batches = sorted({one.batch_id for one in book.attempts.values() if one.bank_file_id is not None})
    for part in parts(batches):
        wanted = select(BankFile).where(col(BankFile.batch_id).in_(part)).order_by(col(BankFile.id))
        book.files |= {one.id or 0: one for one in lock(tx.session, wanted)}


def _remember_seen(tx: Transaction, book: Book) -> None:
    for part in parts(sorted(book.attempts)):
        rows = tx.session.exec(
            select(BankLine.attempt_id, BankLine.direction).where(
                col(BankLine.attempt_id).in_(part), BankLine.state == LineState.MATCHED
            )
        )
        book.seen |= {(attempt_id or 0, Direction(direction)) for attempt_id, direction in rows}
        listed = tx.session.exec(
            select(BankLineAttempt.attempt_id, BankLine.direction)
            .join(BankLine, col(BankLine.id) == BankLineAttempt.line_id)
            .where(col(BankLineAttempt.attempt_id).in_(part), BankLine.state == LineState.MATCHED)
        )
        book.seen |= {(attempt_id, Direction(direction)) for attempt_id, direction in listed}
    for part in parts(sorted({one.batch_id for one in book.attempts.values()})):
        found = select(BankLine.batch_id).where(
            col(BankLine.batch_id).in_(part),
            BankLine.state == LineState.MATCHED,
            BankLine.direction == Direction.OUT,
            col(BankLine.bank_file_id).is_(None),
        )
        book.batches_seen |= {number or 0 for number in tx.session.exec(found)}


def close_book(tx: Transaction, book: Book) -> None:
    """Let what the lines mean happen, fund by fund."""
    by_fund: dict[int, list[Move]] = {}
    for payment_id, one in book.moves.items():
        if one.steps:
            by_fund.setdefault(book.funds[payment_id], []).append(one)
    for fund_id, moves in sorted(by_fund.items()):
        move(tx, lock_fund(tx, fund_id), moves)
    tx.session.add_all(book.files.values())


def files_in(book: Book, batch_id: int) -> Sequence[BankFile]:
    """The files of a batch, in order."""
    return sorted(
        (one for one in book.files.values() if one.batch_id == batch_id), key=lambda one: one.number
    )
