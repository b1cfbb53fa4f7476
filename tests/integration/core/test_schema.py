"""The migrations make what the models describe, with the guards that no model can say."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from hardship.core.runtime import Runtime
from hardship.migrate import configuration, pending, upgrade

GUARDED = ("journal", "entry", "policy", "match_terms", "statement", "statement_file")
PARTIAL = {
    "uq_award_live_application": ("lapsed", "withdrawn", "cancelled"),
    "uq_award_bank_token": ("bank_token", "override_id", "lapsed", "withdrawn", "cancelled"),
    "uq_payment_award": ("cancelled",),
    "uq_attempt_live": ("pending", "unknown", "accepted"),
}


def test_the_migrations_make_what_the_models_describe(runtime: Runtime) -> None:
    """Nothing is left to generate, on either database."""
    with runtime.database.writer.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_version_after_the_first_can_be_taken_back_and_made_again(
    database_url: Callable[[str], str], kind: str
) -> None:
    url = database_url(kind)
    settings = configuration(url)
    versions = list(ScriptDirectory.from_config(settings).walk_revisions())
    for version in versions[1:]:
        command.downgrade(settings, version.revision)
    assert pending(url)
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def texts(runtime: Runtime, sqlite: str, postgresql: str) -> dict[str, str]:
    """The schema's own text by name."""
    sql = sqlite if runtime.database.dialect == "sqlite" else postgresql
    with runtime.read() as session:
        return {name: body for name, body in session.connection().execute(text(sql))}


@pytest.mark.parametrize("index", PARTIAL)
def test_what_may_be_there_once_is_said_by_the_schema_itself(runtime: Runtime, index: str) -> None:
    """Autogeneration does not compare the condition of a partial index: its text is looked at here."""
    found = texts(
        runtime,
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    )[index]
    assert "UNIQUE" in found
    assert "WHERE" in found
    assert all(word in found.partition("WHERE")[2] for word in PARTIAL[index])


@pytest.mark.parametrize("table", GUARDED)
def test_what_never_changes_is_guarded_in_the_database(runtime: Runtime, table: str) -> None:
    """Each of these tables has its triggers, which a rebuilt table on SQLite would lose without a word."""
    found = texts(
        runtime,
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "SELECT tgname || ' on ' || relname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal",
    )
    assert table in found.values()
