"""What the event log has to say the same about: the state of every proposal."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.staff.models import Proposal, ProposalState

SUBJECTS = ("proposal",)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every proposal with its state."""
    rows = session.exec(select(Proposal.ref, Proposal.state).order_by(col(Proposal.id)))
    return ((f"proposal:{ref}", ProposalState(state).value) for ref, state in rows)
