"""An event log of a given length with the applications it speaks of, chained as the recorder chains."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import update

from hardship.audit.chain import head_message, link
from hardship.audit.models import AuditHead
from hardship.core.actor import SYSTEM
from hardship.core.canonical import canonical, sha256_hex
from hardship.core.clock import iso
from hardship.core.runtime import Runtime
from tests.bench.seeds import applications, fund
from tests.bench.seeds.bulk import fill

_LIFE = (
    ("application.submitted", "submitted"),
    ("application.checks_started", "checking"),
    ("application.checked", "in_review"),
    ("application.info_requested", "info_requested"),
    ("application.info_given", "in_review"),
    ("review.voted", ""),
    ("review.voted", ""),
    ("application.approved", "approved"),
)
"""What an application goes through: three of four of its events are a change of state."""


def stored(count: int) -> Callable[[Runtime], None]:
    """Makes a log of about `count` events over `count / 8` applications."""

    def make(runtime: Runtime) -> None:
        fund.load(runtime)
        people = count // len(_LIFE)
        applications.insert(runtime, people, ("approved",))
        with runtime.database.writer.connect() as connection:
            seq, last = connection.exec_driver_sql("SELECT seq, hash FROM audit_head").one()
        chain = _Chain(seq, last)
        fill(runtime, "audit_event", ("seq", "prev", "hash", "subject", "body"), chain.rows(people))
        mac = runtime.vault.mac(head_message(chain.seq, chain.last))
        head = {"seq": chain.seq, "hash": chain.last, "mac": mac}
        runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(update(AuditHead).values(**head)))

    return make


class _Chain:
    """A chain that grows."""

    def __init__(self, seq: int, last: str) -> None:
        self.seq, self.last = seq, last

    def rows(self, people: int) -> Iterator[tuple[Any, ...]]:
        """Every application's life."""
        for number in range(1, people + 1):
            subject = f"application:{applications.ref(number)}"
            at = fund.OPENS + dt.timedelta(minutes=2 * number)
            for kind, state in _LIFE:
                body = canonical(_event(kind, state, subject, at)).decode()
                prev, self.seq, self.last = self.last, self.seq + 1, link(self.last, body)
                yield self.seq, prev, self.last, subject, body


def _event(kind: str, state: str, subject: str, at: dt.datetime) -> dict[str, Any]:
    facts = {"round": fund.ROUND, "commitment": sha256_hex(subject.encode())}
    return {
        "at": iso(at),
        "actor": {"kind": "staff", "id": "3"},
        "kind": kind,
        "subject": subject,
        "facts": facts | ({"state": state} if state else {"vote": 17}),
    }
