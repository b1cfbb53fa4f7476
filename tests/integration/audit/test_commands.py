"""`hardship audit`: the contract's form, exit statuses, one line for what cannot be meant."""

import json
from pathlib import Path

import pytest

from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.audit.tampering import run, write_events
from tests.integration.statements.home import a_home


@pytest.fixture
def hardship(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """`hardship …` on the runtime."""
    return Command(runtime, capsys, monkeypatch)


def test_verify_checkpoint_and_anchor(runtime: Runtime, hardship: Command, tmp_path: Path) -> None:
    """A log that verifies, the checkpoint kept elsewhere, and the log cut afterwards."""
    write_events(runtime, 9)
    status, out, _ = hardship("audit", "verify", "--json")
    found = json.loads(out)
    assert status == 0
    assert set(found) == {"events", "head", "root", "ok", "problems"}
    assert (found["events"], found["ok"], found["problems"]) == (9, True, [])
    anchor = tmp_path / "anchor.txt"
    status, out, _ = hardship("audit", "checkpoint", "--out", anchor, "--json")
    assert status == 0
    assert (json.loads(out)["size"], json.loads(out)["root"]) == (9, found["root"])
    assert anchor.read_text().startswith("localhost\n9\n")
    assert hardship("audit", "verify", "--anchor", anchor)[0] == 0
    run(runtime, "DELETE FROM audit_event WHERE seq = 9")
    status, out, _ = hardship("audit", "verify", "--anchor", anchor, "--json")
    assert status == 1
    assert json.loads(out)["problems"] == [
        {"seq": 9, "kind": "truncated", "detail": "event 9 is missing from the end"}
    ]


def test_prove_prints_a_proof(runtime: Runtime, hardship: Command) -> None:
    """One JSON object that others can check."""
    write_events(runtime, 5)
    status, out, _ = hardship("audit", "prove", "3", "--json")
    found = json.loads(out)
    assert (status, found["leaf_index"], found["tree_size"]) == (0, 2, 5)


def test_rows_that_differ_from_their_events_are_named(runtime: Runtime, hardship: Command) -> None:
    """The chain alone verifies; the rows do not."""
    home = a_home(runtime)
    home.give(50_000)
    home.award("01")
    assert hardship("audit", "verify")[0] == 0
    run(runtime, "UPDATE award SET state = 'paid', amount_minor = 30000")
    run(runtime, "UPDATE contribution SET amount_minor = 60000")
    assert hardship("audit", "verify", "--no-rows")[0] == 0
    status, out, _ = hardship("audit", "verify", "--json")
    details = " ".join(problem["detail"] for problem in json.loads(out)["problems"])
    assert status == 1
    assert "is paid, the last event says accepted" in details
    assert "amount is 30000, the events say 20000" in details
    assert "contribution:G-1 amount is 60000, the events say 50000" in details


def test_rows_without_an_event_and_events_without_a_row_are_named(
    runtime: Runtime, hardship: Command
) -> None:
    """A gift put in, or taken out, by hand."""
    home = a_home(runtime)
    home.give(10_000)
    run(runtime, "INSERT INTO refund (contribution_id, refunded_at, refunded_on, amount_minor, recorded_at)"
                 " SELECT id, received_at, received_on, 500, recorded_at FROM contribution")  # fmt: skip
    run(runtime, "UPDATE contribution SET refunded_minor = 500")
    runtime.transact(
        SYSTEM, lambda tx: tx.record("award.offered", "award:X", state="offered", amount_minor=1, shares={})
    )
    status, out, _ = hardship("audit", "verify", "--json")
    kinds = {(problem["kind"], problem["detail"]) for problem in json.loads(out)["problems"]}
    assert status == 1
    assert ("inserted", "contribution:G-1 refunded is 500 and no event says so") in kinds
    assert ("deleted", "award:X was offered and its row is missing") in kinds


@pytest.mark.parametrize(
    "args",
    [
        ["audit", "verify", "--anchor", "/nowhere"],
        ["audit", "verify", "--anchor", "/"],
        ["audit", "verify", "--anchor", "{other}"],
        ["audit", "verify", "--anchor", "{binary}"],
        ["audit", "verify", "--anchor", "{huge}"],
        ["audit", "prove", "0"],
        ["audit", "prove", "99"],
        ["audit", "prove", "nine"],
        ["audit", "prove", "99999999999999999999999"],
        ["audit", "prove"],
        ["audit", "checkpoint", "--out", "/nowhere/at/all"],
        ["audit", "verify", "--as", "reviewer@example.org"],
        ["audit", "checkpoint", "--as", "reviewer@example.org"],
    ],
)
def test_what_cannot_be_meant_is_one_line(
    sqlite_runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, args: list[str],
) -> None:  # fmt: skip
    """Exit 2, and nothing is changed."""
    files = {"other": b"localhost\n3\nAAAA\n\n", "binary": b"\xff\xfe\x00", "huge": b"x" * 10_000_000}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    a_home(sqlite_runtime)
    before = everything_in(sqlite_runtime)
    named = [arg.format(**{name: tmp_path / name for name in files}) for arg in args]
    status, out, err = Command(sqlite_runtime, capsys, monkeypatch)(*named)
    assert (status, out) == (2, "")
    assert err.startswith("hardship: ")
    assert err.count("\n") == 1
    assert everything_in(sqlite_runtime) == before
