"""I7 under chaos, a thousand schedules and more: `SCHEDULES=5000 make soak ARGS="-k any_schedule"` for a longer night."""

import os
from collections.abc import Callable

import pytest

from hardship.core.runtime import Runtime
from tests.integration.payouts.stripe_house import impatient, serving
from tests.support.payout_chaos import FAULTS, Chaos
from tests.support.stripe_v2 import Fault

IN_ALL = int(os.environ.get("SCHEDULES", "1000"))
AT_ONCE = 25
"""Schedules that follow each other on one database."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("part", range(max(1, IN_ALL // AT_ONCE // 2)))
def test_any_schedule_pays_each_award_once(
    make_runtime: Callable[[str], Runtime], kind: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among what may befall a request is an answer that comes too late."""
    impatient(monkeypatch, 0.2)
    runtime = make_runtime(kind)
    with serving(runtime) as bank:
        bank.silence = 0.3
        chaos = Chaos(runtime, bank, (*FAULTS, Fault.SILENT_AFTER))
        for number in range(AT_ONCE):
            chaos.schedule(10_000 + part * AT_ONCE + number, length=20)
