"""From the bytes of a file to a statement, whatever form the bank gives it."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hardship.core.csvfile import Numbered, Rows, RowsRefused, rows_of
from hardship.core.errors import BadInput
from hardship.payouts.statement import COLUMNS, About, Statement, StatementLine, parse_line
from hardship.payouts.statement_camt import parse_camt
from hardship.payouts.statement_csv import Shape, header_of, layout_of, parse_shaped, rows_in_layout
from hardship.payouts.statement_xml import MAX_BYTES

MAP_FIRST = "If these are the bank's own columns, map them once: hardship payouts map-statement"


def read_file(path: Path) -> bytes:
    """A file's bytes; raises `BadInput` for one that is not there, cannot be read, or is too large."""
    try:
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else "the file cannot be read"
        raise BadInput(what, where=str(path), fix="Check the path.") from None
    check_size(data, path.name)
    return data


def check_size(data: bytes, name: str) -> None:
    """Raise `BadInput` for a file that no month of one account fills."""
    if len(data) > MAX_BYTES:
        raise BadInput(
            f"the file is larger than {MAX_BYTES // 1024 // 1024} MB",
            where=name,
            fix="Ask the bank for a shorter time.",
        )


def is_xml(data: bytes) -> bool:
    """Whether a file means to be XML."""
    return data.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")


def read_statement(data: bytes, path: Path, *, today: dt.date, shapes: Mapping[str, Shape]) -> Statement:
    """The statement in a file, whole; raises `BadInput` (`RowsRefused` for rows of a CSV) when anything is wrong."""
    check_size(data, path.name)
    if is_xml(data):
        return parse_camt(data, path.name, today)
    rows, lines = read_csv(data, path, today=today, shapes=shapes)
    if rows.problems:
        raise RowsRefused(rows.problems, file=path.name)
    return Statement([one.value for one in lines], About())


def read_csv(
    data: bytes, path: Path, *, today: dt.date, shapes: Mapping[str, Shape]
) -> tuple[Rows, list[Numbered[StatementLine]]]:
    """A CSV's rows, with what is wrong of them, and the lines of those that are good: in our columns, or in a bank's own
    that were mapped. Raises `BadInput` for a file that is neither."""
    layout = None if set(header_of(data)) == set(COLUMNS) else layout_of(data, shapes)
    if layout is not None:
        rows = rows_in_layout(data, path, layout)
        return rows, rows.parse(partial(parse_shaped, shape=layout.shape, today=today))
    try:
        rows = rows_of(data, path, COLUMNS)
    except BadInput as error:
        if "column" in error.what:
            raise BadInput(error.what, where=error.where, fix=f"{error.fix} {MAP_FIRST}") from None
        raise
    return rows, rows.parse(partial(parse_line, today=today))
