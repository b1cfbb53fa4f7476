"""I10: of a document that is destroyed no page is left, and none rests between being seen and being destroyed."""

from sqlmodel import Session, col, select

from hardship.applications.evidence.models import Evidence, EvidencePage
from hardship.applications.evidence.transitions import EvidenceState
from hardship.core.runtime import Runtime


def destroyed(session: Session, _runtime: Runtime) -> list[str]:
    """Documents that are seen or destroyed, and still have pages; or that were seen and stayed."""
    left = session.exec(
        select(Evidence.ref)
        .join(EvidencePage, col(EvidencePage.evidence_id) == Evidence.id)
        .where(Evidence.state != EvidenceState.WAITING)
        .distinct()
        .order_by(Evidence.ref)
    ).all()
    stayed = session.exec(
        select(Evidence.ref).where(Evidence.state == EvidenceState.SEEN).order_by(Evidence.ref)
    ).all()
    return [
        *(f"the document {ref} was destroyed and has pages" for ref in left),
        *(f"the document {ref} was seen and not destroyed" for ref in stayed),
    ]
