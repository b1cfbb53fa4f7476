"""From a file's bytes to its rows."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hardship.core.csvfile.rows import Row, Rows
from hardship.core.errors import BadInput

MAX_BYTES = 64 * 1024 * 1024
MAX_FIELD = 10_000  # characters in one cell; rooms hold their own columns to less
_HARD_FIELD = 131_072  # beyond this the file is not worth reading on


def read_rows(path: Path | str, required: Sequence[str], optional: Sequence[str] = ()) -> Rows:
    """The rows of a CSV file; raises `BadInput` for a file that cannot be read as one with these columns.

    `required` columns have to be there (their cells may be empty), `optional` ones may be; any other is refused.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise BadInput("there is no such file", where=str(path), fix="Check the path.")
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(
                f"the file is larger than {MAX_BYTES // 1024 // 1024} MB",
                where=path.name,
                fix="Split it into smaller files.",
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path that no system can hold
        raise BadInput(
            f"the file cannot be read ({type(error).__name__})", where=str(path), fix="Check the path."
        ) from None
    return rows_of(data, path, required, optional)


def rows_of(
    data: bytes,
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    delimiter: str = ",",
    above: int = 0,
) -> Rows:
    """The rows of a file's bytes; `path` names it in messages. Raises `BadInput` as `read_rows` does.

    A file that is not ours may part its cells by something else than a comma, and have lines above its header.
    """
    source = io.StringIO(_decoded(data, path.name), newline="")
    for _ in range(above):
        source.readline()
    numbered = _numbered(csv.reader(source, strict=True, delimiter=delimiter), path.name, above)
    line, header = next(numbered, (1, []))
    header = [name.strip() for name in header]
    _check_header(header, required, optional, f"{path.name}, line {line}")
    rows = Rows(path, header)
    absent = dict.fromkeys([name for name in optional if name not in header], "")
    for line, cells in numbered:
        _add(rows, line, cells, absent)
    if not rows.read:
        raise BadInput("the file has a header and no rows", where=path.name, fix="Add the rows.")
    return rows


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("the file is UTF-16", where=name, fix="Save it as CSV in UTF-8.")
    if not data.strip():
        raise BadInput("the file is empty", where=name, fix="It needs a header row and at least one row.")
    if (at := data.find(b"\0")) >= 0:
        where = f"{name}, line {data.count(bytes([10]), 0, at) + 1}"
        raise BadInput("the file holds a NUL byte", where=where, fix="Save it as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{name}, line {data.count(bytes([10]), 0, error.start) + 1}"
        raise BadInput("the file is not UTF-8", where=where, fix="Save it as CSV in UTF-8.") from None


def _numbered(reader: Any, name: str, above: int) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line on which it starts; `above` lines were skipped."""
    while True:
        line = above + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "field limit" in str(error):
                what, fix = f"a field is longer than {_HARD_FIELD:,} characters", "Shorten it."
            else:
                what, fix = "the row is not well-formed CSV", "Check the quotation marks on it and above it."
            raise BadInput(what, where=f"{name}, line {line}", fix=fix) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _check_header(
    header: Sequence[str], required: Sequence[str], optional: Sequence[str], where: str
) -> None:
    known = [*required, *optional]
    for column in header:
        if column not in known:
            near = get_close_matches(column.lower(), known, n=1, cutoff=0.6)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise BadInput(
                f"unknown column {column[:60]!r}",
                where=where,
                fix=f"{hint}The columns are: {', '.join(known)}.",
            )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise BadInput(f"the column {twice[0]} is there twice", where=where, fix="Leave one of them out.")
    missing = [column for column in required if column not in header]
    if missing:
        word = "column" if len(missing) == 1 else "columns"
        raise BadInput(f"missing {word} {', '.join(missing)}", where=where, fix="Add it to the header row.")


def _add(rows: Rows, line: int, cells: list[str], absent: Mapping[str, str]) -> None:
    rows.keep_cells(line, cells)
    if len(cells) != len(rows.header):
        rows.reject(line, "", f"the row has {len(cells)} fields, the header {len(rows.header)}")
        return
    for column, cell in zip(rows.header, cells, strict=True):
        if len(cell) > MAX_FIELD:
            rows.reject(line, column, f"longer than {MAX_FIELD:,} characters")
            return
    values = {column: cell.strip() for column, cell in zip(rows.header, cells, strict=True)}
    rows.append(Row(line, {**values, **absent}, tuple(cells)))
