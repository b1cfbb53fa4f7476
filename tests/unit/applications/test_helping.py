"""What is guessed of a helper's contact, and when something that came on paper counts as sent."""

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardship.applications.helping.dating import instant_of
from hardship.applications.helping.guessing import looks_like_helpers
from hardship.core.clock import LONDON
from hardship.core.errors import BadInput

OPENS = dt.datetime(2020, 3, 20, 9, 0, tzinfo=dt.UTC)
CLOSES = dt.datetime(2020, 6, 30, 22, 59, 59, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("email", "group"),
    [
        ("info@somewhere.com", ""),
        ("jo.outreach@somewhere.com", ""),
        ("jo@lane-centre.org.uk", ""),
        ("jo@trust.nhs.net", ""),
        ("jo@council.gov.uk", ""),
        ("jo@lanecentre.com", "The Lane Centre"),
        ("LaneJo@mail.example", "Lane Centre"),
    ],
)
def test_what_groups_have_is_asked_about(email: str, group: str) -> None:
    assert looks_like_helpers(email, group)


@pytest.mark.parametrize(
    ("email", "group"),
    [
        ("", "The Lane Centre"),
        ("maya90@gmail.com", "The Lane Centre"),
        ("maya@proton.me", ""),
        ("informal@gmail.com", ""),
        ("not an address", "not an address"),
    ],
)
def test_what_people_have_is_not(email: str, group: str) -> None:
    assert not looks_like_helpers(email, group)


@given(
    st.dates(dt.date(2020, 3, 1), dt.date(2020, 7, 20)),
    st.datetimes(dt.datetime(2020, 3, 1), dt.datetime(2020, 8, 1), timezones=st.just(dt.UTC)),
)
def test_it_counts_on_its_day_in_the_round_and_never_in_the_future(day: dt.date, now: dt.datetime) -> None:
    inside = OPENS.astimezone(LONDON).date() <= day <= CLOSES.astimezone(LONDON).date()
    assume(now >= OPENS)
    if not inside or day > now.astimezone(LONDON).date():
        with pytest.raises(BadInput) as refused:
            instant_of(day, OPENS, CLOSES, now)
        assert refused.value.where == "on"
        return
    at = instant_of(day, OPENS, CLOSES, now)
    assert OPENS <= at <= min(CLOSES, now)
    assert at.astimezone(LONDON).date() == day


def test_before_the_round_opens_on_its_first_day_nothing_is_entered() -> None:
    with pytest.raises(BadInput, match="not open yet"):
        instant_of(OPENS.date(), OPENS, CLOSES, OPENS - dt.timedelta(hours=1))
