"""A document that an applicant shows, on the panel's side: looked at, judged, destroyed.

Whoever may decide cases and has no conflict with this one may look (I9); each page that is shown is an event (I8). The
first person who says what a document shows ends it: the others decide on what was noted, as `docs/evidence.md` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists
from sqlmodel import Session, col, select

from hardship.applications.evidence import queries, service
from hardship.applications.evidence.copying import note_of
from hardship.applications.evidence.models import Evidence, Shows
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.models import Application
from hardship.applications.queries import by_id
from hardship.applications.service import lock_application
from hardship.core.actor import Actor
from hardship.core.errors import NotFound
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.review.casework import refuse_conflicted
from hardship.review.models import ConflictOfInterest
from hardship.staff.permissions import Permission, require_staff

AT_ONCE = 50  # documents on the list


@dataclass(frozen=True)
class Shown:
    """A document on the case page: how it stands, and what a person noted. `by_reader`: the reader was that person."""

    evidence: Evidence
    note: str
    by_reader: bool


def look(tx: Transaction, *, ref: str, number: int) -> bytes:
    """A page of a document as JPEG, and the event of it. Raises `Conflicted`; `NotFound` once it is destroyed."""
    application, evidence = _locked(tx, ref)
    return service.open_page(tx, application, evidence, number)


def judge(tx: Transaction, *, ref: str, shows: Shows, note: str = "") -> None:
    """Say what a document shows; it is destroyed. Raises `Conflicted`, and `Conflict` where somebody was faster or the
    actor has not looked at it."""
    application, evidence = _locked(tx, ref)
    service.judge(tx, application, evidence, shows, note)


def _locked(tx: Transaction, ref: str) -> tuple[Application, Evidence]:
    """The case, then the document, locked for somebody who may see both."""
    staff_id = require_staff(tx.actor, Permission.SEE_EVIDENCE)
    application = lock_application(tx, queries.by_ref(tx.session, ref).application_id)
    refuse_conflicted(tx, application, staff_id)
    return application, service.locked(tx, ref)


def waiting(session: Session, staff_id: int) -> Sequence[tuple[Evidence, str]]:
    """Documents that wait for somebody to look, with their case's reference, oldest first: without those of cases that
    are decided, or that this person has a conflict with."""
    conflict = exists().where(
        col(ConflictOfInterest.application_id) == Evidence.application_id,
        col(ConflictOfInterest.staff_id) == staff_id,
    )
    wanted = (
        select(Evidence, Application.ref)
        .join(Application, col(Application.id) == Evidence.application_id)
        .where(Evidence.state == EvidenceState.WAITING, col(Application.state).in_(service.OPEN), ~conflict)
        .order_by(col(Evidence.sent_at), col(Evidence.id))
        .limit(AT_ONCE)
    )
    return session.exec(wanted).all()


def of_case(session: Session, vault: Vault, application: Application, actor: Actor) -> list[Shown]:
    """The documents of a case for its page, oldest first."""
    found = queries.of_case(session, application.id or 0)
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        sealer = None
    return [
        Shown(one, note_of(sealer, one) if sealer else "", one.seen_by == actor.staff_id) for one in found
    ]


def case_of(session: Session, evidence: Evidence) -> Application:
    """The case that a document belongs to."""
    return by_id(session, evidence.application_id)
