"""Making a backup: the database in one snapshot, the instance's files sealed, a manifest; never the keyring."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from hardship.core.actor import Actor, ActorKind
from hardship.core.canonical import sha256_hex
from hardship.core.clock import iso
from hardship.core.errors import Forbidden
from hardship.core.refs import new_key
from hardship.core.retention import Period
from hardship.core.runtime import Runtime
from hardship.jobs.backups.copies import Say, copy_database
from hardship.jobs.backups.files import pack
from hardship.jobs.backups.manifest import NAME, Manifest, write
from hardship.jobs.backups.places import Old, new_file, new_folder, old_ones


@dataclass(frozen=True)
class Made:
    """A backup that was made: its manifest, the files too large for it, and older folders beside it."""

    folder: Path
    manifest: Manifest
    left_out: list[str]
    old: Old

    @property
    def bytes(self) -> int:
        """How much it weighs, without the manifest."""
        return sum(one.bytes for one in self.manifest.files)


def make(runtime: Runtime, actor: Actor, folder: Path, say: Say) -> Made:
    """Back the instance up into the new folder `folder`, whole or not at all, while others work on.

    Raises `BadInput` for a folder that is not empty, `Forbidden` for anybody but the machine's operator.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise Forbidden("only whoever runs this machine may copy it")
    backup_id, folder = new_key(), folder.absolute()
    with new_folder(folder) as beside:
        copied = copy_database(runtime, beside, say)
        packed = pack(runtime, backup_id, beside)
        stands = copied.standing
        manifest = Manifest(
            id=backup_id,
            made_at=iso(runtime.clock.now()),
            database=runtime.database.dialect,
            schema=stands.schema,
            instance=runtime.vault.keyring.id,
            versions=stands.versions,
            needed=stands.needed,
            events=stands.events,
            head=stands.head,
            checkpoint=stands.checkpoint,
            files=[*copied.files, *packed.files],
            sequences=copied.sequences,
        )
        written = write(manifest, runtime.vault)
        with new_file(beside / NAME) as file:
            file.write(written)
    facts = {"events": stands.events, "schema": stands.schema, "sha256": sha256_hex(written)}
    runtime.transact(actor, lambda tx: tx.record("backup.made", f"backup:{backup_id}", **facts))
    kept = runtime.settings.retention[Period.BACKUPS]
    old = old_ones(folder.parent, manifest.instance, runtime.clock.now(), kept)
    return Made(folder, manifest, packed.left, old)


def prune(runtime: Runtime, actor: Actor, old: Old) -> int:
    """Delete older backups and unfinished ones; returns how many."""
    for folder in old.all:
        shutil.rmtree(folder)
    if old.all:
        runtime.transact(actor, lambda tx: tx.record("backups.deleted", "backups", count=len(old.all)))
    return len(old.all)
