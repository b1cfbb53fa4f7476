"""I9 and I12: decisions are made by enough people, who looked at the case and have no conflict with it."""

from collections import defaultdict

from sqlmodel import Session, col, select

from hardship.applications.models import Application, ApplicationHelp
from hardship.core.runtime import Runtime
from hardship.review.models import CaseOpening, ConflictOfInterest, Decision, Vote


def four_eyes(session: Session, _runtime: Runtime) -> list[str]:
    """Nobody's vote stands on a case they have a conflict with; nobody settles one."""
    voters = session.exec(
        select(Application.ref, Vote.staff_id)
        .join(Vote, col(Vote.application_id) == Application.id)
        .join(
            ConflictOfInterest,
            (col(ConflictOfInterest.application_id) == Application.id)
            & (col(ConflictOfInterest.staff_id) == Vote.staff_id),
        )
        .where(col(ConflictOfInterest.at) <= Vote.at)
        .order_by(Application.ref, col(Vote.staff_id))
    )
    return [f"staff {who} voted on application {ref} despite a conflict" for ref, who in voters]


def entered(session: Session, _runtime: Runtime) -> list[str]:
    """Whoever entered an application for somebody has a conflict with it."""
    rows = session.exec(
        select(Application.ref, ApplicationHelp.entered_by_id)
        .join(ApplicationHelp, col(ApplicationHelp.application_id) == Application.id)
        .outerjoin(
            ConflictOfInterest,
            (col(ConflictOfInterest.application_id) == Application.id)
            & (col(ConflictOfInterest.staff_id) == ApplicationHelp.entered_by_id),
        )
        .where(col(ApplicationHelp.entered_by_id).is_not(None), col(ConflictOfInterest.id).is_(None))
        .order_by(Application.ref)
    )
    return [f"staff {who} entered application {ref} and is not kept from deciding it" for ref, who in rows]


def by_people(session: Session, _runtime: Runtime) -> list[str]:
    """Every decision has its quorum of distinct people who voted for it, each of whom had opened the case; a settled
    one has a voter besides the lead who settled it."""
    opened = set(session.exec(select(CaseOpening.application_id, CaseOpening.staff_id)).all())
    votes: dict[tuple[int, str], set[int]] = defaultdict(set)
    for vote in session.exec(select(Vote).order_by(col(Vote.id))):
        votes[vote.application_id, vote.outcome.value].add(vote.staff_id)
    found: list[str] = []
    rows = session.exec(
        select(Decision, Application.ref)
        .join(Application, col(Application.id) == Decision.application_id)
        .order_by(col(Decision.id))
    )
    for decision, ref in rows:
        people = votes[decision.application_id, decision.outcome.value]
        if unseen := sorted(who for who in people if (decision.application_id, who) not in opened):
            found.append(f"application {ref}: staff {unseen[0]} voted without opening the case")
        if decision.settled_by is None and len(people) < decision.quorum:
            found.append(f"application {ref} was decided by {len(people)} of {decision.quorum} people")
        if decision.settled_by is not None and not people - {decision.settled_by}:
            found.append(f"application {ref} was settled by one person alone")
    return found


CHECKS = (
    ("I9 four eyes: votes", four_eyes),
    ("I9 four eyes: entered", entered),
    ("I12 human", by_people),
)
