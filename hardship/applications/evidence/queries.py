"""Reads of documents. Every list ends in a deterministic order."""

import datetime as dt

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hardship.applications.evidence.models import Evidence, EvidencePage, Shows
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.models import Application
from hardship.core.errors import NotFound
from hardship.funds.models import Round


def of_case(session: Session, application_id: int) -> list[Evidence]:
    """The documents of a case, oldest first."""
    wanted = select(Evidence).where(Evidence.application_id == application_id)
    return list(session.exec(wanted.order_by(col(Evidence.id))).all())


def by_ref(session: Session, ref: str) -> Evidence:
    """The document with this reference; raises `NotFound`."""
    found = session.exec(select(Evidence).where(Evidence.ref == ref)).first()
    if found is None:
        raise NotFound("there is no such document", fix="Go back to the case.")
    return found


def page_of(session: Session, evidence_id: int, number: int) -> EvidencePage | None:
    """A page, sealed; None when there is none any more."""
    return session.get(EvidencePage, (evidence_id, number))


def supported(session: Session, application_id: int) -> bool:
    """Whether a person saw a document of this case and found that it supports what was told."""
    wanted = select(Evidence.id).where(
        Evidence.application_id == application_id, Evidence.shows == Shows.SUPPORTS
    )
    return session.exec(wanted.limit(1)).first() is not None


def overdue(session: Session, before: dt.datetime, most: int = 100) -> list[int]:
    """The numbers of documents that wait although their case was decided before this instant, or its round closed
    without a decision."""
    wanted = (
        select(Evidence.id)
        .join(Application, col(Application.id) == Evidence.application_id)
        .join(Round, col(Round.id) == Application.round_id)
        .where(Evidence.state == EvidenceState.WAITING, col(Evidence.sent_at) <= before)
        .where(
            or_(
                col(Application.decided_at) <= before,
                col(Application.decided_at).is_(None) & (col(Round.closes_at) <= before),
            )
        )
        .order_by(col(Evidence.id))
        .limit(most)
    )
    return [number for number in session.exec(wanted) if number is not None]
