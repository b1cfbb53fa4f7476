"""A batch of 10,000: two workers and a cron run at once pay each once, and need no more memory for it."""

import datetime as dt
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any

import pytest
from sqlmodel import select

from hardship.config import Settings
from hardship.core.actor import Actor
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts import doctor, service
from hardship.payouts.models import Attempt
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.wiring import build
from tests.integration.awards.rivals import _CONTEXT as CONTEXT
from tests.integration.payouts.helpers import House, a_house, awards_paid, bank_paid

COUNT = int(os.environ.get("PAYMENTS", "10000"))
AT_ONCE = 500
EARLY = 6
"""After so many commits a process has done everything once."""
FLAT_MB = 40
"""How much more memory a process may have at the end than after its first commits."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_and_a_cron_run_pay_each_of_10000_once(
    make_runtime: Callable[[str], Runtime], kind: str
) -> None:
    runtime = make_runtime(kind)
    house = a_house(runtime, money=COUNT * 20_000 + 10_000, budget=f"{COUNT * 200 + 100}.00")
    for _ in range(0, COUNT, AT_ONCE):
        house.award(*["01"] * AT_ONCE)
    ref = house.make()
    house.approve(ref)
    service.start_submitting(runtime, house["finance"], ref)
    grown = [grew for grew in at_once(house, ["worker", "worker", "cron"]) if grew is not None]
    assert grown
    assert max(grown) < FLAT_MB, grown
    house.work()
    each_once(house, ref)


def at_once(house: House, jobs: list[str]) -> list[float | None]:
    """Real processes, let go together; by how many MB each grew."""
    answers: Queue[float | None] = CONTEXT.Queue()
    runtime = house.runtime
    runtime.database.dispose()
    children = [
        CONTEXT.Process(target=_work, args=(runtime.settings, runtime.clock.now(), job, answers))
        for job in jobs
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=3_600)
        assert child.exitcode == 0
    return [answers.get(timeout=60) for _ in children]


@dataclass
class Watched(Runtime):
    """A runtime that notes how much memory its process had after its first commits."""

    commits: int = 0
    early: float | None = None

    def transact(self, actor: Actor, use_case: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As ever."""
        result = super().transact(actor, use_case, *args, **kwargs)
        self.commits += 1
        if self.commits == EARLY:
            self.early = _memory()
        return result


def _work(settings: Settings, at: dt.datetime, job: str, answers: Any) -> None:
    """A worker goes on until nothing is left; the cron run does one round of everything that is due."""
    wired = build(settings, SetClock(at), check=False)
    runtime = Watched(**{name: getattr(wired, name) for name in Runtime.__dataclass_fields__})
    while service.work(runtime) and job == "worker":
        pass
    answers.put(None if runtime.early is None else _memory() - runtime.early)
    runtime.database.dispose()


def _memory() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def each_once(house: House, ref: str) -> None:
    """Every payment was made once; books, log and the stand-in bank agree."""
    with house.runtime.read() as session:
        paid = bank_paid(session)
        assert len(paid) == len({code for code, _ in paid}) == COUNT
        assert paid == awards_paid(session)
        assert len(session.exec(select(Attempt.id)).all()) == COUNT
        assert doctor.once(session, house.runtime) == []
    assert house.states() == {PaymentState.PAID: COUNT}
    assert house.batch(ref).state is BatchState.SETTLED
    books = house.books()
    assert (books.clearing, books.funds[0].paid) == (0, COUNT * 20_000)
