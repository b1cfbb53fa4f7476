"""Instants are aware; days are those of London."""

import datetime as dt

import pytest

from hardship.core.clock import AHEAD, SetClock, day_of, happened, parse_day, parse_instant
from hardship.core.errors import BadInput


@pytest.mark.parametrize(
    "text", ["2020-03-20T09:00:00", "2020-03-20", "yesterday", "", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    """Whoever means an instant says in which zone."""
    with pytest.raises(BadInput):
        parse_instant(text)


def test_summer_time_moves_the_day() -> None:
    """Half past eleven in the evening in UTC is already tomorrow in London in summer."""
    assert day_of(parse_instant("2020-06-30T23:30:00Z")) == dt.date(2020, 7, 1)
    assert day_of(parse_instant("2020-03-20T23:30:00Z")) == dt.date(2020, 3, 20)


def test_a_day_is_a_day() -> None:
    """Only ISO dates are days."""
    with pytest.raises(BadInput):
        parse_day("31/03/2020")
    assert parse_day("2020-03-31") == dt.date(2020, 3, 31)


def test_a_set_clock_never_runs_backwards() -> None:
    """An earlier instant leaves the clock alone."""
    clock = SetClock(parse_instant("2020-04-01T09:00:00Z"))
    clock.set(parse_instant("2020-03-01T09:00:00Z"))
    assert clock.now() == parse_instant("2020-04-01T09:00:00Z")


def test_what_has_happened_is_a_day_ahead_at_most() -> None:
    now = dt.datetime(2020, 4, 1, 12, tzinfo=dt.UTC)
    assert happened(now + AHEAD, now) == now + AHEAD
    with pytest.raises(BadInput, match=r"paid: the time is still to come: today is 2020-04-01"):
        happened(now + AHEAD + dt.timedelta(microseconds=1), now, where="paid")
