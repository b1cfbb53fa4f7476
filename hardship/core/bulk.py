"""Many rows in few statements, and the statements made once: building one costs as much as running it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, Select, Table, bindparam, insert, select

AT_ONCE = 500
"""How many keys one statement asks for."""


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; none is no statement."""
    if rows:
        connection.execute(_adding(table), rows)


def add_numbered(
    connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows, and return their numbers (`id`) in order; `key` is a column that no two rows share.

    Of many, the numbers are asked for afterwards: returned in order, SQLite would insert row by row.
    """
    if len(rows) == 1:
        return [connection.execute(_adding_one(table), rows[0]).scalar_one()]
    add(connection, table, rows)
    keys = [row[key] for row in rows]
    found = dict(numbers(connection, table, key, keys))
    return [found[one] for one in keys]


def numbers(connection: Connection, table: Table, key: str, keys: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """The rows among `keys` that are there: (key, number), in no order."""
    for start in range(0, len(keys), AT_ONCE):
        for row in connection.execute(_numbers(table, key), {"keys": keys[start : start + AT_ONCE]}):
            yield row[0], row[1]


@lru_cache
def _adding(table: Table) -> Insert:
    return insert(table)


@lru_cache
def _adding_one(table: Table) -> Any:
    return insert(table).returning(table.c.id)


@lru_cache
def _numbers(table: Table, key: str) -> Select[Any]:
    column = table.c[key]
    return select(column, table.c.id).where(column.in_(bindparam("keys", expanding=True)))
