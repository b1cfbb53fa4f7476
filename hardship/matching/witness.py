"""What the event log has to say the same about: the match of every gift, and what sponsors paid."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.matching.models import Allocation, MatchAgreement, SponsorPayment

KINDS = ("match.redistributed", "match.payment_received", "match.payment_returned")


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Match given by a redistribution (what is given with a gift, its own event tells), or a sponsor's payment."""
    for agreement, minor in facts.get("matched", {}).items():
        yield f"{subject} match by {agreement}", minor
    if "ref" in facts:
        yield f"payment {facts['ref']} of {subject}", facts["amount_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    given = session.exec(
        select(Contribution.ref, MatchAgreement.ref, func.sum(Allocation.amount_minor))
        .join(Contribution, col(Contribution.id) == Allocation.contribution_id)
        .join(MatchAgreement, col(MatchAgreement.id) == Allocation.agreement_id)
        .group_by(Contribution.ref, MatchAgreement.ref)
        .order_by(Contribution.ref, MatchAgreement.ref)
    )
    for ref, agreement, minor in given:
        yield f"contribution:{ref} match by {agreement}", int(minor)
    paid = session.exec(
        select(SponsorPayment.ref, MatchAgreement.ref, SponsorPayment.amount_minor)
        .join(MatchAgreement, col(MatchAgreement.id) == SponsorPayment.agreement_id)
        .order_by(SponsorPayment.ref)
    )
    for ref, agreement, minor in paid:
        yield f"payment {ref} of agreement:{agreement}", abs(minor)
