"""The checks: duplicates are referred and never refused, whoever comes first, and each case is checked once."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from hardship.applications.models import Application
from hardship.applications.service import give_bank_details
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import SYSTEM, Actor, ActorKind
from hardship.core.errors import Broken
from hardship.core.runtime import Runtime
from hardship.screening.models import Signal
from hardship.screening.queries import signals_by_application, signals_of
from hardship.screening.service import LINKED_AT_MOST, check, run_checks
from tests.integration.applications.helpers import ANSWERS, apply, bodies, load, person, stored

PROJECT = Path(__file__).parents[3]

# facts/checks-and-privacy.md, section 5: what is written differently and means the same.
SAME = {
    "bank, digits of another script and no dashes": (
        "bank",
        {"sort_code": "２０２９５９", "account_number": "12345678"},
    ),
    "bank, spaces": ("bank", {"sort_code": "20 29 59", "account_number": "1234 5678"}),
    "e-mail, dots, tag and the other domain": ("email", {"email": "m.a.y.a+x@googlemail.com"}),
    "phone, with the country's code": ("phone", {"phone": "+44 7700 900123"}),
    "name the other way round": (
        "person",
        {"legal_name": "EXAMPLE Maya", "birth_year": "1990", "outward_postcode": "E8 1AA"},
    ),
    "name in look-alike letters": (
        "person",
        {"legal_name": "М\u200baya Ехample", "birth_year": "1990", "outward_postcode": "e8"},
    ),
    "name with a mark that turns it round": (
        "person",
        {"legal_name": "\u202eMáya Example", "birth_year": "1990", "outward_postcode": "E8"},
    ),
}
FIRST = ANSWERS | {"email": "maya@gmail.com"}


@pytest.mark.parametrize("case", SAME)
def test_the_same_thing_written_otherwise_refers_both_and_refuses_neither(
    runtime: Runtime, case: str
) -> None:
    load(runtime)
    kind, changed = SAME[case]
    first = apply(runtime, FIRST)
    runtime.run_due("checks")
    assert not stored(runtime, first.ref).referred
    second = apply(runtime, person(7) | changed)
    runtime.run_due("checks")
    with runtime.read() as session:
        for own, other in ((first, second), (second, first)):
            application = stored(runtime, own.ref)
            assert application.state is ApplicationState.IN_REVIEW
            assert application.referred
            (signal,) = signals_of(session, own.application_id)
            assert (signal.kind, signal.strength.value, signal.other_id) == (
                kind,
                "strong",
                other.application_id,
            )
            assert other.ref in signal.sentence
            assert not any(name in signal.sentence for name in ("Maya", "gmail", "1234", "1990"))
        referred = [one for one in bodies(session) if one["kind"] == "application.referred"]
        assert [one["subject"] for one in referred] == [f"application:{first.ref}"]


def test_siblings_at_one_address_are_not_referred(runtime: Runtime) -> None:
    load(runtime)
    receipts = [
        apply(runtime, person(n, legal_name=f"{given} Example")) for n, given in enumerate(("Ann", "Beth"))
    ]
    runtime.run_due("checks")
    assert not any(stored(runtime, one.ref).referred for one in receipts)


def test_an_earlier_case_that_is_decided_is_left_alone(runtime: Runtime) -> None:
    load(runtime)
    first = apply(runtime, FIRST)
    with runtime.database.writer.begin() as connection:
        table = Application.__table__  # type: ignore[attr-defined]
        connection.execute(table.update().values(state=ApplicationState.DECLINED))
    before = stored(runtime, first.ref)
    second = apply(runtime, FIRST)
    runtime.run_due("checks")
    assert stored(runtime, first.ref) == before
    assert stored(runtime, second.ref).referred


def test_a_check_is_done_once(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, FIRST)
    assert runtime.run_due("checks") == 1
    before = stored(runtime, receipt.ref)
    runtime.transact(SYSTEM, check, application_id=receipt.application_id)
    assert stored(runtime, receipt.ref) == before
    assert runtime.run_due("checks") == 0


def test_bank_details_that_come_later_are_screened_in_both_directions(runtime: Runtime) -> None:
    load(runtime)
    first = apply(runtime, person(1, sort_code="", account_number=""))
    second = apply(runtime, person(2))
    runtime.run_due("checks")
    assert not stored(runtime, second.ref).referred
    same = {name: person(2)[name] for name in ("sort_code", "account_number")}
    for _ in range(2):  # again: nothing new
        runtime.transact(
            Actor(ActorKind.APPLICANT, first.ref),
            give_bank_details,
            application_id=first.application_id,
            legal_name="Person One",
            **same,
        )
    for one in (first, second):
        assert stored(runtime, one.ref).referred
        with runtime.read() as session:
            assert [signal.kind for signal in signals_of(session, one.application_id)] == ["bank"]


def test_a_ring_behind_one_phone_is_referred_whole(runtime: Runtime) -> None:
    load(runtime)
    receipts = [apply(runtime, person(n, phone="07700 900999")) for n in range(9)]
    runtime.run_due("checks")
    assert all(stored(runtime, one.ref).referred for one in receipts)
    with runtime.read() as session:
        found = signals_by_application(session, [one.application_id for one in receipts])
    assert all(len(signals) == 8 for signals in found.values())


def test_a_crowd_behind_one_phone_costs_no_more_than_a_few_links_each(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    for n in range(LINKED_AT_MOST + 15):
        apply(sqlite_runtime, person(n, phone="07700 900999"))
    sqlite_runtime.run_due("checks")
    with sqlite_runtime.read() as session:
        applications = session.exec(select(Application)).all()
        assert all(one.referred for one in applications)
        assert len(session.exec(select(Signal)).all()) <= 2 * LINKED_AT_MOST * len(applications)


def test_one_case_that_cannot_be_opened_does_not_hold_up_the_others(runtime: Runtime) -> None:
    load(runtime)
    first, second = apply(runtime, person(1)), apply(runtime, person(2))
    with runtime.database.writer.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE application_answers SET birth_year = legal_name WHERE application_id = {first.application_id}"
        )
    with pytest.raises(Broken, match="does not open"):
        runtime.run_due("checks")
    assert stored(runtime, second.ref).state is ApplicationState.IN_REVIEW
    assert stored(runtime, first.ref).state is ApplicationState.CHECKING


WORKER = """
import sys
from pathlib import Path
from hardship.config import from_environment
from hardship.wiring import build
runtime = build(from_environment(), check=False)
print("ready", flush=True)
sys.stdin.readline()
print(runtime.run_due("checks"), flush=True)
"""


@pytest.mark.slow
def test_two_workers_at_once_check_each_case_once(runtime: Runtime, tmp_path: Path) -> None:
    """Real processes, a crowd in which everybody shares something with somebody."""
    load(runtime)
    count = 40
    receipts = [apply(runtime, person(n, phone=f"07700 9000{n // 4:02}")) for n in range(count)]
    url = runtime.settings.database_url
    environment = {
        "HARDSHIP_INSTANCE": str(runtime.settings.instance),
        "HARDSHIP_DATABASE_URL": url,
        "HARDSHIP_KEYRING": str(runtime.settings.keyring_path),
        "PYTHONPATH": str(PROJECT),
    }
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    done = [int(worker.communicate("go\n", timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert sum(done) == count
    with runtime.read() as session:
        checked = [one["subject"] for one in bodies(session) if one["kind"] == "application.checked"]
        assert sorted(checked) == sorted(f"application:{one.ref}" for one in receipts)
        for one in receipts:
            assert len(signals_of(session, one.application_id)) == 3
            assert stored(runtime, one.ref).referred


def test_the_worker_takes_a_bounded_bite(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardship.screening.service._AT_A_TIME", 2)
    load(sqlite_runtime)
    for n in range(3):
        apply(sqlite_runtime, person(n))
    assert [run_checks(sqlite_runtime) for _ in range(3)] == [2, 1, 0]
