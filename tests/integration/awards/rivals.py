"""Real processes that do something to one database at the same instant."""

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from hardship.config import Settings
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.wiring import build

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["hardship.wiring", "tests.support.preload"])

Act = Callable[..., Any]


def at_once(runtime: Runtime, act: Act, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What `act(runtime, …)` gave in each of as many processes, all let go together; in no order."""
    barrier: Barrier = _CONTEXT.Barrier(len(arguments))
    answers: Queue[Any] = _CONTEXT.Queue()
    runtime.database.dispose()
    processes = [
        _CONTEXT.Process(
            target=_child, args=(runtime.settings, runtime.clock.now(), barrier, answers, act, given)
        )
        for given in arguments
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    answers.close()
    return found


def _child(
    settings: Settings, at: Any, barrier: Barrier, answers: "Queue[Any]", act: Act, given: tuple[Any, ...]
) -> None:
    try:
        own = build(settings, SetClock(at), check=False)
        barrier.wait(timeout=60)
        answers.put(act(own, *given))
        own.database.dispose()
    except Exception as error:  # the parent has to learn of it, whatever it is
        answers.put(f"{type(error).__name__}: {error}")
