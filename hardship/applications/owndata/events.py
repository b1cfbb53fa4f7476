"""What is announced about one's own data; rooms that come later act, or answer, in the same transaction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ErasureDue:
    """Somebody is about to be erased. A handler answers `WAIT` while a payment is open, `WITHDRAW` where an award has to
    be taken back first, else ""."""

    application_id: int


WAIT, WITHDRAW = "wait", "withdraw"


@dataclass(frozen=True)
class Erased:
    """The key of somebody was destroyed: rows that were sealed with it have nothing left to keep."""

    application_id: int


@dataclass(frozen=True)
class CopyAsked:
    """Somebody asked for a copy of their data. A handler answers with a dictionary of what its rooms hold, in plain
    words as keys, that is theirs: never who decided."""

    application_id: int
