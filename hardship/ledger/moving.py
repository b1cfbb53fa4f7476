"""What every use case of the books begins with: the funds are locked, by the room that keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hardship.core.errors import NotFound
from hardship.core.runtime import Transaction
from hardship.ledger.events import BooksMoving


def lock_books(tx: Transaction, *fund_slugs: str) -> None:
    """Lock these funds, in the one order; raises `NotFound` for one that nobody keeps."""
    wanted = tuple(sorted(set(fund_slugs)))
    known = {slug for answer in tx.publish(BooksMoving(wanted)) for slug in answer}
    for slug in wanted:
        if slug not in known:
            raise NotFound("there is no such fund", where=slug[:60], fix="See: hardship fund list")


@dataclass(frozen=True)
class Asked:
    """What became of something that takes two people: the proposal that waits, or (the machine's operator) `done`."""

    proposal: str
    done: bool
    journals: Sequence[int] = ()
    ref: str = ""
