"""Where a backup is put together before it takes the place of what is there: beside it, and swapped in one step.

SQLite: a file beside the database. PostgreSQL: a schema of its own in the same database, whose tables then change places. What was
there is set aside, never deleted.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from psycopg import Connection as PostgresConnection
from psycopg import Error as PostgresError
from psycopg import sql
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from hardship.audit import log
from hardship.config import Settings
from hardship.core.errors import Broken, Conflict
from hardship.core.models import KeyringMark
from hardship.jobs.backups.copies import SQLITE_FILE
from hardship.jobs.backups.destroyed import in_database
from hardship.jobs.backups.manifest import CopiedFile, Manifest
from hardship.jobs.backups.places import settle
from hardship.migrate import upgrade

SCHEMA = "restoring"
_CHUNK = 1024 * 1024
_BUSY = "somebody is using the database"
_STOP = "Stop the pages and the workers first (hardship serve, hardship worker)."


@dataclass(frozen=True)
class Present:
    """What is there now. `instance` is its keyring's id; `destroyed` the keys it knows to be destroyed; `lost` how many
    events came after the backup's last one, None where its log is another's or cannot be read."""

    empty: bool
    instance: str = ""
    destroyed: frozenset[str] = frozenset()
    lost: int | None = None


class Place(Protocol):
    """One database's way."""

    def present(self, manifest: Manifest) -> Present:
        """Look at what is there; it may be damaged."""
        ...

    @contextmanager
    def staged(self, source: Path, manifest: Manifest) -> Iterator[str]:
        """The backup's database at its own version, under the address that is handed out; it goes again when the block
        fails, and takes its place with `swap`."""
        ...

    def swap(self, mark: str) -> str:
        """Put what is staged in place, and say where what was there is now: its name ends in `mark`."""
        ...


def place_for(settings: Settings) -> Place:
    """The way of the database at hand."""
    file = settings.database_file
    return SqlitePlace(file) if file is not None else PostgresPlace(settings.database_url)


def _look(engine: Engine, manifest: Manifest) -> Present:
    try:
        with Session(engine) as session:
            if not inspect(session.connection()).has_table("keyring_mark"):
                return Present(empty=not inspect(session.connection()).get_table_names())
            mark = session.get(KeyringMark, 1)
            if mark is None or mark.keyring_id != manifest.instance:
                return Present(empty=False, instance=mark.keyring_id if mark else "")
            gone = frozenset(in_database(session))
            return Present(False, mark.keyring_id, gone, _lost(session, manifest))
    except DatabaseError:
        return Present(empty=False)


def _lost(session: Session, manifest: Manifest) -> int | None:
    found = log.head_of(session)
    if found is None:
        return None
    at = text("SELECT hash FROM audit_event WHERE seq = :seq")
    same = session.connection().execute(at, {"seq": manifest.events}).scalar()
    return found[0].seq - manifest.events if same == manifest.head or not manifest.events else None


@dataclass(frozen=True)
class SqlitePlace:
    """A database in a file."""

    file: Path

    @property
    def _beside(self) -> Path:
        return self.file.with_name(self.file.name + ".restoring")

    def present(self, manifest: Manifest) -> Present:
        """See `Place`."""
        if not self.file.exists() or not self.file.stat().st_size:
            return Present(empty=True)
        engine = create_engine(f"sqlite:///{self.file}", hide_parameters=True)
        try:
            return _look(engine, manifest)
        finally:
            engine.dispose()

    @contextmanager
    def staged(self, source: Path, manifest: Manifest) -> Iterator[str]:
        """See `Place`."""
        self._clear()
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as into, (source / SQLITE_FILE).open("rb") as given:
                while part := given.read(_CHUNK):
                    into.write(part)
            yield f"sqlite:///{self._beside}"
        finally:
            self._clear()

    def _clear(self) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            self._beside.with_name(self._beside.name + end).unlink(missing_ok=True)

    def swap(self, mark: str) -> str:
        """See `Place`: the new name is linked first, so that at no instant there is no database."""
        _alone(self._beside)
        settle(self._beside)
        aside = self.file.with_name(f"{self.file.name}.{mark}")
        if self.file.exists():
            _alone(self.file)
            os.link(self.file, aside)
            aside.chmod(0o600)
            for end in ("-wal", "-shm", "-journal"):  # only a damaged one has any left
                left = self.file.with_name(self.file.name + end)
                if left.exists():
                    left.rename(aside.with_name(aside.name + end))
        self._beside.replace(self.file)
        settle(self.file.parent)
        return str(aside) if aside.exists() else ""


def _alone(file: Path) -> None:
    """Bring a database's log into its file; raises `Conflict` while anybody else has it open. A damaged one is let be."""
    connection = sqlite3.connect(file, timeout=1)
    try:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Conflict(_BUSY, where=str(file), fix=_STOP) from None
        raise Broken(
            "the database cannot be written", where=str(file), fix="Check the disk and the path."
        ) from None
    except sqlite3.DatabaseError:
        return
    finally:
        connection.close()


@dataclass(frozen=True)
class PostgresPlace:
    """A database of a PostgreSQL server."""

    url: str

    def _engine(self) -> Engine:
        return create_engine(self.url, hide_parameters=True)

    def present(self, manifest: Manifest) -> Present:
        """See `Place`."""
        engine = self._engine()
        try:
            return _look(engine, manifest)
        finally:
            engine.dispose()

    @contextmanager
    def staged(self, source: Path, manifest: Manifest) -> Iterator[str]:
        """See `Place`."""
        self._run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", f"CREATE SCHEMA {SCHEMA}")
        url = make_url(self.url)
        options = f"{url.query.get('options', '')} -csearch_path={SCHEMA}".strip()
        staged = url.update_query_dict({"options": options}).render_as_string(hide_password=False)
        try:
            upgrade(staged, manifest.schema)
            _load(staged, source, manifest)
            yield staged
        finally:
            self._run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")

    def _run(self, *statements: str) -> None:
        engine = self._engine()
        try:
            with engine.begin() as connection:
                for statement in statements:
                    connection.execute(text(statement))
        finally:
            engine.dispose()

    def swap(self, mark: str) -> str:
        """See `Place`: in one transaction."""
        engine, aside = self._engine(), mark.replace("-", "_")
        try:
            with engine.begin() as connection:
                if connection.execute(text(_OTHERS)).scalar_one():
                    raise Conflict(_BUSY, where=self.url_shown, fix=_STOP)
                home = connection.execute(text("SELECT current_schema()")).scalar_one()
                connection.execute(text(f'CREATE SCHEMA "{aside}"'))
                moved = _move(connection, home, aside)
                _move(connection, SCHEMA, home)
                if not moved:
                    connection.execute(text(f'DROP SCHEMA "{aside}"'))
        finally:
            engine.dispose()
        return f"the schema {aside}" if moved else ""

    @property
    def url_shown(self) -> str:
        """The address without its password."""
        return make_url(self.url).render_as_string(hide_password=True)


_OTHERS = """SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_TABLES = "SELECT format('TABLE %I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = :home"
_FUNCTIONS = """SELECT format('FUNCTION %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname = :home AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


def _move(connection: Any, home: str, other: str) -> int:
    """Move every table (with its sequences and indexes) and function of a schema into another; returns how many."""
    found = [
        name
        for question in (_TABLES, _FUNCTIONS)
        for name in connection.execute(text(question), {"home": home}).scalars().all()
    ]
    for name in found:
        connection.exec_driver_sql(f'ALTER {name} SET SCHEMA "{other}"')
    return len(found)


def _load(url: str, source: Path, manifest: Manifest) -> None:
    """Fill the tables of a new schema, in one transaction."""
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, PostgresConnection)
            _fill(driver, source, manifest)
    except PostgresError as error:
        raise Broken(
            f"the backup cannot be loaded ({type(error).__name__})",
            where=str(source),
            fix="Check that there is room. Nothing was changed.",
        ) from None
    finally:
        engine.dispose()


def _fill(driver: PostgresConnection[Any], source: Path, manifest: Manifest) -> None:
    """The tables' guards rest meanwhile: what is loaded was guarded when it was written."""
    tables = [one for one in manifest.files if one.table]

    def each(command: str, these: Iterable[CopiedFile]) -> None:
        for one in these:
            driver.execute(sql.SQL(command).format(sql.Identifier(one.table)))

    driver.execute("SET LOCAL datestyle TO 'ISO, YMD'")
    each("ALTER TABLE {} DISABLE TRIGGER USER", tables)
    each("DELETE FROM {}", reversed(tables))  # what a version of the schema came with
    for one in tables:
        command = sql.SQL("COPY {} ({}) FROM STDIN WITH (ENCODING 'UTF8')").format(
            sql.Identifier(one.table), sql.SQL(", ").join(map(sql.Identifier, one.columns))
        )
        with driver.cursor() as cursor, cursor.copy(command) as copy, (source / one.path).open("rb") as file:
            while part := file.read(_CHUNK):
                copy.write(part)
    each("ALTER TABLE {} ENABLE TRIGGER USER", tables)
    for name, value in sorted(manifest.sequences.items()):
        driver.execute("SELECT setval(quote_ident(%s)::regclass, %s)", (name, value))
