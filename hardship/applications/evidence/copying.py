"""What a copy of one's own data holds of documents."""

from typing import Any

from hardship.applications.evidence import queries
from hardship.applications.evidence.models import Evidence
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.models import Application
from hardship.applications.owndata.events import CopyAsked
from hardship.applications.queries import by_id
from hardship.core.clock import iso
from hardship.core.runtime import Transaction
from hardship.core.vault import Sealer


def in_copy(tx: Transaction, event: CopyAsked) -> dict[str, Any]:
    """What the copy says of documents; the pictures of those still held are files beside it (`pictures`)."""
    application = by_id(tx.session, event.application_id)
    sealer = tx.vault.person(tx.session, application.data_key_id)
    return {"documents": [_told(sealer, one) for one in queries.of_case(tx.session, event.application_id)]}


def _told(sealer: Sealer, one: Evidence) -> dict[str, Any]:
    return {
        "number": one.ref,
        "sent_at": iso(one.sent_at),
        "state": one.state.value,
        "pages": one.pages,
        "files": _names(one) if one.state is EvidenceState.WAITING else [],
        "seen_at": iso(one.seen_at) if one.seen_at else None,
        "what_a_person_found": one.shows.value if one.shows else None,
        "what_a_person_wrote": note_of(sealer, one) or None,
        "destroyed_because": one.gone_for.value if one.gone_for else None,
    }


def note_of(sealer: Sealer, evidence: Evidence) -> str:
    """What somebody wrote of a document, opened."""
    return sealer.open("evidence", "note", evidence.ref, evidence.note) or ""


def _names(evidence: Evidence) -> list[str]:
    return [f"document-{evidence.ref}-{number}.jpg" for number in range(1, evidence.pages + 1)]


def pictures(tx: Transaction, application: Application) -> list[tuple[str, bytes]]:
    """The pages that are still held of a case, opened for its applicant's copy, as (file name, JPEG)."""
    sealer, found = tx.vault.person(tx.session, application.data_key_id), []
    for one in queries.of_case(tx.session, application.id or 0):
        for number, name in enumerate(_names(one), start=1):
            page = queries.page_of(tx.session, one.id or 0, number)
            if page is not None and page.image is not None:
                row = f"{one.ref}|{number}"
                found.append((name, sealer.open_bytes("evidence_page", "image", row, page.image)))
    return found
