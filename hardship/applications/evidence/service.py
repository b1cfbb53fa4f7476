"""Use cases of documents: keep what was drawn anew, show a page, note what it shows, destroy it.

A document is one of several ways of being verified, and nobody has to show one. A person looks at it, says what it
shows, and in the same transaction it is destroyed. Every change of state is one event; so is every reading of a page by
staff.
"""

from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hardship.applications.events import Withdrawn
from hardship.applications.evidence import copying, queries
from hardship.applications.evidence.events import EvidenceSeen
from hardship.applications.evidence.models import Evidence, EvidencePage, GoneFor, Shows
from hardship.applications.evidence.transitions import MACHINE, EvidenceEvent, EvidenceState
from hardship.applications.messages import asking
from hardship.applications.messages.models import Wants
from hardship.applications.models import Application, SealedReading
from hardship.applications.owndata.events import CopyAsked, Erased
from hardship.applications.service.reaching import tell
from hardship.applications.service.states import lock_application, require_owner, subject_of
from hardship.applications.transitions import ApplicationState
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.refs import new_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.staff.permissions import Permission, require_staff

MOST_WAITING = 4  # documents of one case at a time
MOST_EVER = 20
MAX_NOTE = 500  # characters

OPEN = frozenset(
    {
        ApplicationState.SUBMITTED,
        ApplicationState.CHECKING,
        ApplicationState.IN_REVIEW,
        ApplicationState.INFO_REQUESTED,
    }
)
"""While nothing is decided a document can help."""

_EVENTS = {
    GoneFor.SEEN: EvidenceEvent.DESTROY,
    GoneFor.REMOVED: EvidenceEvent.REMOVE,
    GoneFor.WITHDRAWN: EvidenceEvent.WITHDRAW,
    GoneFor.ERASED: EvidenceEvent.ERASE,
    GoneFor.SCHEDULE: EvidenceEvent.EXPIRE,
}


def wire(runtime: Runtime) -> None:
    """Destroy documents with the case, and answer for them when somebody asks for a copy."""
    runtime.listen(Withdrawn, _withdrawn)
    runtime.listen(Erased, _erased)
    runtime.listen(CopyAsked, copying.in_copy)


# --- The applicant ------------------------------------------------------------------------------------------------


def expect(tx: Transaction, *, application_id: int, once: str) -> Evidence | None:
    """Whether a document may be sent, asked before it is drawn; the one that this form sent already, or None.

    Raises `Conflict` when the case is closed or has enough documents, `NotFound` when the person was erased.
    """
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    tx.vault.person(tx.session, application.data_key_id)
    known = queries.of_case(tx.session, application_id)
    sent = next((one for one in known if one.once == once), None)
    if sent is None:
        _has_room(application, known)
    return sent


def keep(tx: Transaction, *, application_id: int, pages: list[bytes], once: str) -> Evidence:
    """Keep a document's pages, sealed, until a person has looked at them. The same form again is no change. A question
    that asked for a document is answered by it."""
    sent = expect(tx, application_id=application_id, once=once)
    if sent is not None:
        return sent
    application = lock_application(tx, application_id)
    evidence = Evidence(
        ref=new_reference(),
        application_id=application_id,
        state=MACHINE.initial,
        once=once,
        pages=len(pages),
        sent_at=tx.at,
        state_since=tx.at,
    )
    tx.session.add(evidence)
    tx.session.flush()
    sealer = tx.vault.person(tx.session, application.data_key_id)
    for number, image in enumerate(pages, start=1):
        blob = sealer.seal_bytes("evidence_page", "image", f"{evidence.ref}|{number}", image)
        tx.session.add(
            EvidencePage(
                evidence_id=evidence.id or 0, number=number, application_id=application_id, image=blob
            )
        )
    _touch(tx, application)
    _record(tx, application, evidence, "evidence.sent", pages=len(pages))
    application.changed_at = tx.at
    asking.supplied(tx, application, Wants.EVIDENCE)
    return evidence


def _has_room(application: Application, known: list[Evidence]) -> None:
    if application.state not in OPEN:
        raise Conflict("this application is closed", fix="Nothing more is needed.")
    waiting = sum(one.state is EvidenceState.WAITING for one in known)
    if waiting >= MOST_WAITING or len(known) >= MOST_EVER:
        raise Conflict(
            "there are enough documents already",
            fix="Wait until a person has looked at them, or take one away.",
        )


def remove(tx: Transaction, *, application_id: int, ref: str) -> None:
    """The applicant takes a document away that nobody has judged yet. Again is no change. Another's does not exist."""
    application = lock_application(tx, application_id)
    require_owner(tx.actor, application)
    evidence = locked(tx, ref)
    if evidence.application_id != application_id:
        raise NotFound("there is no such document", fix="Go back to the case.")
    if evidence.state is EvidenceState.WAITING:
        _destroy(tx, application, evidence, GoneFor.REMOVED)


# --- Staff --------------------------------------------------------------------------------------------------------


def open_page(tx: Transaction, application: Application, evidence: Evidence, number: int) -> bytes:
    """A page of a locked document, opened for a member of staff: one event each time (I8).

    Raises `NotFound` when it is destroyed, or has no such page.
    """
    staff_id = require_staff(tx.actor, Permission.SEE_EVIDENCE)
    page = queries.page_of(tx.session, evidence.id or 0, number)
    if page is None or page.image is None:
        raise NotFound("there is no such page", fix="The document may have been seen and destroyed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    image = sealer.open_bytes("evidence_page", "image", f"{evidence.ref}|{number}", page.image)
    if not was_read(tx.session, evidence, staff_id):
        reading = SealedReading(
            application_id=evidence.application_id,
            staff_id=staff_id,
            fields=reading_of(evidence),
            at=tx.at,
        )
        tx.session.add(reading)
    tx.record("evidence.read", subject_of(application), document=evidence.ref, page=number)
    return image


def reading_of(evidence: Evidence) -> str:
    """How `SealedReading.fields` names a document."""
    return f"document {evidence.ref}"


def was_read(session: Session, evidence: Evidence, staff_id: int) -> bool:
    """Whether this member of staff has looked at a document."""
    wanted = select(SealedReading.id).where(
        SealedReading.application_id == evidence.application_id,
        SealedReading.staff_id == staff_id,
        SealedReading.fields == reading_of(evidence),
    )
    return session.exec(wanted.limit(1)).first() is not None


def judge(tx: Transaction, application: Application, evidence: Evidence, shows: Shows, note: str) -> None:
    """Note what a locked document shows, and destroy it. Only somebody who looked at it can say.

    Raises `Conflict` when somebody else has said so already or it was taken away, `BadInput` for too long a note.
    """
    staff_id = require_staff(tx.actor, Permission.SEE_EVIDENCE)
    words = note.strip()
    if len(words) > MAX_NOTE:
        raise BadInput(f"more than {MAX_NOTE} characters", where="note", fix="Say it more shortly.")
    if evidence.state is not EvidenceState.WAITING:
        raise Conflict(
            "this document is destroyed already", fix="The case says what became of it. Nothing was changed."
        )
    if not was_read(tx.session, evidence, staff_id):
        raise Conflict("you have not looked at this document", fix="Open it first.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    evidence.shows, evidence.seen_by, evidence.seen_at = shows, staff_id, tx.at
    evidence.note = sealer.seal("evidence", "note", evidence.ref, words)
    _step(tx, application, evidence, EvidenceEvent.SEE, "evidence.seen", shows=shows.value)
    _destroy(tx, application, evidence, GoneFor.SEEN)
    _touch(tx, application)
    tx.session.flush()
    if shows is Shows.UNREADABLE:
        tell(tx, application)
    tx.publish(EvidenceSeen(application.id or 0))


def locked(tx: Transaction, ref: str) -> Evidence:
    """The document, locked and read anew (its case is locked before); raises `NotFound`."""
    found = lock(tx.session, select(Evidence).where(Evidence.ref == ref))
    if not found:
        raise NotFound("there is no such document", fix="Go back to the case.")
    return found[0]


# --- Destroying ---------------------------------------------------------------------------------------------------


def expire(tx: Transaction, numbers: list[int]) -> int:
    """Destroy documents whose time is over; returns how many there still were."""
    done = 0
    rows = tx.session.exec(
        select(Evidence.ref, Evidence.application_id)
        .where(col(Evidence.id).in_(numbers))
        .order_by(col(Evidence.application_id), col(Evidence.id))
    ).all()
    for ref, application_id in rows:
        application, evidence = lock_application(tx, application_id), locked(tx, ref)
        if evidence.state is EvidenceState.WAITING:
            _destroy(tx, application, evidence, GoneFor.SCHEDULE)
            done += 1
    return done


def _withdrawn(tx: Transaction, event: Withdrawn) -> None:
    _destroy_all(tx, event.application_id, GoneFor.WITHDRAWN)


def _erased(tx: Transaction, event: Erased) -> None:
    """The notes are emptied with everything else that the person's key sealed; pages go as rows."""
    _destroy_all(tx, event.application_id, GoneFor.ERASED)
    left = delete(EvidencePage).where(col(EvidencePage.application_id) == event.application_id)
    tx.session.connection().execute(left)


def _destroy_all(tx: Transaction, application_id: int, why: GoneFor) -> None:
    waiting = lock(
        tx.session,
        select(Evidence)
        .where(Evidence.application_id == application_id, Evidence.state == EvidenceState.WAITING)
        .order_by(col(Evidence.id)),
    )
    if waiting:
        application = lock_application(tx, application_id)
        for evidence in waiting:
            _destroy(tx, application, evidence, why)


def _destroy(tx: Transaction, application: Application, evidence: Evidence, why: GoneFor) -> None:
    """Delete the pages of a locked document; the row stays, and says why."""
    tx.session.flush()
    tx.forget(EvidencePage)
    tx.session.connection().execute(delete(EvidencePage).where(col(EvidencePage.evidence_id) == evidence.id))
    evidence.gone_for = why
    _step(tx, application, evidence, _EVENTS[why], "evidence.destroyed", why=why.value)


def _step(
    tx: Transaction,
    application: Application,
    evidence: Evidence,
    event: EvidenceEvent,
    kind: str,
    **facts: Any,
) -> None:
    evidence.state, evidence.state_since = MACHINE.apply(evidence.state, event), tx.at
    tx.session.add(evidence)
    _record(tx, application, evidence, kind, **facts)


def _record(tx: Transaction, application: Application, evidence: Evidence, kind: str, **facts: Any) -> None:
    facts |= {"case": application.ref}
    tx.record(kind, f"evidence:{evidence.ref}", state=evidence.state.value, **facts)


def _touch(tx: Transaction, application: Application) -> None:
    """A reviewer who has the case open is told that it changed."""
    application.version += 1
    tx.session.add(application)
