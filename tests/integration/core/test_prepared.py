"""Prepared statements: the same values in and out as SQLAlchemy's own, the same errors, in the same transaction."""

import datetime as dt

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from hardship.core.models import TokenEpoch
from hardship.core.prepared import Prepared
from hardship.core.runtime import Runtime
from hardship.ledger.models import Account, AccountKind, FundClass, Journal, Pot

_POT = Pot.__table__  # type: ignore[attr-defined]
_ACCOUNT = Account.__table__  # type: ignore[attr-defined]
_EPOCH = TokenEpoch.__table__  # type: ignore[attr-defined]
_JOURNAL = Journal.__table__  # type: ignore[attr-defined]

POT = {
    "ref": "p",
    "fund_slug": "f",
    "fund_class": FundClass.DESIGNATED,
    "currency": "GBP",
    "is_community": True,
    "held_as_agent": False,
}
ADD_POT = Prepared(insert(_POT).returning(_POT.c.id), tuple(POT))
POTS = Prepared(
    select(_POT.c.ref, _POT.c.fund_class, _POT.c.is_community).where(_POT.c.ref == bindparam("ref"))
)


def test_what_goes_in_comes_out_as_sqlalchemy_gives_it(runtime: Runtime) -> None:
    """Enums, booleans, instants, days, bytes and nothing at all."""
    at = dt.datetime(2020, 4, 1, 9, 30, 0, 123456, tzinfo=dt.UTC)
    epoch = {"kek_version": 1, "wrapped": b"\x00\xff", "created_at": at, "destroyed_at": None}
    with runtime.database.writer.begin() as connection:
        ADD_POT.rows(connection, **POT)
        Prepared(insert(_EPOCH), tuple(epoch)).run(connection, epoch)
        journal = {
            "idem_key": "k",
            "kind": "x",
            "fund_slug": "f",
            "cause": "c",
            "effective_on": dt.date(2020, 4, 1),
        }
        connection.execute(insert(_JOURNAL), journal | {"recorded_at": at, "posted": False})
        for table in (_POT, _EPOCH, _JOURNAL):
            statement = select(table).order_by(*table.primary_key)
            own = Prepared(statement).rows(connection)
            assert own == [tuple(row) for row in connection.execute(statement)]
            assert own


def test_a_fixed_value_in_the_statement_is_kept(runtime: Runtime) -> None:
    """Only what is asked for is given."""
    fixed = Prepared(select(_POT.c.ref).where(_POT.c.is_community.is_(True), _POT.c.currency == "GBP"))
    with runtime.database.writer.begin() as connection:
        ADD_POT.rows(connection, **POT)
        ADD_POT.rows(connection, **(POT | {"ref": "q", "is_community": False}))
        assert fixed.rows(connection) == [("p",)]
        with pytest.raises(KeyError):
            POTS.rows(connection)


def test_many_rows_run_once_each_and_none_is_nothing(runtime: Runtime) -> None:
    """In the order given."""
    move = Prepared(
        update(_ACCOUNT)
        .where(_ACCOUNT.c.kind == bindparam("which"))
        .values(balance_minor=_ACCOUNT.c.balance_minor + bindparam("by"))
    )
    with runtime.database.writer.begin() as connection:
        ((pot,),) = ADD_POT.rows(connection, **POT)
        row = {"pot_id": pot, "currency": "GBP", "balance_minor": 0}
        add = Prepared(insert(_ACCOUNT), (*row, "kind"))
        add.run(connection, *(row | {"kind": kind} for kind in (AccountKind.BANK, AccountKind.FEES)))
        move.run(connection)
        move.run(connection, *({"which": AccountKind.BANK, "by": by} for by in (5, 7)))
        balances = select(_ACCOUNT.c.kind, _ACCOUNT.c.balance_minor).order_by(_ACCOUNT.c.id)
        assert Prepared(balances).rows(connection) == [(AccountKind.BANK, 12), (AccountKind.FEES, 0)]


def test_it_works_in_the_connections_transaction(runtime: Runtime) -> None:
    """What is rolled back was never there."""
    with runtime.database.writer.connect() as connection:
        connection.begin()
        ADD_POT.rows(connection, **POT)
        assert POTS.rows(connection, ref="p") == [("p", FundClass.DESIGNATED, True)]
        connection.rollback()
        assert POTS.rows(connection, ref="p") == []


def test_errors_are_sqlalchemys_without_the_values(runtime: Runtime) -> None:
    """So that whoever waits for an `IntegrityError` or runs again on a deadlock need not know; no value is told."""
    with runtime.database.writer.connect() as connection:
        connection.begin()
        ADD_POT.rows(connection, **POT)
        with pytest.raises(IntegrityError) as refused:
            ADD_POT.rows(connection, **(POT | {"fund_slug": "canary"}))
        assert "canary" not in str(refused.value)
        assert refused.value.hide_parameters is True
        connection.rollback()
        with runtime.database.reader.connect() as reader, pytest.raises(DBAPIError):
            Prepared(update(_POT).values(ref="x")).run(reader, {})
