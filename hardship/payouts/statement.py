"""A bank statement: its lines, and what else a bank says of it (contract.md, "CSV")."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from hardship.core.canonical import canonical
from hardship.core.clock import parse_day
from hardship.core.csvfile import Row, choice_cell, text_cell
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor
from hardship.payouts.models import Direction

COLUMNS = ("date", "amount", "reference", "counterparty", "direction")
MAX_WORDS = 200
EARLIEST = dt.date(1990, 1, 1)
LEEWAY = dt.timedelta(days=7)
"""How far ahead a bank may date a line: over a weekend and holidays to the next working day."""


@dataclass(frozen=True)
class StatementLine:
    """What the bank says: so many pence went in or out on a day, with these words.

    `bank_ref` is the bank's own number for the line, where it gives one; `is_return` is when it says itself that money
    comes back.
    """

    on: dt.date
    amount_minor: int
    reference: str
    counterparty: str
    direction: Direction
    bank_ref: str = ""
    is_return: bool = False

    def content(self) -> bytes:
        """The line as bytes; lines with equal bytes are told apart only by being there several times."""
        said = [
            self.on.isoformat(),
            self.amount_minor,
            self.reference,
            self.counterparty,
            self.direction.value,
        ]
        return canonical([*said, self.bank_ref] if self.bank_ref else said)

    @property
    def signed_minor(self) -> int:
        """Pence in, or (negative) out."""
        return self.amount_minor if self.direction is Direction.IN else -self.amount_minor


@dataclass(frozen=True)
class About:
    """What a bank says of a statement beside its lines: the form, the account (digits of sort code and number, or of the
    number alone), and its balances in pence. `adds_up`: opening balance and lines make the closing balance."""

    form: str = "csv"
    account: str = ""
    sort_code: str = ""
    opening_minor: int | None = None
    closing_minor: int | None = None
    closing_on: dt.date | None = None
    adds_up: bool = True


@dataclass(frozen=True)
class Statement:
    """A statement as read from a file."""

    lines: Sequence[StatementLine]
    about: About = About()


def parse_line(row: Row, *, today: dt.date) -> StatementLine:
    """A line from a row of the file; raises `BadInput` with the column as `where`."""
    minor = parse_minor(row["amount"], where="amount")
    if minor == 0:
        raise BadInput("a line of nothing", where="amount", fix="Leave it out.")
    return StatementLine(
        on=possible_day(parse_day(row["date"], where="date"), today, where="date"),
        amount_minor=minor,
        reference=text_cell(row, "reference", max_length=MAX_WORDS),
        counterparty=text_cell(row, "counterparty", max_length=MAX_WORDS),
        direction=choice_cell(row, "direction", Direction),
    )


def possible_day(on: dt.date, today: dt.date, *, where: str) -> dt.date:
    """`on`, if a bank can have booked something then; raises `BadInput`. A day beyond `today` and the leeway is a slip
    of the pen: it would settle a payment in another year's books."""
    latest = today + LEEWAY
    if on > latest:
        raise BadInput("the day is still to come", where=where, fix=f"The latest is {latest.isoformat()}.")
    if on < EARLIEST:
        raise BadInput("the day is too long ago", where=where, fix="Check the year.")
    return on
