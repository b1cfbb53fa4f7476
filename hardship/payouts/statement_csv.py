"""A bank's own CSV, its columns mapped once to what a statement has. Values in, values out."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from hardship.core.canonical import canonical
from hardship.core.csvfile import Row, Rows, rows_of
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor
from hardship.funds.bankfiles import DATE_FORMATS as FILE_DATES
from hardship.payouts.models import Direction
from hardship.payouts.statement import MAX_WORDS, StatementLine, possible_day

DATE_FORMATS = FILE_DATES | {
    "DD MMM YYYY": "%d %b %Y",
    "DD-MMM-YYYY": "%d-%b-%Y",
    "DD MMM YY": "%d %b %y",
    "MM/DD/YYYY": "%m/%d/%Y",
}
DELIMITERS = (",", ";", "\t", "|")
SEARCHED = 50
"""In so many lines the header is looked for: banks write the account and its balances above it."""
_NOISE = re.compile(r"[£,\s]")
_NO_THOUSANDS = re.compile(r",(?!\d{3}(?!\d))")
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of a bank's columns hold what.

    Either `amount` (signed: `out_sign` says which sign goes out; or unsigned, with a `direction` column that holds one of
    `out_words` for money out), or `paid_in` and `paid_out`. `reference` and `counterparty` may take several columns
    each, joined by a blank. Columns that are not named are ignored.
    """

    date: str
    date_format: str = "DD/MM/YYYY"
    amount: str = ""
    out_sign: str = "minus"
    direction: str = ""
    out_words: tuple[str, ...] = ()
    paid_in: str = ""
    paid_out: str = ""
    reference: tuple[str, ...] = ()
    counterparty: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a file of this shape has to have, each once."""
        named = (self.date, self.amount, self.direction, self.paid_in, self.paid_out)
        return tuple(dict.fromkeys(one for one in (*named, *self.reference, *self.counterparty) if one))

    def stored(self) -> str:
        """The shape as canonical JSON."""
        return canonical(asdict(self)).decode()


def stored_shape(text: str) -> Shape:
    """The shape that `Shape.stored` gave."""
    raw = json.loads(text)
    several = {name: tuple(raw[name]) for name in ("out_words", "reference", "counterparty")}
    return Shape(**raw | several)


def check_shape(shape: Shape) -> None:
    """Raise `BadInput`, with the field as `where`, unless lines can be read with it."""
    if not shape.date:
        raise BadInput(
            "which column holds the date is not said", where="date", fix="Name it as the bank does."
        )
    if shape.date_format not in DATE_FORMATS:
        raise BadInput("not a date format", where="date_format", fix=f"Use {', '.join(DATE_FORMATS)}.")
    apart = bool(shape.paid_in and shape.paid_out)
    if bool(shape.amount) == apart or bool(shape.paid_in) != bool(shape.paid_out):
        raise BadInput(
            "name one column of amounts, or one for money in and one for money out", where="amount", fix=""
        )
    if not shape.reference:
        raise BadInput(
            "no column holds the reference", where="reference", fix="Payments are found again by it."
        )
    if shape.direction and not shape.out_words:
        raise BadInput(
            "which words mean money out is not said", where="out_words", fix="List them, like DR, debit."
        )
    if shape.direction and apart:
        raise BadInput("two columns of amounts need no direction", where="direction", fix="Leave it out.")
    if any(len(one) > MAX_NAME or not one.isprintable() for one in (*shape.columns, *shape.out_words)):
        raise BadInput("a name is too long or cannot be shown", where="columns", fix="Copy it from the file.")


def header_of(data: bytes) -> list[str]:
    """The names in a file's first row; [] for one that has none that can be read."""
    return next(iter(_cells(line, ",") for line in _first_lines(data)), [])


@dataclass(frozen=True, slots=True)
class Layout:
    """How a bank writes a file of a shape: the names of its columns, what parts them, and how many lines stand above."""

    shape: Shape
    header: tuple[str, ...]
    delimiter: str
    above: int


def layout_of(data: bytes, shapes: Mapping[str, Shape]) -> Layout | None:
    """How a file is laid out whose columns were mapped: its header is the first line, of the first fifty, that names
    every column of a shape, with commas, semicolons, tabs or bars between them. Of several shapes the one with most
    columns, then the first by name."""
    for _, shape in sorted(shapes.items(), key=lambda one: (-len(one[1].columns), one[0])):
        for above, line in enumerate(_first_lines(data)):
            for delimiter in DELIMITERS:
                cells = _cells(line, delimiter)
                if set(shape.columns) <= set(cells):
                    return Layout(shape, tuple(cells), delimiter, above)
    return None


def _first_lines(data: bytes) -> list[str]:
    text = io.StringIO(data[: 64 * 1024].decode("utf-8-sig", errors="replace"), newline="")
    return list(islice(text, SEARCHED))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [one.strip() for one in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def rows_in_layout(data: bytes, path: Path, layout: Layout) -> Rows:
    """The rows of a file laid out so; raises `BadInput` as every CSV file does."""
    columns = layout.shape.columns
    rest = [one for one in layout.header if one not in columns]
    return rows_of(data, path, columns, rest, delimiter=layout.delimiter, above=layout.above)


def parse_shaped(row: Row, *, shape: Shape, today: dt.date) -> StatementLine:
    """A line from a row of a bank's own file; raises `BadInput` with the column as `where`."""
    minor, direction = _amount(row, shape)
    if minor == 0:
        raise BadInput("a line of nothing", where=shape.amount or shape.paid_out, fix="Leave it out.")
    try:
        on = dt.datetime.strptime(row[shape.date], DATE_FORMATS[shape.date_format]).date()  # noqa: DTZ007 — a day has no zone
    except ValueError:
        raise BadInput("not a date", where=shape.date, fix=f"The mapping says {shape.date_format}.") from None
    return StatementLine(
        on=possible_day(on, today, where=shape.date),
        amount_minor=minor,
        reference=_joined(row, shape.reference),
        counterparty=_joined(row, shape.counterparty),
        direction=direction,
    )


def _amount(row: Row, shape: Shape) -> tuple[int, Direction]:
    if not shape.amount:
        paid_in, paid_out = _pence(row, shape.paid_in), _pence(row, shape.paid_out)
        if bool(paid_in) == bool(paid_out) and paid_in:
            raise BadInput("money in and money out on one line", where=shape.paid_in, fix="Check the line.")
        return (abs(paid_in), Direction.IN) if paid_in else (abs(paid_out), Direction.OUT)
    minor = _pence(row, shape.amount)
    if shape.direction:
        words = {word.casefold() for word in shape.out_words}
        return abs(minor), Direction.OUT if row[shape.direction].casefold() in words else Direction.IN
    is_out = minor < 0 if shape.out_sign == "minus" else minor > 0
    return abs(minor), Direction.OUT if is_out else Direction.IN


def _pence(row: Row, column: str) -> int:
    """Pence from an amount as banks write them: with a sign, a pound sign, commas, or in brackets; nothing is 0."""
    if _NO_THOUSANDS.search(row[column]):
        raise BadInput(
            "a comma that parts no thousands", where=column, fix="Pence follow a point, like 1,234.50."
        )
    text = _NOISE.sub("", row[column]).replace("−", "-").removeprefix("+")
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    return parse_minor(text, where=column, negative=True) if text else 0


def _joined(row: Row, columns: Sequence[str]) -> str:
    return " ".join(row[column] for column in columns if row[column])[:MAX_WORDS]
