"""One transaction: whole or not at all, in turn, and written down."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import select

from hardship.audit.models import AuditEvent
from hardship.core import db
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.ledger.models import Account, AccountKind, FundClass
from hardship.ledger.service import open_pot


def a_counter(tx: Transaction) -> int:
    """An account to count on; returns its number."""
    pot = open_pot(
        tx, ref="c", fund_slug="c", fund_class=FundClass.RESTRICTED, currency="GBP", is_community=True
    )
    return (
        tx.session.exec(
            select(Account.id).where(Account.pot_id == pot.id, Account.kind == AccountKind.BANK)
        ).one()
        or 0
    )


def read_then_add(tx: Transaction, account: int) -> None:
    """Read, then lock, then write what was read plus one: right only if the locked read is fresh."""
    tx.session.get(Account, account)
    row = lock(tx.session, select(Account).where(Account.id == account))[0]
    row.balance_minor += 1
    tx.session.add(row)
    tx.record("test.added", f"account:{account}", balance=row.balance_minor)


def test_rivals_take_turns_and_no_step_is_lost(runtime: Runtime) -> None:
    """Eight rivals, ten steps each: eighty, and eighty events in one chain."""
    account = runtime.transact(SYSTEM, a_counter)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: runtime.transact(SYSTEM, read_then_add, account), range(80)))
    with runtime.read() as session:
        assert session.get_one(Account, account).balance_minor == 80
        events = session.exec(select(AuditEvent).order_by(AuditEvent.seq)).all()  # type: ignore[arg-type]
    assert [event.seq for event in events] == list(range(1, 81))
    assert all(event.prev == before.hash for before, event in zip(events, events[1:], strict=False))


def test_a_failure_leaves_nothing_behind(runtime: Runtime) -> None:
    """Neither the change nor its event stands."""
    account = runtime.transact(SYSTEM, a_counter)

    def fail(tx: Transaction) -> None:
        read_then_add(tx, account)
        raise Refused("no")

    with pytest.raises(Refused):
        runtime.transact(SYSTEM, fail)
    with runtime.read() as session:
        assert session.get_one(Account, account).balance_minor == 0
        assert session.exec(select(AuditEvent)).all() == []


def test_a_refused_part_leaves_the_rest_standing(runtime: Runtime) -> None:
    """A savepoint takes back the part's changes, its events and what was to follow it."""
    account = runtime.transact(SYSTEM, a_counter)
    followed: list[str] = []

    def partly(tx: Transaction) -> None:
        read_then_add(tx, account)
        with pytest.raises(Refused), tx.attempt():
            read_then_add(tx, account)
            tx.after_commit(lambda: followed.append("part"))
            raise Refused("no")
        tx.after_commit(lambda: followed.append("whole"))

    runtime.transact(SYSTEM, partly)
    with runtime.read() as session:
        assert session.get_one(Account, account).balance_minor == 1
        assert len(session.exec(select(AuditEvent)).all()) == 1
    assert followed == ["whole"]


@pytest.mark.parametrize("way", ["read", "glance"])
def test_the_reading_engine_cannot_write(runtime: Runtime, way: str) -> None:
    """Pages that decide nothing can change nothing."""
    with getattr(runtime, way)() as session, pytest.raises(DBAPIError):
        session.connection().execute(text("UPDATE data_key SET wrapped = wrapped"))
        session.commit()


def test_a_connection_that_the_server_ended_while_it_rested_is_replaced(
    make_runtime: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime("postgresql")
    monkeypatch.setattr(db, "RESTED", 0.0)
    mine = text("SELECT pg_backend_pid()")
    end = text("SELECT pg_terminate_backend(:pid, 5000)")
    with runtime.glance() as session:
        resting = session.connection().execute(mine).scalar_one()
    ended = runtime.transact(
        SYSTEM, lambda tx: tx.session.connection().execute(end, {"pid": resting}).scalar_one()
    )
    with runtime.glance() as session:
        assert session.connection().execute(mine).scalar_one() != resting
    assert ended


def test_a_transaction_that_lost_a_race_is_run_again(make_runtime: Callable[[str], Runtime]) -> None:
    """A deadlock reported by the database is tried anew, and the work is done once."""
    runtime = make_runtime("sqlite")
    account = runtime.transact(SYSTEM, a_counter)
    tries: list[int] = []

    def contended(tx: Transaction) -> None:
        tries.append(1)
        read_then_add(tx, account)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))

    runtime.transact(SYSTEM, contended)
    assert len(tries) == 3
    with runtime.read() as session:
        assert session.get_one(Account, account).balance_minor == 1


@pytest.mark.parametrize("engine", ["writer", "reader"])
def test_what_a_statement_carried_is_not_in_its_error(runtime: Runtime, engine: str) -> None:
    """Whatever a fault quotes, it never quotes what somebody typed."""
    with getattr(runtime.database, engine).connect() as connection:
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT :typed FROM no_such_table"), {"typed": "Ada Lovelace"})
        connection.rollback()
    assert "Lovelace" not in str(caught.value)
