"""The bank's own word: its statement is read line by line, and settles, returns, or asks for a person.

The same file again changes nothing, and neither does a line that another file had already; identical lines in one file
are legitimate, and each counts once.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from hardship.core.canonical import sha256_hex
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.payouts import queries
from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankImport,
    BankLine,
    Batch,
    Direction,
    LineReason,
    LineState,
)
from hardship.payouts.outcomes import meaning
from hardship.payouts.rails.base import Status
from hardship.payouts.references import batch_refs_in, codes_in
from hardship.payouts.service.batches import hold_back
from hardship.payouts.service.progress import Move, Step, hold, move, parts
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import AT_THE_RAIL, MACHINE, PaymentState
from hardship.staff.permissions import Permission, require, require_staff

MAX_NOTE = 500
_SENT = (AttemptOutcome.PENDING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED, AttemptOutcome.RETURNED)


@dataclass(frozen=True)
class Reconciled:
    """What a statement did, in lines: new ones, those known already, and of the new ones those that were our payments
    going out (`matched`), those that were payments coming back (`returned`), and those that want a person."""

    imported: int
    unchanged: int
    matched: int = 0
    returned: int = 0
    exceptions: int = 0


@dataclass
class _Found:
    """A new line and what it seems to be about."""

    line: StatementLine
    fingerprint: str
    occurrence: int
    attempt_id: int | None = None
    batch_id: int | None = None
    state: LineState = LineState.EXCEPTION
    reason: LineReason | None = None


@dataclass
class _Book:
    """The payments concerned, locked, as they stand while the lines are read one after the other."""

    moves: dict[int, Move] = field(default_factory=dict)  # by payment
    attempts: dict[int, Attempt] = field(default_factory=dict)
    funds: dict[int, int] = field(default_factory=dict)  # by payment
    seen: set[tuple[int, Direction]] = field(
        default_factory=set
    )  # attempts whose line of this direction was seen
    batches_seen: set[int] = field(default_factory=set)

    def state_of(self, payment_id: int) -> PaymentState:
        """Where a payment stands after the lines read so far."""
        one = self.moves[payment_id]
        state = one.payment.state
        for step in one.steps:
            state = MACHINE.apply(state, step.event)
        return state

    def is_live(self, attempt: Attempt) -> bool:
        """Whether the payment's state is about this try."""
        return self.moves[attempt.payment_id].attempt is attempt

    def tell(self, attempt: Attempt, status: Status, on: dt.date) -> bool:
        """Let the bank's word about a try come true; whether it said anything new."""
        one = self.moves[attempt.payment_id]
        events = meaning(self.state_of(attempt.payment_id), status)
        one.steps += [Step(event, on) for event in events]
        return bool(events)


def reconcile(tx: Transaction, *, lines: Sequence[StatementLine], sha256: str = "") -> Reconciled:
    """Take in a bank statement, whole: the lines of one file, in its order.

    `sha256` is what the file is known by; without one, that of its lines, which is the same however they are quoted.
    """
    require(tx.actor, Permission.RECONCILE)
    sha256 = sha256 or sha256_hex(b"\n".join(line.content() for line in lines))
    lock(tx.session, select(Fund).order_by(col(Fund.id)))  # two imports of one file work one after the other
    if tx.session.exec(select(BankImport.id).where(BankImport.sha256 == sha256)).first() is not None:
        return Reconciled(0, len(lines))
    new = _new_lines(tx, lines)
    if new:
        _name(tx, new)
        book = _open_book(tx, new)
        for found in sorted(new, key=lambda one: (one.line.on, one.line.direction is Direction.IN)):
            _decide(tx, book, found)
        _move_all(tx, book)
    _store(tx, sha256, lines, new)
    for one in new:
        if one.reason is not None and one.attempt_id is not None and one.line.direction is Direction.OUT:
            hold_back(tx, book.attempts[one.attempt_id].payment_id)
    done = Counter((one.state, one.line.direction) for one in new)
    result = Reconciled(
        imported=len(new),
        unchanged=len(lines) - len(new),
        matched=done[LineState.MATCHED, Direction.OUT],
        returned=done[LineState.MATCHED, Direction.IN],
        exceptions=done[LineState.EXCEPTION, Direction.OUT] + done[LineState.EXCEPTION, Direction.IN],
    )
    tx.record(
        "statement.imported",
        f"bank_import:{sha256[:16]}",
        lines=len(new),
        matched=result.matched,
        returned=result.returned,
        exceptions=result.exceptions,
    )
    return result


def _new_lines(tx: Transaction, lines: Sequence[StatementLine]) -> list[_Found]:
    """The lines that no earlier file had, each with its number among the identical ones of this file."""
    counted: Counter[str] = Counter()
    found: list[_Found] = []
    for line in lines:
        fingerprint = tx.vault.mac(b"bank line|" + line.content())
        counted[fingerprint] += 1
        found.append(_Found(line, fingerprint, counted[fingerprint]))
    known: set[tuple[str, int]] = set()
    for part in parts(sorted(counted)):
        rows = tx.session.exec(
            select(BankLine.fingerprint, BankLine.occurrence).where(col(BankLine.fingerprint).in_(part))
        )
        known |= {(fingerprint, occurrence) for fingerprint, occurrence in rows}
    return [one for one in found if (one.fingerprint, one.occurrence) not in known]


# --- What a line is about -----------------------------------------------------------------------------------------


def _name(tx: Transaction, new: Sequence[_Found]) -> None:
    """Find the try (by the code in the words) or else the batch that each line names."""
    codes = {one.fingerprint: codes_in(one.line.reference) for one in new}
    attempts: dict[str, int] = {}
    for part in parts(sorted({code for some in codes.values() for code in some})):
        rows = tx.session.exec(select(Attempt.reference, Attempt.id).where(col(Attempt.reference).in_(part)))
        attempts |= {code: number or 0 for code, number in rows}
    refs = {one.fingerprint: batch_refs_in(one.line.reference) for one in new}
    batches: dict[str, int] = {}
    for part in parts(sorted({ref for some in refs.values() for ref in some})):
        rows = tx.session.exec(select(Batch.ref, Batch.id).where(col(Batch.ref).in_(part)))
        batches |= {ref: number or 0 for ref, number in rows}
    for one in new:
        one.attempt_id = next((attempts[code] for code in codes[one.fingerprint] if code in attempts), None)
        if one.attempt_id is None and one.line.direction is Direction.OUT:
            one.batch_id = next((batches[ref] for ref in refs[one.fingerprint] if ref in batches), None)


def _open_book(tx: Transaction, new: Sequence[_Found]) -> _Book:
    """Lock everything the lines are about: funds, awards, payments and their tries."""
    book = _Book()
    named = {one.attempt_id for one in new if one.attempt_id is not None}
    batches = {one.batch_id for one in new if one.batch_id is not None}
    numbers = _payments_of(tx, Attempt.id, named) | _payments_of(tx, Attempt.batch_id, batches)
    for payment, award in hold(tx, sorted(numbers)):
        book.moves[payment.id or 0] = Move(payment, award)
        book.funds[payment.id or 0] = award.fund_id
    for part in parts(sorted(numbers)):
        rows = lock(
            tx.session, select(Attempt).where(col(Attempt.payment_id).in_(part)).order_by(col(Attempt.id))
        )
        for attempt in rows:
            book.attempts[attempt.id or 0] = attempt
            book.moves[attempt.payment_id].attempt = attempt  # the newest comes last
    _remember_seen(tx, book, named, batches)
    return book


def _payments_of(tx: Transaction, column: Any, values: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for part in parts(sorted(values)):
        found |= set(tx.session.exec(select(Attempt.payment_id).where(col(column).in_(part))).all())
    return found


def _remember_seen(tx: Transaction, book: _Book, named: Iterable[int], batches: Iterable[int]) -> None:
    for part in parts(sorted(named)):
        rows = tx.session.exec(
            select(BankLine.attempt_id, BankLine.direction).where(
                col(BankLine.attempt_id).in_(part), BankLine.state == LineState.MATCHED
            )
        )
        book.seen |= {(attempt_id or 0, Direction(direction)) for attempt_id, direction in rows}
    for part in parts(sorted(batches)):
        found = select(BankLine.batch_id).where(
            col(BankLine.batch_id).in_(part), BankLine.state == LineState.MATCHED
        )
        book.batches_seen |= {number or 0 for number in tx.session.exec(found)}


# --- What a line means --------------------------------------------------------------------------------------------


def _decide(tx: Transaction, book: _Book, found: _Found) -> None:
    """Match a line, letting the bank's word come true, or say why it wants a person."""
    if found.attempt_id is not None:
        found.reason = _about_payment(book, found, book.attempts[found.attempt_id])
    elif found.batch_id is not None:
        found.reason = _about_batch(book, found, found.batch_id)
    else:
        found.reason = (
            LineReason.NO_REFERENCE if found.line.direction is Direction.OUT else LineReason.RECEIPT
        )
    found.state = LineState.MATCHED if found.reason is None else LineState.EXCEPTION


def _about_payment(book: _Book, found: _Found, attempt: Attempt) -> LineReason | None:
    line = found.line
    if line.amount_minor != book.moves[attempt.payment_id].payment.amount_minor:
        return LineReason.AMOUNT_DIFFERS
    if (found.attempt_id or 0, line.direction) in book.seen:
        return LineReason.SEEN_BEFORE
    if not _fits(book, attempt, line):
        return LineReason.NOT_SENT
    book.seen.add((found.attempt_id or 0, line.direction))
    return None


def _fits(book: _Book, attempt: Attempt, line: StatementLine) -> bool:
    """Let a line about one payment come true. One that is known already fits without a second journal; one about a
    try that never left, or was refused, does not fit."""
    if attempt.outcome is AttemptOutcome.RETURNED:
        return True
    if not book.is_live(attempt):
        return False
    status = Status.POSTED if line.direction is Direction.OUT else Status.RETURNED
    if book.tell(attempt, status, line.on):
        return True
    known = {PaymentState.RETURNED, *([PaymentState.PAID] if line.direction is Direction.OUT else [])}
    return attempt.outcome in _SENT and book.state_of(attempt.payment_id) in known


def _about_batch(book: _Book, found: _Found, batch_id: int) -> LineReason | None:
    """One debit for a whole batch settles every payment of it that is at the rail."""
    if batch_id in book.batches_seen:
        return LineReason.SEEN_BEFORE
    sent = [one for one in book.attempts.values() if one.batch_id == batch_id and one.outcome in _SENT]
    sure = [one for one in sent if one.outcome in {AttemptOutcome.ACCEPTED, AttemptOutcome.RETURNED}]
    for some in (sent, sure):
        if some and found.line.amount_minor == sum(
            book.moves[one.payment_id].payment.amount_minor for one in some
        ):
            for attempt in some:
                if book.is_live(attempt) and book.state_of(attempt.payment_id) in AT_THE_RAIL:
                    book.tell(attempt, Status.POSTED, found.line.on)
            book.batches_seen.add(batch_id)
            return None
    return LineReason.AMOUNT_DIFFERS


def _move_all(tx: Transaction, book: _Book) -> None:
    """Let what the lines mean happen, fund by fund."""
    by_fund: dict[int, list[Move]] = {}
    for payment_id, one in book.moves.items():
        if one.steps:
            by_fund.setdefault(book.funds[payment_id], []).append(one)
    for fund_id, moves in sorted(by_fund.items()):
        move(tx, lock_fund(tx, fund_id), moves)


def _store(tx: Transaction, sha256: str, lines: Sequence[StatementLine], new: Sequence[_Found]) -> None:
    imported = BankImport(sha256=sha256, lines=len(lines), at=tx.at)
    tx.session.add(imported)
    tx.session.flush()
    house = tx.vault.house(tx.session)
    tx.session.add_all(
        BankLine(
            import_id=imported.id or 0,
            fingerprint=one.fingerprint,
            occurrence=one.occurrence,
            on=one.line.on,
            amount_minor=one.line.amount_minor,
            direction=one.line.direction,
            reference=house.seal("bank_line", "reference", one.fingerprint, one.line.reference),
            counterparty=house.seal("bank_line", "counterparty", one.fingerprint, one.line.counterparty),
            state=one.state,
            reason=one.reason,
            attempt_id=one.attempt_id,
            batch_id=one.batch_id,
        )
        for one in new
    )
    tx.session.flush()


# --- Exceptions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """The words on a bank line."""

    reference: str = field(repr=False)
    counterparty: str = field(repr=False)


def read_words(tx: Transaction, *, line_id: int) -> Words:
    """The words on a bank line, opened for a member of staff; each reading is one event."""
    require_staff(tx.actor, Permission.RECONCILE)
    line = _line(tx, line_id)
    house = tx.vault.house(tx.session)
    tx.record("bank_line.read", f"bank_line:{line_id}")
    return Words(
        house.open("bank_line", "reference", line.fingerprint, line.reference) or "",
        house.open("bank_line", "counterparty", line.fingerprint, line.counterparty) or "",
    )


def set_aside(tx: Transaction, *, line_id: int, note: str) -> None:
    """A named person says in writing why a line needs nothing more. Raises `BadInput` without a reason, `Conflict` for
    a line that is no exception."""
    staff_id = require_staff(tx.actor, Permission.RECONCILE)
    words = note.strip()
    if not words or len(words) > MAX_NOTE:
        raise BadInput("say why, in 500 characters or fewer", where="note")
    line = _line(tx, line_id)
    if line.state is not LineState.EXCEPTION:
        raise Conflict("the line does not wait for anybody", where=f"line {line_id}")
    line.state, line.set_aside_by, line.set_aside_at = LineState.SET_ASIDE, staff_id, tx.at
    line.set_aside_note = tx.vault.house(tx.session).seal(
        "bank_line", "set_aside_note", line.fingerprint, words
    )
    tx.session.add(line)
    tx.record(
        "bank_line.set_aside", f"bank_line:{line_id}", state=line.state.value, reason=str(line.reason or "")
    )


def _line(tx: Transaction, line_id: int) -> BankLine:
    queries.line_row(tx.session, line_id)
    return lock(tx.session, select(BankLine).where(BankLine.id == line_id))[0]
