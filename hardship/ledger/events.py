"""What the books announce to the rooms that come after them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hardship.ledger.models import Journal


@dataclass(frozen=True)
class BooksMoving:
    """The books of these funds are about to move: whoever keeps the funds locks them, in their order, and answers the
    slugs that it knows."""

    fund_slugs: tuple[str, ...]


@dataclass(frozen=True)
class Reversing:
    """These journals, which all have one cause, are about to be reversed; the funds are locked. Whoever keeps what they
    stand for brings it up to date, or raises `Refused`."""

    kind: str
    cause: str
    journals: Sequence[Journal]
