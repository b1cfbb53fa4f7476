"""PostgreSQL's COPY, for inserting many rows in a transaction of ours."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import Connection as PostgresConnection
from psycopg import Error as PostgresError
from psycopg import sql
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError


def copy_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name the same columns: values as our column types store them, errors as SQLAlchemy raises them."""
    names = list(rows[0])
    writers = [_writer(table, name, connection.dialect) for name in names]
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, PostgresConnection)
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row([write(row[name]) for name, write in zip(names, writers, strict=True)])
    except PostgresError as error:
        raise DBAPIError.instance(
            f"COPY {table.name}", None, error, PostgresError, hide_parameters=True, dialect=connection.dialect
        ) from error


def _writer(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any]:
    """How a column's values go to the database."""
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
