"""Hands on the database file: what somebody with access to it, and without the keyring, could do."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from hardship.audit.chain import GENESIS, link
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction

Stored = tuple[int, str, str, str, str]  # seq, prev, hash, subject, body


def write_events(runtime: Runtime, count: int) -> None:
    """Record `count` events, a few in each transaction."""

    def record(tx: Transaction, first: int, last: int) -> None:
        for number in range(first, last):
            tx.record("test.event", f"test:{number}", number=number, word="plain")

    for first in range(0, count, 4):
        runtime.transact(SYSTEM, record, first, min(first + 4, count))


def body(number: int) -> str:
    """A body as the log would hold it."""
    return f'{{"actor":{{"kind":"system"}},"at":"x","facts":{{}},"kind":"test.forged","subject":"forged:{number}"}}'


def run(runtime: Runtime, sql: str, **values: Any) -> None:
    """Change the database behind the application's back."""
    with runtime.database.writer.begin() as connection:
        connection.execute(text(sql), values)


def stored(runtime: Runtime) -> list[Stored]:
    """The log as it lies there."""
    with runtime.read() as session:
        rows = session.connection().execute(
            text("SELECT seq, prev, hash, subject, body FROM audit_event ORDER BY seq")
        )
        return [(row.seq, row.prev, row.hash, row.subject, row.body) for row in rows]


def replace(runtime: Runtime, rows: Sequence[Stored], *, unique: bool = True) -> None:
    """Put these rows in the place of the log; without `unique`, the table's guard against forks is torn down first."""
    with runtime.database.writer.begin() as connection:
        connection.execute(text("DELETE FROM audit_event"))
        if not unique and connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_prev"))
        elif not unique:
            connection.execute(text("DROP TABLE audit_event"))
            connection.execute(
                text(
                    "CREATE TABLE audit_event (seq INTEGER PRIMARY KEY, prev TEXT, hash TEXT, subject TEXT, body TEXT)"
                )
            )
        for seq, prev, digest, subject, content in rows:
            connection.execute(
                text("INSERT INTO audit_event (seq, prev, hash, subject, body) VALUES (:a, :b, :c, :d, :e)"),
                {"a": seq, "b": prev, "c": digest, "d": subject, "e": content},
            )


def forged(seq: int, prev: str) -> Stored:
    """An event that was never recorded, its hash made as it should be."""
    content = body(seq)
    return seq, prev, link(prev, content), f"forged:{seq}", content


def rechained(rows: Sequence[Stored]) -> list[Stored]:
    """The rows numbered and chained anew from the first."""
    done: list[Stored] = []
    prev = GENESIS
    for seq, (_, _, _, subject, content) in enumerate(rows, start=1):
        done.append((seq, prev, link(prev, content), subject, content))
        prev = done[-1][2]
    return done


def set_head(runtime: Runtime, seq: int, digest: str, mac: str | None = None) -> None:
    """Let the head say something else."""
    run(runtime, "UPDATE audit_head SET seq = :seq, hash = :digest", seq=seq, digest=digest)
    if mac is not None:
        run(runtime, "UPDATE audit_head SET mac = :mac", mac=mac)
