"""Real processes that pay, and die by SIGKILL right after a commit of theirs."""

import os
import signal
from dataclasses import dataclass, field
from typing import Any

from hardship.config import Settings
from hardship.core.actor import Actor
from hardship.core.clock import SetClock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime
from hardship.payouts import service
from hardship.wiring import build


@dataclass
class Mortal(Runtime):
    """A runtime whose process is killed after so many commits; None: never."""

    commits_left: int | None = field(default=None)

    def transact(self, actor: Actor, use_case: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As ever; then, perhaps, the end."""
        result = super().transact(actor, use_case, *args, **kwargs)
        if self.commits_left is not None:
            self.commits_left -= 1
            if self.commits_left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return result


def mortal(settings: Settings, at: Any, commits: int | None) -> Mortal:
    """A wired runtime of this process."""
    wired = build(settings, SetClock(at), check=False)
    made = Mortal(**{name: getattr(wired, name) for name in Runtime.__dataclass_fields__})
    made.commits_left = commits
    return made


def pay(settings: Settings, at: Any, commits: int | None, what: str, actor: Actor, ref: str) -> None:
    """Submit a batch, or be a worker for a while; killed after so many commits."""
    runtime = mortal(settings, at, commits)
    try:
        if what == "submit":
            service.submit_batch(runtime, actor, ref)
        else:
            for _ in range(3):
                runtime.run_due("payouts")
    except HardshipError:
        return  # a rule said no: somebody else was there first
