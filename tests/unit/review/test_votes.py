"""Votes become a decision by quorum, whatever the order; values only."""

from hypothesis import given
from hypothesis import strategies as st

from hardship.review.votes import (
    REASONS,
    Ballot,
    Outcome,
    ReasonCode,
    Tally,
    may_settle,
    needed_votes,
    shared_reason,
    tally,
)

ballots = st.lists(
    st.builds(Ballot, st.integers(1, 6), st.sampled_from(Outcome), st.sampled_from(ReasonCode)), max_size=10
)


@given(ballots, st.integers(1, 4))
def test_a_person_counts_once(given_votes: list[Ballot], needed: int) -> None:
    counted = tally(given_votes, needed)
    assert counted.votes == len({ballot.staff_id for ballot in given_votes})
    if counted.verdict is Outcome.APPROVE:
        assert counted.approve >= needed
    if counted.verdict is Outcome.DECLINE:
        assert counted.decline >= needed
    assert not (counted.is_split and counted.verdict)


def test_split_is_quorum_of_people_and_no_quorum_of_one_mind() -> None:
    assert Tally(1, 1, 2).is_split
    assert Tally(2, 1, 3).is_split
    assert not Tally(1, 1, 3).is_split
    assert not Tally(1, 0, 2).is_split
    assert not Tally(2, 1, 2).is_split
    assert not Tally(0, 0, 1).is_split


def test_nobody_settles_alone() -> None:
    votes = [
        Ballot(1, Outcome.APPROVE, ReasonCode.MEETS_POLICY),
        Ballot(2, Outcome.DECLINE, ReasonCode.NOT_ELIGIBLE),
    ]
    assert may_settle(votes, Outcome.APPROVE, lead_id=3)
    assert may_settle(votes, Outcome.DECLINE, lead_id=1)
    assert not may_settle(votes, Outcome.APPROVE, lead_id=1)


def test_two_sign_above_the_limit_and_the_quorum_is_never_lowered() -> None:
    assert needed_votes(1, 50_000, 50_000) == 1
    assert needed_votes(1, 50_001, 50_000) == 2
    assert needed_votes(3, 50_001, 50_000) == 3
    assert needed_votes(1, 10**9, None) == 1


def test_the_shared_reason_is_the_most_given_and_of_several_the_first_listed() -> None:
    votes = [
        Ballot(1, Outcome.DECLINE, ReasonCode.OTHER),
        Ballot(2, Outcome.DECLINE, ReasonCode.DUPLICATE),
        Ballot(3, Outcome.APPROVE, ReasonCode.OTHER),
    ]
    assert shared_reason(votes, Outcome.DECLINE) is ReasonCode.DUPLICATE
    assert (
        shared_reason([*votes, Ballot(4, Outcome.DECLINE, ReasonCode.OTHER)], Outcome.DECLINE)
        is ReasonCode.OTHER
    )


def test_every_outcome_has_reasons_and_every_reason_an_outcome() -> None:
    assert set().union(*REASONS.values()) == set(ReasonCode)
    assert REASONS[Outcome.APPROVE] == {ReasonCode.MEETS_POLICY, ReasonCode.OTHER}
    assert ReasonCode.MEETS_POLICY not in REASONS[Outcome.DECLINE]
