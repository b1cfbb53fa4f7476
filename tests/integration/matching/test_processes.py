"""Eight processes receive gifts for one fund at once, and are killed: no cap is passed, no gift is lost or taken twice
(I1, I2, I3)."""

import random
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from hardship.contributions.files import CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, gift_in
from hardship.contributions.models import Contribution, Donor
from hardship.contributions.service import NewGift, import_gifts
from hardship.core.actor import SYSTEM
from hardship.core.csvfile import Numbered, Outcome, run_import, transact
from hardship.core.runtime import Runtime
from tests.integration.awards.rivals import at_once
from tests.integration.matching.helpers import assert_sound, books, events, load, status_of
from tests.integration.matching.killing import agreements, assert_exact, receive_under_fire

PROCESSES = 8
ROWS = 60
SHARED = 10
HEADER = "ref,received_at,amount,channel,donor_name,donor_type,note"

AGREEMENTS = (
    {"ref": "A", "cap": "500.00", "per_contribution_cap": "7.00", "priority": 1},
    {"ref": "B", "cap": "300.00", "ratio": "1:2", "priority": 2},
    {"ref": "C", "cap": "250.00", "ratio": "2:1", "priority": 3, "channels": ["card"]},
)


def file_of(folder: Path, process: int) -> Path:
    """A file of gifts: its own, and ten that every file holds."""
    draw = random.Random(process)
    same = random.Random(99)
    rows = [_row(f"S-{number}", number, same) for number in range(SHARED)]
    rows += [_row(f"G-{process}-{number}", number, draw) for number in range(ROWS)]
    draw.shuffle(rows)
    path = folder / f"gifts-{process}.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def _row(ref: str, number: int, draw: random.Random) -> str:
    amount = draw.randint(1, 2000)
    channel = draw.choice(["card", "bank"])
    at = f"2020-04-{1 + number % 28:02d}T10:00:00+01:00"
    return f"{ref},{at},{amount // 100}.{amount % 100:02d},{channel},Donor {draw.randint(1, 30)},person,"


def import_file(runtime: Runtime, path: str) -> dict[str, Any]:
    """What each process does: take in its file, as `hardship import contributions` does."""

    def use(rows: list[Numbered[NewGift]]) -> Outcome:
        return transact(runtime, SYSTEM, import_gifts, False, fund_slug="f", rows=rows)

    return run_import(path, CONTRIBUTIONS, CONTRIBUTIONS_OPTIONAL, gift_in, use, skip_bad=False).data


def test_eight_processes_import_at_once_and_never_pass_a_cap(runtime: Runtime, tmp_path: Path) -> None:
    """Every gift once, allocations equal to the allocated totals and within the caps, books that balance."""
    load(runtime, *AGREEMENTS)
    files = [(str(file_of(tmp_path, process)),) for process in range(PROCESSES)]
    reports = at_once(runtime, import_file, files)
    assert sum(report["imported"] for report in reports) == PROCESSES * ROWS + SHARED
    assert sum(report["unchanged"] for report in reports) == (PROCESSES - 1) * SHARED

    assert_sound(runtime)
    with runtime.read() as session:
        gifts, total = session.exec(
            select(func.count(), func.sum(Contribution.amount_minor)).select_from(Contribution)
        ).one()
        donors = session.exec(select(func.count()).select_from(Donor)).one()
    assert gifts == PROCESSES * ROWS + SHARED
    assert donors == 30
    assert books(runtime).income == total
    assert status_of(runtime, "A").remaining_minor == 0
    received = [event["subject"] for event in events(runtime) if event["kind"] == "contribution.received"]
    assert len(received) == len(set(received)) == gifts
    matched = sum(sum(event["facts"].get("matched", {}).values()) for event in events(runtime))
    assert matched == books(runtime).matched


def test_eight_processes_killed_at_random_commits_lose_and_double_nothing(runtime: Runtime) -> None:
    """The short form; `make soak` has ten thousand gifts."""
    load(runtime, *agreements(8 * 12))
    assert receive_under_fire(runtime, 12, largest=4, odds=0.05) > 0
    assert_exact(runtime, 12)
