"""What the event log has to say the same about: the match of every gift, what sponsors paid, and every state."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.matching import papers
from hardship.matching.conditions import ChallengeState, Condition, HoldState
from hardship.matching.models import (
    AgreementState,
    Allocation,
    MatchAgreement,
    MatchFreeze,
    MatchHold,
    PaymentRequest,
    RequestState,
    SponsorPayment,
)

KINDS = (
    "match.redistributed",
    "match.released",
    "match.entitled",
    "match.payment_received",
    "match.payment_returned",
    *papers.KINDS,
)
SUBJECTS = ("agreement", "request", "hold", "challenge", "freeze")


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every agreement, request for payment, hold, challenge that was decided, and gift that is or was under dispute."""
    for ref, state in session.exec(
        select(MatchAgreement.ref, MatchAgreement.state).order_by(MatchAgreement.ref)
    ):
        yield f"agreement:{ref}", AgreementState(state).value
    for ref, asked in session.exec(
        select(PaymentRequest.ref, PaymentRequest.state).order_by(PaymentRequest.ref)
    ):
        yield f"request:{ref}", RequestState(asked).value
    yield from _holds(session)
    yield from _challenges(session)
    yield from _freezes(session)


def _holds(session: Session) -> Iterator[tuple[str, str]]:
    rows = session.exec(
        select(MatchHold.checkout_ref, MatchAgreement.ref, MatchHold.state)
        .join(MatchAgreement, col(MatchAgreement.id) == MatchHold.agreement_id)
        .order_by(col(MatchHold.id))
    )
    for checkout, agreement, state in rows:
        yield f"hold:{checkout}/{agreement}", HoldState(state).value


def _challenges(session: Session) -> Iterator[tuple[str, str]]:
    """A challenge that was never decided has no event; one that is open again under other terms has."""
    decided = col(MatchAgreement.challenge_on).is_not(None)
    rows = session.exec(
        select(MatchAgreement.ref, MatchAgreement.challenge).where(decided).order_by(MatchAgreement.ref)
    )
    for ref, state in rows:
        yield f"challenge:{ref}", ChallengeState(state).value


def _freezes(session: Session) -> Iterator[tuple[str, str]]:
    rows = session.exec(
        select(Contribution.ref, MatchFreeze.outcome)
        .join(Contribution, col(Contribution.id) == MatchFreeze.contribution_id)
        .order_by(col(MatchFreeze.id))
    )
    last = {ref: outcome or "frozen" for ref, outcome in rows}
    for ref, state in last.items():
        yield f"freeze:{ref}", state


def heard(subject: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Match given by a redistribution (what is given with a gift, its own event tells), taken back without a refund, or
    become income later; or a sponsor's payment."""
    if subject.startswith("request:"):
        yield from papers.heard(subject, facts)
        return
    for agreement, minor in facts.get("matched", {}).items():
        yield f"{subject} match by {agreement}", minor
    for agreement, minor in facts.get("released", {}).items():
        yield f"{subject} match by {agreement}", -minor
    for agreement, minor in facts.get("entitled", {}).items():
        yield f"{subject} earned later of {agreement}", minor
    if "ref" in facts:
        yield f"payment {facts['ref']} of {subject}", facts["amount_minor"]


def amounts(session: Session) -> Iterator[tuple[str, int]]:
    """The same of the rows."""
    yield from papers.amounts(session)
    for ref, agreement, minor in _by_gift(session, later=False):
        yield f"contribution:{ref} match by {agreement}", minor
    for ref, agreement, minor in _by_gift(session, later=True):
        yield f"contribution:{ref} earned later of {agreement}", minor
    paid = session.exec(
        select(SponsorPayment.ref, MatchAgreement.ref, SponsorPayment.amount_minor)
        .join(MatchAgreement, col(MatchAgreement.id) == SponsorPayment.agreement_id)
        .order_by(SponsorPayment.ref)
    )
    for ref, agreement, minor in paid:
        yield f"payment {ref} of agreement:{agreement}", abs(minor)


def _by_gift(session: Session, *, later: bool) -> Iterator[tuple[str, str, int]]:
    """What is live on each gift, by agreement; or what of it was conditional and is earned."""
    amount = Allocation.earned_minor if later else Allocation.amount_minor
    statement = (
        select(Contribution.ref, MatchAgreement.ref, func.sum(amount))
        .join(Contribution, col(Contribution.id) == Allocation.contribution_id)
        .join(MatchAgreement, col(MatchAgreement.id) == Allocation.agreement_id)
        .group_by(Contribution.ref, MatchAgreement.ref)
        .order_by(Contribution.ref, MatchAgreement.ref)
    )
    if later:
        statement = statement.where(Allocation.condition == Condition.MET)
    for ref, agreement, minor in session.exec(statement):
        yield ref, agreement, int(minor)
