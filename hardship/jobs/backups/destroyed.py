"""A note of every key that was destroyed, kept beside the keyring, so that a restored copy can destroy them again.

The database cannot hold it alone: what was erased after a backup is not in that backup. The file holds random key ids,
which say nothing of anybody and open nothing; it belongs with the keyring's copies.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.config import Settings
from hardship.core.errors import Broken
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime

_NOTED = "destroyed keys noted"
_ID_LONGEST = 32


def path_of(settings: Settings) -> Path:
    """Where the note lies."""
    return settings.keyring_path.with_name(settings.keyring_path.name + ".destroyed")


def in_database(session: Session) -> set[str]:
    """The ids of every key that was destroyed."""
    return set(session.exec(select(DataKey.id).where(col(DataKey.wrapped).is_(None))))


def noted(settings: Settings) -> set[str]:
    """The ids that are noted; none where there is no note yet. Raises `Broken` when it cannot be read."""
    try:
        lines = path_of(settings).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return set()
    except (OSError, ValueError):
        raise Broken(
            "the note of destroyed keys cannot be read",
            where=str(path_of(settings)),
            fix="Put a good copy back.",
        ) from None
    return {line for line in lines if 0 < len(line) <= _ID_LONGEST}  # a torn last line names nobody


def note(runtime: Runtime) -> int:
    """Note what was destroyed since; returns how many. Work for the worker, which looks at the count alone mostly."""
    destroyed = col(DataKey.wrapped).is_(None)
    with runtime.glance() as session:
        count = session.exec(select(func.count()).select_from(DataKey).where(destroyed)).one()
        if count == runtime.extensions.get(_NOTED, 0):
            return 0
        missing = in_database(session) - noted(runtime.settings)
    if missing:
        _append(path_of(runtime.settings), sorted(missing))
    runtime.extensions[_NOTED] = count
    return len(missing)


def _append(path: Path, ids: Iterable[str]) -> None:
    """Several machines, or workers, may write at once: each writes whole lines, and a line twice is no harm. The first
    line break ends whatever a power cut left half written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write("\n{}\n".format("\n".join(ids)).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise Broken(
            "the note of destroyed keys cannot be written",
            where=str(path),
            fix="Keep the keyring in a folder that this program may write to.",
        ) from None
