"""The folders that backups lie in: made whole or not at all, for their owner alone; and those past their time."""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hardship.core.clock import parse_instant
from hardship.core.errors import BadInput, HardshipError
from hardship.core.refs import new_key
from hardship.jobs.backups.manifest import glance

MAKING = ".making-"
_CHUNK = 1024 * 1024
_ABANDONED_AFTER = dt.timedelta(days=1)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which gets the name `target` when all went well, and goes when not.

    A process that is killed leaves a folder whose name begins with a dot and ends in `.making-…`: it is no backup.
    Raises `BadInput` where `target` is there and not empty, or cannot be made.
    """
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise BadInput("there is something already", where=str(target), fix="Name a new folder.")
    beside = target.with_name(f".{target.name}{MAKING}{new_key()[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir(mode=0o700)
    except OSError:
        raise BadInput(
            "the folder cannot be made", where=str(target), fix="Name a folder of yours."
        ) from None
    try:
        yield beside
        for folder in (*(one for one in beside.rglob("*") if one.is_dir()), beside):
            settle(folder)
        beside.rename(target)
        settle(target.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def settle(path: Path) -> None:
    """Have what is in a file, or the names in a folder, reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, readable by its owner alone, that is on the disk when it is closed."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sha256_of(path: Path) -> tuple[int, str]:
    """How many bytes a file has, and their SHA-256 in hexadecimal."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            found.update(part)
            size += len(part)
    return size, found.hexdigest()


@dataclass(frozen=True)
class Old:
    """Folders beside a backup: those older than backups are kept, and those that were never finished."""

    over: list[Path]
    unfinished: list[Path]

    @property
    def all(self) -> list[Path]:
        """Every one of them."""
        return [*self.over, *self.unfinished]


def old_ones(parent: Path, instance: str, now: dt.datetime, kept: dt.timedelta) -> Old:
    """This instance's backups in `parent` made longer than `kept` ago, and what a killed one left a day ago or longer."""
    over, unfinished = [], []
    for folder in sorted(one for one in parent.iterdir() if one.is_dir() and not one.is_symlink()):
        if folder.name.startswith(".") and MAKING in folder.name:
            since = dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC)
            unfinished += [folder] if now - since > _ABANDONED_AFTER else []
            continue
        found = glance(folder)
        if found is not None and found.get("instance") == instance and _made(found) <= now - kept:
            over.append(folder)
    return Old(over, unfinished)


def _made(found: dict[str, object]) -> dt.datetime:
    """When a backup was made; one that does not say so readably is taken for new, so that nothing deletes it."""
    try:
        return parse_instant(str(found.get("made_at")))
    except HardshipError:
        return dt.datetime.max.replace(tzinfo=dt.UTC)
