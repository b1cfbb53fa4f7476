"""I1: the books balance, and what was closed is as it was."""

from sqlmodel import Session

from hardship.core.runtime import Runtime
from hardship.ledger.closing import bent
from hardship.ledger.queries import check, strayed


def balanced(session: Session, _runtime: Runtime) -> list[str]:
    """Every journal sums to zero in each pot, is posted, stands in its own fund's pots, and the cached balances are
    those of the entries."""
    return [*check(session).problems, *strayed(session)]


def closed(session: Session, _runtime: Runtime) -> list[str]:
    """The figures of every closed period, recomputed from the entries, are those that were frozen."""
    return bent(session)


CHECKS = (("I1 balanced", balanced), ("I1 closed periods", closed))
