"""Appending to the event log: last in every transaction, under the head's lock."""

from typing import Any

from sqlalchemy import insert, select, update

from hardship.audit.chain import GENESIS, head_message, link
from hardship.audit.models import AuditEvent, AuditHead
from hardship.core import bulk
from hardship.core.canonical import canonical
from hardship.core.clock import iso
from hardship.core.prepared import Prepared
from hardship.core.runtime import Recorded, Transaction

_EVENT = AuditEvent.__table__  # type: ignore[attr-defined]
_HEAD = AuditHead.__table__  # type: ignore[attr-defined]

_LOCK_HEAD = Prepared(select(_HEAD.c.seq, _HEAD.c.hash).where(_HEAD.c.id == 1).with_for_update())
_MOVE_HEAD = Prepared(update(_HEAD).where(_HEAD.c.id == 1), ("seq", "hash", "mac"))


def append(tx: Transaction) -> None:
    """Chain the transaction's events. This is the instance's recorder; it runs just before the commit."""
    connection = tx.connection
    found = _LOCK_HEAD.rows(connection)
    seq, prev = found[0] if found else (0, GENESIS)
    rows: list[dict[str, Any]] = []
    for recorded in tx.events:
        seq += 1
        body = _body(tx, recorded)
        rows.append(
            {"seq": seq, "prev": prev, "hash": link(prev, body), "subject": recorded.subject, "body": body}
        )
        prev = rows[-1]["hash"]
    bulk.add(connection, _EVENT, rows)
    values = {"seq": seq, "hash": prev, "mac": tx.vault.mac(head_message(seq, prev))}
    if found:
        _MOVE_HEAD.run(connection, values)
    else:
        connection.execute(insert(_HEAD).values(id=1, **values))


def _body(tx: Transaction, recorded: Recorded) -> str:
    body = {
        "at": iso(tx.at),
        "actor": tx.actor.described(),
        "kind": recorded.kind,
        "subject": recorded.subject,
        "facts": recorded.facts,
    }
    return canonical(body).decode()
