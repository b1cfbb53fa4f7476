"""Any sequence of journals, closes, transfers, openings, losses and reversals keeps the books balanced (I1), the rebuilt
balances those of the cache, and every report tied to the others."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hardship.core.runtime import Runtime
from tests.integration.ledger import model
from tests.integration.ledger.books import Books


def test_the_books_hold_under_any_sequence(runtime: Runtime) -> None:
    """Against a plain model, on both databases."""
    pots = dict(Books(runtime).pots())

    @settings(max_examples=15)
    @given(st.lists(model.steps, min_size=4, max_size=14))
    def holds(steps: list[model.Step]) -> None:
        model.run(runtime, pots, steps)

    holds()
