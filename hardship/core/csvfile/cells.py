"""Reading one cell: each raises `BadInput` with the column as its place."""

import datetime as dt
from enum import StrEnum
from typing import TypeVar

from hardship.core.clock import happened, parse_instant
from hardship.core.csvfile.rows import Row
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor

E = TypeVar("E", bound=StrEnum)


def text_cell(row: Row, column: str, *, max_length: int, required: bool = False) -> str:
    """A cell of text; raises `BadInput` when it is too long, or empty though required."""
    value = row[column]
    if required and not value:
        raise BadInput("it is empty", where=column, fix="Fill it in.")
    if len(value) > max_length:
        raise BadInput(f"longer than {max_length:,} characters", where=column, fix="Shorten it.")
    return value


def choice_cell(row: Row, column: str, kind: type[E], default: E | None = None) -> E:
    """A cell that holds a value of an enum; an empty one is `default`. Raises `BadInput`."""
    value = row[column]
    if not value and default is not None:
        return default
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise BadInput("not one of the choices", where=column, fix=f"Write one of: {allowed}.") from None


def ref_cell(row: Row, column: str, *, max_length: int = 80) -> str:
    """A cell that names a thing: one line of visible characters. Raises `BadInput`."""
    value = text_cell(row, column, max_length=max_length, required=True)
    if not value.isprintable():
        raise BadInput("it holds a character that cannot be shown", where=column, fix="Remove it.")
    return value


def amount_cell(row: Row, column: str, *, least: int = 1, negative: bool = False) -> int:
    """Pence from a cell; at least `least` unless it may be `negative` (then anything but zero). Raises `BadInput`."""
    minor = parse_minor(row[column], where=column, negative=negative)
    if minor == 0 and negative:
        raise BadInput("an amount of nothing", where=column, fix="Write an amount like 200.00.")
    if minor < least and not negative:
        raise BadInput("the amount has to be above 0.00", where=column, fix="Write an amount like 200.00.")
    return minor


def instant_cell(row: Row, column: str, *, now: dt.datetime | None = None) -> dt.datetime:
    """An instant with an offset from a cell, in UTC. Raises `BadInput`, also for a year that cannot be meant, and, with
    `now`, for one that is still to come."""
    at = parse_instant(row[column], where=column)
    if not 1990 <= at.year <= 2200:
        raise BadInput("not a year that can be meant", where=column, fix="Check the year.")
    return at if now is None else happened(at, now, where=column)
