"""A statement's figures: opening + movements = closing, and the closing ties to the ledger. Values in, values out.

The rule is `contract.md`, "statements issue", and `design.md`, "Money": the sponsor account is received − earned −
repaid (negative: the sponsor owes; positive: unearned), unspent match is earned − drawn, earned always net of
reversals. All amounts are pence of one currency.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from hardship.matching.position import headroom, position, sponsor_account, unspent_match

FEW = 5
"""A count below this is not shown by itself: it could point at somebody."""


@dataclass(frozen=True)
class Movements:
    """What moved in a span of days. `earned` is before `reversed` is taken off; `drawn` is net of releases and may be
    negative; the others are never negative."""

    received: int = 0
    earned: int = 0
    reversed: int = 0
    repaid: int = 0
    drawn: int = 0

    def __add__(self, other: "Movements") -> "Movements":
        return Movements(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def net_earned(self) -> int:
        """Earned less reversed."""
        return self.earned - self.reversed


@dataclass(frozen=True)
class Balances:
    """A sponsor's two balances at an end of a day."""

    sponsor_account: int
    unspent_match: int


@dataclass(frozen=True)
class Figures:
    """The figures of one period. `allocated` is what the agreement has given by the last day; without a cap there is
    no headroom."""

    cap: int | None
    allocated: int
    headroom: int | None
    opening: Balances
    movements: Movements
    closing: Balances

    def described(self) -> dict[str, object]:
        """The figures as JSON shows them."""
        return asdict(self)


def balances(total: Movements) -> Balances:
    """The balances after everything in `total`."""
    return Balances(
        sponsor_account(total.received, total.net_earned, total.repaid),
        unspent_match(total.net_earned, total.drawn),
    )


def figures(
    days: Iterable[tuple[dt.date, Movements]],
    from_on: dt.date,
    to_on: dt.date,
    cap: int | None,
    conditional: int = 0,
) -> Figures:
    """The figures from `from_on` to `to_on`, both included; what was stated for earlier days is the opening.
    `conditional` is what was given and is not earned yet."""
    before, within = Movements(), Movements()
    for on, moved in days:
        if on < from_on:
            before += moved
        elif on <= to_on:
            within += moved
    total = before + within
    return Figures(
        cap=cap,
        allocated=total.net_earned + conditional,
        headroom=headroom(cap, total.net_earned + conditional),
        opening=balances(before),
        movements=within,
        closing=balances(total),
    )


@dataclass(frozen=True)
class Books:
    """What the ledger says of the agreement's pot, as people read it: `cash` is what the sponsor's payments less
    repayments put into the bank."""

    cash: int
    receivable: int
    unearned: int
    income: int
    grants: int


def untied(total: Movements, books: Books, *, reclaimable: bool) -> list[str]:
    """Where the totals of everything that was ever stated or recorded differ from the ledger; empty when they tie."""
    if min(total.received - total.repaid, total.net_earned) < 0:
        return ["more was repaid or reversed than there was"]
    stands = position(total.net_earned, total.received, total.repaid, reclaimable)
    expected = Books(
        cash=stands.cash_minor,
        receivable=stands.receivable_minor,
        unearned=stands.unearned_minor,
        income=stands.income_minor,
        grants=total.drawn,
    )
    return [
        f"{name} is {getattr(books, name)} in the ledger and {value} by the records"
        for name, value in asdict(expected).items()
        if getattr(books, name) != value
    ]


@dataclass(frozen=True)
class MonthOfGrants:
    """Grants of one month (`2020-04`). `grants` and `amount` are None where they are not shown; `shown` is the count
    in words."""

    month: str
    grants: int | None
    amount: int | None
    shown: str


def by_month(draws: Mapping[str, tuple[int, int]]) -> list[MonthOfGrants]:
    """(count, amount) of each month with small counts suppressed. One suppressed month could be worked out from the
    total: the next smallest is then not shown either."""
    small = {month for month, (count, _) in draws.items() if 0 < count < FEW}
    rest = sorted((count, month) for month, (count, _) in draws.items() if count >= FEW)
    also = {rest[0][1]} if len(small) == 1 and rest else set()
    return [_month(month, *draws[month], month in small, month in also) for month in sorted(draws)]


def _month(month: str, count: int, amount: int, small: bool, also: bool) -> MonthOfGrants:
    if small or also:
        return MonthOfGrants(month, None, None, f"fewer than {FEW}" if small else "not shown")
    return MonthOfGrants(month, count, amount, str(count))


@dataclass(frozen=True)
class Line:
    """One line: a gift that earned match, or whose match was taken back (negative), under an opaque id. `running` is
    what the agreement has given after it."""

    id: str
    stated_on: dt.date
    received_on: dt.date
    gift: int
    match: int
    running: int


@dataclass(frozen=True)
class DayOfLines:
    """A day's lines together."""

    stated_on: dt.date
    lines: int
    gift: int
    match: int
    running: int


def by_day(lines: Sequence[Line]) -> list[DayOfLines]:
    """The lines grouped by the day they are stated for, in their order."""
    days: dict[dt.date, list[Line]] = {}
    for line in lines:
        days.setdefault(line.stated_on, []).append(line)
    return [
        DayOfLines(
            on, len(some), sum(one.gift for one in some), sum(one.match for one in some), some[-1].running
        )
        for on, some in days.items()
    ]
