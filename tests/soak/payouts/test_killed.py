"""I7 with real processes that are killed between their commits, against the stand-in of Stripe's API."""

import datetime as dt
import random
import signal
from collections.abc import Callable

import pytest

from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts.transitions import PaymentState
from tests.integration.awards.rivals import _CONTEXT as CONTEXT
from tests.integration.payouts.helpers import House
from tests.integration.payouts.stripe_house import a_stripe_house, again_and_again, serving
from tests.support.payout_processes import pay
from tests.support.stripe_v2 import Fault, StripeV2

RUNS = 25  # on each database
FAULTS = (
    Fault.NONE,
    Fault.NONE,
    Fault.NONE,
    Fault.NONE,
    Fault.ERROR_AFTER,
    Fault.DROP_AFTER,
    Fault.DROP_BEFORE,
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seed", range(RUNS))
def test_processes_that_are_killed_between_commits_pay_each_once(
    make_runtime: Callable[[str], Runtime], kind: str, seed: int
) -> None:
    dice = random.Random(seed)
    runtime = make_runtime(kind)
    with serving(runtime) as bank:
        bank.faults = lambda method, path: dice.choice(FAULTS)
        house = a_stripe_house(runtime)
        ref = house.ready(*["01"] * 12)
        killed = sum(one_generation(house, ref, dice, number) for number in range(4))
        assert killed > 0
        rest(house, bank, ref)


def one_generation(house: House, ref: str, dice: random.Random, number: int) -> int:
    """Two who submit and a worker at once, each killed after some commits, if it comes so far; how many were. In the
    first generation one surely is: whoever submits makes two commits at least."""
    runtime = house.runtime
    runtime.database.dispose()
    jobs = [("submit", "finance"), ("submit", "both"), ("work", "both")]
    lives = [dice.randrange(1, 40) for _ in jobs]
    if number == 0:
        lives[0] = dice.randrange(1, 3)
    children = [
        CONTEXT.Process(
            target=pay, args=(runtime.settings, runtime.clock.now(), commits, what, house[who], ref)
        )
        for commits, (what, who) in zip(lives, jobs, strict=True)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=120)
        assert child.exitcode in {0, -signal.SIGKILL}
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(minutes=dice.choice((1, 3, 30))))
    return sum(child.exitcode == -signal.SIGKILL for child in children)


def rest(house: House, bank: StripeV2, ref: str) -> None:
    """Somebody submits again, the worker runs, and each was paid once."""
    bank.faults = lambda method, path: Fault.NONE
    house.submit(ref)
    again_and_again(house, bank)
    assert house.states() == {PaymentState.PAID: 12}
    paid = [one["to"]["recipient"] for one in bank.payments("posted")]
    assert len(paid) == len(set(paid)) == len(bank.payments()) == 12
    assert (bank.recipients(), bank.methods()) == (12, 12)
    books = house.books()
    assert (books.clearing, books.funds[0].paid) == (0, 240_000)
