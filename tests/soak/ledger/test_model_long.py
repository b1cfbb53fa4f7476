"""The same as tests/integration/ledger/test_model.py, with many more and longer sequences."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hardship.core.runtime import Runtime
from tests.integration.ledger import model
from tests.integration.ledger.books import Books


def test_the_books_hold_under_many_long_sequences(runtime: Runtime) -> None:
    """Against a plain model, on both databases."""
    pots = dict(Books(runtime).pots())

    @settings(max_examples=100)
    @given(st.lists(model.steps, min_size=10, max_size=40))
    def holds(steps: list[model.Step]) -> None:
        model.run(runtime, pots, steps)

    holds()
