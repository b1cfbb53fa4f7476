"""One strict reader for every CSV file that is imported, and the report that every import gives.

UTF-8 (a byte order mark is fine), commas, a header row, columns in any order. An unknown, missing or repeated column
refuses the file by name; a row that cannot be read is a `Problem` of its line, so that `--skip-bad` can leave it out.

    def parse(row: Row) -> NewGift: ...           # raises BadInput(what, where=column)
    def use(good: list[Numbered[NewGift]]) -> Outcome: ...    # one transaction; `refuse_all` when rows are refused

    return run_import(path, REQUIRED, OPTIONAL, parse, use, skip_bad=skip_bad, dry_run=dry_run)
"""

from hardship.core.csvfile.cells import amount_cell, choice_cell, instant_cell, ref_cell, text_cell
from hardship.core.csvfile.importing import figures, finish, refused, run_import, transact
from hardship.core.csvfile.reading import MAX_BYTES, MAX_FIELD, read_rows, rows_of
from hardship.core.csvfile.rows import Numbered, Outcome, Problem, Row, Rows, RowsRefused, refuse_all

__all__ = [
    "MAX_BYTES",
    "MAX_FIELD",
    "Numbered",
    "Outcome",
    "Problem",
    "Row",
    "Rows",
    "RowsRefused",
    "amount_cell",
    "choice_cell",
    "figures",
    "finish",
    "instant_cell",
    "read_rows",
    "ref_cell",
    "refuse_all",
    "refused",
    "rows_of",
    "run_import",
    "text_cell",
    "transact",
]
