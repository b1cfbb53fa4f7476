"""Reading one table of a TOML file strictly: every field has its type, and one that nobody asked for is an error."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Literal, TypeVar, overload

from hardship.core.clock import utc
from hardship.core.errors import BadInput
from hardship.core.money import parse_minor

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")
_HEADER = re.compile(r"\s*\[{1,2}\s*([A-Za-z0-9_.\"' -]+?)\s*\]{1,2}\s*(?:#.*)?")


class Table:
    """One table of the file: `path` names it (`("round",)`), `at` counts it among tables of that name.

    Each reading method asks for one field and remembers that it is known; `done` refuses whatever is left.
    Every error is a `BadInput` with file, line (where it can be found) and field.
    """

    def __init__(
        self, raw: Mapping[str, Any], path: tuple[str, ...], text: str, file: str, at: int = 0
    ) -> None:
        self._raw = raw
        self._path = path
        self._text = text
        self._file = file
        self._at = at
        self._asked: list[str] = []

    def error(self, field: str, what: str, fix: str) -> BadInput:
        """The error to raise about one field."""
        return BadInput(what, where=line_of(self._text, self._path, self._at, field, self._file), fix=fix)

    def has(self, field: str) -> bool:
        """Whether the field is there."""
        self._ask(field)
        return field in self._raw

    def done(self) -> None:
        """Refuse a field that nobody asked for, and name the nearest that exists."""
        for field in self._raw:
            if field not in self._asked:
                near = get_close_matches(field.lower().replace("-", "_"), self._asked, n=1, cutoff=0.6)
                fix = (
                    f"Did you mean {near[0]}?" if near else f"The fields here are: {', '.join(self._asked)}."
                )
                raise self.error(field, f"unknown field {field!r}", fix)

    # Values

    def text(self, field: str, *, max_length: int, default: str | None = None) -> str:
        """A text without blanks around it; empty only if `default` is ""."""
        value = self._value(field, str, default, "a text in quotes")
        value = unicodedata.normalize("NFC", value).strip()
        if not value and default != "":
            raise self.error(field, "it is empty", "Fill it in.")
        if len(value) > max_length:
            raise self.error(field, f"longer than {max_length} characters", "Shorten it.")
        if any(unicodedata.category(c) == "Cc" for c in value):
            raise self.error(field, "it holds a character that cannot be shown", "Remove it.")
        return value

    def texts(self, field: str, *, max_length: int, default: Sequence[str] = ()) -> list[str]:
        """A list of texts."""
        value = self._value(field, list, list(default), "a list of texts")
        for one in value:
            if not isinstance(one, str) or not one.strip() or len(one) > max_length:
                raise self.error(field, "not a list of texts", 'Write it like ["one", "another"].')
        return [unicodedata.normalize("NFC", one).strip() for one in value]

    def whole(self, field: str, *, default: int, least: int, most: int) -> int:
        """A whole number between two bounds."""
        value = self._value(field, int, default, "a whole number without quotes")
        if isinstance(value, bool) or not least <= value <= most:
            raise self.error(field, "not a number that fits", f"Write a whole number from {least} to {most}.")
        return value

    def yes_no(self, field: str, *, default: bool) -> bool:
        """True or false."""
        return self._value(field, bool, default, "true or false without quotes")

    def instant(self, field: str) -> dt.datetime:
        """An instant with an offset."""
        wanted = "a time with an offset, like 2020-03-20T09:00:00+00:00"
        value = self._value(field, dt.datetime, None, wanted)
        if value.tzinfo is None:
            raise self.error(field, "a time without an offset", "Add one, like +00:00 or Z.")
        return value

    def day(self, field: str) -> dt.date:
        """A date without a time."""
        value = self._value(field, dt.date, None, "a date without quotes, like 2020-04-01")
        if isinstance(value, dt.datetime):
            raise self.error(field, f"{field} is of the wrong kind", "Write a date alone, like 2020-04-01.")
        if not 1990 <= value.year <= 2200:
            raise self.error(field, "not a year that can be meant", "Check the year.")
        return value

    @overload
    def amount(self, field: str, *, optional: Literal[False] = False) -> int: ...

    @overload
    def amount(self, field: str, *, optional: Literal[True]) -> int | None: ...

    def amount(self, field: str, *, optional: bool = False) -> int | None:
        """Pence from an amount in quotes; None when it is optional and left out."""
        self._ask(field)
        if optional and field not in self._raw:
            return None
        value = self._value(field, str, None, 'an amount in quotes, like "200.00"')
        try:
            return parse_minor(value)
        except BadInput as error:
            raise self.error(field, error.what, error.fix) from None

    def choice(self, field: str, kind: type[E], default: E) -> E:
        """A member of an enum."""
        return kind(self.one_of(field, [member.value for member in kind], default.value))

    def one_of(self, field: str, allowed: Sequence[str], default: str) -> str:
        """One of a list of texts."""
        value = self._value(field, str, default, "a text in quotes")
        if value not in allowed:
            raise self.error(field, f"{value[:40]!r} is not one of the choices", f"Use {', '.join(allowed)}.")
        return value

    # Tables

    @overload
    def table(self, field: str, *, optional: Literal[False] = False) -> "Table": ...

    @overload
    def table(self, field: str, *, optional: Literal[True]) -> "Table | None": ...

    def table(self, field: str, *, optional: bool = False) -> "Table | None":
        """A table within this one."""
        self._ask(field)
        if field not in self._raw:
            if optional:
                return None
            raise BadInput(f"there is no [{field}]", where=self._file, fix="Add it.")
        value = self._value(field, dict, None, f"a table [{field}]")
        return Table(value, (*self._path, field), self._text, self._file)

    def tables(self, field: str, *, before: int = 0) -> list["Table"]:
        """The tables of a list of tables; [] when there are none. `before` counts those of the same name that stand
        before them in the file, under another table."""
        found = self.raw_tables(field)
        path = (*self._path, field)
        return [Table(raw, path, self._text, self._file, at) for at, raw in enumerate(found, before)]

    def raw_tables(self, field: str) -> list[dict[str, Any]]:
        """The same, as they are."""
        value = self._value(field, list, [], f"a list of tables [[{field}]]")
        if any(not isinstance(one, dict) for one in value):
            raise self.error(field, "not a list of tables", f"Write each as [[{field}]].")
        return value

    def _ask(self, field: str) -> None:
        if field not in self._asked:
            self._asked.append(field)

    def _value(self, field: str, kind: type[V], default: V | None, wanted: str) -> V:
        self._ask(field)
        if field not in self._raw:
            if default is None:
                raise self._missing(field, wanted)
            return default
        value = self._raw[field]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(field, f"{field} is of the wrong kind", f"Write {wanted}.")
        return value

    def _missing(self, field: str, wanted: str) -> BadInput:
        """A field that is not there, or stands there misspelt."""
        others = [name for name in self._raw if name not in self._asked]
        if near := get_close_matches(field, others, n=1, cutoff=0.7):
            return self.error(near[0], f"unknown field {near[0]!r}", f"Did you mean {field}?")
        return self.error("", f"{field} is missing", f"Write {wanted}.")


def window(table: Table) -> tuple[dt.datetime, dt.datetime]:
    """The instants `opens` and `closes`, in UTC, the second after the first."""
    opens_at, closes_at = (_instant(table, field) for field in ("opens", "closes"))
    if closes_at <= opens_at:
        raise table.error("closes", "it closes before it opens", "Put the later time here.")
    return opens_at, closes_at


def _instant(table: Table, field: str) -> dt.datetime:
    at = table.instant(field)
    if not 1990 <= at.year <= 2200:
        raise table.error(field, "not a year that can be meant", "Check the year.")
    return utc(at)


def above_zero(table: Table, field: str) -> int:
    """Pence above zero from an amount."""
    minor = table.amount(field)
    if minor == 0:
        raise table.error(field, "it has to be above 0.00", "Write an amount like 200.00.")
    return minor


def matched(table: Table, field: str, pattern: re.Pattern[str], wanted: str) -> str:
    """A text of at most sixty characters that `pattern` fits; `wanted` says what does."""
    value = table.text(field, max_length=60)
    if pattern.fullmatch(value) is None:
        raise table.error(field, f"{value!r} cannot be used here", f"Use {wanted}.")
    return value


def line_of(text: str, path: tuple[str, ...], at: int, field: str, file: str) -> str:
    """Where a field stands: file, line and dotted name; without the line where it cannot be told (inline tables)."""
    name = ".".join([*path, field]) if field else ".".join(path)
    line = _find(text, ".".join(path), at, field)
    return ", ".join(part for part in (file, f"line {line}" if line else "", name) if part)


def _find(text: str, header: str, at: int, field: str) -> int | None:
    """The line of `field` in the `at`-th table named `header` (or of its header when there is no field)."""
    current, count = "", {"": 0}
    for number, line in enumerate(text.split("\n"), 1):
        if found := _HEADER.fullmatch(line):
            current = found[1].replace(" ", "").replace('"', "").replace("'", "")
            count[current] = count.get(current, -1) + 1
        here = current == header and count[current] == at
        if here and found and not field:
            return number
        if here and field and re.match(rf"\s*[\"']?{re.escape(field)}[\"']?\s*[.=]", line):
            return number
    if field and header:  # a table or list of tables of its own, or an inline table
        return _find(text, f"{header}.{field}", 0, "")
    return _find(text, field, 0, "") if field else None
