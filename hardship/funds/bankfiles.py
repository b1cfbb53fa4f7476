"""How a fund's payments are written for its bank: ISO 20022 or a CSV of the bank's own shape. Values in, values out.

Declared once, in fund.toml (`[fund.bank_file]`, `[fund.bank_csv]`), kept with the fund as canonical JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from hardship.core.canonical import canonical
from hardship.funds.fields import Table

MAX_PAYMENTS = 5000
"""No bank takes more payments in one file."""
CODE_LENGTH = 10
"""What a reference needs at the least: the code by which a payment is found again on the bank's statement."""


class FileForm(StrEnum):
    """What a file of payments looks like."""

    PAIN_001 = "pain.001"
    CSV = "csv"


class Debits(StrEnum):
    """How the bank books a file: a debit a payment, or one total a file."""

    SINGLE = "single"
    TOTAL = "total"


class Value(StrEnum):
    """What a column of the CSV can hold."""

    SORT_CODE = "sort_code"
    SORT_CODE_DASHED = "sort_code_dashed"
    ACCOUNT_NUMBER = "account_number"
    NAME = "name"
    AMOUNT = "amount"
    AMOUNT_PENCE = "amount_pence"
    CURRENCY = "currency"
    REFERENCE = "reference"
    DATE = "date"
    NUMBER = "number"
    OWN_SORT_CODE = "own_sort_code"
    OWN_ACCOUNT_NUMBER = "own_account_number"
    OWN_NAME = "own_name"
    TEXT = "text"


DATE_FORMATS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "DD/MM/YY": "%d/%m/%y",
    "DDMMYYYY": "%d%m%Y",
    "DDMMYY": "%d%m%y",
    "YYYYMMDD": "%Y%m%d",
}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}

# What must never be cut, with the length that it has.
_WHOLE = {
    Value.SORT_CODE: 6,
    Value.SORT_CODE_DASHED: 8,
    Value.ACCOUNT_NUMBER: 8,
    Value.OWN_SORT_CODE: 6,
    Value.OWN_ACCOUNT_NUMBER: 8,
    Value.CURRENCY: 3,
    Value.AMOUNT: 10,
    Value.AMOUNT_PENCE: 9,
    Value.DATE: 10,
    Value.NUMBER: 4,
    Value.REFERENCE: CODE_LENGTH,
}
_NEEDED = (
    {Value.SORT_CODE, Value.SORT_CODE_DASHED},
    {Value.ACCOUNT_NUMBER},
    {Value.AMOUNT, Value.AMOUNT_PENCE},
    {Value.NAME},
    {Value.REFERENCE},
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it holds, the most characters the bank takes, and the fixed `text` of one."""

    header: str
    value: Value
    length: int
    text: str = ""


DEFAULT_COLUMNS = (
    Column("Sort code", Value.SORT_CODE, 6),
    Column("Account number", Value.ACCOUNT_NUMBER, 8),
    Column("Payee name", Value.NAME, 18),
    Column("Amount", Value.AMOUNT, 12),
    Column("Reference", Value.REFERENCE, 18),
)


@dataclass(frozen=True, slots=True)
class CsvShape:
    """The CSV that a bank takes."""

    columns: tuple[Column, ...] = DEFAULT_COLUMNS
    header: bool = True
    delimiter: str = "comma"
    date_format: str = "DD/MM/YYYY"
    line_end: str = "crlf"


@dataclass(frozen=True, slots=True)
class BankFiles:
    """How a fund's payments are written: form, most payments a file, how the bank debits them, and the CSV's shape.

    `service_level` is the scheme that pain.001 asks for: a code of the bank's own, "FAST" for Faster Payments where
    the bank says so; empty leaves the choice to the bank.
    """

    form: FileForm = FileForm.PAIN_001
    size: int = 100
    debits: Debits = Debits.SINGLE
    service_level: str = "FAST"
    csv: CsvShape = field(default_factory=CsvShape)

    def stored(self) -> str:
        """The settings as canonical JSON."""
        return canonical(asdict(self)).decode()


def stored_settings(text: str) -> BankFiles:
    """The settings that `BankFiles.stored` gave; the defaults for ""."""
    if not text:
        return BankFiles()
    raw: dict[str, Any] = json.loads(text)
    shape: dict[str, Any] = raw["csv"]
    columns = tuple(Column(**one | {"value": Value(one["value"])}) for one in shape["columns"])
    return BankFiles(
        form=FileForm(raw["form"]),
        size=raw["size"],
        debits=Debits(raw["debits"]),
        service_level=raw["service_level"],
        csv=CsvShape(**shape | {"columns": columns}),
    )


def read_bank_files(fund: Table) -> BankFiles:
    """The settings in `[fund.bank_file]` and `[fund.bank_csv]`; either may be left out. Raises `BadInput`."""
    files, shape = fund.table("bank_file", optional=True), fund.table("bank_csv", optional=True)
    plain = BankFiles()
    csv = _shape(shape) if shape else plain.csv
    if files is None:
        return BankFiles(csv=csv)
    read = BankFiles(
        form=files.choice("form", FileForm, plain.form),
        size=files.whole("size", default=plain.size, least=1, most=MAX_PAYMENTS),
        debits=files.choice("debits", Debits, plain.debits),
        service_level=files.text("service_level", max_length=35, default="")
        if files.has("service_level")
        else plain.service_level,
        csv=csv,
    )
    if not all(c.isascii() and c.isalnum() for c in read.service_level):
        raise files.error("service_level", "not a code", 'Write the code your bank gives, like "FAST".')
    files.done()
    return read


def _shape(table: Table) -> CsvShape:
    plain = CsvShape()
    declared = table.tables("columns")
    read = CsvShape(
        columns=tuple(_column(one) for one in declared) or plain.columns,
        header=table.yes_no("header", default=plain.header),
        delimiter=table.one_of("delimiter", tuple(DELIMITERS), plain.delimiter),
        date_format=table.one_of("date_format", tuple(DATE_FORMATS), plain.date_format),
        line_end=table.one_of("line_end", tuple(LINE_ENDS), plain.line_end),
    )
    held = {column.value for column in read.columns}
    for some in _NEEDED:
        if not held & some:
            wanted = " or ".join(sorted(some))
            raise table.error(
                "columns", f"no column holds the {wanted}", "A payment cannot be made without it."
            )
    if len(read.columns) > 40:
        raise table.error("columns", "more than 40 columns", "Leave out what the bank does not ask for.")
    table.done()
    return read


def _column(table: Table) -> Column:
    value = Value(table.one_of("value", tuple(Value), ""))
    least = _WHOLE.get(value, 1)
    read = Column(
        header=table.text("header", max_length=60, default=""),
        value=value,
        length=table.whole("length", default=18 if value is Value.REFERENCE else 140, least=least, most=140),
        text=table.text("text", max_length=140, default="") if value is Value.TEXT else "",
    )
    table.done()
    return read


def as_document(settings: BankFiles) -> Mapping[str, Any]:
    """The settings as plain values, for those who show them."""
    shown: dict[str, Any] = json.loads(settings.stored())
    return shown
