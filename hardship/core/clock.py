"""The one source of time. Instants are aware and in UTC; days are those of Europe/London."""

import datetime as dt
from typing import Protocol
from zoneinfo import ZoneInfo

from hardship.core.errors import BadInput

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """The present instant, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class SetClock:
    """A clock that stands where it was set: for tests and for replaying a fund that has been."""

    def __init__(self, at: dt.datetime) -> None:
        self._at = utc(at)

    def now(self) -> dt.datetime:
        """The instant at which the clock was set."""
        return self._at

    def set(self, at: dt.datetime) -> None:
        """Move to `at`; time never runs backwards, an earlier instant leaves the clock alone."""
        self._at = max(self._at, utc(at))

    def advance(self, by: dt.timedelta) -> None:
        """Move on by `by`."""
        self.set(self._at + by)


def utc(at: dt.datetime) -> dt.datetime:
    """An aware instant in UTC; raises `ValueError` on a naive one."""
    if at.tzinfo is dt.UTC:
        return at
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("a time without an offset")
    return at.astimezone(dt.UTC)


def parse_instant(text: str, *, where: str = "") -> dt.datetime:
    """An ISO 8601 instant with an offset, as UTC; raises `BadInput` on anything else."""
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("not a time", where=where, fix="Write it like 2020-03-20T09:00:00+00:00.") from None
    if at.tzinfo is None or at.utcoffset() is None:
        raise BadInput("a time without an offset", where=where, fix="Add one, like +00:00 or Z.")
    try:
        return utc(at)
    except OverflowError:
        raise BadInput("not a time that can be kept", where=where, fix="Check the year.") from None


AHEAD = dt.timedelta(days=1)
"""How far ahead an instant may be that has happened: what was written with another zone's day, or by a clock that is fast."""


def happened(at: dt.datetime, now: dt.datetime, *, where: str = "") -> dt.datetime:
    """`at`, unless it is more than a day ahead: then it cannot have happened, and `BadInput` is raised."""
    if at > now + AHEAD:
        raise BadInput(
            f"the time is still to come: today is {day_of(now).isoformat()}",
            where=where,
            fix="Check the date.",
        )
    return at


def parse_day(text: str, *, where: str = "") -> dt.date:
    """An ISO 8601 date; raises `BadInput` on anything else."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("not a date", where=where, fix="Write it like 2020-03-31.") from None


def day_of(at: dt.datetime) -> dt.date:
    """The day in Europe/London on which an instant falls."""
    return utc(at).astimezone(LONDON).date()


def iso(at: dt.datetime) -> str:
    """An instant as ISO 8601 with an offset, in UTC."""
    return utc(at).isoformat()
