"""One way to import a file: read it, hand its rows to a use case, report."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from hardship.core.actor import Actor
from hardship.core.command import Report, progress
from hardship.core.csvfile.reading import read_rows
from hardship.core.csvfile.rows import Numbered, Outcome, Row, Rows, RowsRefused
from hardship.core.runtime import Runtime, Transaction

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


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
    if skip_bad and not dry_run:
        rows.check_rejected()
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
