"""Two databases with one behaviour: SQLite (embedded) and PostgreSQL (more than one machine).

Writers on SQLite begin with BEGIN IMMEDIATE, so that a read inside a transaction is never stale; on PostgreSQL they
run READ COMMITTED and lock rows with FOR UPDATE in the one order: fund → agreements (id) → contributions (id) →
award → payment → ledger → audit head. Pages that decide nothing read through a read-only engine.
"""

import datetime as dt
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Enum,
    LargeBinary,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from hardship.core.clock import utc

T = TypeVar("T")

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware instant, stored in UTC to the microsecond; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """To the database: UTC, without the zone where the database cannot keep one."""
        if value is None:
            return None
        at = utc(value)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """From the database: aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def instant(**options: Any) -> Any:
    """A column for an instant."""
    return Field(sa_type=UtcDateTime, **options)


def pence(**options: Any) -> Any:
    """A column for an amount in minor units."""
    return Field(sa_type=BigInteger, **options)


def sealed(**options: Any) -> Any:
    """A column for a sealed value; NULL when there is none."""
    return Field(default=None, sa_type=LargeBinary, **options)


def choice(kind: type[StrEnum], **options: Any) -> Any:
    """A column for an enum, stored by value."""
    kept = Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
    return Field(sa_type=cast(Any, kept), **options)


class Database:
    """The engines of one database: `writer` for use cases, `reader` for pages that decide nothing."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self.writer = _sqlite_engine(url, "BEGIN IMMEDIATE", query_only=False)
            self.reader = _sqlite_engine(url, "BEGIN", query_only=True)
            self.glancer = self.reader
        else:
            self.writer = _postgres_engine(url, "READ COMMITTED")
            self.reader = _postgres_engine(url, "REPEATABLE READ", read_only=True)
            self.glancer = self.reader.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading only, all of it from one snapshot; a write through it fails."""
        with Session(self.reader) as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """A session for reading only in which every statement sees what is committed by then.

        For single statements and lists: PostgreSQL is spared two round trips, for there is nothing to begin or end.
        """
        with Session(self.glancer) as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection, for instance after a fork."""
        self.writer.dispose()
        self.reader.dispose()


RESTED = 5.0  # seconds in the pool after which a connection is tried before it is used


def _postgres_engine(
    url: str, isolation: Literal["READ COMMITTED", "REPEATABLE READ"], *, read_only: bool = False
) -> Engine:
    """An engine whose connections are tried after a rest: the server may have ended them meanwhile. Trying each one
    every time, as SQLAlchemy's own `pool_pre_ping` does, costs a round trip for every transaction."""
    engine = create_engine(url, isolation_level=isolation, hide_parameters=True)

    def on_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        if read_only:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()

    def on_checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["resting_since"] = time.monotonic()

    def on_checkout(connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if time.monotonic() - record.info.get("resting_since", math.inf) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the server ended the connection") from error

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "checkin", on_checkin)
    event.listen(engine, "checkout", on_checkout)
    return engine


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    # What is deleted is overwritten in the file. Some builds do so unasked, others leave it until the page is used again.
    "secure_delete=ON",
    # The log is brought into the file every 16 MB, not every 4: one of our commits touches some thirty pages, most of
    # them again and again, and at the default every thirtieth commit pays for a checkpoint.
    "wal_autocheckpoint=4000",
)


def _sqlite_engine(url: str, begin: str, *, query_only: bool) -> Engine:
    # isolation_level=None switches the driver's own transactions off; BEGIN is ours, emitted on "begin".
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "timeout": 30, "check_same_thread": False},
        hide_parameters=True,
    )

    def on_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def lock(session: Session, statement: SelectOfScalar[T]) -> Sequence[T]:
    """Rows locked until the transaction ends, and read anew: an earlier read in the session never wins."""
    return session.exec(locking(statement)).all()


def locking(statement: SelectOfScalar[T]) -> SelectOfScalar[T]:
    """A statement that locks what it reads, for the paths that are gone often: made once, with bound parameters, it
    costs a third of one made each time. `session.exec(made, params={…}).all()` is then what `lock` does."""
    return statement.with_for_update().execution_options(populate_existing=True)


_RETRIED = {"40001", "40P01"}  # serialization failure, deadlock detected


def passes_by_itself(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is simply run again."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _RETRIED:
        return True
    if is_locked(error):
        return True
    message = str(error.orig)
    return isinstance(error, IntegrityError) and (
        "uq_audit_event_prev" in message or "audit_event.prev" in message
    )


def is_locked(error: DBAPIError) -> bool:
    """Whether SQLite gave up waiting for another writer."""
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


def violated(error: IntegrityError, constraint: str, *columns: str) -> bool:
    """Whether `error` comes from the named unique constraint (SQLite names its columns instead, as `table.column`)."""
    message = str(error.orig)
    return constraint in message or bool(columns and ", ".join(columns) in message)


def one(session: Session, sql: str, **values: Any) -> Any:
    """The single value a plain SQL question answers."""
    return session.connection().execute(text(sql), values).scalar_one()
