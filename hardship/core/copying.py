"""PostgreSQL's COPY, for inserting many rows in a transaction of ours."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection as PostgresConnection
from psycopg import Error as PostgresError
from psycopg import sql
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError


def copy_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of values for the columns `names`; errors come as SQLAlchemy raises them."""
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, PostgresConnection)
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)
    except PostgresError as error:
        raise DBAPIError.instance(
            f"COPY {table.name}", None, error, PostgresError, hide_parameters=True, dialect=connection.dialect
        ) from error
