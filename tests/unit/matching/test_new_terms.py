"""Caps on one donor, challenges that failed, and when match is earned: values in, values out."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.states import IllegalTransition
from hardship.matching.allocation import (
    Agreement,
    Contribution,
    Gift,
    Live,
    Reason,
    Take,
    Terms,
    allocate,
    allocate_over,
    closed_by,
    explain,
    redistribute,
)
from hardship.matching.conditions import (
    CHALLENGES,
    HOLDS,
    MACHINES,
    ChallengeEvent,
    ChallengeState,
    HoldEvent,
    HoldState,
    earned_on,
)
from hardship.matching.position import movement, position, withheld

AT = datetime(2020, 4, 1, tzinfo=UTC)


def agreement(
    ref: str = "A",
    *,
    donor_cap: int | None = None,
    gift_cap: int | None = None,
    cap: int | None = None,
    failed: bool = False,
) -> Agreement:
    terms = Terms(ref, 1, 1, 1, cap, gift_cap, 0, AT, AT, frozenset({"card"}), per_donor_cap_minor=donor_cap)
    return Agreement(terms, failed=failed)


def gift(amount: int, donor: str | None = "ann") -> Gift:
    return Gift(amount, amount, AT, "card", donor)


class TestOneDonor:
    def test_what_the_donor_has_already_counts(self) -> None:
        one = agreement(donor_cap=100)
        assert allocate(gift(80), [one], donated={"A": 70}) == [Take("A", 30)]
        assert allocate(gift(80), [one], donated={"A": 100}) == []
        assert allocate(gift(80), [one], donated={}) == [Take("A", 80)]

    def test_without_a_known_donor_the_gift_is_their_only_one(self) -> None:
        one = agreement(donor_cap=100)
        assert allocate(gift(180, None), [one]) == [Take("A", 100)]
        assert allocate_over(gift(180, None), [one], [Live("A", 1, 60, 1, 1)]) == [Take("A", 40)]

    def test_no_cap_is_no_cap_and_nothing_is_a_cap_of_nothing(self) -> None:
        assert allocate(gift(80), [agreement(donor_cap=None)], donated={"A": 10**9}) == [Take("A", 80)]
        assert allocate(gift(80), [agreement(donor_cap=0)]) == []

    def test_of_several_caps_the_smallest_is_the_reason(self) -> None:
        def why(**caps: int) -> list[tuple[str, Reason]]:
            return explain(gift(100), [agreement(**caps)], [], {"A": 20}).reasons

        assert why(donor_cap=50, gift_cap=40, cap=60) == [("A", Reason.DONOR_CAP)]
        assert why(donor_cap=50, gift_cap=20, cap=60) == [("A", Reason.CONTRIBUTION_CAP)]
        assert why(donor_cap=50, gift_cap=40, cap=10) == [("A", Reason.CAP_EXHAUSTED)]
        assert why(donor_cap=50, gift_cap=30, cap=30) == [("A", Reason.CONTRIBUTION_CAP)]
        assert why(donor_cap=50, cap=30) == [("A", Reason.DONOR_CAP)]

    @given(
        amounts=st.lists(st.tuples(st.integers(1, 300), st.sampled_from(["ann", "bob"])), max_size=12),
        cap=st.integers(0, 500),
    )
    def test_redistribution_never_passes_it_and_again_adds_nothing(
        self, amounts: list[tuple[int, str]], cap: int
    ) -> None:
        one = agreement(donor_cap=cap)
        gifts = [Contribution(f"G-{at:02d}", gift(minor, who)) for at, (minor, who) in enumerate(amounts)]
        given_ = {one.ref: one.takes for one in redistribute(gifts, [one], {})}
        had = {who: 0 for who in ("ann", "bob")}
        for contribution in gifts:
            took = sum(take.amount_minor for take in given_.get(contribution.ref, []))
            had[contribution.gift.donor_name or ""] += took
        assert max(had.values()) <= cap
        for who, minor in had.items():
            assert minor == min(cap, sum(amount for amount, name in amounts if name == who))
        after = [
            Contribution(
                one.ref,
                one.gift,
                [Live("A", 1, take.amount_minor, 1, 1) for take in given_.get(one.ref, [])],
            )
            for one in gifts
        ]
        assert redistribute(after, [one], {who: {"A": minor} for who, minor in had.items()}) == []


class TestFailedChallenge:
    def test_it_gives_nothing_and_says_why(self) -> None:
        one = agreement(failed=True)
        assert allocate(gift(80), [one]) == []
        assert explain(gift(80), [one], []).reasons == [("A", Reason.THRESHOLD_NOT_MET)]

    def test_what_it_was_not_open_to_is_told_first(self) -> None:
        elsewhere = Gift(80, 80, AT, "cash")
        assert closed_by(agreement(failed=True), elsewhere) is Reason.CHANNEL


class TestStates:
    @pytest.mark.parametrize("state", [HoldState.COMMITTED, HoldState.VOID])
    @pytest.mark.parametrize("event", list(HoldEvent))
    def test_a_hold_is_decided_once(self, state: HoldState, event: HoldEvent) -> None:
        with pytest.raises(IllegalTransition):
            HOLDS.apply(state, event)

    @pytest.mark.parametrize("event", list(ChallengeEvent))
    def test_a_challenge_that_was_met_stays_met(self, event: ChallengeEvent) -> None:
        with pytest.raises(IllegalTransition):
            CHALLENGES.apply(ChallengeState.MET, event)

    def test_the_diagrams_are_made_from_the_tables(self) -> None:
        assert all("stateDiagram" in machine.mermaid() for machine in MACHINES.values())


class TestEarned:
    @pytest.mark.parametrize(
        ("clear_days", "met", "day"),
        [
            (0, None, date(2020, 4, 1)),
            (10, None, date(2020, 4, 11)),
            (0, date(2020, 4, 5), date(2020, 4, 5)),
            (0, date(2020, 3, 5), date(2020, 4, 1)),
            (3, date(2020, 4, 5), date(2020, 4, 5)),
            (9, date(2020, 4, 5), date(2020, 4, 10)),
        ],
    )
    def test_once_every_condition_is_met(self, clear_days: int, met: date | None, day: date) -> None:
        assert earned_on(date(2020, 4, 1), clear_days, met) == day


pence = st.integers(0, 10_000)


class TestFrozen:
    @given(earned=pence, net=pence, share=st.integers(0, 100), reclaimable=st.booleans())
    def test_only_money_that_pays_for_frozen_match_is_held_back(
        self, earned: int, net: int, share: int, reclaimable: bool
    ) -> None:
        frozen = earned * share // 100
        held_back = withheld(earned, net, frozen, reclaimable)
        assert 0 <= held_back <= min(frozen, net)
        if reclaimable:
            free = net - max(0, net - earned) - held_back
            assert free == min(net, earned - frozen), "as if the frozen match were not earned"

    @given(earned=pence, net=pence, share=st.integers(0, 100), reclaimable=st.booleans(), due=st.booleans())
    def test_the_books_balance_and_income_stays(
        self, earned: int, net: int, share: int, reclaimable: bool, due: bool
    ) -> None:
        frozen = earned * share // 100
        before = position(earned, net, 0, reclaimable, due)
        after = position(earned, net, 0, reclaimable, due, frozen)
        assert after.income_minor == before.income_minor
        assert after.cash_minor + after.receivable_minor == (
            after.unearned_minor + after.due_minor + after.withheld_minor + after.income_minor
        )
        assert sum(movement(before, after)) == 0
