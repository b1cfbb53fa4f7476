"""Reading the event log as it is stored: in batches, by the driver, without building objects."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from hardship.audit.diagnosis import Head
from hardship.audit.models import AuditEvent, AuditHead

BATCH = 4096
Row = tuple[int, bytes, bytes, bytes, bytes]
"""seq, prev, hash, subject, body: all but the number as their bytes."""
_HEAD = AuditHead.__table__  # type: ignore[attr-defined]
_EVENT = AuditEvent.__table__  # type: ignore[attr-defined]

# The casts keep whatever somebody put into SQLite's untyped cells readable, and spare encoding the bodies.
_SQLITE = """SELECT seq, IFNULL(CAST(prev AS BLOB), x''), IFNULL(CAST(hash AS BLOB), x''),
                    IFNULL(CAST(subject AS BLOB), x''), IFNULL(CAST(body AS BLOB), x'')
             FROM audit_event ORDER BY seq"""
_POSTGRESQL = "SELECT seq, prev, hash, subject, body FROM audit_event ORDER BY seq"


def batches(session: Session) -> Iterator[list[Row]]:
    """Every event in order of `seq`, a few thousand at a time; the body as its bytes."""
    connection = session.connection()
    raw: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    # A named cursor stays on PostgreSQL's side, which would else hand over the whole log at once.
    cursor = raw.cursor() if is_sqlite else raw.cursor(name="audit_log")
    try:
        cursor.execute(_SQLITE if is_sqlite else _POSTGRESQL)
        while rows := cursor.fetchmany(BATCH):
            yield rows if is_sqlite else [_encoded(*row) for row in rows]
    finally:
        cursor.close()


def _encoded(seq: int, prev: str, digest: str, subject: str, body: str) -> Row:
    return seq, prev.encode(), digest.encode(), subject.encode(), body.encode()


def body_of(session: Session, seq: int) -> str | None:
    """The body of one event, or None."""
    found: str | None = (
        session.connection().execute(select(_EVENT.c.body).where(_EVENT.c.seq == seq)).scalar()
    )
    return found


def head_of(session: Session) -> tuple[Head, str] | None:
    """Where the log says it ends, with the keyed digest; None before the first event."""
    row = session.connection().execute(select(_HEAD.c.seq, _HEAD.c.hash, _HEAD.c.mac)).first()
    if row is None:
        return None
    # SQLite keeps whatever somebody puts into a cell: what is no number, or no text, is no head of ours.
    return Head(row.seq if isinstance(row.seq, int) else 0, str(row.hash)), str(row.mac)


def count(session: Session) -> int:
    """How many events there are."""
    return session.connection().execute(select(func.count()).select_from(_EVENT)).scalar_one()
