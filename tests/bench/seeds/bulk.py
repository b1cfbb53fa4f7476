"""Inserting many rows the fast way of each driver, past the services: for seeds only."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from hardship.core.runtime import Runtime

_PAGES = -512 * 1024  # KiB of SQLite's page cache: random keys want their index in memory


def fill(runtime: Runtime, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `table`, all or nothing."""
    connection: Any = runtime.database.writer.raw_connection()
    driver, names = connection.driver_connection, ", ".join(f'"{name}"' for name in columns)
    try:
        if runtime.database.dialect == "sqlite":
            _sqlite(driver, f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
        else:
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            driver.commit()
    finally:
        connection.invalidate()  # its settings were for this alone


def _sqlite(driver: Any, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute(f"PRAGMA cache_size={_PAGES}")
    driver.execute("BEGIN IMMEDIATE")
    driver.executemany(statement, ([_stored(value) for value in row] for row in rows))
    driver.execute("COMMIT")


def _stored(value: Any) -> Any:
    """As our columns hold it in SQLite."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
