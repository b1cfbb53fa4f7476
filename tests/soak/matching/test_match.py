"""The match under fire, whole: thousands of steps against the plain model, ten thousand gifts in dying processes."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hardship.core.runtime import Runtime
from tests.conftest import DATABASES
from tests.integration.matching.helpers import load
from tests.integration.matching.killing import PROCESSES, agreements, assert_exact, receive_under_fire
from tests.integration.matching.machine import Money

GIFTS = 10_000


@pytest.mark.parametrize("kind", DATABASES)
def test_any_order_of_events_gives_what_the_plain_model_gives(
    kind: str, make_runtime: Callable[[str], Runtime]
) -> None:
    """I1 to I4 hold after every step. Another seed each time: what fails is printed with what reproduces it."""

    class OnThis(Money):
        """The machine on one kind of database."""

    OnThis.make = staticmethod(lambda: make_runtime(kind))  # type: ignore[method-assign]
    examples = 150 if kind == "sqlite" else 50
    phases = (Phase.reuse, Phase.generate)  # shrinking would take an hour
    run_state_machine_as_test(
        OnThis,
        settings=settings(max_examples=examples, stateful_step_count=40, derandomize=False, phases=phases),
    )


def test_ten_thousand_gifts_in_eight_processes_that_are_killed_and_started_again(runtime: Runtime) -> None:
    """Allocations exact, no orphan, the chain verifies, the ledger balances."""
    load(runtime, *agreements(GIFTS))
    deaths = receive_under_fire(runtime, GIFTS // PROCESSES, largest=12, odds=0.02)
    assert deaths > 20
    assert_exact(runtime, GIFTS // PROCESSES)
