"""What the event log has to say the same about, of gifts by card: where checkouts, refunds and disputes stand."""

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions.card_models import CardPayout, CardRefund, Checkout, Dispute

SUBJECTS = ("checkout", "card_refund", "dispute")
KINDS = ("card_payout.received",)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Subject and state of each."""
    tables: tuple[tuple[str, Any], ...] = (
        ("checkout", Checkout),
        ("card_refund", CardRefund),
        ("dispute", Dispute),
    )
    for name, table in tables:
        rows = session.exec(select(table.ref, table.state).order_by(table.id))
        yield from ((f"{name}:{ref}", state.value) for ref, state in rows)


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """What the processor paid out."""
    for ref, minor in session.exec(
        select(CardPayout.ref, CardPayout.amount_minor).order_by(col(CardPayout.id))
    ):
        yield f"card_payout:{ref} amount", minor
