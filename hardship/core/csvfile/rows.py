"""The rows of a file, understood or rejected."""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from hardship.core.errors import BadInput, HardshipError

T = TypeVar("T")


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
        path, handle = self._rejected_path, self._open_beside()
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
        self._beside.replace(path)
        return path

    def check_rejected(self) -> None:
        """Raise `BadInput` unless the rejected rows can be written: asked before anything is imported."""
        try:
            if self._rejected_path.is_dir():
                raise IsADirectoryError
            os.close(self._open_beside())
            self._beside.unlink()
        except OSError:
            raise BadInput(
                "the rejected rows cannot be written there",
                where=str(self._rejected_path),
                fix="Put the file in a folder that can be written to.",
            ) from None

    @property
    def _rejected_path(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.rejected.csv")

    @property
    def _beside(self) -> Path:
        """Where the rejected rows are written until they are all there."""
        return self._rejected_path.with_name(self._rejected_path.name + ".new")

    def _open_beside(self) -> int:
        self._beside.unlink(missing_ok=True)
        return os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


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


def _said(error: HardshipError) -> str:
    """What is wrong and what to do, without the place."""
    return str(type(error)(error.what, fix=error.fix))
