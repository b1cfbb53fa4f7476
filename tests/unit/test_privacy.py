"""Every column that holds something of a person says what for, on what basis, and how long."""

import datetime as dt

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from hardship.core.errors import BadInput
from hardship.core.held import Key, register
from hardship.core.retention import DEFAULTS, Period, parse
from hardship.rooms import modules

PLAIN = {("staff", "email"), ("staff", "password_hash"), ("audit_event", "body"), ("rate_limit", "key")}
NOT_OF_PEOPLE: set[tuple[str, str]] = set()


def columns() -> set[tuple[str, str]]:
    list(modules("models"))
    return {
        (table.name, column.name)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }


def test_every_sealed_column_declares_itself_and_none_that_is_not_there() -> None:
    """If this fails, say in the room's `privacy.py` what the new column is for, then run `make docs`."""
    declared = {(held.table, held.column) for held in register()}
    assert (columns() | PLAIN) - NOT_OF_PEOPLE - declared == set()
    existing = {
        (table.name, column.name) for table in SQLModel.metadata.tables.values() for column in table.columns
    }
    assert declared - existing == set()


def test_nothing_is_declared_twice_or_without_words() -> None:
    held = list(register())
    assert len({(one.table, one.column) for one in held}) == len(held)
    assert all(one.purpose and one.until for one in held)


def test_what_the_applicants_key_seals_is_found_from_the_case() -> None:
    """Erasing empties these columns: each has to lead to the case by its foreign keys."""
    from hardship.applications.owndata.erasing import _of_case

    list(modules("models"))
    for held in register():
        if held.key is Key.APPLICANT:
            assert _of_case(SQLModel.metadata.tables[held.table], 1) is not None, held


def test_periods_are_settings_with_the_defaults_of_the_house() -> None:
    assert parse("", where="X") == dict(DEFAULTS)
    assert parse("details=90, evidence = 30", where="X")[Period.DETAILS] == dt.timedelta(days=90)
    assert {period.value: length.days for period, length in DEFAULTS.items()} == {
        "drafts": 7,
        "devices": 30,
        "evidence": 90,
        "details": 183,
        "complaints": 183,
        "tokens": 730,
        "books": 2557,
        "backups": 30,
    }


@pytest.mark.parametrize(
    "text", ["x=1", "details=0", "details=-1", "details=1e9", "details=٣", "details", "books=1"]
)
def test_a_period_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text, where="HARDSHIP_RETENTION")
