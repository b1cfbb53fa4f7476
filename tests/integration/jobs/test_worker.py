"""The worker does what is due, finishes what it has in hand, and one kind that fails keeps no other from being done."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hardship.core.errors import Refused
from hardship.core.keyring import generate, save
from hardship.core.runtime import Due, Runtime
from hardship.jobs.worker import once, run
from tests.conftest import settings_for
from tests.integration.applications.helpers import Command


def counting(total: int, stop: threading.Event | None = None) -> Due:
    """Work of `total` single items; the first one is interrupted by `stop` while it is in hand."""
    left = list(range(total))

    def work(_runtime: Runtime) -> int:
        if not left:
            return 0
        if stop is not None:
            stop.set()
        left.pop()
        return 1

    return Due(f"count {total}", work)


def failing(_runtime: Runtime) -> int:
    """Work that fails."""
    raise Refused("not today")


def test_once_does_all_that_is_due(sqlite_runtime: Runtime) -> None:
    """Until nothing is left of each kind."""
    sqlite_runtime.due[:] = [counting(3), counting(5)]
    result = once(sqlite_runtime, threading.Event())
    assert result.done == {"count 3": 3, "count 5": 5}
    assert result.failed == {}


def test_a_kind_that_fails_keeps_no_other_from_being_done(sqlite_runtime: Runtime) -> None:
    """It is told by its type."""
    sqlite_runtime.due[:] = [Due("bad", failing), counting(2)]
    result = once(sqlite_runtime, threading.Event())
    assert result.done == {"count 2": 2}
    assert result.failed == {"bad": "Refused"}


def test_a_worker_told_to_stop_finishes_the_item_in_hand(sqlite_runtime: Runtime) -> None:
    """And begins no other."""
    stop = threading.Event()
    sqlite_runtime.due[:] = [counting(9, stop), counting(4)]
    assert run(sqlite_runtime, stop, pause=60) == 1


def test_the_wait_between_rounds_can_be_interrupted(sqlite_runtime: Runtime) -> None:
    """Nobody waits for the pause to end."""
    stop = threading.Event()
    sqlite_runtime.due[:] = []
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    assert run(sqlite_runtime, stop, pause=600) == 0
    timer.join()


def test_the_command_says_what_was_done(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One JSON object, and a status that tells whether anything failed."""
    hardship = Command(runtime, capsys, monkeypatch)
    runtime.due[:] = [counting(3)]
    status, out, _ = hardship("worker", "--once", "--json")
    assert (status, json.loads(out)) == (0, {"done": {"count 3": 3}, "total": 3, "failed": {}})
    runtime.due[:] = [Due("bad", failing)]
    status, out, _ = hardship("worker", "--once", "--json")
    assert (status, json.loads(out)["failed"]) == (1, {"bad": "Refused"})


@pytest.mark.parametrize("args", [["--pause", "never"], ["--pause", "-1"], ["--pause", "nan"], ["--what"]])
def test_the_command_refuses_what_cannot_be_meant(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    """One line, exit 2."""
    status, _, err = Command(runtime, capsys, monkeypatch)("worker", "--once", *args)
    assert status == 2
    assert err.startswith("hardship: ")
    assert err.count("\n") == 1


def test_sigterm_ends_the_worker(sqlite_template: Path, tmp_path: Path) -> None:
    """A real process, told to stop, ends by itself with status 0."""
    database = tmp_path / "copy.db"
    database.write_bytes(sqlite_template.read_bytes())
    settings = settings_for(f"sqlite:///{database}", tmp_path)
    save(generate("demo"), settings.keyring_path)
    environment = os.environ | {
        "HARDSHIP_INSTANCE": str(settings.instance),
        "HARDSHIP_DATABASE_URL": settings.database_url,
        "HARDSHIP_KEYRING": str(settings.keyring_path),
    }
    hardship = [sys.executable, "-m", "hardship"]
    subprocess.run([*hardship, "init"], env=environment, check=True, capture_output=True)
    # The exit status of a process that is told before its handler stands would be another: it says when it is ready.
    process = subprocess.Popen(
        [*hardship, "worker", "--pause", "0.05"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    assert b"ready" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"stopped" in out
