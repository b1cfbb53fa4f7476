"""What is no invariant: the set-up (schema, keyring, mail, worker, disk, sanctions list), and duties with a day."""

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlmodel import col, func, select

from hardship.applications.models import Application
from hardship.applications.owndata import complaining
from hardship.applications.owndata.models import Erasure
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.transitions import ApplicationState
from hardship.core.clock import utc
from hardship.core.errors import HardshipError
from hardship.core.models import Channel, DataKey, OutboxMail
from hardship.core.runtime import Runtime
from hardship.jobs.backups import destroyed
from hardship.jobs.mails import MOST_TRIES, server_of
from hardship.jobs.texts import gateway_of
from hardship.migrate import pending
from hardship.payouts.held import holds
from hardship.payouts.sanctions.queries import current_list
from hardship.payouts.sanctions.service import is_stale

Look = Callable[[Runtime], tuple[bool, str]]

BACKLOG = dt.timedelta(minutes=15)
LATEST = dt.timedelta(days=30)
SHOWN = 3
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
    waiting, lost = _unsent(runtime, Channel.MAIL)
    if not runtime.settings.smtp_url:
        return True, f"SMTP_URL is not set: {waiting} mails are kept in the outbox"
    try:
        server = server_of(runtime.settings.smtp_url, "localhost")
    except HardshipError as error:
        return False, error.what
    return lost == 0, f"{server!r}, {waiting} waiting, {lost} given up"


def texts(runtime: Runtime) -> tuple[bool, str]:
    """Text messages can leave, and none was given up."""
    waiting, lost = _unsent(runtime, Channel.TEXT)
    if not runtime.settings.sms_url:
        return True, f"SMS_URL is not set: {waiting} text messages are kept in the outbox"
    try:
        gateway = gateway_of(runtime.settings)
    except HardshipError as error:
        return False, error.what
    return lost == 0, f"{gateway.host}, {waiting} waiting, {lost} given up"


def _unsent(runtime: Runtime, kind: Channel) -> tuple[int, int]:
    """How many messages of a kind were not sent, and how many of those were given up for another reason than an
    erasure."""
    unsent = (col(OutboxMail.sent_at).is_(None), OutboxMail.kind == kind)
    with runtime.read() as session:
        waiting = session.exec(select(func.count()).select_from(OutboxMail).where(*unsent)).one()
        lost = session.exec(
            select(func.count())
            .select_from(OutboxMail)
            .where(
                *unsent, col(OutboxMail.attempts) >= MOST_TRIES, OutboxMail.failed != "the person was erased"
            )
        ).one()
    return int(waiting), int(lost)


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


def sanctions_list(runtime: Runtime) -> tuple[bool, str]:
    """The sanctions list is not old; without one nobody is screened, which production does not let pass."""
    with runtime.read() as session:
        listing = current_list(session)
    if listing is None:
        return not runtime.settings.production, "no list is loaded: nobody is screened"
    said = f"of {listing.published_on.isoformat()}, {listing.names} names"
    if is_stale(listing, runtime.clock.now()):
        return False, f"{said}: older than thirty days, import a newer one"
    return True, said


def money(runtime: Runtime) -> tuple[bool, str]:
    """Whether money waits since a restore: that is as it should be, so it is told and no fault."""
    with runtime.read() as session:
        held = holds(session)
    if not held:
        return True, "may leave"
    day = held[0].backup_made_at.date().isoformat()
    return True, f"waits since the backup of {day} was restored: run hardship payouts hold"


def erasures(runtime: Runtime) -> tuple[bool, str]:
    """No erasure has waited longer than a month."""
    before = runtime.clock.now() - LATEST
    with runtime.read() as session:
        late = session.exec(
            select(Application.ref)
            .join(Erasure, col(Erasure.application_id) == Application.id)
            .where(Erasure.state == ErasureState.REQUESTED, col(Erasure.asked_at) <= before)
            .order_by(col(Application.ref))
        ).all()
    return not late, _late([f"{ref} has waited a month for its erasure: a payment is open" for ref in late])


def destroyed_keys(runtime: Runtime) -> tuple[bool, str]:
    """What was destroyed is noted beside the keyring, for whoever restores a backup."""
    before = runtime.clock.now() - BACKLOG
    with runtime.read() as session:
        gone = select(DataKey.id).where(col(DataKey.wrapped).is_(None), col(DataKey.destroyed_at) <= before)
        missing = set(session.exec(gone)) - destroyed.noted(runtime.settings)
    text = f"{len(missing)} are not in {destroyed.path_of(runtime.settings)}: run hardship worker"
    return not missing, text if missing else "up to date"


def complaints(runtime: Runtime) -> tuple[bool, str]:
    """Every complaint was acknowledged within thirty days."""
    with runtime.read() as session:
        late = [
            f"complaint {one.ref} was due to be acknowledged on {one.due_at.date().isoformat()}"
            for one in complaining.overdue(session, runtime.clock.now())
        ]
    return not late, _late(late)


def _late(found: Sequence[str]) -> str:
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "; ".join([*found[:SHOWN], *more]) or "none is late"


SETUP: tuple[tuple[str, Look], ...] = (
    ("schema", schema),
    ("keyring", keyring),
    ("keyring apart", keyring_apart),
    ("mail", mail),
    ("texts", texts),
    ("worker", backlog),
    ("disk", disk),
    ("sanctions list", sanctions_list),
    ("money", money),
    ("erasures in time", erasures),
    ("destroyed keys noted", destroyed_keys),
    ("complaints in time", complaints),
)
