"""Which pots pay which pennies: I4, I6, scenarios 4 and 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.awards.pots import NotEnough, Pot, Share, SpendOrder, spendable, split

POUND = 100
COMMUNITY_FIRST, MATCH_FIRST, PRO_RATA = SpendOrder


def community(pence: int) -> Pot:
    return Pot("community", pence, 0, True)


def match(pence: int, ref: str = "LC-2020", priority: int = 1) -> Pot:
    return Pot(ref, pence, priority, False)


class TestOrders:
    POTS = (community(100), match(50, "B"), match(50, "a"), match(50, "z", 0))

    def test_community_first(self) -> None:
        assert split(170, self.POTS, COMMUNITY_FIRST) == [
            Share("community", 100),
            Share("z", 50),
            Share("B", 20),
        ]

    def test_match_first_by_priority_then_reference(self) -> None:
        assert split(170, self.POTS, MATCH_FIRST) == [
            Share("z", 50),
            Share("B", 50),
            Share("a", 50),
            Share("community", 20),
        ]

    def test_pro_rata_gives_left_over_pence_to_the_largest_remainders(self) -> None:
        assert split(100, [community(200), match(100)], PRO_RATA) == [
            Share("LC-2020", 33),
            Share("community", 67),
        ]

    def test_pro_rata_ties_go_by_priority_and_reference_with_the_community_last(self) -> None:
        pots = [community(100), match(100, "b"), match(100, "a", 2), match(100, "a2")]
        assert split(3, pots, PRO_RATA) == [Share("a2", 1), Share("b", 1), Share("a", 1)]
        assert split(1, pots, PRO_RATA) == [Share("a2", 1)]

    def test_an_empty_pot_pays_nothing(self) -> None:
        for order in SpendOrder:
            assert split(10, [community(0), match(10)], order) == [Share("LC-2020", 10)]


class TestRefusal:
    def test_says_how_much_is_lacking(self) -> None:
        with pytest.raises(NotEnough) as refused:
            split(200, [community(100), match(60)], PRO_RATA)
        assert refused.value.short_minor == 40

    def test_a_deficit_in_one_pot_holds_back_the_others(self) -> None:
        pots = [community(250), match(-100)]
        assert spendable(pots) == 150
        assert split(150, pots, PRO_RATA) == [Share("community", 150)]
        with pytest.raises(NotEnough) as refused:
            split(200, pots, COMMUNITY_FIRST)
        assert refused.value.short_minor == 50

    @pytest.mark.parametrize("amount", [0, -5])
    def test_an_award_of_nothing_is_an_error(self, amount: int) -> None:
        with pytest.raises(ValueError, match="one penny"):
            split(amount, [community(100)], PRO_RATA)

    def test_two_pots_of_one_name_are_an_error(self) -> None:
        with pytest.raises(ValueError, match="same reference"):
            split(10, [match(100), match(100)], PRO_RATA)


class TestScenarios:
    def test_4_sixty_of_sixty_one_awards_pass_and_one_is_refused_whole(self) -> None:
        cash = 12_000 * POUND
        short = []
        for _ in range(61):
            try:
                shares = split(200 * POUND, [community(cash), match(0)], PRO_RATA)
            except NotEnough as error:
                short.append(error.short_minor)
            else:
                cash -= sum(share.amount_minor for share in shares)
        assert (short, cash) == ([200 * POUND], 0)
        assert spendable([community(cash), match(25_000 * POUND)]) == 25_000 * POUND

    def test_5_the_fund_of_2020(self) -> None:
        """£151,000 of community gifts and £100,000 of match: the first award is £120.32 and £79.68."""
        shares = split(200 * POUND, [community(151_000 * POUND), match(100_000 * POUND)], PRO_RATA)
        assert shares == [Share("LC-2020", 7968), Share("community", 12032)]

    def test_1255_awards_empty_both_pots_to_the_penny(self) -> None:
        left = {"community": 151_000 * POUND, "LC-2020": 100_000 * POUND}
        for _ in range(1255):
            for share in split(200 * POUND, [community(left["community"]), match(left["LC-2020"])], PRO_RATA):
                left[share.ref] -= share.amount_minor
        assert left == {"community": 0, "LC-2020": 0}


@st.composite
def pot_lists(draw: st.DrawFn) -> list[Pot]:
    refs = draw(st.permutations(["a", "B", "c", "community"]))[: draw(st.integers(1, 4))]
    return [
        Pot(ref, draw(st.integers(-300, 10**6)), draw(st.integers(0, 2)), ref == "community") for ref in refs
    ]


@given(pot_lists(), st.integers(1, 2 * 10**6), st.sampled_from(SpendOrder))
def test_shares_add_up_and_none_passes_its_pot(pots: list[Pot], amount: int, order: SpendOrder) -> None:
    total = sum(pot.spendable_minor for pot in pots)
    if amount > total:
        with pytest.raises(NotEnough) as refused:
            split(amount, pots, order)
        assert refused.value.short_minor == amount - total
        return
    shares = split(amount, pots, order)
    assert sum(share.amount_minor for share in shares) == amount
    has = {pot.ref: pot.spendable_minor for pot in pots}
    assert all(0 < share.amount_minor <= has[share.ref] for share in shares)
    assert split(amount, pots[::-1], order) == shares


@given(pot_lists(), st.integers(1, 10**6))
def test_pro_rata_is_within_a_penny_of_the_exact_part(pots: list[Pot], amount: int) -> None:
    if amount > spendable(pots):
        return
    total = sum(max(0, pot.spendable_minor) for pot in pots)
    parts = {share.ref: share.amount_minor for share in split(amount, pots, PRO_RATA)}
    for pot in pots:
        exact = amount * max(0, pot.spendable_minor)
        assert abs(parts.get(pot.ref, 0) * total - exact) < total
