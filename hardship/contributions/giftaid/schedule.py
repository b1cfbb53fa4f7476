"""HMRC's schedule of Gift Aid donations, as its guidance asks for it. Values in, values out.

Source: "Schedule spreadsheet to claim back tax on Gift Aid donations" (GOV.UK). Gifts of up to £30.00 are added together
in lines of at most £1,000.00 without anybody's name; a line holds the gifts of one calendar month, so that none crosses the
end of an accounting period.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from hardship.core.money import plain
from hardship.core.sheets import Cell, Sheet

COLUMNS = (
    "Title",
    "First name",
    "Last name",
    "House name or number",
    "Postcode",
    "Aggregated donations",
    "Sponsored event",
    "Donation date",
    "Amount",
)
SMALL_MINOR = 30_00
LINE_MINOR = 1_000_00
ROWS = 1_000
"""How many lines one schedule takes."""
ABROAD = "X"
"""What stands for the postcode of a home outside the United Kingdom."""


@dataclass(frozen=True, slots=True, repr=False)
class Who:
    """A donor as the schedule names them; an empty postcode is a home outside the United Kingdom."""

    title: str
    first_name: str
    last_name: str
    house: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Given:
    """One gift of a claim: when, how many pence after refunds, a key to order by, and who gave it."""

    on: dt.date
    net_minor: int
    ref: str
    who: Who


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One line: `cells` in the order of `COLUMNS`, and the pence and gifts in it."""

    cells: tuple[str, ...]
    minor: int
    gifts: int


def schedule(gifts: Iterable[Given]) -> list[ScheduleLine]:
    """The lines, by date: each larger gift by itself, small ones added together."""
    ordered = sorted(gifts, key=lambda one: (one.on, one.ref))
    dated = [(one.on, one.ref, _single(one)) for one in ordered if one.net_minor > SMALL_MINOR]
    small = [one for one in ordered if one.net_minor <= SMALL_MINOR]
    for _, month in groupby(small, key=lambda one: (one.on.year, one.on.month)):
        dated += [(group[-1].on, group[-1].ref, _together(group)) for group in _groups(month)]
    return [line for _, _, line in sorted(dated, key=lambda each: each[:2])]


def _groups(month: Iterable[Given]) -> Iterable[list[Given]]:
    group: list[Given] = []
    total = 0
    for one in month:
        if group and total + one.net_minor > LINE_MINOR:
            yield group
            group, total = [], 0
        group.append(one)
        total += one.net_minor
    if group:
        yield group


def _single(one: Given) -> ScheduleLine:
    who = one.who
    cells = (
        who.title if len(who.title) <= 4 else "",
        who.first_name[:35],
        _words(who.last_name)[:35],
        who.house[:40],
        who.postcode or ABROAD,
        "",
        "",
        _day(one.on),
        plain(one.net_minor),
    )
    return ScheduleLine(cells, one.net_minor, 1)


def _together(group: Sequence[Given]) -> ScheduleLine:
    if len(group) == 1:
        return _single(group[0])
    total = sum(one.net_minor for one in group)
    cells = ("", "", "", "", "", f"{len(group)} small gifts", "", _day(group[-1].on), plain(total))
    return ScheduleLine(cells, total, len(group))


def _words(name: str) -> str:
    """A double-barrelled name with a blank for the hyphen, as HMRC asks."""
    return " ".join(re.split(r"[-\s]+", name.strip()))


def _day(on: dt.date) -> str:
    return on.strftime("%d/%m/%y")


def sheets(lines: Sequence[ScheduleLine]) -> list[Sheet]:
    """The lines as tables of at most a thousand rows, one for each file that is handed in."""
    parts = [lines[start : start + ROWS] for start in range(0, len(lines), ROWS)] or [[]]
    return [
        Sheet(
            f"Schedule {number}" if len(parts) > 1 else "Schedule", COLUMNS, [_cells(line) for line in part]
        )
        for number, part in enumerate(parts, 1)
    ]


def _cells(line: ScheduleLine) -> list[Cell]:
    return list(line.cells)
