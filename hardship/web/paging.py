"""Lists a page at a time, by where the last page ended: as fast on the thousandth page as on the first."""

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlalchemy.sql import Select
from sqlmodel import Session

from hardship.core.errors import BadInput

T = TypeVar("T")

PAGE = 50


@dataclass(frozen=True)
class Key:
    """One column of the order. Together the columns must be unique: end with an id."""

    column: Any
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page. `after` and `before` are cursors for the next and the previous page, empty where there is none."""

    items: Sequence[T]
    after: str = ""
    before: str = ""


class Pager:
    """One list's statements, put together once: putting one together takes longer than its answer.

    `statement` may hold bound parameters, which `page` is given. The columns of `keys` must hold no NULL.
    """

    def __init__(self, statement: Select[Any], keys: Sequence[Key], size: int = PAGE) -> None:
        self._keys, self._size = keys, size
        order, back = (
            [Key(key.column, key.descending != turned) for key in keys] for turned in (False, True)
        )
        self._first = _ordered(statement, order, size)
        self._after = _ordered(statement.where(_beyond(order)), order, size)
        self._before = _ordered(statement.where(_beyond(back)), back, size)

    def page(
        self,
        session: Session,
        place: Callable[[Any], Sequence[Any]],
        *,
        after: str = "",
        before: str = "",
        **values: Any,
    ) -> Page[Any]:
        """The page that follows cursor `after` (or comes ahead of `before`). `place` gives a row's values of `keys`.

        Rows are what `session.exec` gives: entities when a `sqlmodel.select` selects one thing, else tuples.
        """
        backwards = bool(before) and not after
        cursor = after or before
        if cursor:
            spots = read_cursor(cursor, len(self._keys))
            values |= {_spot(number): value for number, value in enumerate(spots)}
        statement = self._before if backwards else self._after if cursor else self._first
        rows: list[Any] = list(session.exec(cast(Any, statement), params=values).all())
        more, rows = len(rows) > self._size, rows[: self._size]
        if backwards:
            rows.reverse()
        return _page(
            rows, place, has_next=more or backwards, has_previous=(more if backwards else bool(after))
        )


def page(
    session: Session,
    statement: Select[Any],
    keys: Sequence[Key],
    place: Callable[[Any], Sequence[Any]],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page[Any]:
    """A page of a list whose statement is made for this one time; see `Pager.page`."""
    return Pager(statement, keys, size).page(session, place, after=after, before=before)


def _ordered(statement: Select[Any], order: Sequence[Key], size: int) -> Select[Any]:
    columns = (key.column.desc() if key.descending else key.column.asc() for key in order)
    return statement.order_by(*columns).limit(size + 1)


def _page(
    rows: list[Any], place: Callable[[Any], Sequence[Any]], *, has_next: bool, has_previous: bool
) -> Page[Any]:
    if not rows:
        return Page(rows)
    return Page(
        rows,
        after=write_cursor(place(rows[-1])) if has_next else "",
        before=write_cursor(place(rows[0])) if has_previous else "",
    )


def _spot(number: int) -> str:
    return f"page_key_{number}"


def _beyond(order: Sequence[Key]) -> ColumnElement[bool]:
    """Rows past the cursor: past in the first column, or level there and past in the next, and so on."""
    ways: list[ColumnElement[bool]] = []
    level: list[ColumnElement[bool]] = []
    spots = [bindparam(_spot(number), type_=key.column.type) for number, key in enumerate(order)]
    for key, at in zip(order, spots, strict=True):
        ways.append(and_(*level, key.column < at if key.descending else key.column > at))
        level.append(key.column == at)
    # What every way implies, said first: the index on the first column then starts where the page does.
    first, start = order[0], spots[0]
    return and_(first.column <= start if first.descending else first.column >= start, or_(*ways))


def write_cursor(values: Sequence[Any]) -> str:
    """Key values as one word for an address. It can be read by anyone: keys are ids, states and instants."""
    shown = [_shown(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(shown, separators=(",", ":")).encode()).decode().rstrip("=")


def _shown(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    return {"d": value.isoformat()} if isinstance(value, dt.date) else value


def _value(shown: Any) -> Any:
    if not isinstance(shown, dict):
        return shown
    return dt.date.fromisoformat(shown["d"]) if "d" in shown else dt.datetime.fromisoformat(shown["t"])


def read_cursor(cursor: str, length: int) -> list[Any]:
    """The key values of a cursor; raises `BadInput` on one that was not made here."""
    try:
        shown = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_value(v) for v in shown]
        if len(values) != length or any(isinstance(v, list | dict | float) for v in values):
            raise ValueError("not a key")
        if any(isinstance(v, dt.datetime) and v.tzinfo is None for v in values):
            raise ValueError("a time without an offset")
    except (ValueError, TypeError, KeyError):
        raise BadInput("not a place in this list", fix="Start again from the first page.") from None
    return values
