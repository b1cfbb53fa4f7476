"""The files of the instance folder that are not in the database: copied sealed, whatever is in them.

Left out are the database and the keyring (every file that holds one, whatever its name), the files for the bank (which are
made again from the database, and would be the one place with names in plain), what benchmarks keep, and other backups.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlmodel import Session

from hardship.config import Settings
from hardship.core.errors import Broken
from hardship.core.runtime import Runtime
from hardship.core.vault import Sealer
from hardship.jobs.backups.manifest import CopiedFile, Manifest, glance
from hardship.jobs.backups.places import MAKING, new_file, sha256_of
from hardship.payouts.files import FOLDER as BANK_FILES

FOLDER = "files"
LARGEST = 256 * 1024 * 1024
_KEYRING_AT_MOST = 1024 * 1024
_MADE_AGAIN = {BANK_FILES, "bench"}
RESTORED = ".from-backup"


@dataclass(frozen=True)
class Packed:
    """The files copied, and the names of those that were left out because they are too large."""

    files: list[CopiedFile]
    left: list[str]


def pack(runtime: Runtime, backup_id: str, folder: Path) -> Packed:
    """Copy the instance folder's own files into `folder`, sealed under the organisation's key."""
    files: list[CopiedFile] = []
    left: list[str] = []
    found = list(_own(runtime.settings))
    if found:
        (folder / FOLDER).mkdir(mode=0o700)
        with runtime.read() as session:
            sealer = runtime.vault.house(session)
    for path in found:
        name = path.relative_to(runtime.settings.instance).as_posix()
        if path.stat().st_size > LARGEST:
            left.append(name)
            continue
        files.append(_seal(path, name, sealer, backup_id, folder, len(files) + 1))
    return Packed(files, left)


def _seal(path: Path, name: str, sealer: Sealer, backup_id: str, folder: Path, number: int) -> CopiedFile:
    text = json.dumps({"path": name, "data": base64.b64encode(path.read_bytes()).decode()})
    into = f"{FOLDER}/{number:06}.sealed"
    with new_file(folder / into) as file:
        file.write(sealer.seal("backup", "file", f"{backup_id}/{number:06}", text) or b"")
    size, digest = sha256_of(folder / into)
    return CopiedFile(into, size, digest)


def _own(settings: Settings) -> Iterator[Path]:
    """The files to copy, in order. Links are not followed."""
    if not settings.instance.is_dir():
        return
    database = settings.database_file
    for path in _walk(settings.instance):
        is_database = database is not None and (
            path == database or path.name.startswith((f"{database.name}-", f"{database.name}."))
        )
        if not is_database and not path.name.startswith(settings.keyring_path.name) and not _is_keyring(path):
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path.name not in _MADE_AGAIN and not _is_backup(path):
            yield from _walk(path)


def _is_backup(folder: Path) -> bool:
    """Whether a folder is a backup, or was to be one: none lies inside another."""
    return MAKING in folder.name or glance(folder) is not None


def _is_keyring(path: Path) -> bool:
    """Whether a file holds a keyring: a copy of one beside the database must not slip into a backup."""
    if path.stat().st_size > _KEYRING_AT_MOST:
        return False
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "keks" in found


def unpack(session: Session, runtime: Runtime, manifest: Manifest, folder: Path) -> list[Path]:
    """Put a backup's files back where they were; one that is there with other content stays, and the copy is written
    beside it. Returns where each was written."""
    sealed = [one for one in manifest.files if one.path.startswith(f"{FOLDER}/")]
    sealer = runtime.vault.house(session) if sealed else None
    written = []
    for one in sealed:
        assert sealer is not None
        row = f"{manifest.id}/{PurePosixPath(one.path).stem}"
        text = sealer.open("backup", "file", row, (folder / one.path).read_bytes())
        path, data = _opened(text or "")
        written += _put(runtime.settings.instance, path, data)
    return written


def _opened(text: str) -> tuple[PurePosixPath, bytes]:
    try:
        found = json.loads(text)
        path, data = PurePosixPath(found["path"]), base64.b64decode(found["data"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Broken("a file of the backup cannot be read") from None
    if path.is_absolute() or ".." in path.parts:
        raise Broken("a file of the backup points elsewhere")
    return path, data


def _put(instance: Path, path: PurePosixPath, data: bytes) -> list[Path]:
    target = instance / path
    if target.is_file() and target.read_bytes() == data:
        return []
    if target.exists():
        target = target.with_name(target.name + RESTORED)
        target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with new_file(target) as file:
        file.write(data)
    return [target]
