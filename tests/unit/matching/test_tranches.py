"""What sponsors are to pay: money settles the oldest first, ages fall into one band each, requests follow their table."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.states import IllegalTransition
from hardship.matching.requesting import registration
from hardship.matching.tranches import Age, Claim, age_of, ageing, settle
from hardship.matching.transitions import MACHINE, RequestEvent, RequestState

DAY = dt.date(2020, 5, 1)
claims = st.lists(
    st.builds(
        lambda day, amount, share: Claim(DAY + dt.timedelta(days=day), amount, amount * share // 4),
        st.integers(0, 9),
        st.integers(1, 10_000),
        st.integers(0, 4),
    ),
    max_size=6,
)


@given(claims, st.integers(0, 50_000))
def test_money_settles_what_is_due_first_and_no_claim_gets_more_than_is_open(
    found: list[Claim], minor: int
) -> None:
    """Every penny settles something while anything is open, and nothing later while something earlier is."""
    shares = settle(found, minor)
    assert all(0 <= share <= claim.open_minor for share, claim in zip(shares, found, strict=True))
    assert sum(shares) == min(minor, sum(claim.open_minor for claim in found))
    for share, claim in zip(shares, found, strict=True):
        earlier = [at for at, one in enumerate(found) if one.due_on < claim.due_on]
        assert not share or all(shares[at] == found[at].open_minor for at in earlier)


@given(claims, st.integers(0, 20_000), st.integers(0, 20_000))
def test_two_payments_settle_as_one(found: list[Claim], first: int, second: int) -> None:
    """In whatever parts the money comes."""
    once = settle(found, first + second)
    then = settle(found, first)
    after = [
        Claim(claim.due_on, claim.amount_minor, claim.received_minor + share)
        for claim, share in zip(found, then, strict=True)
    ]
    again = settle(after, second)
    assert [a + b for a, b in zip(then, again, strict=True)] == once


@given(claims, st.integers(-10, 200))
def test_what_is_open_stands_in_one_band_each(found: list[Claim], days: int) -> None:
    """The bands add up to what is open."""
    bands = ageing(found, DAY + dt.timedelta(days=days))
    assert set(bands) == set(Age)
    assert sum(bands.values()) == sum(claim.open_minor for claim in found)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, Age.NOT_DUE),
        (0, Age.NOT_DUE),
        (1, Age.TO_30),
        (30, Age.TO_30),
        (31, Age.TO_60),
        (60, Age.TO_60),
        (61, Age.TO_90),
        (90, Age.TO_90),
        (91, Age.OVER_90),
    ],
)
def test_the_bands_have_these_edges(days: int, age: Age) -> None:
    """On its day nothing is overdue."""
    assert age_of(DAY, DAY + dt.timedelta(days=days)) is age


def test_a_negative_amount_settles_nothing() -> None:
    """What goes back to a sponsor is no settlement."""
    with pytest.raises(ValueError):
        settle([Claim(DAY, 1)], -1)


def test_a_settled_or_cancelled_request_rests() -> None:
    """No money and no cancelling after that."""
    for state in (RequestState.RECEIVED, RequestState.CANCELLED):
        for event in RequestEvent:
            with pytest.raises(IllegalTransition):
                MACHINE.apply(state, event)
    assert MACHINE.states() == set(RequestState)


@pytest.mark.parametrize(
    ("org_id", "words"),
    [
        ("GB-CHC-1000000", "Registered charity in England and Wales, number 1000000"),
        ("GB-SC-SC000001", "Registered charity in Scotland, number SC000001"),
        ("GB-COH-01234567", "Registered company, number 01234567"),
        ("XI-EIN-1", "Registered as XI-EIN-1"),
        ("", ""),
    ],
)
def test_a_registration_is_said_in_words(org_id: str, words: str) -> None:
    """By the list of its identifier."""
    assert registration(org_id) == words
