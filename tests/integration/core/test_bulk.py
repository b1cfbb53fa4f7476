"""Many rows at once: the same values, the same guards and the same errors as one by one, on both databases."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from hardship.core import bulk
from hardship.core.actor import SYSTEM
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.models import Entry, FundClass, Journal, Pot
from hardship.ledger.service import open_pot

_KEY = DataKey.__table__  # type: ignore[attr-defined]
_POT = Pot.__table__  # type: ignore[attr-defined]
_JOURNAL = Journal.__table__  # type: ignore[attr-defined]
_ENTRY = Entry.__table__  # type: ignore[attr-defined]
FEW, MANY = 3, bulk.MANY + 3
AT = dt.datetime(2020, 4, 1, 9, 30, 15, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def key(number: int) -> dict[str, Any]:
    """A row of bytes, instants and nothings."""
    wrapped = bytes(range(256)) if number % 2 else None
    return {"id": f"k{number}", "kek_version": 1, "wrapped": wrapped, "created_at": AT, "destroyed_at": None}


def pot(number: int) -> dict[str, Any]:
    """A row of text that is hard to quote, an enum and a truth value."""
    text = f"p\t{number}\\N\n'é"
    return {
        "ref": text,
        "fund_slug": "f",
        "fund_class": FundClass.RESTRICTED,
        "currency": "GBP",
        "is_community": True,
    }


@pytest.mark.parametrize("count", [1, FEW, MANY])
def test_rows_come_back_as_they_were(runtime: Runtime, count: int) -> None:
    """However many there are, and whichever way they go."""

    def go(tx: Transaction) -> None:
        connection = tx.session.connection()
        bulk.add(connection, _KEY, [key(number) for number in range(count)])
        for number in range(count):
            found = tx.session.get(DataKey, f"k{number}")
            assert found is not None
            wrapped = found.wrapped and bytes(found.wrapped)
            assert (wrapped, found.created_at, found.destroyed_at) == (key(number)["wrapped"], AT, None)

    runtime.transact(SYSTEM, go)


@pytest.mark.parametrize("count", [0, 1, FEW, MANY])
def test_numbers_are_in_the_order_of_the_rows(runtime: Runtime, count: int) -> None:
    """Each row's own number, and enums and odd text as the database holds them otherwise."""

    def go(tx: Transaction) -> None:
        rows = [pot(number) for number in reversed(range(count))]
        given = bulk.add_numbered(tx.session.connection(), _POT, "ref", rows)
        stored = [tx.session.get_one(Pot, number) for number in given]
        assert [one.ref for one in stored] == [row["ref"] for row in rows]
        assert {one.fund_class for one in stored} <= {FundClass.RESTRICTED}
        assert all(one.is_community is True for one in stored)

    runtime.transact(SYSTEM, go)


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_key_that_is_taken_is_an_integrity_error(runtime: Runtime, count: int) -> None:
    """The same exception as an insert's, naming the constraint, and nothing stands."""

    def go(tx: Transaction) -> None:
        rows = [pot(number) for number in range(count)]
        bulk.add(tx.session.connection(), _POT, [*rows, rows[0]])

    with pytest.raises(IntegrityError) as caught:
        runtime.transact(SYSTEM, go)
    assert "uq_pot_ref" in str(caught.value.orig) or "pot.ref" in str(caught.value.orig)
    with runtime.read() as session:
        assert session.connection().execute(select(_POT)).all() == []


def test_the_database_s_guards_hold(runtime: Runtime) -> None:
    """An entry in another pot than its account's is refused, in a crowd as alone."""

    def go(tx: Transaction) -> None:
        pots = [
            open_pot(
                tx,
                ref=ref,
                fund_slug="f",
                fund_class=FundClass.RESTRICTED,
                currency="GBP",
                is_community=False,
            )
            for ref in "ab"
        ]
        connection = tx.session.connection()
        journal = {
            "idem_key": "j",
            "kind": "x",
            "fund_slug": "f",
            "cause": "c",
            "effective_on": AT.date(),
            "recorded_at": AT,
            "posted": False,
            "reverses_id": None,
        }
        number = connection.execute(insert(_JOURNAL).returning(_JOURNAL.c.id), journal).scalar_one()
        entry = {
            "journal_id": number,
            "account_id": 1,
            "pot_id": pots[1].id,
            "currency": "GBP",
            "amount_minor": 5,
        }
        bulk.add(connection, _ENTRY, [entry] * MANY)

    with pytest.raises(DBAPIError, match="an entry stands in its account's pot"):
        runtime.transact(SYSTEM, go)


def test_a_statement_that_failed_can_be_undone_alone(runtime: Runtime) -> None:
    """Within a savepoint, so that the rest of the transaction stands."""

    def go(tx: Transaction) -> int:
        connection = tx.session.connection()
        bulk.add(connection, _POT, [pot(0)])
        with pytest.raises(IntegrityError), connection.begin_nested():
            bulk.add(connection, _POT, [pot(number) for number in range(MANY)])
        return len(connection.execute(select(_POT)).all())

    assert runtime.transact(SYSTEM, go) == 1
