"""The states of an application."""

from typing import Any

import pytest

from hardship.applications.transitions import MACHINE, TABLE, ApplicationEvent, ApplicationState
from hardship.core.states import IllegalTransition, Machine

S, E = ApplicationState, ApplicationEvent
OPEN = set(S) - MACHINE.final


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
    assert all(MACHINE.allowed(state) for state in OPEN)
    assert {event for _, event in TABLE} == set(E)


def test_a_decision_is_the_end() -> None:
    assert {S.APPROVED, S.DECLINED, S.WITHDRAWN} == MACHINE.final
    assert not any(MACHINE.allowed(state) for state in MACHINE.final)


def test_the_way_of_a_case() -> None:
    state = MACHINE.initial
    for event in (E.SUBMIT, E.START_CHECKS, E.FINISH_CHECKS, E.REQUEST_INFO, E.RESUME, E.APPROVE):
        state = MACHINE.apply(state, event)
    assert state is S.APPROVED


@pytest.mark.parametrize("state", sorted(OPEN))
def test_anyone_may_withdraw_while_the_case_is_open(state: ApplicationState) -> None:
    assert MACHINE.apply(state, E.WITHDRAW) is S.WITHDRAWN


@pytest.mark.parametrize("state", sorted(set(S) - {S.IN_REVIEW}))
@pytest.mark.parametrize("event", [E.APPROVE, E.DECLINE])
def test_a_decision_is_made_in_review_only(state: ApplicationState, event: ApplicationEvent) -> None:
    with pytest.raises(IllegalTransition):
        MACHINE.apply(state, event)


def test_the_diagram_shows_the_whole_table() -> None:
    diagram = MACHINE.mermaid()
    assert diagram.startswith("stateDiagram-v2\n    [*] --> draft")
    assert all(f"{origin} --> {to}: {event}" in diagram for (origin, event), to in TABLE.items())
