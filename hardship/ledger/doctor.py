"""I1: the books balance."""

from sqlmodel import Session

from hardship.core.runtime import Runtime
from hardship.ledger.queries import check


def balanced(session: Session, _runtime: Runtime) -> list[str]:
    """Every journal sums to zero in each pot, is posted, and the cached balances are those of the entries."""
    return check(session).problems


CHECKS = (("I1 balanced", balanced),)
