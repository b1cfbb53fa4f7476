"""One strict reader for every CSV file that is imported, and the report that every import gives.

UTF-8 (a byte order mark is fine), commas, a header row, columns in any order. An unknown, missing or repeated column
refuses the file by name; a row that cannot be read is a `Problem` of its line, so that `--skip-bad` can leave it out.

    def parse(row: Row) -> NewGift: ...           # raises BadInput(what, where=column)
    def use(good: list[Numbered[NewGift]]) -> Outcome: ...    # one transaction; `refuse_all` when rows are refused

    return run_import(path, REQUIRED, OPTIONAL, parse, use, skip_bad=skip_bad, dry_run=dry_run)
"""

import csv
import datetime as dt
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from hardship.core.actor import Actor
from hardship.core.clock import parse_instant
from hardship.core.command import Report, progress
from hardship.core.errors import BadInput, HardshipError
from hardship.core.money import parse_minor
from hardship.core.runtime import Runtime, Transaction

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=StrEnum)
P = ParamSpec("P")

MAX_BYTES = 64 * 1024 * 1024
MAX_FIELD = 10_000  # characters in one cell; rooms hold their own columns to less
_HARD_FIELD = 131_072  # beyond this the file is not worth reading on


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row: its line in the file (the header is line 1), the column, and the sentence."""

    line: int
    column: str
    problem: str

    def described(self) -> dict[str, Any]:
        """The problem as `--json` shows it."""
        return {"line": self.line, "column": self.column, "problem": self.problem}

    def __str__(self) -> str:
        place = f", column {self.column}" if self.column else ""
        return f"line {self.line}{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on, its values by column (trimmed; a missing optional column is ""), and its cells
    as they stood in the file."""

    line: int
    values: dict[str, str]
    cells: tuple[str, ...] = ()

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True, slots=True)
class Numbered(Generic[T]):
    """A row that was understood: its line, and what it says."""

    line: int
    value: T


class Rows(list[Row]):
    """The rows of one file that have the right shape, and the problems found so far (of these and of other rows)."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        super().__init__()
        self.path = path
        self.header = list(header)
        self.problems: list[Problem] = []
        self.read = 0
        self._cells: dict[int, tuple[str, ...]] = {}

    def keep_cells(self, line: int, cells: Sequence[str]) -> None:
        """Remember a row as it stood in the file."""
        self._cells[line] = tuple(cells)
        self.read += 1

    def reject(self, line: int, column: str, problem: str) -> None:
        """Note that the row on `line` is not good."""
        self.problems.append(Problem(line, column, problem))

    def parse(self, parse: Callable[[Row], T]) -> list[Numbered[T]]:
        """What the rows say. A row for which `parse` raises `BadInput` (with the column as `where`) is rejected."""
        good: list[Numbered[T]] = []
        for row in self:
            try:
                good.append(Numbered(row.line, parse(row)))
            except BadInput as error:
                self.reject(row.line, error.where, _said(error))
        return good

    @property
    def rejected(self) -> dict[int, list[Problem]]:
        """The problems by line, in the order of the lines."""
        found: dict[int, list[Problem]] = {}
        for problem in sorted(self.problems, key=lambda one: one.line):
            found.setdefault(problem.line, []).append(problem)
        return found

    def write_rejected(self) -> Path:
        """Write the rejected rows, as they stood, with a `problem` column, beside the file; readable by the owner only."""
        path = self.path.with_name(f"{self.path.stem}.rejected.csv")
        beside = path.with_name(path.name + ".new")
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        width = len(self.header)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.header, "problem"])
            for line, problems in self.rejected.items():
                cells = [*self._cells[line], *[""] * width][: max(width, len(self._cells[line]))]
                said = "; ".join(
                    f"{one.column}: {one.problem}" if one.column else one.problem for one in problems
                )
                writer.writerow([*cells, said])
        beside.replace(path)
        return path


class RowsRefused(BadInput):
    """A file was not taken because some of its rows are not good; nothing was changed."""

    def __init__(self, problems: Sequence[Problem], *, file: str = "") -> None:
        first, more = problems[0], len({one.line for one in problems}) - 1
        others = (
            f" ({more} more {'row' if more == 1 else 'rows'} like this or otherwise wrong.)" if more else ""
        )
        place = f"{file}, " if file else ""
        column = f", column {first.column}" if first.column else ""
        super().__init__(f"{first.problem}{others}", where=f"{place}line {first.line}{column}")
        self.problems = list(problems)


@dataclass(frozen=True)
class Outcome:
    """What a use case did with the rows: how many were taken, how many were there already, and what it refused."""

    imported: int
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)


def refuse_all(problems: Sequence[Problem], *, skip_bad: bool) -> None:
    """Raise `RowsRefused`, so that nothing stands, if there are problems and they may not be skipped."""
    if problems and not skip_bad:
        raise RowsRefused(problems)


# --- Reading ------------------------------------------------------------------------------------------------------


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


def rows_of(data: bytes, path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Rows:
    """The rows of a file's bytes; `path` names it in messages. Raises `BadInput` as `read_rows` does."""
    text = _decoded(data, path.name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered = _numbered(reader, path.name)
    _, header = next(numbered, (0, []))
    header = [name.strip() for name in header]
    _check_header(header, required, optional, path.name)
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


def _numbered(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line on which it starts."""
    while True:
        line = reader.line_num + 1
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


def _check_header(header: Sequence[str], required: Sequence[str], optional: Sequence[str], name: str) -> None:
    known = [*required, *optional]
    where = f"{name}, line 1"
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


# --- Cells --------------------------------------------------------------------------------------------------------


def text_cell(row: Row, column: str, *, max_length: int, required: bool = False) -> str:
    """A cell of text; raises `BadInput` when it is too long, or empty though required."""
    value = row[column]
    if required and not value:
        raise BadInput("it is empty", where=column, fix="Fill it in.")
    if len(value) > max_length:
        raise BadInput(f"longer than {max_length:,} characters", where=column, fix="Shorten it.")
    return value


def choice_cell(row: Row, column: str, kind: type[E], default: E | None = None) -> E:
    """A cell that holds a value of an enum; an empty one is `default`. Raises `BadInput`."""
    value = row[column]
    if not value and default is not None:
        return default
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise BadInput("not one of the choices", where=column, fix=f"Write one of: {allowed}.") from None


def ref_cell(row: Row, column: str, *, max_length: int = 80) -> str:
    """A cell that names a thing: one line of visible characters. Raises `BadInput`."""
    value = text_cell(row, column, max_length=max_length, required=True)
    if not value.isprintable():
        raise BadInput("it holds a character that cannot be shown", where=column, fix="Remove it.")
    return value


def amount_cell(row: Row, column: str, *, least: int = 1, negative: bool = False) -> int:
    """Pence from a cell; at least `least` unless it may be `negative` (then anything but zero). Raises `BadInput`."""
    minor = parse_minor(row[column], where=column, negative=negative)
    if minor == 0 and negative:
        raise BadInput("an amount of nothing", where=column, fix="Write an amount like 200.00.")
    if minor < least and not negative:
        raise BadInput("the amount has to be above 0.00", where=column, fix="Write an amount like 200.00.")
    return minor


def instant_cell(row: Row, column: str) -> dt.datetime:
    """An instant with an offset from a cell, in UTC. Raises `BadInput`, also for a year that cannot be meant."""
    at = parse_instant(row[column], where=column)
    if not 1990 <= at.year <= 2200:
        raise BadInput("not a year that can be meant", where=column, fix="Check the year.")
    return at


# --- Importing ----------------------------------------------------------------------------------------------------


def run_import(
    path: Path | str,
    required: Sequence[str],
    optional: Sequence[str],
    parse: Callable[[Row], T],
    use: Callable[[list[Numbered[T]]], Outcome],
    *,
    skip_bad: bool,
    dry_run: bool = False,
) -> Report:
    """Read a file, hand the good rows to `use`, and report. A file is taken whole or not at all unless `skip_bad`.

    `use` works in one transaction; it raises `RowsRefused` (see `refuse_all`) or returns what it did.
    """
    rows = read_rows(path, required, optional)
    good = rows.parse(parse)
    if rows.problems and not skip_bad:
        return refused(rows)
    try:
        outcome = use(good) if good else Outcome(0)
    except RowsRefused as error:
        rows.problems.extend(error.problems)
        return refused(rows)
    rows.problems.extend(outcome.problems)
    return finish(
        rows, imported=outcome.imported, unchanged=outcome.unchanged, skip_bad=skip_bad, dry_run=dry_run
    )


def figures(rows: Rows, imported: int, unchanged: int) -> dict[str, Any]:
    """The figures of an import, as `--json` shows them."""
    ordered = [problem for problems in rows.rejected.values() for problem in problems]
    return {
        "read": rows.read,
        "imported": imported,
        "unchanged": unchanged,
        "rejected": len(rows.rejected),
        "problems": [problem.described() for problem in ordered],
    }


def refused(rows: Rows) -> Report:
    """The report of a file that was not taken: one line on stderr, the figures with `error`, exit status 2."""
    ordered = [problem for problems in rows.rejected.values() for problem in problems]
    line = " ".join(str(RowsRefused(ordered, file=rows.path.name)).split())
    progress(f"hardship: {line}")
    return Report(figures(rows, 0, 0) | {"error": line}, exit_code=2)


def finish(rows: Rows, *, imported: int, unchanged: int, skip_bad: bool, dry_run: bool = False) -> Report:
    """The report of a file that was taken, wholly or (with `skip_bad`) but for the rejected rows, which are written
    beside it. Exit status 0 if any row was taken, else 2."""
    if rows.problems and not skip_bad:
        return refused(rows)
    data = figures(rows, imported, unchanged)
    would = "would be " if dry_run else ""
    lines = [
        f"{rows.read} rows read: {imported} {would}imported, {unchanged} unchanged, {data['rejected']} rejected."
    ]
    if rows.problems and not dry_run:
        lines.append(f"The rejected rows are in {rows.write_rejected()}")
    taken = imported + unchanged > 0
    if not taken:
        ordered = [problem for problems in rows.rejected.values() for problem in problems]
        line = " ".join(str(RowsRefused(ordered, file=rows.path.name)).split())
        progress(f"hardship: {line}")
        data["error"] = line
    return Report(data, lines if taken else lines[1:], exit_code=0 if taken else 2)


class _Rehearsed(Exception):
    """Carries a use case's result out of its transaction, which is thereby rolled back."""

    def __init__(self, result: Any) -> None:
        super().__init__("rehearsed")
        self.result = result


def transact(
    runtime: Runtime,
    actor: Actor,
    use_case: Callable[Concatenate[Transaction, P], R],
    /,
    dry_run: bool,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run a use case as `Runtime.transact` does; on a dry run undo everything and return what would have come out."""
    if not dry_run:
        return runtime.transact(actor, use_case, *args, **kwargs)

    def rehearse(tx: Transaction) -> None:
        raise _Rehearsed(use_case(tx, *args, **kwargs))

    try:
        runtime.transact(actor, rehearse)
    except _Rehearsed as rehearsed:
        return rehearsed.result  # type: ignore[no-any-return]  # it is what `use_case` returned
    raise AssertionError("unreachable")


def _said(error: HardshipError) -> str:
    """What is wrong and what to do, without the place."""
    return str(type(error)(error.what, fix=error.fix))
