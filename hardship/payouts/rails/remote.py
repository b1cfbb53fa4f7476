"""What was made at a rail on the way to a payment, remembered so that it is made once.

`intend` commits that something is about to be made, with its key; `learn` commits what the rail calls it. Whoever dies
in between leaves a row without a name: the same key then gives the same thing, and once the rail may have forgotten
the key, the thing is looked for before another is made.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime, Transaction
from hardship.payouts.models import RailName, RemoteThing

_THING: Any = RemoteThing.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Remote:
    """One thing at a rail: the key it is made with, what it belongs to there, what it is called there (None: not known
    yet), and a code about it."""

    idem_key: str
    parent: str
    ref: str | None
    note: str
    created_at: dt.datetime


@dataclass(frozen=True)
class Memory:
    """The things at one rail."""

    runtime: Runtime
    rail: RailName

    def known(self, kind: str, subject: str) -> Remote | None:
        """What is known of a thing; None when it was never begun."""
        with self.runtime.read() as session:
            found = session.exec(
                select(RemoteThing).where(
                    RemoteThing.rail == self.rail, RemoteThing.kind == kind, RemoteThing.subject == subject
                )
            ).first()
        return _remote(found) if found else None

    def intend(self, kind: str, subject: str, *, idem_key: str = "", parent: str = "") -> Remote:
        """Commit that a thing is about to be made; one that was begun before stays as it was."""
        begun = self.known(kind, subject)
        if begun is not None:
            return begun
        return self.runtime.transact(SYSTEM, self._intend, kind, subject, idem_key or new_key(), parent)

    def _intend(self, tx: Transaction, kind: str, subject: str, idem_key: str, parent: str) -> Remote:
        row = {
            "rail": self.rail,
            "kind": kind,
            "subject": subject,
            "idem_key": idem_key,
            "parent": parent,
            "ref": None,
            "note": "",
            "created_at": tx.at,
        }
        connection = tx.session.connection()
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        unless_there = insert(_THING).on_conflict_do_nothing(index_elements=["rail", "kind", "subject"])
        connection.execute(
            unless_there.values(row)
        )  # two may begin it at the same instant: the first one's key counts
        begun = self._locked(tx, kind, subject)
        assert begun is not None
        return _remote(begun)

    def learn(self, kind: str, subject: str, ref: str, note: str = "") -> None:
        """Commit what a thing is called; the first name stays."""
        self.runtime.transact(SYSTEM, self._learn, kind, subject, ref, note)

    def _learn(self, tx: Transaction, kind: str, subject: str, ref: str, note: str) -> None:
        found = self._locked(tx, kind, subject)
        if found is not None and found.ref is None:
            found.ref, found.note = ref, note
            tx.session.add(found)

    def _locked(self, tx: Transaction, kind: str, subject: str) -> RemoteThing | None:
        wanted = select(RemoteThing).where(
            col(RemoteThing.rail) == self.rail,
            col(RemoteThing.kind) == kind,
            col(RemoteThing.subject) == subject,
        )
        return next(iter(lock(tx.session, wanted)), None)


def _remote(row: RemoteThing) -> Remote:
    return Remote(row.idem_key, row.parent, row.ref, row.note, row.created_at)
