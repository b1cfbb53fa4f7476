"""I7 under chaos: random schedules of worker, clock, events, crashes and people against the stand-in of Stripe's API.

Here a few for each database; `make soak` runs a thousand and more.
"""

from collections.abc import Callable

import pytest

from hardship.core.runtime import Runtime
from tests.integration.payouts.stripe_house import serving
from tests.support.payout_chaos import Chaos

SCHEDULES = {"sqlite": 60, "postgresql": 16}  # with those over the sandbox in test_once: a hundred in all


@pytest.mark.parametrize("kind", SCHEDULES)
def test_under_any_schedule_the_rails_list_is_the_awards_paid_each_once(
    make_runtime: Callable[[str], Runtime], kind: str
) -> None:
    runtime = make_runtime(kind)
    with serving(runtime) as bank:
        chaos = Chaos(runtime, bank)
        for seed in range(SCHEDULES[kind]):
            chaos.schedule(seed, length=7)
