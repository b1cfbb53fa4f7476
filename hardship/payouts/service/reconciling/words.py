"""The words on a bank line, and saying in writing why it needs nothing more."""

from dataclasses import dataclass, field

from sqlmodel import select

from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import Transaction
from hardship.payouts import queries
from hardship.payouts.models import BankLine, LineState
from hardship.staff.permissions import Permission, require_staff

MAX_NOTE = 500


@dataclass(frozen=True)
class Words:
    """The words on a bank line."""

    reference: str = field(repr=False)
    counterparty: str = field(repr=False)


def read_words(tx: Transaction, *, line_id: int) -> Words:
    """The words on a bank line, opened for a member of staff; each reading is one event."""
    require_staff(tx.actor, Permission.RECONCILE)
    line = line_locked(tx, line_id)
    tx.record("bank_line.read", f"bank_line:{line_id}")
    return words_of(tx, line)


def words_of(tx: Transaction, line: BankLine) -> Words:
    """The words on a bank line, opened; whoever shows them to somebody records that."""
    house = tx.vault.house(tx.session)
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
    line = waiting_line(tx, line_id)
    line.state, line.set_aside_by, line.set_aside_at = LineState.SET_ASIDE, staff_id, tx.at
    line.set_aside_note = tx.vault.house(tx.session).seal(
        "bank_line", "set_aside_note", line.fingerprint, words
    )
    tx.session.add(line)
    tx.record(
        "bank_line.set_aside", f"bank_line:{line_id}", state=line.state.value, reason=str(line.reason or "")
    )


def waiting_line(tx: Transaction, line_id: int) -> BankLine:
    """A line that waits for a person, locked; raises `Conflict` for any other."""
    line = line_locked(tx, line_id)
    if line.state is not LineState.EXCEPTION:
        raise Conflict("the line does not wait for anybody", where=f"line {line_id}")
    return line


def line_locked(tx: Transaction, line_id: int) -> BankLine:
    """A line, locked; raises `NotFound`."""
    queries.line_row(tx.session, line_id)
    return lock(tx.session, select(BankLine).where(BankLine.id == line_id))[0]
