"""The books as files: a plain-text journal for hledger, and CSV. Pure functions over posted lines."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hardship.core.money import plain
from hardship.ledger.models import NATURE, AccountKind, Nature

COLUMNS = ("journal", "date", "recorded_at", "kind", "cause", "fund", "pot", "account", "currency", "amount")

TOP = {
    Nature.ASSET: "Assets",
    Nature.LIABILITY: "Liabilities",
    Nature.INCOME: "Income",
    Nature.EXPENSE: "Expenses",
    Nature.EQUITY: "Equity",
}


@dataclass(frozen=True)
class PostedLine:
    """One line of a posted journal: debit positive, in pence."""

    journal: int
    on: dt.date
    recorded_at: dt.datetime
    kind: str
    cause: str
    fund: str
    pot: str
    account: AccountKind
    currency: str
    minor: int


def account_name(account: AccountKind, pot: str) -> str:
    """The account's name in a chart of accounts: `Assets:Bank:hardship-2020`."""
    words = account.value.replace("_", " ").capitalize()
    return f"{TOP[NATURE[account]]}:{words}:{_one_line(pot).replace(':', '-')}"


def hledger(lines: Iterable[PostedLine]) -> Iterator[str]:
    """The lines of an hledger journal, in the order of the posted lines; amounts are plain decimals."""
    yield "; Every transaction is one posted journal; its code is the journal's number."
    yield "decimal-mark ."
    for _, group in groupby(lines, key=lambda line: line.journal):
        posted = list(group)
        first = posted[0]
        yield ""
        # Two spaces would end a description's or an account's name, a semicolon would begin a comment.
        yield f"{first.on.isoformat()} * ({first.journal}) {_one_line(first.kind)} | {_one_line(first.cause)}"
        yield from _postings(posted)


def _postings(posted: Sequence[PostedLine]) -> Iterator[str]:
    names = [account_name(line.account, line.pot) for line in posted]
    amounts = [plain(line.minor) for line in posted]
    wide, long = max(map(len, names)), max(map(len, amounts))
    for name, amount, line in zip(names, amounts, posted, strict=True):
        yield f"    {name:<{wide}}  {amount:>{long}} {line.currency}"


def as_csv(lines: Iterable[PostedLine]) -> str:
    """The posted lines as CSV, one row each. No cell can be read as a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        texts = (line.kind, line.cause, line.fund, line.pot)
        writer.writerow(
            [
                line.journal,
                line.on.isoformat(),
                line.recorded_at.isoformat(),
                *(_harmless(text) for text in texts),
                account_name(line.account, line.pot),
                line.currency,
                plain(line.minor),
            ]
        )
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _one_line(text: str) -> str:
    return " ".join(text.replace(";", ",").replace("|", "/").split())
