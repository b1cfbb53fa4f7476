"""Erasure and the keyring: the person cannot be read back, from here or from a copy; totals and proofs stay."""

import datetime as dt
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from hardship.applications.models import Application, ApplicationAnswers, ApplicationToken
from hardship.applications.owndata import erasing
from hardship.applications.owndata.models import ErasedFor
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.service import case_facts, open_fields, transition, withdraw
from hardship.applications.transitions import ApplicationEvent
from hardship.audit.verify import verify
from hardship.config import Settings
from hardship.core import keyring
from hardship.core.actor import SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Broken, Forbidden, HardshipError, NotFound, Refused
from hardship.core.models import DataKey, KeyringMark, TokenEpoch
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs import doctor, keys, retention
from hardship.payouts.transitions import PaymentState
from hardship.screening.models import Signal
from hardship.staff.service import add
from hardship.wiring import build
from tests.integration.applications.helpers import (
    Command,
    apply,
    bodies,
    everything_in,
    load,
    person,
    stored,
)
from tests.integration.payouts.helpers import a_house as house

NAMES = ("Person Number1", "person1@example.org", "The bookings stopped overnight.")


def verified(runtime: Runtime) -> None:
    with runtime.read() as session:
        found = verify(session, runtime.vault)
    assert found.ok, found.problems


def approve_all(runtime: Runtime) -> None:
    """Let every case be one that people said yes to, as its award says."""

    def decide(tx: Transaction) -> None:
        for case in tx.session.exec(select(Application)).all():
            transition(tx, case, ApplicationEvent.FINISH_CHECKS, "application.checks_finished")
            transition(tx, case, ApplicationEvent.APPROVE, "application.approved")

    runtime.transact(SYSTEM, decide)


def healthy(runtime: Runtime) -> None:
    found = doctor.examine(runtime, only=("I",))
    assert [one for one in found if not one.ok] == []


def test_an_erased_person_cannot_be_read_back(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    runtime.run_due("checks")
    lead = runtime.transact(SYSTEM, add, "lead@example.org", [Role.LEAD])
    actor = Actor(ActorKind.STAFF, str(lead.id), lead.roles)
    runtime.transact(
        actor, open_fields, application_id=receipt.application_id, fields=["phone"], why="a call-back"
    )
    erasure = runtime.transact(actor, erasing.erase, ref=receipt.ref)
    assert erasure.state is ErasureState.DONE
    with pytest.raises(NotFound):
        runtime.transact(
            actor, open_fields, application_id=receipt.application_id, fields=["phone"], why="again"
        )
    with runtime.read() as session:
        application = session.get_one(Application, receipt.application_id)
        assert case_facts(session, runtime.vault, application).erased
        assert session.get(ApplicationAnswers, receipt.application_id) is None
        assert session.get_one(DataKey, application.data_key_id).wrapped is None
        assert application.salt is None
        tokens = session.exec(
            select(ApplicationToken.kind).where(ApplicationToken.application_id == receipt.application_id)
        ).all()
        assert {"bank", "phone", "email", "person"} <= set(tokens)
    rows = everything_in(runtime)
    assert all(row[-2] is None for row in rows["sealed_reading"])
    assert {None} == {facts for row in rows["assessment"] for facts in row[-1:]}
    verified(runtime)
    healthy(runtime)


def test_erasing_leaves_one_certificate_in_the_log(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(runtime)
    ref = apply(runtime, person(1)).ref
    command = Command(runtime, capsys, monkeypatch)
    status, out, _ = command("person", "erase", ref, "--json")
    assert status == 0
    told = json.loads(out)
    assert told["state"] == "done"
    with runtime.read() as session:
        (certificate,) = [one for one in bodies(session) if one["kind"] == "person.erased"]
        at = (
            session.connection()
            .execute(text("SELECT seq, hash FROM audit_event WHERE body LIKE '%person.erased%'"))
            .one()
        )
    assert (told["certificate"]["seq"], told["certificate"]["hash"]) == tuple(at)
    assert certificate["facts"]["case"] == ref
    assert certificate["facts"]["tokens_kept"] == 4
    before = everything_in(runtime)
    status, again, _ = command("person", "erase", ref, "--json")
    assert (status, json.loads(again)["certificate"]) == (0, told["certificate"])
    assert everything_in(runtime) == before


def test_attack_30_erase_then_reapply_is_still_referred(runtime: Runtime) -> None:
    load(runtime)
    first = apply(runtime, person(1))
    runtime.run_due("checks")
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    second = apply(runtime, person(1))
    runtime.run_due("checks")
    assert stored(runtime, second.ref).referred
    with runtime.read() as session:
        signals = session.exec(select(Signal).where(Signal.application_id == second.application_id)).all()
    assert {one.other_id for one in signals} == {first.application_id}


def test_erasure_waits_while_a_payment_is_open_and_is_then_done(runtime: Runtime) -> None:
    fund = house(runtime)
    ref = fund.ready("00")
    approve_all(runtime)
    with runtime.read() as session:
        case = session.exec(select(Application)).one()
    erasure = runtime.transact(operator(), erasing.erase, ref=case.ref)
    assert erasure.state is ErasureState.REQUESTED
    assert erasing.finish_waiting(runtime) == 0
    books = fund.books()
    fund.submit(ref)
    fund.work()
    assert set(fund.states()) == {PaymentState.PAID}
    paid = fund.books()
    assert erasing.finish_waiting(runtime) == 1
    assert fund.books() == paid
    assert books.problems == []
    with runtime.read() as session:
        assert session.get_one(DataKey, case.data_key_id).wrapped is None
        assert (
            session.connection()
            .execute(text("SELECT count(*) FROM attempt WHERE payload IS NOT NULL"))
            .scalar()
            == 0
        )
        assert session.connection().execute(text("SELECT count(*) FROM paid_record")).scalar() == 1
    verified(runtime)
    healthy(runtime)


def test_erasing_an_accepted_award_gives_its_money_back(runtime: Runtime) -> None:
    fund = house(runtime)
    fund.award("00")
    approve_all(runtime)
    with runtime.read() as session:
        case = session.exec(select(Application)).one()
    assert runtime.transact(operator(), erasing.erase, ref=case.ref).state is ErasureState.DONE
    assert set(fund.awards()) == {"withdrawn"}
    fund.books()
    verified(runtime)
    healthy(runtime)


def test_nobody_without_the_permission_erases(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    ref = apply(runtime, person(1)).ref
    reviewer = runtime.transact(SYSTEM, add, "r@example.org", [Role.REVIEWER, Role.FINANCE])
    before = everything_in(runtime)
    with pytest.raises(Forbidden):
        runtime.transact(Actor(ActorKind.STAFF, str(reviewer.id), reviewer.roles), erasing.erase, ref=ref)
    assert everything_in(runtime) == before


def test_an_earlier_copy_says_nothing_once_its_version_is_forgotten(
    sqlite_runtime: Runtime, tmp_path: Path
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    first, other = apply(runtime, person(1)), apply(runtime, person(2))
    copy = tmp_path / "copy.db"
    source = sqlite3.connect(str(runtime.database.url.database))
    source.execute("VACUUM INTO ?", [str(copy)])
    source.close()
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    keys.rotate(runtime, operator())
    assert keys.forget(runtime, operator(), 1)
    with pytest.raises(Broken, match="no version 1"):
        build(_settings(runtime, copy))
    ring = keyring.load(runtime.settings.keyring_path)
    assert sorted(ring.keks) == [2]
    copied = build(_settings(runtime, copy), check=False)
    with copied.read() as session, pytest.raises(Broken):
        case_facts(session, copied.vault, session.get_one(Application, first.application_id))
    copied.database.dispose()
    with runtime.read() as session:  # while the living are read as before
        facts = case_facts(session, runtime.vault, session.get_one(Application, other.application_id))
    assert facts.statement == "The bookings stopped overnight."
    verified(runtime)


def _settings(runtime: Runtime, database: Path) -> Settings:
    return replace(runtime.settings, database_url=f"sqlite:///{database}")


def test_a_restored_copy_is_erased_again(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    first = apply(runtime, person(1))
    with runtime.read() as session:
        key = session.get_one(DataKey, session.get_one(Application, first.application_id).data_key_id)
        wrapped = key.wrapped
    runtime.transact(operator(), erasing.erase, ref=first.ref)
    with runtime.database.writer.connect() as connection:
        connection.execute(
            text("UPDATE data_key SET wrapped = :w WHERE id = :i"), {"w": wrapped, "i": key.id}
        )
        connection.commit()
    (late,) = doctor.examine(runtime, only=("I10 sealed: the erased",))
    assert not late.ok
    assert runtime.transact(operator(), erasing.replay) == 1
    (fine,) = doctor.examine(runtime, only=("I10 sealed: the erased",))
    assert fine.ok
    assert runtime.transact(operator(), erasing.replay) == 0


# --- The keyring ----------------------------------------------------------------------------------------------------


def test_rotating_wraps_every_key_anew_and_changes_nothing_else(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    with runtime.read() as session:
        sealed = session.get_one(ApplicationAnswers, receipt.application_id).statement
        count = len(session.exec(select(DataKey)).all()) + 1  # and the epoch
    assert keys.rotate(runtime, operator()) == (2, count)
    with runtime.read() as session:
        assert {row for row in session.exec(select(DataKey.kek_version))} == {2}
        assert {row for row in session.exec(select(TokenEpoch.kek_version))} == {2}
        assert session.get_one(ApplicationAnswers, receipt.application_id).statement == sealed
        application = session.get_one(Application, receipt.application_id)
        assert case_facts(session, runtime.vault, application).statement == "The bookings stopped overnight."
    again = apply(runtime, person(1))
    runtime.run_due("checks")
    assert stored(runtime, again.ref).referred
    verified(runtime)


def test_forgetting_is_refused_while_anything_is_wrapped_by_it(runtime: Runtime) -> None:
    load(runtime)
    apply(runtime, person(1))
    ring = keyring.load(runtime.settings.keyring_path)
    keyring.save(keyring.with_new_version(ring), runtime.settings.keyring_path)
    with pytest.raises(Refused, match="still wrapped"):
        keys.forget(runtime, operator(), 1)
    assert 1 in keyring.load(runtime.settings.keyring_path).keks
    for wrong in (0, -1, 2, 3, 99):
        with pytest.raises(BadInput):
            keys.forget(runtime, operator(), wrong)
    assert keys.rotate(runtime, operator())[0] == 2  # goes on where it stopped: no third version
    assert keys.forget(runtime, operator(), 1)
    assert not keys.forget(runtime, operator(), 1)


def test_a_process_with_the_old_keyring_goes_on_with_the_new_one(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    other = build(runtime.settings, SetClock(runtime.clock.now()))
    keys.rotate(runtime, operator())
    keys.forget(runtime, operator(), 1)
    with other.read() as session:
        application = session.get_one(Application, receipt.application_id)
        assert case_facts(session, other.vault, application).statement
    apply(other, person(2))
    with runtime.read() as session:
        assert set(session.exec(select(DataKey.kek_version))) == {2}
    other.database.dispose()


def test_a_process_that_cannot_see_the_new_keyring_is_refused_by_the_database(runtime: Runtime) -> None:
    load(runtime)
    old = runtime.settings.keyring_path.with_name("old.json")
    shutil.copy(runtime.settings.keyring_path, old)
    stale = build(replace(runtime.settings, keyring_path=old), SetClock(runtime.clock.now()))
    keys.rotate(runtime, operator())
    keys.forget(runtime, operator(), 1)
    with pytest.raises(Exception, match="no version 2|is forgotten") as refused:
        apply(stale, person(2))
    assert isinstance(refused.value, HardshipError) or "forgotten" in str(refused.value)
    with runtime.read() as session:
        assert session.exec(select(Application)).all() == []
    stale.database.dispose()


def test_a_crash_between_striking_and_saving_is_made_good_by_forgetting_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(runtime)
    keys.rotate(runtime, operator())

    def die(*_args: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr("hardship.jobs.keys.keyring.save", die)
        with pytest.raises(OSError, match="no power"):
            keys.forget(runtime, operator(), 1)
    with runtime.read() as session:
        assert session.exec(select(KeyringMark)).one().oldest == 2
    assert 1 in keyring.load(runtime.settings.keyring_path).keks
    assert keys.forget(runtime, operator(), 1)
    assert 1 not in keyring.load(runtime.settings.keyring_path).keks
    verified(runtime)


def test_only_whoever_runs_the_machine_turns_its_keys(sqlite_runtime: Runtime) -> None:
    admin = sqlite_runtime.transact(SYSTEM, add, "a@example.org", [Role.ADMIN])
    actor = Actor(ActorKind.STAFF, str(admin.id), admin.roles)
    with pytest.raises(Forbidden):
        keys.rotate(sqlite_runtime, actor)
    with pytest.raises(Forbidden):
        keys.forget(sqlite_runtime, actor, 1)


# --- Retention ------------------------------------------------------------------------------------------------------


def test_retention_erases_whoever_is_settled_and_leaves_sums_and_proofs(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fund = house(runtime)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    batch = fund.ready("00", "00")
    approve_all(runtime)
    fund.submit(batch)
    fund.work()
    waits = apply(runtime, person(50))
    books = fund.books()
    command = Command(runtime, capsys, monkeypatch)
    clock.advance(dt.timedelta(days=182))
    assert json.loads(command("retention", "run", "--json")[1])["done"]["details"] == 0
    clock.advance(dt.timedelta(days=2))
    before = everything_in(runtime)
    told = json.loads(command("retention", "run", "--dry-run", "--json")[1])
    assert (told["dry_run"], told["done"]["details"]) == (True, 2)
    assert everything_in(runtime) == before
    assert json.loads(command("retention", "run", "--json")[1])["done"]["details"] == 2
    with runtime.read() as session:
        kept = session.exec(select(ApplicationAnswers.application_id)).all()
        reasons = {one["facts"]["why"] for one in bodies(session) if one["kind"] == "person.erased"}
    assert kept == [waits.application_id]  # in review still
    assert reasons == {ErasedFor.RETENTION.value}
    assert fund.books() == books
    again = json.loads(command("retention", "run", "--json")[1])
    assert not any(again["done"].values())
    verified(runtime)
    healthy(runtime)


def test_payees_names_stay_until_the_accounts_are_signed_off(runtime: Runtime) -> None:
    fund = house(runtime)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    batch = fund.ready("00")
    approve_all(runtime)
    fund.submit(batch)
    fund.work()
    clock.advance(dt.timedelta(days=400))
    retention.run(runtime)
    count = "SELECT count(*) FROM paid_record"
    with runtime.read() as session:
        assert session.connection().execute(text(count)).scalar() == 1
    runtime.transact(operator(), _sign_off, clock.now().date() - dt.timedelta(days=1))
    assert retention.run(runtime)["records"] == 1
    with runtime.read() as session:
        assert session.connection().execute(text(count)).scalar() == 0
    verified(runtime)


def _sign_off(tx: object, through: dt.date) -> None:
    from hardship.payouts.service.signoff import propose_sign_off

    propose_sign_off(tx, fund="small", through=through)  # type: ignore[arg-type]


def test_an_epoch_begins_each_year_and_dies_at_two(runtime: Runtime) -> None:
    load(runtime)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    receipt = apply(runtime, person(1))
    assert keys.turn_epochs(runtime) == 0
    clock.advance(dt.timedelta(days=366))
    assert keys.turn_epochs(runtime) == 1
    with runtime.read() as session:
        assert len(runtime.vault.epochs(session)) == 2
    clock.advance(dt.timedelta(days=365))
    assert keys.turn_epochs(runtime) == 2  # a third begins, the first dies
    with runtime.read() as session:
        epochs = session.exec(select(TokenEpoch).order_by(col(TokenEpoch.id))).all()
        assert [one.wrapped is not None for one in epochs] == [False, True, True]
        left = session.exec(
            select(ApplicationToken).where(ApplicationToken.application_id == receipt.application_id)
        ).all()
    assert left == []
    verified(runtime)


def test_bad_input_to_the_commands_changes_nothing(
    sqlite_runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    apply(runtime, person(1))
    command, before = Command(runtime, capsys, monkeypatch), everything_in(runtime)
    for words in (
        ("person", "erase", "NONE-SUCH"),
        ("person", "erase"),
        ("keys", "rotate", "--forget", "1"),
        ("keys", "rotate", "--forget", "-3"),
        ("keys", "rotate", "--forget", "x"),
        ("retention", "run", "--quickly"),
        ("person", "erase", "X", "--as", "nobody@example.org"),
    ):
        status, out, err = command(*words)
        assert (status, out) == (2, ""), words
        assert err.startswith("hardship: ")
        assert err.count("\n") == 1
    assert everything_in(runtime) == before


def test_the_worker_does_it_but_not_in_a_rehearsal(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    receipt = apply(runtime, person(1))
    runtime.transact(Actor(ActorKind.APPLICANT, receipt.ref), withdraw, application_id=receipt.application_id)
    clock = runtime.clock
    assert isinstance(clock, SetClock)
    clock.advance(dt.timedelta(days=190))
    assert runtime.run_due("retention") == 0
    runtime.vault.keyring = replace(runtime.vault.keyring, purpose="own")
    assert runtime.run_due("retention") == 1
    with runtime.read() as session:
        assert session.get(ApplicationAnswers, receipt.application_id) is None
