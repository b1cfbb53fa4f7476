"""The schema's versions: upgrade and ask for the present one."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

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


def upgrade(url: str) -> None:
    """Bring the schema to the newest version; again is no change."""
    command.upgrade(configuration(url), "head")


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
    finally:
        engine.dispose()
