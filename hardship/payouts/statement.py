"""A line of a bank statement as the CSV has it (contract.md, "CSV")."""

import datetime as dt
from dataclasses import dataclass

from hardship.core.canonical import canonical
from hardship.core.clock import parse_day
from hardship.core.csvfile import Row, choice_cell, text_cell
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor
from hardship.payouts.models import Direction

COLUMNS = ("date", "amount", "reference", "counterparty", "direction")
MAX_WORDS = 200
LEEWAY = dt.timedelta(days=7)
"""How far ahead a bank may date a line: over a weekend and holidays to the next working day."""


@dataclass(frozen=True)
class StatementLine:
    """What the bank says: so many pence went in or out on a day, with these words."""

    on: dt.date
    amount_minor: int
    reference: str
    counterparty: str
    direction: Direction

    def content(self) -> bytes:
        """The line as bytes; lines with equal bytes are told apart only by being there several times."""
        return canonical(
            [self.on.isoformat(), self.amount_minor, self.reference, self.counterparty, self.direction.value]
        )


def parse_line(row: Row, *, today: dt.date) -> StatementLine:
    """A line from a row of the file; raises `BadInput` with the column as `where`. A day beyond
    `today` and the leeway is a slip of the pen: it would settle a payment in another year's books."""
    minor = parse_minor(row["amount"], where="amount")
    if minor == 0:
        raise BadInput("a line of nothing", where="amount", fix="Leave it out.")
    on = parse_day(row["date"], where="date")
    latest = today + LEEWAY
    if on > latest:
        raise BadInput("the day is still to come", where="date", fix=f"The latest is {latest.isoformat()}.")
    return StatementLine(
        on=on,
        amount_minor=minor,
        reference=text_cell(row, "reference", max_length=MAX_WORDS),
        counterparty=text_cell(row, "counterparty", max_length=MAX_WORDS),
        direction=choice_cell(row, "direction", Direction),
    )
