"""The CSV of a bank's own shape."""

import csv
import io
from collections.abc import Callable

from hardship.core.clock import day_of
from hardship.core.money import plain
from hardship.funds.bankfiles import DATE_FORMATS, DELIMITERS, LINE_ENDS, Column, CsvShape, Value
from hardship.payouts.rails.bank_file.charset import bank_name
from hardship.payouts.rails.bank_file.content import Content
from hardship.payouts.rails.base import Instruction
from hardship.payouts.references import shortened


def written(content: Content, shape: CsvShape) -> bytes:
    """The file's bytes. Texts are cut to what the bank takes; numbers never are."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=DELIMITERS[shape.delimiter], lineterminator=LINE_ENDS[shape.line_end])
    if shape.header:
        writer.writerow([column.header for column in shape.columns])
    day = day_of(content.made_at).strftime(DATE_FORMATS[shape.date_format])
    for number, (_, one) in enumerate(content.payments, start=1):
        writer.writerow([_cell(column, content, one, number, day) for column in shape.columns])
    return out.getvalue().encode()


def _cell(column: Column, content: Content, one: Instruction, number: int, day: str) -> str:
    account = content.account
    values: dict[Value, Callable[[], str]] = {
        Value.SORT_CODE: lambda: one.sort_code,
        Value.SORT_CODE_DASHED: lambda: "-".join(one.sort_code[at : at + 2] for at in (0, 2, 4)),
        Value.ACCOUNT_NUMBER: lambda: one.account_number,
        Value.NAME: lambda: bank_name(one.name, column.length),
        Value.AMOUNT: lambda: plain(one.amount_minor),
        Value.AMOUNT_PENCE: lambda: str(one.amount_minor),
        Value.CURRENCY: lambda: one.currency,
        Value.REFERENCE: lambda: shortened(one.reference, column.length),
        Value.DATE: lambda: day,
        Value.NUMBER: lambda: str(number),
        Value.OWN_SORT_CODE: lambda: account.sort_code,
        Value.OWN_ACCOUNT_NUMBER: lambda: account.account_number,
        Value.OWN_NAME: lambda: bank_name(account.shown_name, column.length),
        Value.TEXT: lambda: column.text[: column.length],
    }
    return values[column.value]()
