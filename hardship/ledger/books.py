"""The books as files: a plain-text journal for hledger, and CSV. Pure functions over posted lines."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hardship.core.money import plain
from hardship.ledger.models import NATURE, AccountKind, Nature

COLUMNS = (
    "journal", "date", "recorded_at", "kind", "cause", "fund", "pot", "account", "currency", "amount", "refers_to",
    "reverses",
)  # fmt: skip

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
    refers_on: dt.date | None = None
    reverses: int | None = None
    held_as_agent: bool = False

    @property
    def name(self) -> str:
        """The account's name in a chart of accounts."""
        return account_name(self.account, self.pot, held_as_agent=self.held_as_agent)


@dataclass(frozen=True)
class Frozen:
    """The figures of a closed period: account names with what stood on them at the end of `through`, in pence."""

    fund: str
    through: dt.date
    balances: Sequence[tuple[str, int, str]]


def account_name(account: AccountKind, pot: str, *, held_as_agent: bool = False) -> str:
    """The account's name in a chart of accounts: `Assets:Bank:hardship-2020`.

    What comes to and goes from a pot that is held as agent is neither income nor expense of the charity (SORP module
    19): it moves a liability towards those it is held for.
    """
    words = account.value.replace("_", " ").capitalize()
    nature = NATURE[account]
    top = TOP[nature]
    if held_as_agent and nature not in {Nature.ASSET, Nature.LIABILITY}:
        top = f"{TOP[Nature.LIABILITY]}:Held as agent"
    return f"{top}:{words}:{_one_line(pot).replace(':', '-')}"


def hledger(lines: Iterable[PostedLine], closes: Iterable[Frozen] = ()) -> Iterator[str]:
    """The lines of an hledger journal, in the order of the posted lines; amounts are plain decimals.

    Accounts and commodities are declared, so that `hledger check --strict` holds. The figures of every closed period
    are asserted where it ends: `hledger check` recomputes them.
    """
    posted = list(lines)
    yield "; Every transaction is one posted journal; its code is the journal's number."
    yield "decimal-mark ."
    for currency in sorted({line.currency for line in posted}):
        yield f"commodity 1000.00 {currency}"
    for name in sorted({line.name for line in posted}):
        yield f"account {name}"
    ends = sorted(closes, key=lambda one: (one.through, one.fund))
    for _, group in groupby(posted, key=lambda line: line.journal):
        journal = list(group)
        while ends and ends[0].through < journal[0].on:
            yield from _assertions(ends.pop(0))
        yield from _transaction(journal)
    for end in ends:
        yield from _assertions(end)


def _transaction(posted: Sequence[PostedLine]) -> Iterator[str]:
    first = posted[0]
    # Two spaces would end a description's or an account's name, a semicolon would begin a comment.
    said = f"{first.on.isoformat()} * ({first.journal}) {_one_line(first.kind)} | {_one_line(first.cause)}"
    notes = []
    if first.refers_on:
        notes.append(f"refers_to:{first.refers_on.isoformat()}")
    if first.reverses:
        notes.append(f"reverses:{first.reverses}")
    yield ""
    yield f"{said}  ; {', '.join(notes)}" if notes else said
    yield from _postings(posted)


def _postings(posted: Sequence[PostedLine]) -> Iterator[str]:
    names = [line.name for line in posted]
    amounts = [plain(line.minor) for line in posted]
    wide, long = max(map(len, names)), max(map(len, amounts))
    for name, amount, line in zip(names, amounts, posted, strict=True):
        yield f"    {name:<{wide}}  {amount:>{long}} {line.currency}"


def _assertions(end: Frozen) -> Iterator[str]:
    """A transaction of nothing that asserts what stood on each account."""
    if end.balances:
        yield ""
        yield f"{end.through.isoformat()} * closed | {_one_line(end.fund)}"
    for name, minor, currency in end.balances:
        yield f"    {name}  0.00 {currency} = {plain(minor)} {currency}"


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
                line.name,
                line.currency,
                plain(line.minor),
                line.refers_on.isoformat() if line.refers_on else "",
                line.reverses or "",
            ]
        )
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _one_line(text: str) -> str:
    return " ".join(text.replace(";", ",").replace("|", "/").split())
