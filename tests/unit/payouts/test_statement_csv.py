"""A bank's own CSV: where its header stands, what parts its cells, and amounts that may be read one way only."""

import datetime as dt
from pathlib import Path

import pytest

from hardship.core.csvfile import RowsRefused
from hardship.core.errors import BadInput
from hardship.payouts.models import Direction
from hardship.payouts.statement import StatementLine
from hardship.payouts.statement_csv import Shape
from hardship.payouts.statement_files import read_statement

TODAY = dt.date(2020, 4, 3)
SHAPE = Shape(date="Date", amount="Amount", reference=("Reference",), counterparty=("Name",))
ROWS = [
    "Date,Name,Reference,Amount,Balance",
    "02/04/2020,Ann,HF 7K3M,-200.00,9",
    "02/04/2020,Ben,GIFT,50.00,9",
]


def read(text: str, **shapes: Shape) -> list[StatementLine]:
    """The lines of a file."""
    known = shapes or {"Our bank": SHAPE}
    return list(read_statement(text.encode(), Path("bank.csv"), today=TODAY, shapes=known).lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("above", [[], ["Account;20-00-00,55779911", "", '"Closing, balance"\t"1,000.00"']])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_parts_the_cells_and_where_the_header_stands_is_found_by_the_names(
    delimiter: str, above: list[str], end: str
) -> None:
    text = end.join([*above, *(row.replace(",", delimiter) for row in ROWS), ""])
    assert [(line.signed_minor, line.reference, line.counterparty) for line in read(text)] == [
        (-20_000, "HF 7K3M", "Ann"),
        (5_000, "GIFT", "Ben"),
    ]


def test_a_bad_line_is_named_as_it_stands_in_the_file() -> None:
    text = "\n".join(
        ["Account 55779911", "", *(row.replace(",", ";") for row in ROWS), "32/04/2020;A;B;1.00;2"]
    )
    with pytest.raises(RowsRefused, match="line 6, column Date: not a date"):
        read(text)
    with pytest.raises(RowsRefused, match="line 6"):
        read(text.replace("32/04/2020;A;B;1.00;2", "01/04/2020;A;B"))


def test_the_shape_with_most_columns_wins_wherever_its_header_stands() -> None:
    unsigned = Shape(date="Date", amount="Amount", out_sign="plus", reference=("Reference",))
    for shapes in ({"a": unsigned, "b": SHAPE}, {"a": SHAPE, "b": unsigned}):
        assert read("\n".join(ROWS), **shapes)[0].direction is Direction.OUT


@pytest.mark.parametrize("amount", ["200,00", "1.234,56", "12,34", "1,2345"])
def test_a_comma_that_parts_no_thousands_is_refused_and_never_read_as_pounds(amount: str) -> None:
    with pytest.raises(RowsRefused, match="comma"):
        read(f"Date;Name;Reference;Amount\n02/04/2020;A;B;{amount}\n")


@pytest.mark.parametrize(
    ("amount", "minor"), [("1,234.50", 123_450), ("£1,234,567.00", 123_456_700), ("(200.00)", -20_000)]
)
def test_amounts_as_banks_write_them(amount: str, minor: int) -> None:
    assert read(f"Date;Name;Reference;Amount\n02/04/2020;A;B;{amount}\n")[0].signed_minor == minor


def test_a_file_of_nobodys_columns_says_how_to_map_them() -> None:
    with pytest.raises(BadInput, match="map-statement"):
        read("Tag;Betrag;Text\n02.04.2020;1;x\n")


def test_a_name_that_stands_on_a_line_above_is_no_header() -> None:
    text = "\n".join(["Date,02/04/2020", "Amount,9", *ROWS])
    assert len(read(text)) == 2
