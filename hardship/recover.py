"""`hardship backup` and `hardship restore`."""

from pathlib import Path
from typing import Any

import click

from hardship.config import Settings
from hardship.core.actor import operator
from hardship.core.command import Report, progress, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.jobs.backups.making import Made, make, prune
from hardship.jobs.backups.restoring import Restored, restore
from hardship.wiring import build

REPLACE = "replace"


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(backup)
    root.add_command(bring_back)


@click.command(
    help="Copy the instance into the new folder DIR while it is in use; the keyring is never in it."
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--prune", "pruning", is_flag=True, help="Delete backups beside it that are past their time.")
@reports
def backup(folder: Path, pruning: bool) -> Report:
    """Make a backup."""
    runtime = the_runtime()
    made = make(runtime, operator(), folder, progress)
    deleted = prune(runtime, operator(), made.old) if pruning else 0
    found = made.manifest
    data: dict[str, Any] = {
        "folder": str(made.folder),
        "files": len(found.files),
        "bytes": made.bytes,
        "events": found.events,
        "head": found.head,
        "verified": found.checkpoint is not None,
        "schema": found.schema,
        "keyring_versions": found.versions,
        "left_out": made.left_out,
        "old": [str(one) for one in made.old.all] if not pruning else [],
        "deleted": deleted,
    }
    return Report(data, _said(made, runtime.settings, deleted), exit_code=0 if data["verified"] else 1)


def _said(made: Made, settings: Settings, deleted: int) -> list[str]:
    found = made.manifest
    lines = [f"{made.folder}: files {len(found.files)}, bytes {made.bytes}, events {found.events}"]
    if found.checkpoint is None:
        lines.append("The event log does NOT verify; it was copied as it is. Run: hardship audit verify")
    versions = ", ".join(map(str, found.versions))
    lines.append(
        f"It opens only with the keyring {settings.keyring_path} (versions {versions}), which is not in it."
    )
    lines.append("Keep copies of the keyring apart from every backup: whoever has both can read everything.")
    if settings.keyring_path.parent in made.folder.parents:
        lines.append("The keyring lies in a folder above this backup: take the backup elsewhere.")
    lines += [f"left out, too large: {name}" for name in made.left_out]
    if deleted:
        lines.append(f"older or unfinished folders deleted: {deleted}")
    else:
        lines += [f"past its time, delete it (or use --prune): {one}" for one in made.old.over]
        lines += [f"never finished, delete it (or use --prune): {one}" for one in made.old.unfinished]
    return lines


@click.command(
    "restore", help="Put the backup in DIR in place: checked, erased again, nothing there is deleted."
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--replace", "replacing", is_flag=True, help="Set aside the database that is there.")
@click.option("--yes", is_flag=True, help="Do not ask to type a word first.")
@reports
def bring_back(folder: Path, replacing: bool, yes: bool) -> Report:
    """Restore a backup; exit 1 where what was restored has a problem."""
    settings: Settings = click.get_current_context().find_root().obj.settings
    if replacing and not yes:
        question = f"What is in {settings.instance} now is set aside. Type the word {REPLACE}"
        if click.prompt(question, default="", show_default=False, err=True).strip().casefold() != REPLACE:
            raise BadInput("the word was not typed", where="--replace", fix="Nothing was changed.")
    done = restore(settings, folder.absolute(), build, replacing=replacing, say=progress)
    data = {
        "made_at": done.manifest.made_at,
        "events": done.manifest.events,
        "events_lost": done.lost,
        "set_aside": done.set_aside,
        "erased_again": done.erased_again,
        "unreadable": done.unreadable,
        "retention": done.deleted,
        "open_payments": done.open_payments,
        "files": [str(path) for path in done.written],
        "ok": done.ok,
        "problems": done.problems,
        "checks": [one.described() for one in done.checks],
    }
    return Report(data, _told(done), exit_code=0 if done.ok else 1)


def _told(done: Restored) -> list[str]:
    found = done.manifest
    lines = [f"restored as of {found.made_at}, with events {found.events}"]
    if done.lost is None:
        lines.append("What happened after the backup is lost; nothing here says how much.")
    else:
        lines.append(f"events after the backup, which are lost: {done.lost}")
    lines.append(f"people erased since, and erased again: {done.erased_again}")
    if done.unreadable:
        lines.append(f"{done.unreadable} keys can't be opened by this keyring: what they sealed is lost")
    lines += [f"retention: {name}: {count}" for name, count in done.deleted.items()]
    if done.rests:
        lines.append("retention rests on a demo keyring: run hardship retention run")
    if done.open_payments:
        lines.append(f"payments that were open then and may have been paid since: {done.open_payments}")
    lines.append(
        "No money leaves now: what was paid after the backup is not known in it. Next: read the bank's statements in,"
        " and see hardship payouts hold"
    )
    if done.set_aside:
        lines.append(
            f"what was there is set aside: {done.set_aside}; delete it when it is not needed any more"
        )
    lines += [f"written: {path}" for path in done.written] + done.problems
    lines += [f"FAIL {one.name}: {one.detail}" for one in done.checks if not one.ok]
    return [*lines, "Everything checks out." if done.ok else "Something does NOT hold: see above."]
