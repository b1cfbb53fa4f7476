"""How Alembic finds the tables and the database."""

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

from hardship.config import from_environment
from hardship.rooms import modules

list(modules("models"))
url = context.config.get_main_option("sqlalchemy.url") or from_environment().database_url
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
