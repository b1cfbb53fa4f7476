"""Many rows in few statements, and the statements made once: building one costs as much as running it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table, bindparam, insert, select

from hardship.core.prepared import Prepared

AT_ONCE = 500
"""How many keys one statement asks for."""
FEW = 8
"""Up to how many rows one statement inserts at once."""
MANY = 50
"""From how many rows on the driver's own way (on PostgreSQL: COPY) is worth its beginning; triggers and constraints
hold there too."""


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; none is no statement. Raises `IntegrityError` as an insert does."""
    if not rows:
        return
    names = tuple(rows[0])
    if not _is_whole(table, names):
        connection.execute(insert(table), rows)
    elif len(rows) >= MANY:
        _add_many(connection, table, rows)
    elif 1 < len(rows) <= FEW:
        given = {f"{name}_{at}": row[name] for at, row in enumerate(rows) for name in names}
        _adding_few(table, names, len(rows)).run(connection, given)
    else:
        _adding(table, names).run(connection, *rows)


def _add_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    names = tuple(
        column.name for column in table.c if column.name in rows[0]
    )  # in the order of an insert's text
    stored = _stored(table, names, rows, connection.dialect)
    if connection.dialect.name == "postgresql":
        from hardship.core.copying import copy_rows  # here, so that SQLite never loads the other driver

        copy_rows(connection, table, names, stored)
    else:
        connection.exec_driver_sql(_as_text(table, names, connection.dialect), list(stored))


def _stored(
    table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]], dialect: Dialect
) -> Iterator[tuple[Any, ...]]:
    """The rows' values as our column types store them."""
    columns: list[list[Any]] = []
    for name in names:
        values = [row[name] for row in rows]
        write = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        columns.append([write(value) for value in values] if write else values)
    return zip(*columns, strict=True)


def add_numbered(
    connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows, and return their numbers (`id`) in order; `key` is a column that no two rows share.

    Of many, the numbers are asked for afterwards: returned in order, SQLite would insert row by row.
    """
    if len(rows) == 1 and _is_whole(table, names := tuple(rows[0])):
        return [_adding_one(table, names).rows(connection, **rows[0])[0][0]]
    add(connection, table, rows)
    keys = [row[key] for row in rows]
    found = dict(numbers(connection, table, key, keys))
    return [found[one] for one in keys]


def numbers(connection: Connection, table: Table, key: str, keys: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """The rows among `keys` that are there: (key, number), in no order."""
    if len(keys) == 1:
        yield from _number(table, key).rows(connection, key=keys[0])
        return
    for start in range(0, len(keys), AT_ONCE):
        for row in connection.execute(_numbers(table, key), {"keys": keys[start : start + AT_ONCE]}):
            yield row[0], row[1]


@lru_cache
def _adding(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(table), names)


@lru_cache
def _as_text(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=list(names)))


@lru_cache
def _adding_few(table: Table, names: tuple[str, ...], count: int) -> Prepared:
    values = [
        {name: bindparam(f"{name}_{at}", type_=table.c[name].type) for name in names} for at in range(count)
    ]
    return Prepared(insert(table).values(values))


@lru_cache
def _adding_one(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(table).returning(table.c.id), names)


@lru_cache
def _number(table: Table, key: str) -> Prepared:
    return Prepared(select(table.c[key], table.c.id).where(table.c[key] == bindparam("key")))


@lru_cache
def _numbers(table: Table, key: str) -> Select[Any]:
    column = table.c[key]
    return select(column, table.c.id).where(column.in_(bindparam("keys", expanding=True)))


@lru_cache
def _is_whole(table: Table, names: tuple[str, ...]) -> bool:
    """Whether a row names every column but the number that the database gives: the driver knows no defaults of ours."""
    return {column.name for column in table.c} - set(names) <= {"id"}
