"""What was given to vouch, how figures are told, and the states of it, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.applications.vouching.codes import OF_WAY, Way, could_be_code, way_of
from hardship.applications.vouching.counting import STEP, Count, totals, used_at_least
from hardship.applications.vouching.handing import COLUMNS, FILE, Handover, address_of
from hardship.applications.vouching.transitions import (
    BATCHES,
    MACHINE,
    OPEN,
    BatchEvent,
    BatchState,
    VouchingEvent,
    VouchingState,
    vouched,
)
from hardship.core.clock import parse_day
from hardship.core.errors import Conflict
from hardship.core.refs import ALPHABET, new_voucher_code, tidy

COUNTS = st.lists(
    st.integers(0, 60).flatmap(
        lambda issued: st.builds(Count, st.just(issued), st.integers(0, issued), st.booleans(), st.booleans())
    ),
    max_size=5,
)


class TestCodes:
    def test_a_code_has_at_least_sixty_random_bits_and_is_readable(self) -> None:
        made = {new_voucher_code() for _ in range(200)}
        assert len(made) == 200
        assert all(len(tidy(code)) * 5 >= 60 for code in made)
        assert all(set(code) <= set(ALPHABET) | {"-"} for code in made)
        assert all({len(part) for part in code.split("-")} == {4} for code in made)

    @pytest.mark.parametrize("typed", ["7K3M-9Q2X-AB1D-0EFG", " 7k3m9q2xabldoefg ", "7K3M.9Q2X/AB1D 0EFG"])
    def test_it_may_be_typed_in_many_ways(self, typed: str) -> None:
        assert could_be_code(typed)
        assert tidy(typed) == tidy("7K3M-9Q2X-AB1D-0EFG")

    @pytest.mark.parametrize("typed", ["", "member 77", "7K3M-9Q2X-AB1D", "7" * 101, "7K3M-9Q2X-AB1D-0EFG-1"])
    def test_a_word_is_no_code(self, typed: str) -> None:
        assert not could_be_code(typed)


class TestWays:
    @pytest.mark.parametrize("way", Way)
    def test_a_way_counts_once_what_it_needs_is_there(self, way: Way) -> None:
        needed = OF_WAY[way][0]
        assert way_of({"vouching": way.value, needed: "x"}) is way
        assert way_of({"vouching": way.value}) is None

    def test_a_file_names_no_way_and_its_word_is_to_be_confirmed(self) -> None:
        assert way_of({"voucher": "union card 12"}) is Way.MEMBERSHIP
        assert way_of({"voucher_name": "Vera"}) is Way.PERSON
        assert way_of({"call_phone": "07700 900777"}) is Way.CALL_BACK
        assert way_of({}) is None


class TestFigures:
    @given(COUNTS)
    def test_the_figures_are_true_and_coarse(self, batches: list[Count]) -> None:
        told = totals(batches)
        used = sum(batch.used for batch in batches)
        live = [batch for batch in batches if not batch.cancelled and not batch.expired]
        assert told.issued == sum(batch.issued for batch in batches)
        assert told.used_at_least <= used
        assert told.used_at_least % STEP == 0
        assert told.left_at_most >= sum(batch.issued - batch.used for batch in live)
        assert told.used_at_least <= max(0, told.issued - STEP)

    @given(COUNTS, st.integers(0, 4))
    def test_one_more_use_shows_only_when_a_step_is_full(self, batches: list[Count], at: int) -> None:
        """Whoever looks before and after one person came sees a change for one use in five at most."""
        if not batches:
            return
        here = batches[at % len(batches)]
        steps = [
            totals([*batches, Count(here.issued, used, here.cancelled, here.expired)])
            for used in range(here.issued + 1)
        ]
        for start in range(0, len(steps) - STEP + 1):
            assert len({one.used_at_least for one in steps[start : start + STEP]}) <= 2

    def test_that_all_were_used_is_never_told(self) -> None:
        assert used_at_least([Count(10, 10)]) == used_at_least([Count(10, 5)]) == 5
        assert used_at_least([Count(5, 5)]) == used_at_least([Count(5, 0)]) == 0


class TestStates:
    def test_what_a_person_found_may_be_found_otherwise_and_a_code_that_counts_needs_nobody(self) -> None:
        for state in OPEN:
            assert MACHINE.allowed(state) == set(VouchingEvent)
        assert not MACHINE.allowed(VouchingState.CODE_VALID)
        assert set(OPEN) | {VouchingState.CODE_VALID} == set(VouchingState)

    def test_who_vouches_is_open_until_somebody_has_asked(self) -> None:
        found = {state: vouched(state) for state in VouchingState}
        assert {state for state, yes in found.items() if yes} == {"code_valid", "confirmed"}
        assert {state for state, yes in found.items() if yes is False} == {"not_confirmed"}
        assert vouched(None) is False

    def test_a_batch_is_cancelled_once(self) -> None:
        assert BATCHES.apply(BatchState.ISSUED, BatchEvent.CANCEL) is BatchState.CANCELLED
        with pytest.raises(Conflict):
            BATCHES.apply(BatchState.CANCELLED, BatchEvent.CANCEL)


def test_a_list_to_hand_over_says_nothing_but_where_to_go() -> None:
    code = new_voucher_code()
    handed = Handover("=Lane", address_of("https://lane.example/"), parse_day("2020-06-30"), [code])
    head, line = handed.as_list().decode().splitlines()
    assert head == ",".join(COLUMNS)
    assert line == f"'=Lane,https://lane.example/apply,{code},2020-06-30"
    assert FILE == "list.csv"
