"""What the event log has to say the same about: every transfer between pots, with its amount."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from hardship.funds.models import FundTransfer, TransferState

SUBJECTS = ("transfer",)
KINDS = ("transfer.made",)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every transfer with its state."""
    rows = session.exec(select(FundTransfer.ref, FundTransfer.state).order_by(col(FundTransfer.id)))
    return ((f"transfer:{ref}", TransferState(state).value) for ref, state in rows)


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The amount of a transfer."""
    yield f"{subject} amount", facts["amount_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    for ref, minor in session.exec(select(FundTransfer.ref, FundTransfer.amount_minor)):
        yield f"transfer:{ref} amount", minor
