"""What the event log has to say the same about: every gift's amount, and what was given back of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions import card_witness
from hardship.contributions.desk import witness as desk_witness
from hardship.contributions.models import Contribution

KINDS = ("contribution.received", "contribution.refunded", *card_witness.KINDS, *desk_witness.KINDS)
SUBJECTS = (*card_witness.SUBJECTS, *desk_witness.SUBJECTS)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Where things stand that have a state."""
    yield from card_witness.states(session)
    yield from desk_witness.states(session)


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """A gift's amount, or a refund's; and what was matched or taken back with it."""
    if "net_minor" in facts:
        yield f"{subject} refunded", facts["amount_minor"]
    elif "amount_minor" in facts:
        yield f"{subject} amount", facts["amount_minor"]
    yield from desk_witness.heard(subject, facts)
    for agreement, minor in facts.get("matched", {}).items():
        yield f"{subject} match by {agreement}", minor
    for agreement, minor in facts.get("released", {}).items():
        yield f"{subject} match by {agreement}", -minor


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows; the match is told by the room of matching."""
    rows = session.exec(
        select(Contribution.ref, Contribution.amount_minor, Contribution.refunded_minor).order_by(
            col(Contribution.id)
        )
    )
    for ref, amount, refunded in rows:
        yield f"contribution:{ref} amount", amount
        yield f"contribution:{ref} refunded", refunded
    yield from card_witness.amounts(session)
    yield from desk_witness.amounts(session)
