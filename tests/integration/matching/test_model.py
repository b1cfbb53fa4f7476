"""Everything that moves the match, in any order, against a plain model, on both databases (I1, I2, I3, I4).

The machine is `machine.py`, the model `model.py`. `make soak` runs many more of the same.
"""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hardship.core.runtime import Runtime
from tests.conftest import DATABASES
from tests.integration.matching.machine import Money


@pytest.mark.parametrize("kind", DATABASES)
def test_any_order_of_events_gives_what_the_plain_model_gives(
    kind: str, make_runtime: Callable[[str], Runtime]
) -> None:
    """I1 to I4 hold after every step, whatever happens in whatever order."""

    class OnThis(Money):
        """The machine on one kind of database."""

    OnThis.make = staticmethod(lambda: make_runtime(kind))  # type: ignore[method-assign]
    # Fewer on PostgreSQL, where making the database takes most of the time.
    examples = 8 if kind == "sqlite" else 4
    phases = (
        Phase.explicit,
        Phase.generate,
    )  # each step costs a commit or more: shrinking would take an hour
    run_state_machine_as_test(
        OnThis, settings=settings(max_examples=examples, stateful_step_count=20, phases=phases)
    )
