"""One running instance: settings, database, vault, clock, and the transaction in which every use case happens.

A use case is a function `(tx, …) -> result`. `Runtime.transact` runs it in one write transaction: it commits whole or
not at all, is run again when the database asks for it, and its audit events are appended last, under the head's lock.
Rooms that come later on the way listen to what earlier ones announce (`Transaction.publish`), in the same transaction.
"""

import datetime as dt
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from flask import current_app
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from hardship.config import Settings
from hardship.core.actor import Actor
from hardship.core.clock import Clock
from hardship.core.db import Database, is_locked, passes_by_itself
from hardship.core.errors import Refused
from hardship.core.vault import Vault

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")

ATTEMPTS = 12
ATTEMPTS_WHEN_LOCKED = 3  # each has waited as long as a writer may take already


@dataclass(frozen=True)
class Recorded:
    """One audit event before it is chained: what happened (`award.offered`), to which subject (`award:7K3M-9Q2X`),
    and the facts: ids, states, amounts and salted commitments, never personal data."""

    kind: str
    subject: str
    facts: dict[str, Any]


@dataclass
class Transaction:
    """What a use case works with: the session, who asked, the instant, the secrets, and the event log.

    It begins with the first thing asked of the database, not before: what takes long (hashing a password) holds up
    nobody. `inside` is the engine to begin on, or the session of a transaction to work in.
    """

    runtime: "Runtime"
    inside: Engine | Session
    actor: Actor
    at: dt.datetime
    events: list[Recorded] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)

    @cached_property
    def connection(self) -> Connection:
        """The connection, in its transaction: for statements beside the session, whose writer flushes first."""
        if isinstance(self.inside, Session):
            return self.inside.connection()
        connection = self.inside.connect()
        connection.begin()
        return connection

    @cached_property
    def session(self) -> Session:
        """The session; its objects keep what they hold after the commit."""
        if isinstance(self.inside, Session):
            return self.inside
        return Session(self.connection, expire_on_commit=False, join_transaction_mode="rollback_only")

    def flush(self) -> None:
        """Write what the session has not written yet."""
        if "session" in vars(self):
            self.session.flush()

    def forget(self, kind: type) -> None:
        """Let the session forget the objects of a kind, whose rows are about to change beside it."""
        if "session" in vars(self):
            for known in [one for one in self.session.identity_map.values() if isinstance(one, kind)]:
                self.session.expunge(known)

    def commit(self) -> None:
        """Make everything stand."""
        self.flush()
        if "connection" in vars(self):
            self.connection.commit()

    def close(self) -> None:
        """Let go of session and connection; what was not committed is undone."""
        if "session" in vars(self):
            self.session.close()
        if "connection" in vars(self):
            self.connection.close()

    @property
    def vault(self) -> Vault:
        """The instance's vault."""
        return self.runtime.vault

    def record(self, kind: str, subject: str, /, **facts: Any) -> None:
        """Note one change of state (or one reading of a sealed field) for the event log."""
        self.events.append(Recorded(kind, subject, facts))

    def publish(self, announcement: object) -> list[Any]:
        """Tell the rooms that listen; they act in this transaction. Returns what they answered, in order."""
        return [handler(self, announcement) for handler in self.runtime.listeners.get(type(announcement), [])]

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do `action` once the transaction has been committed, never before."""
        self.later.append(action)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may be refused as a whole while the rest of the transaction stands (a savepoint)."""
        events, later = len(self.events), len(self.later)
        try:
            with self.session.begin_nested():
                yield
        except Refused:
            del self.events[events:], self.later[later:]
            raise


Recorder = Callable[[Transaction], None]


@dataclass
class Due:
    """Work that the worker does when it is due: `run` does some and says how many things it did."""

    name: str
    run: Callable[["Runtime"], int]


@dataclass
class Runtime:
    """One instance of the system, wired."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    recorder: Recorder
    listeners: dict[type, list[Callable[[Transaction, Any], Any]]] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)
    proposals: dict[str, Any] = field(
        default_factory=dict
    )  # what takes a second person: see staff/proposals.py
    extensions: dict[str, Any] = field(
        default_factory=dict
    )  # what later rooms add to an earlier one's lists and pages, under a name that the earlier one gives
    webhooks: dict[str, Any] = field(
        default_factory=dict
    )  # who handles which events: contributions/webhooks.py

    def listen(self, announcement: type[A], handler: Callable[[Transaction, A], Any]) -> None:
        """Let `handler` act whenever `announcement` is published."""
        self.listeners.setdefault(announcement, []).append(handler)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that can only read, all of it from one snapshot."""
        with self.database.read() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """A session that can only read, each statement for itself: for pages that decide nothing and are asked often."""
        with self.database.glance() as session:
            yield session

    def transact(
        self,
        actor: Actor,
        use_case: Callable[Concatenate[Transaction, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `use_case(tx, …)` in one write transaction and return its result; on any exception nothing stands."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                tx, result = self._once(actor, use_case, *args, **kwargs)
            except DBAPIError as error:
                if not passes_by_itself(error) or attempt == (
                    ATTEMPTS_WHEN_LOCKED if is_locked(error) else ATTEMPTS
                ):
                    raise
                _breathe(attempt)
                continue
            for action in tx.later:
                action()
            return result
        raise AssertionError("unreachable")

    def _once(
        self,
        actor: Actor,
        use_case: Callable[Concatenate[Transaction, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[Transaction, R]:
        tx = Transaction(self, self.database.writer, actor, self.clock.now())
        try:
            result = use_case(tx, *args, **kwargs)
            tx.flush()
            if tx.events:
                self.recorder(tx)
            tx.commit()
            return tx, result
        finally:
            tx.close()

    def run_due(self, *names: str) -> int:
        """Do all that is due (or only the named kinds) until nothing is left; returns how many things were done."""
        done = 0
        for work in self.due:
            if names and work.name not in names:
                continue
            while did := work.run(self):
                done += did
        return done


def _breathe(attempt: int) -> None:
    """Wait a little, longer each time and never in step with a rival."""
    threading.Event().wait(random.uniform(0.002, 0.01) * 2 ** min(attempt, 6))  # noqa: S311 — jitter, no secret


def current() -> Runtime:
    """The runtime of the Flask application that handles this request."""
    return cast(Runtime, current_app.extensions["hardship"])
