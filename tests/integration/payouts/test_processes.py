"""I7 with real processes: several at one batch at once, and one that is killed in the middle."""

import random
import signal
from multiprocessing.synchronize import Event
from typing import Any

import pytest
from sqlmodel import select

from hardship.config import Settings
from hardship.core.actor import Actor
from hardship.core.clock import SetClock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.payouts import doctor, service
from hardship.payouts.models import Attempt, RailName
from hardship.payouts.service import sending
from hardship.payouts.service.progress import STALE_AFTER
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.wiring import build
from tests.integration.awards.rivals import _CONTEXT as CONTEXT
from tests.integration.awards.rivals import at_once
from tests.integration.payouts.helpers import House, a_house, awards_paid, bank_paid


def submit(runtime: Runtime, actor: Actor, ref: str) -> str:
    """Submit, as one of several who do."""
    service.submit_batch(runtime, actor, ref)
    return "done"


def work(runtime: Runtime, _actor: Actor, _ref: str) -> str:
    """Be a worker for a while."""
    for _ in range(5):
        runtime.run_due("payouts")
    return "done"


def act(runtime: Runtime, what: str, actor: Actor, ref: str) -> str:
    """One of the processes."""
    sending.CHUNK = 20
    return {"submit": submit, "work": work}[what](runtime, actor, ref)


def each_once(house: House, count: int) -> None:
    """Every payment was made, once."""
    with house.runtime.read() as session:
        paid = bank_paid(session)
        assert len(paid) == len(set(paid)) == count
        assert paid == awards_paid(session)
        assert len(session.exec(select(Attempt)).all()) == count
        assert doctor.once(session, house.runtime) == []
    books = house.books()
    assert (books.clearing, books.funds[0].paid) == (0, count * 20_000)


def test_two_submits_and_two_workers_at_once_pay_each_of_200_once(runtime: Runtime) -> None:
    house = a_house(runtime, money=4_400_000, budget="44000.00")
    ref = house.ready(*["01"] * 200)
    arguments = [
        ("submit", house["finance"], ref),
        ("submit", house["both"], ref),
        ("work", house["both"], ref),
        ("work", house["both"], ref),
    ]
    assert at_once(runtime, act, arguments) == ["done"] * 4
    house.submit(ref)
    # Whoever heard of a payment second had no news of it: the rail is asked again a minute later.
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(STALE_AFTER)
    house.work()
    each_once(house, 200)
    assert house.batch(ref).state is BatchState.SETTLED


def test_two_who_make_a_batch_at_once_share_the_awards(runtime: Runtime) -> None:
    house = a_house(runtime)
    house.award(*["01"] * 10)
    answers = at_once(runtime, make, [(house["finance"],), (house["both"],)])
    assert sorted(answers) == [0, 10]
    assert house.states() == {PaymentState.DRAFT: 10}


def make(runtime: Runtime, actor: Actor) -> int:
    """Make a batch; how many payments it has."""
    try:
        return runtime.transact(actor, service.make_batch, fund="small", rail=RailName.SANDBOX).count
    except HardshipError:
        return 0


def _submit_until_killed(settings: Settings, at: Any, ready: Event, actor: Actor, ref: str) -> None:
    sending.CHUNK = 4
    runtime = build(settings, SetClock(at), check=False)
    ready.set()
    service.submit_batch(runtime, actor, ref)


@pytest.mark.parametrize("seed", range(3))
def test_a_submit_that_is_killed_anywhere_and_run_again_pays_each_once(runtime: Runtime, seed: int) -> None:
    dice = random.Random(seed)
    house = a_house(runtime, money=1_000_000)
    ref = house.ready(*["01"] * 40)
    for _ in range(2):
        ready = CONTEXT.Event()
        runtime.database.dispose()
        given = (runtime.settings, runtime.clock.now(), ready, house["finance"], ref)
        child = CONTEXT.Process(target=_submit_until_killed, args=given)
        child.start()
        assert ready.wait(timeout=60)
        child.join(timeout=dice.uniform(0.0, 0.35))  # how far it gets
        child.kill()
        child.join(timeout=60)
        assert child.exitcode in {0, -signal.SIGKILL}
    house.submit(ref)
    house.work()
    each_once(house, 40)
