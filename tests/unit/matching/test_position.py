"""A sponsor's position: scenarios 2, 3 and 4, the match rows of design.md's journal table, and what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.matching.position import (
    NOTHING,
    Movement,
    Paid,
    Position,
    Unused,
    due_to_sponsor,
    headroom,
    movement,
    outstanding,
    position,
    remaining,
    sponsor_account,
    unspent_match,
)

POUND = 100


class TestJournalTable:
    """Each row about match: the entries that take the books from before the event to after it."""

    def test_match_earned_in_arrears_is_a_receivable(self) -> None:
        entries = movement(NOTHING, position(300, 0, 0, True))
        assert entries == Movement(bank=0, match_receivable=300, unearned_match=0, match_income=-300)

    def test_match_earned_from_a_reclaimable_advance(self) -> None:
        entries = movement(position(0, 1000, 0, True), position(300, 1000, 0, True))
        assert entries == Movement(bank=0, match_receivable=0, unearned_match=300, match_income=-300)

    def test_match_earned_past_the_advance_is_split(self) -> None:
        entries = movement(position(900, 1000, 0, True), position(1200, 1000, 0, True))
        assert entries == Movement(bank=0, match_receivable=200, unearned_match=100, match_income=-300)

    def test_a_payment_clears_the_receivable_and_the_rest_is_unearned(self) -> None:
        entries = movement(position(300, 0, 0, True), position(300, 1000, 0, True))
        assert entries == Movement(bank=1000, match_receivable=-300, unearned_match=-700, match_income=0)

    def test_an_advance_that_cannot_be_reclaimed_is_income_at_once(self) -> None:
        entries = movement(NOTHING, position(0, 1000, 0, False))
        assert entries == Movement(bank=1000, match_receivable=0, unearned_match=0, match_income=-1000)
        assert movement(position(0, 1000, 0, False), position(300, 1000, 0, False)) == Movement(0, 0, 0, 0)

    def test_a_refund_reverses_match_in_arrears(self) -> None:
        entries = movement(position(300, 0, 0, True), position(200, 0, 0, True))
        assert entries == Movement(bank=0, match_receivable=-100, unearned_match=0, match_income=100)

    def test_a_refund_of_match_already_paid_makes_it_unearned_again(self) -> None:
        entries = movement(position(300, 300, 0, True), position(200, 300, 0, True))
        assert entries == Movement(bank=0, match_receivable=0, unearned_match=-100, match_income=100)

    def test_a_repayment_takes_down_the_liability(self) -> None:
        entries = movement(position(300, 1000, 0, True), position(300, 1000, 700, True))
        assert entries == Movement(bank=-700, match_receivable=0, unearned_match=700, match_income=0)

    def test_a_pledge_whose_condition_is_not_met_posts_nothing(self) -> None:
        assert movement(NOTHING, position(0, 0, 0, True)) == Movement(0, 0, 0, 0)


class TestScenarios:
    def test_2_refund_after_a_statement(self) -> None:
        """March: £300.00 matched and drawn. In April £100.00 of the gifts is refunded."""
        march = unspent_match(300 * POUND, 300 * POUND)
        april = unspent_match(200 * POUND, 300 * POUND)
        assert (march, april) == (0, -100 * POUND)

    def test_3_paid_in_advance(self) -> None:
        cap = received = 100_000 * POUND
        before = position(0, received, 0, True)
        assert before == Position(0, received, 0, received)
        after = position(30_000 * POUND, received, 0, True)
        community = 30_000 * POUND
        assert after.unearned_minor == 70_000 * POUND
        assert after.cash_minor + community - after.unearned_minor == 60_000 * POUND  # spendable
        assert outstanding(Paid.IN_ADVANCE, cap, 30_000 * POUND, received) == 0
        assert headroom(cap, 30_000 * POUND) == 70_000 * POUND
        assert sponsor_account(received, 30_000 * POUND, 0) == 70_000 * POUND
        assert due_to_sponsor(after, Unused.RETURN) == 70_000 * POUND
        assert due_to_sponsor(after, Unused.ROLL) == due_to_sponsor(after, Unused.LAPSE) == 0

    def test_4_late_sponsor(self) -> None:
        cap = 100_000 * POUND
        matched = 40_000 * POUND
        before = position(matched, 0, 0, True)
        assert before == Position(
            receivable_minor=matched, unearned_minor=0, income_minor=matched, cash_minor=0
        )
        assert outstanding(Paid.IN_ARREARS, cap, matched, 0) == matched
        after = position(matched, 25_000 * POUND, 0, True)
        assert after.cash_minor == 25_000 * POUND
        assert outstanding(Paid.IN_ARREARS, cap, matched, 25_000 * POUND) == 15_000 * POUND
        assert sponsor_account(25_000 * POUND, matched, 0) == -15_000 * POUND


class TestFigures:
    def test_headroom_and_remaining_differ_by_what_is_held(self) -> None:
        assert headroom(1000, 300) == 700
        assert remaining(1000, 300, 50) == 650
        assert headroom(None, 300) is None
        assert remaining(None, 300, 50) is None

    def test_outstanding_is_never_below_zero(self) -> None:
        assert outstanding(Paid.IN_ARREARS, 1000, 300, 400) == 0
        assert outstanding(Paid.IN_ADVANCE, 1000, 300, 1200) == 0
        assert outstanding(Paid.IN_ADVANCE, 1000, 300, 400) == 600

    def test_an_advance_without_a_cap_owes_what_is_allocated(self) -> None:
        assert outstanding(Paid.IN_ADVANCE, None, 300, 100) == 200

    @pytest.mark.parametrize("totals", [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 5, 6)])
    def test_totals_that_cannot_be_are_refused(self, totals: tuple[int, int, int]) -> None:
        with pytest.raises(ValueError, match=r"negative|more than"):
            position(*totals, True)


PENCE = st.integers(0, 10**9)
POSITIONS = st.builds(
    lambda earned, received, part, reclaimable: position(
        earned, received, received * part // 100, reclaimable
    ),
    PENCE,
    PENCE,
    st.integers(0, 100),
    st.booleans(),
)


@given(POSITIONS)
def test_a_position_balances_and_is_never_two_things_at_once(one: Position) -> None:
    assert one.cash_minor + one.receivable_minor == one.unearned_minor + one.income_minor
    assert min(one) >= 0
    assert 0 in (one.receivable_minor, one.unearned_minor)


@given(POSITIONS, POSITIONS, POSITIONS)
def test_movements_sum_to_zero_and_add_up(a: Position, b: Position, c: Position) -> None:
    assert sum(movement(a, b)) == 0
    assert movement(a, a) == Movement(0, 0, 0, 0)
    both = zip(movement(a, b), movement(b, c), strict=True)
    assert tuple(x + y for x, y in both) == movement(a, c)


@given(PENCE, PENCE)
def test_a_reclaimable_advance_is_income_only_as_earned(earned: int, received: int) -> None:
    one = position(earned, received, 0, True)
    assert one.income_minor == earned
    assert one.unearned_minor - one.receivable_minor == sponsor_account(received, earned, 0)
