"""Restoring a backup: proved first, put together beside what is there, made good, and only then put in its place.

Made good means: brought to this version of the schema; everybody who was erased since is erased again; what is over its time goes; nobody
is signed in. What happened after the backup is lost, and a payment may have gone out meanwhile: the report says so, and no money
leaves until two people have found out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from hardship.applications.owndata import erasing
from hardship.audit.verify import verify
from hardship.config import Settings
from hardship.core import keyring
from hardship.core.actor import operator
from hardship.core.clock import iso, parse_instant
from hardship.core.db import lock
from hardship.core.errors import BadInput, Broken, Conflict
from hardship.core.keyring import Keyring
from hardship.core.models import DataKey, KeyringMark
from hardship.core.runtime import Runtime, Transaction
from hardship.jobs import doctor, retention
from hardship.jobs.backups import destroyed, files, manifest
from hardship.jobs.backups.copies import Say
from hardship.jobs.backups.manifest import Manifest
from hardship.jobs.backups.places import sha256_of
from hardship.jobs.backups.staging import Present, place_for
from hardship.jobs.doctor import Finding
from hardship.jobs.owndata import OPEN_PAYMENTS
from hardship.ledger.queries import check as check_books
from hardship.migrate import knows, upgrade
from hardship.payouts.models import Payment
from hardship.payouts.service.holding import hold_money
from hardship.web.models import WebSession

Build = Callable[..., Runtime]


@dataclass
class Restored:
    """What was done, and what was found."""

    manifest: Manifest
    lost: int | None = None
    set_aside: str = ""
    erased_again: int = 0
    unreadable: int = 0
    deleted: dict[str, int] = field(default_factory=dict)
    rests: bool = False
    open_payments: int = 0
    written: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    checks: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with what was restored."""
        return not self.problems and all(one.ok for one in self.checks)


def prove(source: Path, settings: Settings) -> Manifest:
    """The manifest of a whole backup that this keyring opens and this program knows how to restore.

    Raises `BadInput` for anything else, and `Broken` where the keyring has forgotten the version that it takes.
    """
    ring = keyring.load(settings.keyring_path)
    found = manifest.read(source, ring)
    for one in found.files:
        path = source / one.path
        if ".." in Path(one.path).parts or not path.is_file() or path.is_symlink():
            raise BadInput("a file of the backup is missing", where=str(path), fix="Take another backup.")
        if sha256_of(path) != (one.bytes, one.sha256):
            raise BadInput("a file of the backup was changed", where=str(path), fix="Take another backup.")
    forgotten = [number for number in found.needed if number not in ring.keks]
    if forgotten:
        raise Broken(
            f"the backup is wrapped by version {forgotten[0]} of the keyring, which was destroyed",
            where=str(source),
            fix="Nobody can read it any more. Take a backup from after the rotation.",
        )
    kind = "sqlite" if settings.database_file is not None else "postgresql"
    if found.database != kind:
        raise BadInput(
            f"the backup is of a {found.database} database",
            where=str(source),
            fix="Set HARDSHIP_DATABASE_URL to one.",
        )
    if not knows(found.schema):
        raise BadInput(
            "the backup is of a version that this program does not know",
            where=str(source),
            fix="Run the newer program.",
        )
    return found


def restore(settings: Settings, source: Path, build: Build, *, replacing: bool, say: Say) -> Restored:
    """Restore the backup in `source`; `build` wires a runtime.

    Raises `Conflict` where something is there and `replacing` is off, or somebody is using it. Until the last step nothing is
    changed.
    """
    found = prove(source, settings)
    say(f"every file is whole ({len(found.files)})")
    place, done = place_for(settings), Restored(found)
    there = place.present(found)
    if not there.empty and not replacing:
        raise Conflict(
            "there is a database already", where=str(settings.instance), fix="Add --replace to set it aside."
        )
    done.lost = there.lost
    with place.staged(source, found) as url:
        upgrade(url)
        say("put together; checking")
        runtime = build(replace(settings, database_url=url), check=False)
        try:
            _make_good(runtime, there, done)
            mark = f"replaced-{runtime.clock.now():%Y%m%dt%H%M%S%f}"  # two in one second keep apart
        finally:
            runtime.database.dispose()
        done.set_aside = place.swap(mark)
    _afterwards(settings, source, build, done)
    return done


def _make_good(runtime: Runtime, there: Present, done: Restored) -> None:
    """All that is done to a copy before it may be used."""
    found = done.manifest
    with runtime.read() as session:
        verdict = verify(session, runtime.vault)
        if (verdict.events, verdict.head) != (found.events, found.head):
            raise Broken("what was put together is not what was backed up", fix="Take another backup.")
        done.problems = [f"event {one.seq}: {one.kind.value}: {one.detail}" for one in verdict.problems]
        runtime.vault.check(session)
        done.open_payments = _open_payments(session)
    gone = there.destroyed | destroyed.noted(runtime.settings)
    done.unreadable = runtime.transact(operator(), _drop_lost, runtime.vault.keyring)
    done.erased_again = runtime.transact(operator(), _erase_again, gone)
    runtime.transact(operator(), _note, done)
    done.rests = runtime.vault.keyring.purpose == "demo"
    if not done.rests:
        done.deleted = {name: count for name, count in retention.run(runtime).items() if count}
    with runtime.read() as session:
        done.problems += check_books(session).problems


def _open_payments(session: Session) -> int:
    wanted = select(func.count()).select_from(Payment).where(col(Payment.state).in_(OPEN_PAYMENTS))
    return session.exec(wanted).one()


def _drop_lost(tx: Transaction, ring: Keyring) -> int:
    """Keys that no version in the keyring opens are of no use to anybody: they are let go as destroyed."""
    lost = col(DataKey.kek_version).not_in(list(ring.keks)), col(DataKey.wrapped).is_not(None)
    values = {"wrapped": None, "destroyed_at": tx.at}
    count = int(tx.session.connection().execute(update(DataKey).where(*lost).values(values)).rowcount)
    if count:
        tx.record("keys.lost", "keyring", count=count)
    (mark,) = lock(tx.session, select(KeyringMark).where(col(KeyringMark.id) == 1))
    mark.oldest = max(mark.oldest, min(ring.keks))
    tx.session.add(mark)
    return count


def _erase_again(tx: Transaction, gone: set[str] | frozenset[str]) -> int:
    """Erase those whom the copy still holds: applicants with all that leads to them, other keys as they are."""
    people = erasing.erase_again(tx, gone)
    alive = lock(
        tx.session, select(DataKey).where(col(DataKey.wrapped).is_not(None)).order_by(col(DataKey.id))
    )
    others = [key for key in alive if key.id in gone]
    for key in others:
        key.wrapped, key.destroyed_at = None, tx.at
        tx.session.add(key)
    if others:
        tx.record("keys.destroyed_again", "keyring", count=len(others))
    return people


def _note(tx: Transaction, done: Restored) -> None:
    """Nobody stays signed in from before, and money waits; the log says what was restored."""
    tx.session.connection().execute(delete(WebSession))
    facts = {"made_at": done.manifest.made_at, "events": done.manifest.events, "lost": done.lost}
    facts |= {"erased_again": done.erased_again, "unreadable": done.unreadable, "at": iso(tx.at)}
    hold_money(tx, backup_made_at=parse_instant(done.manifest.made_at))
    tx.record("backup.restored", f"backup:{done.manifest.id}", **facts)


def _afterwards(settings: Settings, source: Path, build: Build, done: Restored) -> None:
    runtime = build(settings)
    try:
        with runtime.read() as session:
            done.written = files.unpack(session, runtime, done.manifest, source)
        done.checks = doctor.examine(runtime)
    finally:
        runtime.database.dispose()
