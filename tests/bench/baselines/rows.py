"""Plain insert-and-commit: one row, one transaction, SQLAlchemy Core."""

from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, event, insert

from tests.bench.harness import seconds_each
from tests.bench.places import Place

_METADATA = MetaData()
_ROW = Table(
    "plain_row",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("ref", String(40), nullable=False),
    Column("amount_minor", Integer, nullable=False),
    Column("note", String(80), nullable=False),
)


def plain_engine(url: str) -> Engine:
    """An engine as the manual makes one; SQLite in WAL with `synchronous=FULL`, as ours."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


class PlainRows:
    """A database with one table, beside ours."""

    def __init__(self, place: Place) -> None:
        self.engine = plain_engine(place.fresh("plain_rows"))
        _METADATA.create_all(self.engine)

    def insert(self, count: int) -> float:
        """Insert and commit `count` rows, each alone; seconds a row."""
        return seconds_each(self._one, count)

    def _one(self, number: int) -> None:
        values = {
            "ref": f"R-{number}",
            "amount_minor": number,
            "note": "a note of forty characters, more or less",
        }
        with self.engine.begin() as connection:
            connection.execute(insert(_ROW), values)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
