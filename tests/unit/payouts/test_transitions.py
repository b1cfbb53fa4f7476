"""The states of payments and batches: the table of facts/money.md, §2, row by row."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.states import IllegalTransition, Machine
from hardship.payouts.transitions import (
    AT_THE_RAIL,
    BATCH_MACHINE,
    BATCH_TABLE,
    MACHINE,
    TABLE,
    BatchEvent,
    BatchState,
    PaymentEvent,
    PaymentState,
)

S, E = PaymentState, PaymentEvent
BOTH = [(MACHINE, S, E), (BATCH_MACHINE, BatchState, BatchEvent)]


def reachable(machine: Machine[Any, Any]) -> set[str]:
    """Every state some run of events leads to."""
    seen, todo = {machine.initial}, [machine.initial]
    while todo:
        here = todo.pop()
        for to in {machine.apply(here, event) for event in machine.allowed(here)} - seen:
            seen.add(to)
            todo.append(to)
    return set(seen)


@pytest.mark.parametrize(("machine", "states", "events"), BOTH, ids=["payment", "batch"])
def test_every_state_is_reachable_and_every_open_one_can_be_left(
    machine: Machine[Any, Any], states: Any, events: Any
) -> None:
    assert reachable(machine) == set(states) == machine.states()
    assert all(machine.allowed(state) for state in set(states) - machine.final)
    assert {event for _, event in machine.table} == set(events)


@pytest.mark.parametrize(
    ("state", "exits"),
    [
        (S.DRAFT, {S.APPROVED, S.CANCELLED, S.PAID_EXTERNALLY}),
        (S.APPROVED, {S.DRAFT, S.CANCELLED, S.SUBMITTING, S.PAID_EXTERNALLY}),
        (S.SUBMITTING, {S.SUBMITTED, S.FAILED, S.UNKNOWN, S.PAID_EXTERNALLY}),
        (S.UNKNOWN, {S.SUBMITTED, S.FAILED, S.PAID_EXTERNALLY}),
        (S.SUBMITTED, {S.PAID, S.FAILED, S.CANCELLED, S.PAID_EXTERNALLY}),
        (S.PAID, {S.RETURNED, S.RECALL_PENDING}),
        (S.RECALL_PENDING, {S.RETURNED, S.PAID}),
        (S.FAILED, {S.APPROVED, S.CANCELLED, S.PAID_EXTERNALLY}),
        (S.RETURNED, {S.APPROVED, S.CANCELLED, S.PAID_EXTERNALLY}),
        (S.CANCELLED, set()),
        (S.PAID_EXTERNALLY, set()),
    ],
)
def test_where_a_payment_can_go(state: PaymentState, exits: set[PaymentState]) -> None:
    assert {to for (origin, _), to in TABLE.items() if origin == state} == exits


@pytest.mark.parametrize("state", sorted(AT_THE_RAIL))
@pytest.mark.parametrize("event", [E.SUBMIT, E.REAPPROVE, E.CANCEL, E.APPROVE])
def test_nothing_at_the_rail_gets_a_new_key_or_is_cancelled_by_us(
    state: PaymentState, event: PaymentEvent
) -> None:
    """I7."""
    with pytest.raises(IllegalTransition):
        MACHINE.apply(state, event)


@given(st.lists(st.sampled_from(E), max_size=40))
def test_between_two_submissions_the_first_has_definitely_ended(events: list[PaymentEvent]) -> None:
    """I7: whatever happens, a second attempt follows only a definite failure or a return."""
    state, path = MACHINE.initial, []
    for event in events:
        if MACHINE.can(state, event):
            state = MACHINE.apply(state, event)
            path.append(state)
    starts = [index for index, one in enumerate(path) if one is S.SUBMITTING]
    for first, second in zip(starts, starts[1:], strict=False):
        assert {S.FAILED, S.RETURNED} & set(path[first:second])


def test_a_return_needs_a_new_approval() -> None:
    """Scenario 5."""
    assert MACHINE.allowed(S.RETURNED) == {E.REAPPROVE, E.CANCEL, E.PAY_EXTERNALLY}


def test_a_change_voids_the_approval() -> None:
    """Scenario 7."""
    assert MACHINE.apply(S.APPROVED, E.VOID_APPROVAL) is S.DRAFT
    assert BATCH_MACHINE.apply(BatchState.APPROVED, BatchEvent.VOID_APPROVAL) is BatchState.DRAFT


def test_an_exported_file_is_void_only_when_the_bank_has_not_taken_it() -> None:
    """Scenario 7, had the file been exported."""
    with pytest.raises(IllegalTransition):
        BATCH_MACHINE.apply(BatchState.SUBMITTED, BatchEvent.CANCEL)
    assert BATCH_MACHINE.apply(BatchState.SUBMITTED, BatchEvent.CONFIRM_NOT_TAKEN) is BatchState.CANCELLED


@pytest.mark.parametrize(("machine", "table"), [(MACHINE, TABLE), (BATCH_MACHINE, BATCH_TABLE)])
def test_the_diagrams_show_the_whole_table(machine: Machine[Any, Any], table: dict[Any, Any]) -> None:
    diagram = machine.mermaid()
    assert all(f"{origin} --> {to}: {event}" in diagram for (origin, event), to in table.items())
