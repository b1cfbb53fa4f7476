"""The match rule: design.md, "Match rule, exactly", by example and by property."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.matching.allocation import (
    Agreement,
    Contribution,
    Explanation,
    Gift,
    Given,
    Live,
    Reason,
    Release,
    Take,
    Terms,
    allocate,
    allocate_over,
    cap_is_allowed,
    covered,
    explain,
    in_order,
    is_open_to,
    redistribute,
    release,
    unmatched,
)

OPENS = datetime(2020, 3, 20, tzinfo=UTC)
CLOSES = datetime(2020, 6, 30, 23, 59, 59, tzinfo=timezone(timedelta(hours=1)))
DURING = datetime(2020, 4, 1, 12, tzinfo=UTC)
POUND = 100
ANY: frozenset[str] = frozenset()


def terms(
    ref: str = "LC-2020",
    *,
    priority: int = 1,
    num: int = 1,
    den: int = 1,
    cap: int | None = 100_000 * POUND,
    per_gift: int | None = None,
    minimum: int = 0,
    channels: frozenset[str] = frozenset({"card", "bank"}),
    excluded: frozenset[str] = ANY,
) -> Terms:
    return Terms(ref, priority, num, den, cap, per_gift, minimum, OPENS, CLOSES, channels, excluded)


def agreement(ref: str = "LC-2020", *, allocated: int = 0, held: int = 0, **about: object) -> Agreement:
    return Agreement(terms(ref, **about), allocated, held)  # type: ignore[arg-type]


def gift(amount: int, net: int | None = None, **about: object) -> Gift:
    values: dict[str, object] = {"received_at": DURING, "channel": "card", "donor_name": None} | about
    return Gift(amount, amount if net is None else net, **values)  # type: ignore[arg-type]


def apply(agreements: list[Agreement], takes: list[Take]) -> list[Agreement]:
    taken: Counter[str] = Counter()
    for take in takes:
        taken[take.ref] += take.amount_minor
    return [replace(a, allocated_minor=a.allocated_minor + taken[a.terms.ref]) for a in agreements]


def as_lives(agreements: list[Agreement], pence: dict[str, int]) -> list[Live]:
    return [
        Live(a.terms.ref, a.terms.priority, pence[a.terms.ref], a.terms.num, a.terms.den)
        for a in agreements
        if pence.get(a.terms.ref)
    ]


def as_pence(takes: list[Take]) -> dict[str, int]:
    return {take.ref: take.amount_minor for take in takes}


class TestOpenness:
    def test_is_open_when_every_condition_is_met(self) -> None:
        assert is_open_to(terms(), gift(POUND)) is None

    @pytest.mark.parametrize(
        ("at", "reason"),
        [
            (OPENS, None),
            (OPENS - timedelta(microseconds=1), Reason.OUTSIDE_WINDOW),
            (CLOSES, None),
            (datetime(2020, 6, 30, 22, 59, 59, tzinfo=UTC), None),
            (CLOSES + timedelta(microseconds=1), Reason.OUTSIDE_WINDOW),
        ],
    )
    def test_the_window_is_closed_at_both_ends_and_knows_offsets(
        self, at: datetime, reason: Reason | None
    ) -> None:
        assert is_open_to(terms(), gift(POUND, received_at=at)) is reason

    def test_a_channel_that_is_not_listed(self) -> None:
        assert is_open_to(terms(), gift(POUND, channel="cash")) is Reason.CHANNEL

    @pytest.mark.parametrize("name", ["Listings company", "  LISTINGS COMPANY\t", "listings company"])
    def test_an_excluded_donor_however_written(self, name: str) -> None:
        excluded = terms(excluded=frozenset({" Listings Company "}))
        assert is_open_to(excluded, gift(POUND, donor_name=name)) is Reason.EXCLUDED_DONOR

    def test_names_are_casefolded_not_lowered(self) -> None:
        excluded = terms(excluded=frozenset({"STRASSE LTD"}))
        assert is_open_to(excluded, gift(POUND, donor_name="Straße Ltd")) is Reason.EXCLUDED_DONOR

    def test_a_donor_without_a_name_is_not_excluded(self) -> None:
        assert is_open_to(terms(excluded=frozenset({"x"})), gift(POUND)) is None

    def test_the_minimum_is_of_the_amount_as_received(self) -> None:
        assert is_open_to(terms(minimum=100), gift(99)) is Reason.MINIMUM
        assert is_open_to(terms(minimum=100), gift(100, net=1)) is None

    def test_the_first_condition_not_met_is_told(self) -> None:
        narrow = terms(minimum=500, excluded=frozenset({"x"}))
        late = CLOSES + timedelta(days=1)
        assert (
            is_open_to(narrow, gift(1, received_at=late, channel="cash", donor_name="x"))
            is Reason.OUTSIDE_WINDOW
        )
        assert is_open_to(narrow, gift(1, channel="cash", donor_name="x")) is Reason.CHANNEL
        assert is_open_to(narrow, gift(1, donor_name="x")) is Reason.EXCLUDED_DONOR


class TestValues:
    @pytest.mark.parametrize("bad", [{"num": 0}, {"den": -1}, {"cap": -1}, {"per_gift": -1}, {"minimum": -1}])
    def test_terms_that_make_no_sense_are_refused(self, bad: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="LC-2020"):
            terms(**bad)  # type: ignore[arg-type]

    def test_naive_instants_are_refused(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            replace(terms(), opens_at=datetime(2020, 1, 1))

    @pytest.mark.parametrize("net", [-1, 101])
    def test_a_net_amount_lies_between_nothing_and_the_gift(self, net: int) -> None:
        with pytest.raises(ValueError, match="net"):
            gift(100, net=net)

    def test_a_cap_below_what_is_allocated_is_refused(self) -> None:
        assert cap_is_allowed(None, 10)
        assert cap_is_allowed(10, 10)
        assert not cap_is_allowed(9, 10)

    def test_agreements_are_asked_by_priority_then_code_point(self) -> None:
        refs = [("b", 1), ("a", 2), ("Z", 1), ("a", 1), ("é", 1)]
        ordered = in_order(agreement(ref, priority=priority) for ref, priority in refs)
        assert [(a.terms.ref, a.terms.priority) for a in ordered] == [
            ("Z", 1),
            ("a", 1),
            ("b", 1),
            ("é", 1),
            ("a", 2),
        ]


class TestAllocate:
    def test_scenario_1_cap_reached_mid_gift(self) -> None:
        agreements = [agreement(allocated=99_930 * POUND)]
        given_gift = gift(200 * POUND)
        takes = allocate(given_gift, agreements)
        assert takes == [Take("LC-2020", 70 * POUND)]
        lives = as_lives(agreements, as_pence(takes))
        assert unmatched(200 * POUND, lives) == 130 * POUND
        explanation = explain(given_gift, apply(agreements, takes), lives)
        assert explanation == Explanation(130 * POUND, [("LC-2020", Reason.CAP_EXHAUSTED)])

    def test_a_missing_cap_is_no_cap_and_0_is_a_cap_of_nothing(self) -> None:
        assert allocate(gift(10**12), [agreement(cap=None)]) == [Take("LC-2020", 10**12)]
        assert allocate(gift(100), [agreement(cap=0)]) == []
        assert allocate(gift(100), [agreement(per_gift=0)]) == []

    def test_holds_lessen_what_may_be_given(self) -> None:
        assert allocate(gift(100), [agreement(cap=100, allocated=20, held=30)]) == [Take("LC-2020", 50)]
        assert allocate(gift(100), [agreement(cap=100, allocated=80, held=30)]) == []

    def test_the_cap_per_contribution_counts_what_is_there(self) -> None:
        capped = [agreement(per_gift=60)]
        assert allocate(gift(100), capped) == [Take("LC-2020", 60)]
        assert allocate(gift(100), capped, {"LC-2020": 45}) == [Take("LC-2020", 15)]

    @pytest.mark.parametrize(
        ("num", "den", "amount", "match"),
        [(1, 2, 101, 50), (2, 1, 101, 202), (1, 3, 100, 33), (2, 3, 100, 66), (1, 4, 3, 0)],
    )
    def test_ratios_round_down(self, num: int, den: int, amount: int, match: int) -> None:
        takes = allocate(gift(amount), [agreement(num=num, den=den)])
        assert as_pence(takes).get("LC-2020", 0) == match

    def test_the_next_agreement_matches_what_the_first_leaves(self) -> None:
        both = [agreement("B", priority=2), agreement("A", cap=70)]
        assert allocate(gift(200), both) == [Take("A", 70), Take("B", 130)]

    def test_an_agreement_that_is_closed_to_the_gift_still_covers_what_it_has(self) -> None:
        both = [agreement("A", channels=frozenset({"bank"})), agreement("B")]
        assert allocate(gift(200), both, {"A": 150}) == [Take("B", 50)]

    def test_live_pence_cover_what_they_covered_at_their_ratio(self) -> None:
        both = [agreement("A"), agreement("B")]
        assert allocate(gift(100), both, {"A": 20}, {"A": (1, 4)}) == [
            Take("A", 20),
        ]

    def test_live_pence_of_an_agreement_that_is_not_handed_in_need_a_ratio(self) -> None:
        assert allocate(gift(100), [agreement("B")], {"gone": 30}, {"gone": (1, 2)}) == [Take("B", 40)]
        with pytest.raises(ValueError, match="gone"):
            allocate(gift(100), [agreement("B")], {"gone": 30})

    def test_pence_of_an_older_ratio_keep_it(self) -> None:
        """1:1 became 2:1: what was matched stays as it was, the new ratio is for the rest of the gift."""
        now = [agreement("A", num=2, cap=None, per_gift=150)]
        older = [Live("A", 1, 60, 1, 1)]
        assert allocate_over(gift(100), now, older) == [Take("A", 80)]
        assert allocate_over(gift(200), now, older) == [Take("A", 90)]
        assert allocate_over(gift(60), now, older) == []

    def test_a_refunded_gift_is_matched_by_its_net_amount(self) -> None:
        assert allocate(gift(200, net=50), [agreement()]) == [Take("LC-2020", 50)]

    def test_the_penny_an_odd_cap_left_is_given_once_there_is_cap(self) -> None:
        """2:1, one penny live: it covers a whole penny of the gift, which carries one more."""
        now = [agreement(num=2, cap=2, allocated=1)]
        assert allocate(gift(1), now, {"LC-2020": 1}) == [Take("LC-2020", 1)]


class TestRelease:
    def test_keeps_what_the_net_amount_carries(self) -> None:
        lives = [Live("B", 2, 130, 1, 1), Live("A", 1, 70, 1, 1)]
        assert release(100, lives) == [Release("B", 100, 1, 1)]
        assert release(50, lives) == [Release("A", 20, 1, 1), Release("B", 130, 1, 1)]
        assert release(200, lives) == []

    def test_a_whole_refund_reverses_everything(self) -> None:
        assert release(0, [Live("A", 1, 70, 2, 3)]) == [Release("A", 70, 2, 3)]

    def test_uses_the_ratio_that_allocated_and_reverses_the_newest_first(self) -> None:
        lives = [Live("A", 1, 60, 1, 1), Live("A", 1, 80, 2, 1)]
        assert release(90, lives) == [Release("A", 20, 2, 1)]
        assert release(50, lives) == [Release("A", 10, 1, 1), Release("A", 80, 2, 1)]

    def test_a_net_amount_below_zero_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="-1"):
            release(-1, [])

    def test_covering_rounds_up(self) -> None:
        assert [covered(live, 2, 3) for live in (0, 1, 2, 66)] == [0, 2, 3, 99]


class TestExplain:
    def codes(
        self, one: Gift, agreements: list[Agreement], pence: dict[str, int] | None = None
    ) -> dict[str, Reason]:
        return dict(explain(one, agreements, as_lives(agreements, pence or {})).reasons)

    def test_a_gift_matched_whole_needs_no_reason(self) -> None:
        both = [agreement("A"), agreement("B", channels=frozenset({"cash"}))]
        assert self.codes(gift(100), both, {"A": 100}) == {}

    def test_a_condition_not_met_comes_before_any_cap(self) -> None:
        cash = gift(100, channel="cash")
        assert self.codes(cash, [agreement(cap=0)]) == {"LC-2020": Reason.CHANNEL}

    @pytest.mark.parametrize(
        ("about", "live", "reason"),
        [
            ({"per_gift": 60}, 60, Reason.CONTRIBUTION_CAP),
            ({"cap": 60, "allocated": 60}, 60, Reason.CAP_EXHAUSTED),
            ({"cap": 60, "allocated": 60, "per_gift": 80}, 60, Reason.CAP_EXHAUSTED),
            ({"cap": 900, "allocated": 60, "per_gift": 60}, 60, Reason.CONTRIBUTION_CAP),
            ({"cap": 60, "allocated": 60, "per_gift": 60}, 60, Reason.CONTRIBUTION_CAP),
            ({"cap": 60, "held": 55, "per_gift": 10}, 0, Reason.CAP_EXHAUSTED),
            ({"cap": 0}, 0, Reason.CAP_EXHAUSTED),
            ({"cap": 0, "per_gift": 10}, 0, Reason.CAP_EXHAUSTED),
            ({"cap": None, "per_gift": 0}, 0, Reason.CONTRIBUTION_CAP),
            ({"cap": 500, "allocated": 60}, 60, Reason.CAP_EXHAUSTED),  # freed since; redistribute gives it
            ({"cap": None}, 60, Reason.CAP_EXHAUSTED),  # lifted since
        ],
    )
    def test_of_several_caps_the_smallest(self, about: dict[str, Any], live: int, reason: Reason) -> None:
        assert self.codes(gift(100), [agreement("A", **about)], {"A": live}) == {"A": reason}

    def test_matched_elsewhere_is_for_one_that_gave_nothing(self) -> None:
        both = [agreement("A", cap=70, allocated=70), agreement("B", priority=2)]
        assert self.codes(gift(200), both, {"A": 70, "B": 130}) == {}
        assert self.codes(gift(70), both, {"A": 70}) == {"B": Reason.MATCHED_ELSEWHERE}

    def test_rounding_is_what_is_left_of_a_penny(self) -> None:
        third = [agreement("A", den=3)]
        assert self.codes(gift(100), third, {"A": 33}) == {"A": Reason.ROUNDING}
        assert self.codes(gift(99), third, {"A": 33}) == {}
        assert self.codes(gift(2), third) == {"A": Reason.ROUNDING}

    def test_refunded(self) -> None:
        assert self.codes(gift(200, net=0), [agreement()]) == {"LC-2020": Reason.REFUNDED}
        half = gift(200, net=100)
        assert self.codes(half, [agreement()], {"LC-2020": 100}) == {"LC-2020": Reason.REFUNDED}
        capped = [agreement(per_gift=100)]
        assert self.codes(half, capped, {"LC-2020": 100}) == {}

    def test_each_agreement_has_a_reason_of_its_own_in_order(self) -> None:
        several = [
            agreement("D", priority=3, cap=0),
            agreement("C", priority=2, minimum=500),
            agreement("B", channels=frozenset({"cash"})),
            agreement("A", per_gift=5),
        ]
        explanation = explain(gift(100), several, as_lives(several, {"A": 5}))
        assert explanation == Explanation(
            95,
            [
                ("A", Reason.CONTRIBUTION_CAP),
                ("B", Reason.CHANNEL),
                ("C", Reason.MINIMUM),
                ("D", Reason.CAP_EXHAUSTED),
            ],
        )


class TestRedistribute:
    def test_freed_cap_goes_to_earlier_gifts_in_order_of_instant_and_reference(self) -> None:
        pot = [agreement(cap=250, allocated=100)]
        gifts = [
            Contribution("C", gift(100, received_at=DURING + timedelta(days=1))),
            Contribution("B", gift(100), [Live("LC-2020", 1, 30, 1, 1)]),
            Contribution("A", gift(100), [Live("LC-2020", 1, 70, 1, 1)]),
        ]
        assert redistribute(gifts, pot) == [
            Given("A", [Take("LC-2020", 30)]),
            Given("B", [Take("LC-2020", 70)]),
            Given("C", [Take("LC-2020", 50)]),
        ]


# --- Properties ---------------------------------------------------------------------------------------------------

RATIO = st.tuples(st.integers(1, 7), st.integers(1, 7))
CAP = st.none() | st.integers(0, 400)


@st.composite
def agreement_lists(draw: st.DrawFn) -> list[Agreement]:
    made = []
    for ref in draw(st.permutations(["a", "B", "c", "é"]))[: draw(st.integers(1, 4))]:
        num, den = draw(RATIO)
        made.append(
            agreement(
                ref,
                priority=draw(st.integers(1, 2)),
                num=num,
                den=den,
                cap=draw(CAP),
                per_gift=draw(CAP),
                minimum=draw(st.sampled_from([0, 0, 50])),
                channels=draw(st.sampled_from([frozenset({"card"}), frozenset({"card", "bank"})])),
            )
        )
    return made


GIFTS = st.builds(
    lambda amount, refunded, channel, hours: gift(
        amount, max(0, amount - refunded), channel=channel, received_at=DURING + timedelta(hours=hours)
    ),
    st.integers(0, 300),
    st.integers(0, 300) | st.just(0),
    st.sampled_from(["card", "bank"]),
    st.integers(0, 3),
)


def share(lives: list[Live]) -> int:
    return sum(covered(row.live_minor, row.num, row.den) for row in lives)


@given(st.lists(GIFTS, max_size=8), agreement_lists())
def test_caps_and_shares_hold_over_any_run_of_gifts(gifts: list[Gift], agreements: list[Agreement]) -> None:
    """I2 and I3."""
    for one in gifts:
        takes = allocate(one, agreements)
        agreements = apply(agreements, takes)
        assert share(as_lives(agreements, as_pence(takes))) <= one.net_minor
        for a in agreements:
            assert a.remaining_minor is None or a.remaining_minor >= 0
            per_gift = a.terms.per_contribution_cap_minor
            assert per_gift is None or as_pence(takes).get(a.terms.ref, 0) <= per_gift
            if is_open_to(a.terms, one):
                assert a.terms.ref not in as_pence(takes)


@given(GIFTS, agreement_lists(), st.randoms(use_true_random=False))
def test_the_order_agreements_are_handed_in_makes_no_difference(
    one: Gift, agreements: list[Agreement], random: object
) -> None:
    shuffled = list(agreements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(one, shuffled) == allocate(one, agreements)
    assert explain(one, shuffled, []) == explain(one, agreements, [])


@given(GIFTS, agreement_lists())
def test_the_rule_as_it_is_written(one: Gift, agreements: list[Agreement]) -> None:
    """The design's formulas, transcribed without any thought of speed."""
    live = dict.fromkeys((a.terms.ref for a in agreements), 0)
    for a in in_order(agreements):
        if is_open_to(a.terms, one):
            continue
        t = a.terms
        room = one.net_minor - sum(
            covered(live[o.terms.ref], o.terms.num, o.terms.den) for o in agreements if o is not a
        )
        target = room * t.num // t.den
        if t.per_contribution_cap_minor is not None:
            target = min(target, t.per_contribution_cap_minor)
        take = target - live[t.ref]
        if t.cap_minor is not None:
            take = min(take, t.cap_minor - a.allocated_minor - a.held_minor)
        live[t.ref] += max(0, take)
    assert as_pence(allocate(one, agreements)) == {ref: pence for ref, pence in live.items() if pence}


@given(GIFTS, agreement_lists())
def test_matching_a_gift_twice_adds_nothing(one: Gift, agreements: list[Agreement]) -> None:
    takes = allocate(one, agreements)
    assert allocate(one, apply(agreements, takes), as_pence(takes)) == []


@given(GIFTS, agreement_lists(), st.lists(st.integers(0, 300), max_size=4))
def test_refunds_release_once_and_keep_the_share(
    one: Gift, agreements: list[Agreement], nets: list[int]
) -> None:
    lives = as_lives(agreements, as_pence(allocate(replace(one, net_minor=one.amount_minor), agreements)))
    assert release(one.amount_minor, lives) == []
    for net in sorted((min(n, one.amount_minor) for n in nets), reverse=True):
        released = {r.ref: r.amount_minor for r in release(net, lives)}
        lives = [replace(row, live_minor=row.live_minor - released.get(row.ref, 0)) for row in lives]
        assert all(row.live_minor >= 0 for row in lives)
        assert share(lives) <= net
        assert unmatched(net, lives) == net - share(lives)
        assert release(net, lives) == []


@given(st.lists(st.tuples(GIFTS, st.booleans()), max_size=6), agreement_lists(), st.integers(0, 300))
def test_redistribution_adds_only_and_twice_changes_nothing(
    gifts: list[tuple[Gift, bool]], agreements: list[Agreement], more: int
) -> None:
    """Some gifts were matched before, then caps are raised; some of their pence are of an older ratio."""
    contributions = []
    for number, (one, is_matched) in enumerate(gifts):
        takes = allocate(one, agreements) if is_matched else []
        agreements = apply(agreements, takes)
        contributions.append(Contribution(f"G{number}", one, as_lives(agreements, as_pence(takes))))
    agreements = [
        replace(
            a, terms=replace(a.terms, num=2, cap_minor=None if (c := a.terms.cap_minor) is None else c + more)
        )
        for a in agreements
    ]
    added = {one.ref: one.takes for one in redistribute(contributions, agreements)}
    assert redistribute(reversed(contributions), agreements) == redistribute(contributions, agreements)
    after = []
    for contribution in contributions:
        takes = added.get(contribution.ref, [])
        lives = [*contribution.lives, *as_lives(agreements, as_pence(takes))]
        after.append(replace(contribution, lives=lives))
        assert unmatched(contribution.gift.net_minor, lives) >= 0
    agreements = apply(agreements, [take for takes in added.values() for take in takes])
    assert all(a.remaining_minor is None or a.remaining_minor >= 0 for a in agreements)
    assert redistribute(after, agreements) == []


@given(st.lists(GIFTS, min_size=1, max_size=5), agreement_lists())
def test_whatever_an_agreement_gave_less_has_a_reason(gifts: list[Gift], agreements: list[Agreement]) -> None:
    for one in gifts:
        takes = allocate(one, agreements)
        agreements = apply(agreements, takes)
        lives = as_lives(agreements, as_pence(takes))
        explanation = explain(one, agreements, lives)
        assert explanation.unmatched_minor == unmatched(one.net_minor, lives)
        reasons = dict(explanation.reasons)
        assert len(reasons) == len(explanation.reasons)
        caps = {Reason.CAP_EXHAUSTED, Reason.CONTRIBUTION_CAP}
        for a in agreements:
            possible = explanation.unmatched_minor * a.terms.num // a.terms.den
            reason = reasons.get(a.terms.ref)
            if possible:
                closed = is_open_to(a.terms, one)
                assert reason == closed if closed else reason in caps
            else:
                assert reason in {None, Reason.REFUNDED, Reason.MATCHED_ELSEWHERE, Reason.ROUNDING}
