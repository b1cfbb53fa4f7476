"""Personal data is sealed: not in the database file, its WAL, logs or events; and a sealed value opens only in its place."""

import logging
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text, update

from hardship.applications import drafts
from hardship.applications.answers import FIELDS
from hardship.applications.models import ApplicationAnswers
from hardship.applications.service import case_facts, give_bank_details, open_fields, payees
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role
from hardship.core.errors import BadInput, Broken, Forbidden, NotFound
from hardship.core.keyring import generate, save
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from hardship.wiring import check_database
from tests.integration.applications.helpers import ANSWERS, apply, bodies, everything_in, load, person, stored

CANARIES = {
    "legal_name": "Canarina Zyxwvut",
    "working_name": "Kanarie",
    "birth_year": "1937",
    "outward_postcode": "ZE3",
    "email": "zyxwvut.canary@example.org",
    "phone": "+447911999777",
    "sort_code": "918273",
    "account_number": "64738291",
    "income_before": "7777.31",
    "income_now": "3131.77",
    "reason": "homelessness",
    "statement": "A canary sang in the coal mine.",
    "voucher": "CANARY-VOUCHER-77",
    "connected": "no",
}


def everywhere(runtime: Runtime) -> bytes:
    """All bytes of the database: SQLite's file and WAL, or every value of every table."""
    if runtime.database.dialect == "sqlite":
        path = Path(str(runtime.database.url.database))
        return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))
    return repr(everything_in(runtime)).encode()


def test_no_canary_is_found_anywhere(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    load(runtime)
    secret = runtime.transact(PUBLIC, drafts.begin, round_id=1)
    identity = drafts.draft_id(runtime.vault, secret)
    runtime.transact(PUBLIC, drafts.keep, identity=identity, question="7", answers=CANARIES)
    receipt = apply(runtime, CANARIES)
    runtime.run_due("checks")
    applicant = Actor(ActorKind.APPLICANT, receipt.ref)
    bank = {name: CANARIES[name] for name in ("legal_name", "sort_code", "account_number")}
    runtime.transact(applicant, give_bank_details, application_id=receipt.application_id, **bank)
    found = everywhere(runtime) + caplog.text.encode()
    hidden = [value for value in CANARIES.values() if value not in ("homelessness", "no", "1937")]
    for value in (
        *hidden,
        receipt.claim_code,
        secret,
        "Canarina",
        "zyxwvut",
        "7911999777",
        "91-82-73",
        "Zyxwvut",
    ):
        assert value.encode() not in found, value
    # Short values would be found by chance among random bytes: no column holds them.
    for rows in everything_in(runtime).values():
        for row in rows:
            assert not {"homelessness", "1937", "ZE3"} & {value for value in row if isinstance(value, str)}


def test_what_was_sealed_is_what_comes_back(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, CANARIES)
    lead = runtime.transact(SYSTEM, add, "lead@example.org", [Role.LEAD])
    actor = Actor(ActorKind.STAFF, str(lead.id), lead.roles)
    opened = runtime.transact(
        actor, open_fields, application_id=receipt.application_id, fields=FIELDS, why="to call"
    )
    assert opened == CANARIES


def test_each_reading_is_one_event_with_the_fields_and_without_values(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, CANARIES)
    lead = runtime.transact(SYSTEM, add, "lead@example.org", [Role.LEAD])
    actor = Actor(ActorKind.STAFF, str(lead.id), lead.roles)
    for _ in range(2):
        runtime.transact(
            actor,
            open_fields,
            application_id=receipt.application_id,
            fields=["phone"],
            why="Canary call-back",
        )
    with runtime.read() as session:
        read = [one for one in bodies(session) if one["kind"] == "application.fields_read"]
    assert [one["facts"]["fields"] for one in read] == [["phone"], ["phone"]]
    assert b"Canary call-back" not in everywhere(runtime)


@pytest.mark.parametrize(
    ("role", "fields", "why", "error"),
    [
        (Role.REVIEWER, ["phone"], "to call", Forbidden),
        (Role.FINANCE, ["phone"], "to call", Forbidden),
        (Role.LEAD, ["phone"], " ", BadInput),
        (Role.LEAD, ["phone"], "x" * 301, BadInput),
        (Role.LEAD, ["nationality"], "to call", BadInput),
        (Role.LEAD, [], "to call", BadInput),
    ],
)
def test_a_field_opens_only_for_a_lead_with_a_reason(
    sqlite_runtime: Runtime, role: Role, fields: list[str], why: str, error: type[Exception]
) -> None:
    load(sqlite_runtime)
    receipt = apply(sqlite_runtime, CANARIES)
    staff = sqlite_runtime.transact(SYSTEM, add, "somebody@example.org", [role])
    actor = Actor(ActorKind.STAFF, str(staff.id), staff.roles)
    before = everything_in(sqlite_runtime)
    with pytest.raises(error):
        sqlite_runtime.transact(
            actor, open_fields, application_id=receipt.application_id, fields=fields, why=why
        )
    assert everything_in(sqlite_runtime) == before


def test_what_a_reviewer_sees_names_nobody(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, CANARIES)
    with runtime.read() as session:
        facts = case_facts(session, runtime.vault, stored(runtime, receipt.ref))
    shown = repr(facts) + facts.statement
    for name in (
        "legal_name",
        "working_name",
        "email",
        "phone",
        "sort_code",
        "account_number",
        "birth_year",
        "voucher",
    ):
        assert CANARIES[name] not in shown
    assert facts.has_voucher
    assert facts.connected is False


@pytest.mark.parametrize("column", ["legal_name", "account_number"])
def test_a_sealed_value_moved_to_another_row_does_not_open(runtime: Runtime, column: str) -> None:
    load(runtime)
    first, second = apply(runtime, person(1)), apply(runtime, person(2))
    table = ApplicationAnswers.__table__  # type: ignore[attr-defined]
    with runtime.database.writer.begin() as connection:
        moved = connection.execute(
            text(f"SELECT {column} FROM application_answers WHERE application_id = :id"),
            {"id": first.application_id},
        ).scalar_one()
        connection.execute(
            update(table).where(table.c.application_id == second.application_id).values(**{column: moved})
        )
    with runtime.read() as session, pytest.raises(Broken, match="does not open"):
        payees(session, runtime.vault, [second.application_id])


def test_a_sealed_value_moved_to_another_column_does_not_open(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    receipt = apply(sqlite_runtime, ANSWERS)
    with sqlite_runtime.database.writer.begin() as connection:
        connection.execute(text("UPDATE application_answers SET legal_name = statement"))
    with sqlite_runtime.read() as session, pytest.raises(Broken, match="does not open"):
        payees(session, sqlite_runtime.vault, [receipt.application_id])


def test_another_keyring_is_refused_and_opens_nothing(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    receipt = apply(sqlite_runtime, ANSWERS)
    settings = sqlite_runtime.settings
    shutil.copy(settings.keyring_path, settings.keyring_path.with_suffix(".kept"))
    save(generate("demo"), settings.keyring_path)
    from hardship.wiring import build

    other = build(settings, sqlite_runtime.clock, check=False)
    with pytest.raises(Broken, match="another database"):
        check_database(other)
    with other.read() as session, pytest.raises(Broken):
        payees(session, other.vault, [receipt.application_id])
    other.database.dispose()


def test_an_erased_persons_answers_are_gone_and_the_case_can_still_be_shown(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, ANSWERS)
    with runtime.database.writer.begin() as connection:
        connection.execute(
            text("UPDATE data_key SET wrapped = NULL WHERE id = (SELECT data_key_id FROM application)")
        )
    with runtime.read() as session:
        facts = case_facts(session, runtime.vault, stored(runtime, receipt.ref))
        assert facts.erased
        assert payees(session, runtime.vault, [receipt.application_id]) == {}
    assert runtime.run_due("checks") == 1
    lead = runtime.transact(SYSTEM, add, "lead@example.org", [Role.LEAD])
    with pytest.raises(NotFound):
        runtime.transact(
            Actor(ActorKind.STAFF, str(lead.id), lead.roles),
            open_fields,
            application_id=receipt.application_id,
            fields=["phone"],
            why="to call",
        )


def test_the_database_file_alone_is_readable_by_nobody(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    """A thief with the file and no keyring sees references, states and noise."""
    load(sqlite_runtime)
    apply(sqlite_runtime, CANARIES)
    stolen = tmp_path / "stolen.db"
    with (
        sqlite3.connect(str(sqlite_runtime.database.url.database)) as source,
        sqlite3.connect(stolen) as copy,
    ):
        source.backup(copy)
    dump = stolen.read_bytes()
    assert b"Canarina" not in dump
    assert b"64738291" not in dump
    source.close()
    copy.close()
