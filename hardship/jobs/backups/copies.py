"""A consistent copy of the database while others write to it: one snapshot, whichever database it is.

SQLite: one file (`VACUUM INTO`), which carries nothing of what was deleted. PostgreSQL: every table by COPY in one REPEATABLE READ
transaction; no other program is needed.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection as PostgresConnection
from psycopg import Error as PostgresError
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlmodel import Session

from hardship.audit import notes
from hardship.audit.notes import Checkpoint
from hardship.audit.verify import verify
from hardship.core.errors import Broken
from hardship.core.runtime import Runtime
from hardship.core.vault import HOUSE
from hardship.jobs.backups.manifest import CopiedFile
from hardship.jobs.backups.places import new_file, settle, sha256_of

Say = Callable[[str], None]
SQLITE_FILE = "hardship.db"
TABLES = "tables"
_STEPS = 200_000_000  # of SQLite's machine between two words: some seconds


@dataclass(frozen=True)
class Standing:
    """What the copy's snapshot says of itself: see `Manifest`."""

    schema: str
    versions: list[int]
    needed: list[int]
    events: int
    head: str
    checkpoint: str | None


@dataclass(frozen=True)
class Copied:
    """The copy of a database: its files, and where it stood."""

    standing: Standing
    files: list[CopiedFile]
    sequences: dict[str, int]


def copy_database(runtime: Runtime, folder: Path, say: Say) -> Copied:
    """Copy the database into `folder`. Raises `Broken` when it cannot be read, or there is no room."""
    try:
        if runtime.database.dialect == "sqlite":
            return _copy_sqlite(runtime, folder, say)
        return _copy_postgresql(runtime, folder, say)
    except (sqlite3.Error, PostgresError) as error:
        raise Broken(
            f"the database cannot be copied ({type(error).__name__})",
            where=str(folder.parent),
            fix="Check that there is room; see: hardship doctor",
        ) from None


def _copy_sqlite(runtime: Runtime, folder: Path, say: Say) -> Copied:
    file = runtime.settings.database_file
    assert file is not None
    target = folder / SQLITE_FILE
    with new_file(target):
        pass  # an empty file of our own mode, which VACUUM INTO fills
    source = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        source.set_progress_handler(lambda: say("copying the database"), _STEPS)
        source.execute("VACUUM INTO ?", [str(target)])
    finally:
        source.close()
    settle(target)
    with still(target) as session:
        standing = standing_of(session, runtime)
    size, digest = sha256_of(target)
    return Copied(standing, [CopiedFile(SQLITE_FILE, size, digest)], {})


@contextmanager
def still(file: Path) -> Iterator[Session]:
    """A session on a SQLite file that nobody changes, without leaving anything beside it."""
    engine = create_engine(f"sqlite:///{file.as_uri()}?mode=ro&immutable=1&uri=true", hide_parameters=True)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def _copy_postgresql(runtime: Runtime, folder: Path, say: Say) -> Copied:
    (folder / TABLES).mkdir(mode=0o700)
    with runtime.read() as session:  # one snapshot, from the first statement on
        standing = standing_of(session, runtime)
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, PostgresConnection)
        driver.execute("SET LOCAL datestyle TO 'ISO, YMD'")
        names = tables_in_order(session)
        files = []
        for at, name in enumerate(names, 1):
            files.append(_copy_table(driver, name, folder))
            if at % 20 == 0 or at == len(names):
                say(f"{at} of {len(names)} tables")
        last = text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()")
        sequences = {name: value for name, value in session.connection().execute(last) if value is not None}
    return Copied(standing, files, sequences)


def tables_in_order(session: Session) -> list[str]:
    """Every table but Alembic's own, each after those it refers to."""
    connection = session.connection()
    names = connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
    ).scalars()
    left = {name: set[str]() for name in names if name != "alembic_version"}
    for name, other in connection.execute(
        text(
            "SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid"
            " JOIN pg_class b ON b.oid = c.confrelid JOIN pg_namespace n ON n.oid = a.relnamespace"
            " WHERE c.contype = 'f' AND n.nspname = current_schema() AND a.oid <> b.oid"
        )
    ):
        left[name].add(other)
    found: list[str] = []
    while ready := sorted(name for name, needs in left.items() if needs <= set(found)):
        found += ready
        for name in ready:
            del left[name]
    if left:
        raise Broken(f"the tables {', '.join(sorted(left))} refer to each other in a circle")
    return found


def _copy_table(driver: PostgresConnection[tuple[object, ...]], name: str, folder: Path) -> CopiedFile:
    path = f"{TABLES}/{name}.copy"
    with driver.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(name)))
        columns = [column.name for column in cursor.description or ()]
        command = sql.SQL("COPY {} ({}) TO STDOUT WITH (ENCODING 'UTF8')").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with new_file(folder / path) as file, cursor.copy(command) as copy:
            for part in copy:
                file.write(part)
        rows = cursor.rowcount
    size, digest = sha256_of(folder / path)
    return CopiedFile(path, size, digest, name, rows, columns)


def standing_of(session: Session, runtime: Runtime) -> Standing:
    """Where a database stands: its schema, its log (verified, and signed if it is whole), the versions its keys need."""
    connection = session.connection()
    wrapped = "SELECT DISTINCT kek_version FROM {} WHERE wrapped IS NOT NULL"
    people = set(connection.execute(text(wrapped.format("data_key"))).scalars())
    house = connection.execute(
        text(wrapped.format("data_key") + " AND id = :house"), {"house": HOUSE}
    ).scalars()
    needed = {*house, *connection.execute(text(wrapped.format("token_epoch"))).scalars()}
    verdict = verify(session, runtime.vault, rows=False)
    note = None
    if verdict.ok:
        stands = Checkpoint(verdict.events, verdict.root)
        note = notes.write(notes.key_name(runtime.settings.base_url), stands, runtime.vault.signer)
    schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return Standing(schema, sorted(people | needed), sorted(needed), verdict.events, verdict.head, note)
