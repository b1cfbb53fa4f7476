"""The worker: does what is due, over and over. It keeps nothing between rounds; any number may run."""

import signal
import threading
from dataclasses import dataclass, field
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from hardship.core.errors import HardshipError
from hardship.core.logs import log
from hardship.core.runtime import Due, Runtime

PAUSE = 2.0  # seconds between rounds in which nothing was due


@dataclass
class Round:
    """What one round did, by the kind of work, and which kinds failed with what type of error."""

    done: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many things were done."""
        return sum(self.done.values())


def once(runtime: Runtime, stop: threading.Event) -> Round:
    """Do all that is due, kind by kind. One kind that fails does not keep the others from being done."""
    result = Round()
    for work in runtime.due:
        try:
            result.done[work.name] = _drain(runtime, work, stop)
        except (HardshipError, SQLAlchemyError, OSError) as error:
            result.failed[work.name] = type(error).__name__
            log().error("work failed", job=work.name, exc_info=error)
    return result


def _drain(runtime: Runtime, work: Due, stop: threading.Event) -> int:
    """Do one kind of work until nothing is left of it, or until told to stop: the item in hand is finished."""
    done = 0
    while not stop.is_set() and (did := work.run(runtime)):
        done += did
    return done


def run(runtime: Runtime, stop: threading.Event, pause: float = PAUSE) -> int:
    """Rounds until told to stop; returns how many things were done in all."""
    total = 0
    while not stop.is_set():
        result = once(runtime, stop)
        total += result.total
        for name, count in result.done.items():
            if count:
                log().info("work done", job=name, done=count)
        if not result.total or result.failed:
            stop.wait(pause)
    return total


def stop_on_signals(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT end the worker after the item in hand."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
