"""Statements prepared once and handed to the driver as they are: for the few paths that are gone thousands of times.

SQLAlchemy writes the text and knows how each type is stored; what it does for every execution besides (compiling or
finding the compiled, a context, a cursor result) costs several times what the database takes for a row. A prepared
statement runs in the transaction of the connection that it is given, and raises what SQLAlchemy would.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError

Process = Callable[[Any], Any]


class _Text:
    """A statement in one dialect: its text, and how values go in and come out."""

    def __init__(self, statement: Executable, dialect: Dialect, names: Sequence[str] | None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=names)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self.fixed: dict[str, Any] = {}
        self.asked: list[tuple[str, Process | None]] = []
        for name, bind in compiled.binds.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:
                self.asked.append((name, process))
            else:
                self.fixed[name] = process(bind.value) if process else bind.value
        self.order: list[str] | None = compiled.positiontup
        self.read = _readers(statement, dialect)

    def values(self, given: Mapping[str, Any]) -> Any:
        """What the driver takes for one execution."""
        found = dict(self.fixed)
        for name, process in self.asked:
            value = given[name]
            found[name] = process(value) if process is not None else value
        return found if self.order is None else [found[name] for name in self.order]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """What the driver found, as our types read it."""
        if not self.read:
            return [tuple(row) for row in found]
        read_rows = []
        for row in found:
            values = list(row)
            for at, process in self.read:
                values[at] = process(values[at])
            read_rows.append(tuple(values))
        return read_rows


def _readers(statement: Executable, dialect: Dialect) -> list[tuple[int, Process]]:
    """Where in a row a value is not as the driver gives it, and how it is read."""
    columns = getattr(statement, "exported_columns", ())
    found = ((at, column.type.dialect_impl(dialect)) for at, column in enumerate(columns))
    return [(at, read) for at, kind in found if (read := kind.result_processor(dialect, None)) is not None]


class Prepared:
    """A statement with named parameters, prepared for each dialect when it is first run there.

    `names` are the columns of an insert or update whose values are given. A parameter takes one value, never a list.
    """

    def __init__(self, statement: Executable, names: Sequence[str] | None = None) -> None:
        self._statement, self._names = statement, names
        self._texts: dict[str, _Text] = {}

    def rows(self, connection: Connection, **given: Any) -> list[tuple[Any, ...]]:
        """Run it, and return what it finds."""
        text = self._text(connection.dialect)
        cursor = self._execute(connection, text, text.values(given), many=False)
        try:
            return text.rows(cursor.fetchall())
        finally:
            cursor.close()

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Run it once for each of `rows`."""
        if rows:
            text = self._text(connection.dialect)
            values = [text.values(row) for row in rows]
            many = len(values) > 1
            self._execute(connection, text, values if many else values[0], many=many).close()

    def _text(self, dialect: Dialect) -> _Text:
        found = self._texts.get(dialect.name)
        if found is None:
            found = self._texts[dialect.name] = _Text(self._statement, dialect, self._names)
        return found

    def _execute(self, connection: Connection, text: _Text, values: Any, *, many: bool) -> Any:
        cursor = connection.connection.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(text.sql, values)
        except Exception as error:
            cursor.close()
            dialect: Any = connection.dialect
            if not isinstance(error, dialect.loaded_dbapi.Error):
                raise
            raise DBAPIError.instance(
                text.sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
            ) from error
        return cursor
