"""I8 and I10: every change of state has its event, and no event holds an address."""

import re

from sqlmodel import Session

from hardship.audit.log import batches
from hardship.audit.verify import verify
from hardship.core.runtime import Runtime

_ADDRESS = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def witnessed(session: Session, runtime: Runtime) -> list[str]:
    """The log verifies, and the rows are as it says."""
    verdict = verify(session, runtime.vault)
    return [f"event {one.seq}: {one.kind.value}: {one.detail}" for one in verdict.problems]


def names_nobody(session: Session, _runtime: Runtime) -> list[str]:
    """No event holds anything like an e-mail address."""
    return [
        f"event {row[0]} holds what looks like an e-mail address"
        for rows in batches(session)
        for row in rows
        if b"@" in row[4] and _ADDRESS.search(row[4])
    ]


CHECKS = (("I8 witnessed", witnessed), ("I10 sealed: events", names_nobody))
