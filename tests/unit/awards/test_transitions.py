"""The states of an award."""

from typing import Any

import pytest

from hardship.awards.transitions import MACHINE, NOT_LIVE, TABLE, AwardEvent, AwardState
from hardship.core.states import IllegalTransition, Machine

S, E = AwardState, AwardEvent


def reachable(machine: Machine[Any, Any]) -> set[str]:
    """Every state some run of events leads to."""
    seen, todo = {machine.initial}, [machine.initial]
    while todo:
        here = todo.pop()
        for to in {machine.apply(here, event) for event in machine.allowed(here)} - seen:
            seen.add(to)
            todo.append(to)
    return set(seen)


def test_every_state_is_reachable_and_every_open_one_can_be_left() -> None:
    assert reachable(MACHINE) == set(S) == MACHINE.states()
    assert all(MACHINE.allowed(state) for state in set(S) - MACHINE.final)
    assert {event for _, event in TABLE} == set(E)


def test_the_way_of_an_award() -> None:
    state = MACHINE.initial
    for event in (E.ACCEPT, E.START_PAYMENT, E.PAY):
        state = MACHINE.apply(state, event)
    assert state is S.PAID


@pytest.mark.parametrize("state", [S.IN_PAYMENT, S.PAID, S.RECOVERED])
@pytest.mark.parametrize("event", [E.LAPSE, E.WITHDRAW, E.CANCEL])
def test_nothing_crosses_a_payment_under_way(state: AwardState, event: AwardEvent) -> None:
    with pytest.raises(IllegalTransition):
        MACHINE.apply(state, event)


@pytest.mark.parametrize("state", [S.IN_PAYMENT, S.PAID])
def test_money_that_did_not_arrive_leaves_an_award_to_be_paid(state: AwardState) -> None:
    """Scenario 5: returned after it was paid."""
    assert MACHINE.apply(state, E.PAYMENT_ENDED) is S.ACCEPTED


@pytest.mark.parametrize("state", sorted(S))
def test_recovery_is_of_paid_awards_only(state: AwardState) -> None:
    assert MACHINE.can(state, E.RECOVER) is (state is S.PAID)


def test_what_is_not_live_has_ended() -> None:
    assert MACHINE.final > NOT_LIVE
    assert not any(MACHINE.allowed(state) for state in NOT_LIVE)


def test_the_diagram_shows_the_whole_table() -> None:
    diagram = MACHINE.mermaid()
    assert all(f"{origin} --> {to}: {event}" in diagram for (origin, event), to in TABLE.items())
