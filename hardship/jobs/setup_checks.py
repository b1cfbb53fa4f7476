"""The set-up's checks: schema, keyring, mail, worker, disk."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlmodel import col, func, select

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.core.clock import utc
from hardship.core.errors import HardshipError
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.jobs.mails import MOST_TRIES, server_of
from hardship.migrate import pending

Look = Callable[[Runtime], tuple[bool, str]]

BACKLOG = dt.timedelta(minutes=15)
LEAST_FREE = 500 * 1024 * 1024


def schema(runtime: Runtime) -> tuple[bool, str]:
    """The database is at this version's schema."""
    return (False, "run: hardship init") if pending(runtime.settings.database_url) else (True, "up to date")


def keyring(runtime: Runtime) -> tuple[bool, str]:
    """The keyring is this database's, and its file is readable by its owner alone."""
    mode = runtime.settings.keyring_path.stat().st_mode & 0o777
    if mode & 0o077:
        return False, f"mode {mode:04o}: run chmod 600 {runtime.settings.keyring_path}"
    try:
        with runtime.read() as session:
            runtime.vault.check(session)
    except HardshipError as error:
        return False, error.what
    return True, f"mode {mode:04o}, version {runtime.vault.keyring.current}"


def keyring_apart(runtime: Runtime) -> tuple[bool, str]:
    """The keyring does not lie beside the database; while rehearsing it may."""
    beside = runtime.settings.keyring_path.parent == _database_folder(runtime)
    if not beside:
        return True, "apart from the database"
    text = "it lies beside the database: whoever copies the folder has both"
    return not runtime.settings.production, text


def _database_folder(runtime: Runtime) -> Path:
    url = runtime.settings.database_url
    return (
        Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite") else runtime.settings.instance
    )


def mail(runtime: Runtime) -> tuple[bool, str]:
    """Mails can leave, and none was given up."""
    with runtime.read() as session:
        unsent = col(OutboxMail.sent_at).is_(None)
        waiting = session.exec(select(func.count()).select_from(OutboxMail).where(unsent)).one()
        lost = session.exec(
            select(func.count())
            .select_from(OutboxMail)
            .where(
                unsent, col(OutboxMail.attempts) >= MOST_TRIES, OutboxMail.failed != "the person was erased"
            )
        ).one()
    if not runtime.settings.smtp_url:
        return True, f"SMTP_URL is not set: {waiting} mails are kept in the outbox"
    try:
        server = server_of(runtime.settings.smtp_url, "localhost")
    except HardshipError as error:
        return False, error.what
    return lost == 0, f"{server!r}, {waiting} waiting, {lost} given up"


def backlog(runtime: Runtime) -> tuple[bool, str]:
    """No application has waited long for its checks: the worker runs."""
    with runtime.read() as session:
        oldest: dt.datetime | None = session.exec(
            select(func.min(Application.recorded_at)).where(
                col(Application.state).in_([ApplicationState.SUBMITTED, ApplicationState.CHECKING])
            )
        ).one()
    if oldest is None:
        return True, "nothing waits"
    waited = runtime.clock.now() - utc(oldest)
    text = f"an application has waited {int(waited.total_seconds() // 60)} minutes for its checks"
    return waited <= BACKLOG, text if waited <= BACKLOG else f"{text}: run hardship worker"


def disk(runtime: Runtime) -> tuple[bool, str]:
    """There is room to write."""
    folder = runtime.settings.instance
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    return free >= LEAST_FREE, f"{free // (1024 * 1024)} MB free"


SETUP: tuple[tuple[str, Look], ...] = (
    ("schema", schema),
    ("keyring", keyring),
    ("keyring apart", keyring_apart),
    ("mail", mail),
    ("worker", backlog),
    ("disk", disk),
)
