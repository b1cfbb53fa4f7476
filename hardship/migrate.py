"""The schema's versions: upgrade and ask for the present one."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from hardship.config import MIGRATIONS, ROOT
from hardship.core.errors import Broken


def configuration(url: str) -> Config:
    """Alembic's settings for one database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", str(ROOT))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def knows(version: str) -> bool:
    """Whether this program knows a version of the schema."""
    try:
        return ScriptDirectory.from_config(configuration("sqlite://")).get_revision(version) is not None
    except CommandError:
        return False


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema to the newest version, or up to the one named; again is no change.

    Raises `Broken` for a database of a version that this program does not know, or with tables of no version.
    """
    try:
        command.upgrade(configuration(url), to)
    except CommandError:
        raise Broken(
            "the database is of a version that this program does not know",
            fix="Run the newer program, or restore a backup of this version.",
        ) from None
    except DatabaseError:
        raise Broken(
            "the schema could not be brought to this version",
            fix="The database is full, not ours, or half made: restore a backup, or name an empty one.",
        ) from None


def pending(url: str) -> bool:
    """Whether the database is not at the newest version of the schema; raises `Broken` when it cannot be reached."""
    newest = ScriptDirectory.from_config(configuration(url)).get_current_head()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() != newest
    except OperationalError:
        raise Broken(
            "the database cannot be reached", fix="Run: hardship init, or check HARDSHIP_DATABASE_URL."
        ) from None
    except DatabaseError:
        raise Broken(
            "this is not a database, or it is damaged",
            fix="Restore a backup, or check HARDSHIP_DATABASE_URL.",
        ) from None
    finally:
        engine.dispose()


def has_keyring(url: str) -> bool:
    """Whether the database belongs to a keyring already; False as well where there is none to ask."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("keyring_mark"):
                return False
            marks: int = connection.execute(text("SELECT count(*) FROM keyring_mark")).scalar_one()
            return marks > 0
    except DatabaseError:
        return False  # `pending` says what is wrong with it
    finally:
        engine.dispose()
