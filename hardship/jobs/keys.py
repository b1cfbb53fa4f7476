"""Turning the keyring: a new version, every key wrapped anew, an old version forgotten, token epochs of a year.

Safe at every step. The file with the new version is written before anything is wrapped by it; wrapping goes on where it
stopped; a version is struck in the database, which from then on refuses keys wrapped by it, before it leaves the file.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, select, text, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from hardship.applications.models import ApplicationToken
from hardship.core import keyring
from hardship.core.actor import SYSTEM, Actor, ActorKind
from hardship.core.db import lock
from hardship.core.errors import BadInput, Forbidden, Refused
from hardship.core.models import DataKey, KeyringMark, TokenEpoch
from hardship.core.retention import Period
from hardship.core.runtime import Runtime, Transaction

_KEY = DataKey.__table__  # type: ignore[attr-defined]
_EPOCH = TokenEpoch.__table__  # type: ignore[attr-defined]
_AT_A_TIME = 500
NEW_EPOCH_AFTER = dt.timedelta(days=365)


@dataclass(frozen=True)
class Version:
    """One version of the keyring: how many keys are wrapped by it, and whether it is still in the file."""

    number: int
    current: bool
    keys: int
    epochs: int
    in_file: bool


def versions(session: Session, runtime: Runtime) -> list[Version]:
    """Every version in the keyring or in use, oldest first."""
    runtime.vault.refresh()
    ring = runtime.vault.keyring
    keys, epochs = _counts(session, _KEY), _counts(session, _EPOCH)
    return [
        Version(
            number, number == ring.current, keys.get(number, 0), epochs.get(number, 0), number in ring.keks
        )
        for number in sorted({*ring.keks, *keys, *epochs})
    ]


def _counts(session: Session, table: Any) -> dict[int, int]:
    wrapped = select(table.c.kek_version, func.count()).where(table.c.wrapped.is_not(None))
    return {row[0]: row[1] for row in session.connection().execute(wrapped.group_by(table.c.kek_version))}


def rotate(runtime: Runtime, actor: Actor) -> tuple[int, int]:
    """Wrap every key by a new version of the keyring; returns (version, keys wrapped anew).

    Where an earlier rotation was interrupted, that one is finished instead of a new one begun. The keys seal the same
    as before: nothing else is touched.
    """
    _may(actor)
    runtime.vault.refresh()
    ring = runtime.vault.keyring
    with runtime.read() as session:
        unfinished = any(one.keys + one.epochs for one in versions(session, runtime) if not one.current)
    if not unfinished:
        keyring.save(keyring.with_new_version(ring), runtime.settings.keyring_path)
        runtime.vault.refresh()
    current = runtime.vault.keyring.current
    done = 0
    while moved := runtime.transact(actor, _rewrap, current):
        done += moved
    runtime.transact(
        actor, lambda tx: tx.record("keys.rotated", f"keyring:{current}", version=current, keys=done)
    )
    return current, done


def _may(actor: Actor) -> None:
    if actor.kind not in {ActorKind.OPERATOR, ActorKind.SYSTEM}:
        raise Forbidden("only whoever runs this machine may turn its keys")


def _rewrap(tx: Transaction, current: int) -> int:
    """Some keys wrapped anew; their rows are locked, so that one that is destroyed meanwhile stays destroyed."""
    connection = tx.session.connection()
    old = _KEY.c.kek_version != current, _KEY.c.wrapped.is_not(None)
    keys = connection.execute(
        select(_KEY).where(*old).order_by(_KEY.c.id).limit(_AT_A_TIME).with_for_update()
    ).all()
    for row in keys:
        fresh = tx.vault.rewrapped(row.id, row.kek_version, row.wrapped)
        connection.execute(update(_KEY).where(_KEY.c.id == row.id).values(wrapped=fresh, kek_version=current))
    return len(keys) or _rewrap_epochs(tx, current)


def _rewrap_epochs(tx: Transaction, current: int) -> int:
    connection = tx.session.connection()
    old = _EPOCH.c.kek_version != current, _EPOCH.c.wrapped.is_not(None)
    epochs: Sequence[Row[Any]] = connection.execute(select(_EPOCH).where(*old).with_for_update()).all()
    for row in epochs:
        fresh = tx.vault.rewrapped_epoch(row.kek_version, row.wrapped)
        values = {"wrapped": fresh, "kek_version": current}
        connection.execute(update(_EPOCH).where(_EPOCH.c.id == row.id).values(**values))
    return len(epochs)


def forget(runtime: Runtime, actor: Actor, version: int) -> bool:
    """Destroy a version of the keyring, with every version before it: copies of the database that were made while keys
    were wrapped by it can't be read any more, by anybody. False when it was forgotten already.

    Raises `Refused` while any key is still wrapped by it, `BadInput` for the current version or one that never was.
    """
    _may(actor)
    runtime.vault.refresh()
    ring = runtime.vault.keyring
    if version == ring.current:
        raise BadInput("this is the version in use", where="--forget", fix="Run first: hardship keys rotate")
    if not 1 <= version < ring.current:
        raise BadInput(
            "the keyring never had this version", where="--forget", fix="See: hardship keys status"
        )
    struck = runtime.transact(actor, _strike, version)
    left = [number for number in ring.keks if number <= version]
    for number in left:
        ring = keyring.without_version(ring, number)
    if left:
        keyring.save(ring, runtime.settings.keyring_path)
        runtime.vault.refresh()
    return struck or bool(left)


def _strike(tx: Transaction, version: int) -> bool:
    """Let the database refuse keys of this version and those before it, if none is wrapped by them."""
    if tx.session.connection().dialect.name == "postgresql":
        # Whoever is adding a key ends first, and is counted; whoever comes later meets the trigger.
        tx.session.connection().execute(text("LOCK TABLE data_key, token_epoch IN SHARE ROW EXCLUSIVE MODE"))
    for table in (_KEY, _EPOCH):
        still = select(func.count()).where(table.c.kek_version <= version, table.c.wrapped.is_not(None))
        if count := tx.session.connection().execute(still).scalar_one():
            raise Refused(
                f"{count} keys are still wrapped by version {version} or an earlier one",
                where="--forget",
                fix="Run first: hardship keys rotate",
            )
    (mark,) = lock(tx.session, select_rows(KeyringMark).where(col(KeyringMark.id) == 1))
    if mark.oldest > version:
        return False
    mark.oldest = version + 1
    tx.session.add(mark)
    tx.record("keys.forgotten", f"keyring:{version}", version=version)
    return True


# --- Token epochs ---------------------------------------------------------------------------------------------------


def turn_epochs(runtime: Runtime) -> int:
    """Begin a new token epoch each year, and destroy those whose time is over, with every token that was made with them.
    Returns how many were begun or destroyed. Work for the worker."""
    with runtime.read() as session:
        if not epochs_due(session, runtime):
            return 0
    return runtime.transact(SYSTEM, _turn)


def _wants_new(session: Session, now: dt.datetime) -> bool:
    newest = session.exec(select_rows(func.max(TokenEpoch.created_at))).one()
    return newest is None or newest <= now - NEW_EPOCH_AFTER


def epochs_over(session: Session, runtime: Runtime, now: dt.datetime) -> list[int]:
    """The living epochs that are older than tokens are kept."""
    before = now - runtime.settings.retention[Period.TOKENS]
    living = select_rows(TokenEpoch).where(
        col(TokenEpoch.wrapped).is_not(None), TokenEpoch.created_at <= before
    )
    return [epoch.id or 0 for epoch in session.exec(living.order_by(col(TokenEpoch.id)))]


def epochs_due(session: Session, runtime: Runtime) -> list[int]:
    """The epochs to destroy, and a nought where a new one is to begin."""
    now = runtime.clock.now()
    return [*epochs_over(session, runtime, now), *([0] if _wants_new(session, now) else [])]


def _turn(tx: Transaction) -> int:
    epochs = lock(tx.session, select_rows(TokenEpoch).order_by(col(TokenEpoch.id)))
    done = 0
    if _wants_new(tx.session, tx.at):
        fresh = tx.vault.new_epoch(tx.at)
        tx.session.add(fresh)
        tx.session.flush()
        tx.record("epoch.begun", f"epoch:{fresh.id}")
        done += 1
    over = set(epochs_over(tx.session, tx.runtime, tx.at))
    for epoch in epochs:
        if epoch.id in over:
            tx.session.connection().execute(
                delete(ApplicationToken).where(col(ApplicationToken.epoch_id) == epoch.id)
            )
            epoch.wrapped, epoch.destroyed_at = None, tx.at
            tx.session.add(epoch)
            tx.record("epoch.destroyed", f"epoch:{epoch.id}")
            done += 1
    return done
