"""Backups: whole or not at all, readable with the keyring alone, and what was erased since stays erased."""

import datetime as dt
import json
import os
import re
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from hardship.applications.models import Application
from hardship.applications.owndata import erasing
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.service import case_facts, transition, withdraw
from hardship.applications.transitions import ApplicationEvent
from hardship.audit.verify import verify
from hardship.config import Settings
from hardship.core import keyring
from hardship.core.actor import SYSTEM, Actor, ActorKind, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Broken, Conflict, Forbidden, NotFound
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs import doctor, keys
from hardship.jobs.backups import destroyed, files
from hardship.jobs.backups.making import Made, make
from hardship.jobs.backups.manifest import NAME
from hardship.jobs.backups.restoring import Restored, restore
from hardship.migrate import upgrade
from hardship.payouts.held import is_held
from hardship.wiring import build
from tests.conftest import DATABASES
from tests.integration.applications.helpers import Command, apply, bodies, everything_in, load, person
from tests.integration.awards.rivals import _CONTEXT
from tests.integration.payouts.helpers import a_house as house

Empty = Callable[[Runtime], Settings]


def quiet(_: str) -> None:
    """Nobody waits."""


def back_up(runtime: Runtime, folder: Path) -> Made:
    """A backup."""
    return make(runtime, operator(), folder, quiet)


def bring_back(settings: Settings, folder: Path, at: Runtime, **options: Any) -> Restored:
    """Restore with the time of a runtime."""

    def wired(settings: Settings, *, check: bool = True) -> Runtime:
        return build(settings, SetClock(at.clock.now()), check=check)

    options.setdefault("replacing", False)
    return restore(settings, folder, wired, say=quiet, **options)


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Empty:
    """Settings of a machine with the same keyring and an empty database of the same kind."""

    def make_it(runtime: Runtime) -> Settings:
        folder = tmp_path / "elsewhere"
        if runtime.database.dialect == "sqlite":
            url = f"sqlite:///{folder / 'hardship.db'}"
        else:
            url = request.getfixturevalue("empty_database")()
        return replace(runtime.settings, instance=folder, database_url=url)

    return make_it


def opened(settings: Settings, like: Runtime) -> Runtime:
    """A runtime on what was restored."""
    return build(settings, SetClock(like.clock.now()))


def test_a_backup_restored_elsewhere_is_the_same_row_for_row(
    swing_copy: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    runtime = swing_copy
    (runtime.settings.instance / "statements").mkdir(parents=True)
    (runtime.settings.instance / "statements" / "LC.pdf").write_bytes(b"%PDF\x00\xff")
    before = everything_in(runtime)
    made = back_up(runtime, tmp_path / "b")
    assert made.manifest.checkpoint
    there = elsewhere(runtime)
    done = bring_back(there, tmp_path / "b", runtime)
    assert (done.ok, done.lost, done.set_aside, done.erased_again) == (True, None, "", 0), done
    restored = opened(there, runtime)
    after = everything_in(restored)
    logged = {"audit_event", "audit_head", "web_session", "payment_hold"}
    for table in set(before) - logged:
        assert after[table] == before[table], table
    assert set(before["audit_event"]) < set(after["audit_event"])
    with restored.read() as session:
        assert bodies(session)[-1]["kind"] == "backup.restored"
    assert (there.instance / "statements" / "LC.pdf").read_bytes() == b"%PDF\x00\xff"
    receipt = apply(restored, person(501))  # numbers go on where they stopped, and the guards are back
    assert receipt.application_id > max(row[0] for row in before["application"])
    with pytest.raises(Exception, match="never"), restored.database.writer.begin() as connection:
        connection.execute(text("UPDATE entry SET amount_minor = 1"))
    restored.database.dispose()


def test_a_backup_holds_nothing_in_plain_and_no_keyring(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(runtime)
    apply(runtime, person(1))
    folder = runtime.settings.instance
    (folder / "bank-files").mkdir(parents=True)
    monkeypatch.setattr(files, "LARGEST", 1000)
    (folder / "film.mp4").write_bytes(bytes(1001))
    for name in ("notes.csv", "bank-files/B.csv", "keyring.json", "old-keyring.bak"):
        data = b"CANARY-IN-A-FILE" if name.endswith("csv") else runtime.settings.keyring_path.read_bytes()
        (folder / name).write_bytes(data)
    assert back_up(runtime, tmp_path / "b").left_out == ["film.mp4"]
    kek = json.loads(runtime.settings.keyring_path.read_text())["keks"]["1"].encode()
    found = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert len([path for path in found if path.suffix == ".sealed"]) == 1
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        data = path.read_bytes()
        for word in (b"CANARY", kek, b"Person Number1", b"person1@", b"20000001", b"keks"):
            assert word not in data, (path, word)
    with runtime.read() as session:
        assert bodies(session)[-1]["kind"] == "backup.made"


def test_a_backup_made_while_others_write_is_one_instant(runtime: Runtime, tmp_path: Path) -> None:
    """Somebody applies between one table and the next: the copy has all of it or nothing of it."""
    load(runtime)
    seen: list[str] = []

    def interrupt(text: str) -> None:
        if not seen:
            apply(runtime, person(2))
        seen.append(text)

    apply(runtime, person(1))
    made = make(runtime, operator(), tmp_path / "b", interrupt)
    if runtime.database.dialect == "postgresql":
        rows = {one.table: one.rows for one in made.manifest.files if one.table}
        assert seen
        assert rows["application"] == rows["application_answers"] == 1
    with runtime.read() as session:
        assert verify(session, runtime.vault).ok


def test_the_command_says_what_was_done_and_refuses_a_folder_with_anything_in_it(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    command = Command(runtime, capsys, monkeypatch)
    (tmp_path / "b").mkdir()
    status, out, _ = command("backup", tmp_path / "b", "--json")
    told = json.loads(out)
    assert (status, told["keyring_versions"], told["verified"]) == (0, [1], True)
    before = {path.name for path in tmp_path.iterdir()}
    for _ in range(2):
        status, out, err = command("backup", tmp_path / "b")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "there is something already" in err
    assert {path.name for path in tmp_path.iterdir()} == before
    status, out, _ = command("backup", tmp_path / "c")
    assert "keyring" in out
    assert str(runtime.settings.keyring_path) in out


def test_older_backups_are_told_and_only_deleted_when_asked(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime, place = sqlite_runtime, tmp_path / "backups"
    load(runtime)
    back_up(runtime, place / "first")
    manifest = json.loads((place / "first" / NAME).read_text())
    foreign = place / "another-instance"
    foreign.mkdir()
    (foreign / NAME).write_text(
        json.dumps(manifest | {"instance": "other", "made_at": "2019-01-01T00:00:00Z"})
    )
    (place / "unrelated").mkdir()
    left = place / ".x.making-1234"
    left.mkdir()
    os.utime(left, (1_500_000_000, 1_500_000_000))
    command = Command(runtime, capsys, monkeypatch)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(runtime.settings.retention["backups"])  # type: ignore[index]
    told = json.loads(command("backup", place / "second", "--json")[1])
    assert told["old"] == [str(place / "first"), str(left)]
    assert (place / "first").is_dir()
    assert json.loads(command("backup", place / "third", "--prune", "--json")[1])["deleted"] == 2
    assert sorted(path.name for path in place.iterdir()) == [
        "another-instance",
        "second",
        "third",
        "unrelated",
    ]


def test_only_whoever_runs_the_machine_copies_it(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        make(sqlite_runtime, Actor(ActorKind.STAFF, "1"), tmp_path / "b", quiet)
    assert not (tmp_path / "b").exists()


# --- Restoring over something ---------------------------------------------------------------------------------------


def test_a_database_is_replaced_only_when_told_to_and_set_aside(runtime: Runtime, tmp_path: Path) -> None:
    load(runtime)
    apply(runtime, person(1))
    back_up(runtime, tmp_path / "b")
    apply(runtime, person(2))
    before = everything_in(runtime)
    runtime.database.dispose()
    with pytest.raises(Conflict, match="there is a database already"):
        bring_back(runtime.settings, tmp_path / "b", runtime)
    assert everything_in(runtime) == before
    with pytest.raises(Conflict, match="somebody is using"):  # `everything_in` holds a connection
        bring_back(runtime.settings, tmp_path / "b", runtime, replacing=True)
    assert everything_in(runtime) == before
    runtime.database.dispose()
    done = bring_back(runtime.settings, tmp_path / "b", runtime, replacing=True)
    assert done.ok, done
    with runtime.read() as session:
        assert len(session.exec(select(Application)).all()) == 1
        last = bodies(session)[-1]
    assert done.lost == len(before["audit_event"]) - done.manifest.events
    assert (last["kind"], last["facts"]["lost"]) == ("backup.restored", done.lost)
    assert "replaced" in done.set_aside
    if runtime.database.dialect == "sqlite":
        aside = Settings(**{**vars(runtime.settings), "database_url": f"sqlite:///{done.set_aside}"})
        old = build(aside, SetClock(runtime.clock.now()))
        assert everything_in(old) == before
        old.database.dispose()


def test_a_word_is_typed_before_anything_is_replaced(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    back_up(runtime, tmp_path / "b")
    for name in ("INSTANCE", "DATABASE_URL"):
        monkeypatch.setenv(f"HARDSHIP_{name}", str(getattr(runtime.settings, name.lower())))
    monkeypatch.setenv("HARDSHIP_KEYRING", str(runtime.settings.keyring_path))
    typed = iter(["yes", "replace"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(typed))
    command, before = Command(runtime, capsys, monkeypatch), everything_in(runtime)
    runtime.database.dispose()
    status, _, err = command("restore", tmp_path / "b")
    assert (status, "there is a database already" in err) == (2, True)
    status, _, err = command("restore", tmp_path / "b", "--replace")
    assert (status, "the word was not typed" in err) == (2, True)
    assert everything_in(runtime) == before
    runtime.database.dispose()
    status, out, err = command("restore", tmp_path / "b", "--replace", "--json")
    told = json.loads(out)
    assert (status, told["ok"], told["events_lost"]) == (0, True, 1), err
    status, out, err = command("restore", tmp_path / "b", "--replace", "--yes")
    assert (status, out.splitlines()[-1:], err) == (0, ["Everything checks out."], err)


# --- Erasure and the keyring ----------------------------------------------------------------------------------------


def test_whoever_was_erased_after_the_backup_is_erased_again(runtime: Runtime, tmp_path: Path) -> None:
    """Known from the database that is there; nobody else is touched."""
    load(runtime)
    first, other = apply(runtime, person(1)), apply(runtime, person(2))
    back_up(runtime, tmp_path / "b")
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    runtime.database.dispose()
    done = bring_back(runtime.settings, tmp_path / "b", runtime, replacing=True)
    assert (done.ok, done.erased_again) == (True, 1), done
    with runtime.read() as session:
        erased = session.get_one(Application, first.application_id)
        assert case_facts(session, runtime.vault, erased).erased
        assert erased.state == "withdrawn"
        with pytest.raises(NotFound):
            runtime.vault.person(session, erased.data_key_id)
        living = session.get_one(Application, other.application_id)
        assert case_facts(session, runtime.vault, living).statement == "The bookings stopped overnight."
        assert verify(session, runtime.vault).ok


def approve_all(tx: Transaction) -> None:
    """Let every case be one that people said yes to, as its award says."""
    for case in tx.session.exec(select(Application)).all():
        transition(tx, case, ApplicationEvent.FINISH_CHECKS, "application.checks_finished")
        transition(tx, case, ApplicationEvent.APPROVE, "application.approved")


def test_an_open_payment_of_then_does_not_bring_an_erased_person_back(
    sqlite_runtime: Runtime, tmp_path: Path
) -> None:
    """Paid, then erased, after the backup: the copy thinks the payment is still to be made, and is told of."""
    runtime = sqlite_runtime
    fund = house(runtime)
    batch = fund.ready("00")
    runtime.transact(SYSTEM, approve_all)
    back_up(runtime, tmp_path / "b")
    with runtime.read() as session:
        case = session.exec(select(Application)).one()
    fund.submit(batch)
    fund.work()
    assert runtime.transact(operator(), erasing.erase, ref=case.ref).state is ErasureState.DONE
    runtime.database.dispose()
    done = bring_back(runtime.settings, tmp_path / "b", runtime, replacing=True)
    assert (done.ok, done.erased_again, done.open_payments) == (True, 1, 1), done
    with runtime.read() as session:
        assert session.get_one(DataKey, case.data_key_id).wrapped is None
        sealed = "SELECT count(*) FROM application_answers"
        assert session.connection().execute(text(sealed)).scalar() == 0
    assert fund.books().balanced


def test_erasures_are_known_on_a_new_machine_from_the_note_beside_the_keyring(
    sqlite_runtime: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    first = apply(runtime, person(1))
    back_up(runtime, tmp_path / "b")
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    assert runtime.run_due("destroyed-keys") == 1
    assert runtime.run_due("destroyed-keys") == 0
    note = destroyed.path_of(runtime.settings)
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    with note.open("ab") as file:
        file.write(b"torn")  # by a power cut
    done = bring_back(elsewhere(runtime), tmp_path / "b", runtime)
    assert (done.ok, done.erased_again) == (True, 1), done


def test_the_note_goes_on_after_a_torn_line(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    destroyed.path_of(runtime.settings).write_bytes(b"torn")
    runtime.transact(operator(), erasing.erase, ref=apply(runtime, person(1)).ref)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(minutes=16))
    (late,) = doctor.examine(runtime, only=("destroyed keys",))
    assert not late.ok
    assert destroyed.note(runtime) == 1
    (fine,) = doctor.examine(runtime, only=("destroyed keys",))
    assert fine.ok
    with runtime.read() as session:
        assert destroyed.in_database(session) <= destroyed.noted(runtime.settings)


def test_an_earlier_backup_is_noise_once_the_keyring_has_forgotten_its_version(
    runtime: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    load(runtime)
    first, other = apply(runtime, person(1)), apply(runtime, person(2))
    back_up(runtime, tmp_path / "early")
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    keys.rotate(runtime, operator())
    back_up(runtime, tmp_path / "late")
    assert keys.forget(runtime, operator(), 1)
    there = elsewhere(runtime)
    with pytest.raises(Broken, match="version 1 of the keyring, which was destroyed"):
        bring_back(there, tmp_path / "early", runtime)
    assert not there.instance.exists()
    done = bring_back(there, tmp_path / "late", runtime)
    assert (done.ok, done.unreadable) == (True, 0), done
    restored = opened(there, runtime)
    with restored.read() as session:
        assert case_facts(session, restored.vault, session.get_one(Application, first.application_id)).erased
        living = session.get_one(Application, other.application_id)
        assert case_facts(session, restored.vault, living).statement == "The bookings stopped overnight."
    restored.database.dispose()


def test_of_a_backup_amid_a_rotation_only_those_of_the_forgotten_version_are_lost(
    sqlite_runtime: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    """Their key is gone for good; everybody whose key was wrapped anew by then is read as before."""
    runtime = sqlite_runtime
    load(runtime)
    first, other = apply(runtime, person(1)), apply(runtime, person(2))
    with runtime.read() as session:
        old = session.get_one(Application, first.application_id).data_key_id
        early = session.get_one(DataKey, old).wrapped
    keys.rotate(runtime, operator())
    back = text("UPDATE data_key SET kek_version = 1, wrapped = :w WHERE id = :i")
    with runtime.database.writer.begin() as connection:
        connection.execute(back, {"w": early, "i": old})
    back_up(runtime, tmp_path / "b")
    keys.rotate(runtime, operator())
    assert keys.forget(runtime, operator(), 1)
    there = elsewhere(runtime)
    done = bring_back(there, tmp_path / "b", runtime)
    assert (done.ok, done.unreadable) == (True, 1), done
    restored = opened(there, runtime)
    with restored.read() as session:
        lost = session.get_one(Application, first.application_id)
        assert case_facts(session, restored.vault, lost).erased
        living = session.get_one(Application, other.application_id)
        assert case_facts(session, restored.vault, living).statement == "The bookings stopped overnight."
    assert keys.rotate(restored, operator())[0] == 3  # nothing of version 1 stands in its way
    restored.database.dispose()


def test_what_is_over_its_time_goes_at_once_where_the_keyring_is_our_own(
    sqlite_runtime: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    runtime = sqlite_runtime
    keyring.save(replace(runtime.vault.keyring, purpose="own"), runtime.settings.keyring_path)
    load(runtime)
    receipt = apply(runtime, person(1))
    runtime.transact(Actor(ActorKind.APPLICANT, receipt.ref), withdraw, application_id=receipt.application_id)
    back_up(runtime, tmp_path / "b")
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(days=184))
    done = bring_back(elsewhere(runtime), tmp_path / "b", runtime)
    assert (done.rests, done.deleted.get("details")) == (False, 1)


# --- What is not whole, or not ours ---------------------------------------------------------------------------------


def test_a_changed_missing_or_foreign_backup_is_refused_and_nothing_is_made(
    runtime: Runtime, elsewhere: Empty, tmp_path: Path
) -> None:
    load(runtime)
    (runtime.settings.instance).mkdir(exist_ok=True)
    (runtime.settings.instance / "note.txt").write_text("kept")
    folder = tmp_path / "b"
    made = back_up(runtime, folder)
    there = elsewhere(runtime)
    name = made.manifest.files[0].path
    whole, manifest = (folder / name).read_bytes(), (folder / NAME).read_bytes()
    body = json.loads(manifest)

    def refused(match: str, settings: Settings = there) -> None:
        with pytest.raises((BadInput, Broken), match=match):
            bring_back(settings, folder, runtime)
        assert not there.instance.exists()

    (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if whole else b"x")
    refused("was changed")
    (folder / name).unlink()
    refused("is missing")
    (folder / name).write_bytes(whole)
    for change in ({"events": 1}, {"schema": "9999"}, {"mac": ""}, {"files": []}):
        (folder / NAME).write_text(json.dumps(body | change))
        refused("the manifest was changed")
    (folder / NAME).write_bytes(manifest[:200])
    refused("no whole backup")
    (folder / NAME).write_bytes(manifest)
    other = tmp_path / "other.json"
    keyring.save(keyring.generate("demo"), other)
    refused("belongs to another keyring", replace(there, keyring_path=other))
    refused("the keyring is missing", replace(there, keyring_path=tmp_path / "none.json"))
    assert bring_back(there, folder, runtime).ok


@pytest.mark.parametrize("kind", DATABASES)
def test_a_backup_of_an_older_schema_is_brought_to_this_one(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from tests.conftest import START, settings_for

    url = f"sqlite:///{tmp_path / 'old.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("empty_database")()
    settings = settings_for(url, tmp_path)
    keyring.save(keyring.generate("demo"), settings.keyring_path)
    upgrade(url, "0001")
    old = build(settings, SetClock(START), check=False)
    old.transact(SYSTEM, lambda tx: tx.vault.install(tx.session, tx.at))
    old.transact(SYSTEM, lambda tx: tx.record("test.happened", "test:1"))
    made = back_up(old, tmp_path / "b")
    assert made.manifest.schema == "0001"
    old.database.dispose()
    assert bring_back(settings, tmp_path / "b", old, replacing=True).ok
    restored = opened(settings, old)  # refuses any other version than this program's
    with restored.read() as session:
        assert [one["kind"] for one in bodies(session)][0] == "test.happened"
        assert is_held(session), "no money leaves until people have looked"
    restored.database.dispose()


def dump(file: Path) -> list[str]:
    """All that is in a database."""
    connection = sqlite3.connect(file)
    found = list(connection.iterdump())
    connection.close()
    return found


def stand_still(ready: Connection) -> Callable[..., None]:
    """Says that it has come so far, and goes no further."""

    def wait(*_args: object, **_options: object) -> None:
        ready.send(True)
        threading.Event().wait()

    return wait


def until(where: str, settings: Settings, folder: Path, ready: Connection) -> None:
    """Back up or restore, in a process of its own, until the named step."""
    places = {
        "the database is copied": "hardship.jobs.backups.making.pack",
        "all but the manifest": "hardship.jobs.backups.making.write",
        "all but the name": "hardship.jobs.backups.places.settle",
        "put together": "hardship.jobs.backups.staging.SqlitePlace.swap",
        "about to be swapped": "hardship.jobs.backups.staging.settle",
    }
    runtime = build(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places[where], stand_still(ready))
        if where in ("put together", "about to be swapped"):
            runtime.database.dispose()
            bring_back(settings, folder, runtime, replacing=True)
        else:
            back_up(runtime, folder)


def killed(where: str, settings: Settings, folder: Path) -> None:
    """A process killed when it has come so far."""
    here, there = _CONTEXT.Pipe()
    child = _CONTEXT.Process(target=until, args=(where, settings, folder, there))
    child.start()
    assert here.recv()
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()


def test_a_killed_backup_is_taken_for_none(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    load(runtime)
    for where in ("the database is copied", "all but the manifest", "all but the name"):
        killed(where, runtime.settings, tmp_path / "b")
        assert not (tmp_path / "b").exists()
    left = [path for path in tmp_path.iterdir() if re.fullmatch(r"\.b\.making-\w{8}", path.name)]
    assert len(left) == 3
    with pytest.raises(BadInput, match="no whole backup"):
        bring_back(runtime.settings, left[0].with_name("b"), runtime)
    back_up(runtime, tmp_path / "b")


def test_a_killed_restore_leaves_what_was_there(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    load(runtime)
    back_up(runtime, tmp_path / "b")
    apply(runtime, person(1))
    runtime.database.dispose()
    file = runtime.settings.database_file
    assert file is not None
    before = dump(file)
    for where in ("put together", "about to be swapped"):
        killed(where, runtime.settings, tmp_path / "b")
        assert dump(file) == before
    assert bring_back(runtime.settings, tmp_path / "b", runtime, replacing=True).ok
    assert not list(file.parent.glob("*.restoring*"))
