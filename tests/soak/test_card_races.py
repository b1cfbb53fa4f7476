"""Many more rounds of payment, expiry, cancellation and worker at one instant, on both databases."""

from hardship.core.runtime import Runtime
from tests.integration.contributions.cards import cards_on
from tests.integration.contributions.test_card_races import race

ROUNDS = 60


def test_sixty_rounds_of_payment_expiry_and_cancel_at_once(runtime: Runtime) -> None:
    """A gift exactly when it was paid, nothing held, books that balance, a log that verifies."""
    with cards_on(runtime, {"cap": "100000.00"}) as cards:
        race(cards, ROUNDS)
