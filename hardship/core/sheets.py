"""Tables handed out as CSV or XLSX: stable columns, ISO dates, plain decimals, and no cell that a spreadsheet would run."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter

from hardship.core.money import Money, decimal, plain

Cell = str | int | dt.date | Money | None

# What makes a spreadsheet read a cell as a formula (OWASP, "CSV Injection").
_RUNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """One table: its title, the names of its columns, and its rows, each as long as `columns`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_csv(sheet: Sheet) -> bytes:
    """The table as CSV in UTF-8: money as plain decimals, text that would run prefixed with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([_text(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode()


def as_xlsx(*sheets: Sheet) -> bytes:
    """The tables as one workbook, a sheet each; text stays text, money is a number with two decimals."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title[:31])
        page.freeze_panes(1, 0)
        page.write_row(0, 0, sheet.columns, bold)
        for number, row in enumerate(sheet.rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, Money):
                    page.write_number(number, place, decimal(cell.minor), money)
                elif isinstance(cell, int):
                    page.write_number(number, place, cell)
                elif cell is not None:
                    page.write_string(number, place, cell if isinstance(cell, str) else cell.isoformat())
        page.autofit()
    book.close()
    return out.getvalue()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return plain(cell.minor)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    return f"'{cell}" if cell.startswith(_RUNS) else cell
