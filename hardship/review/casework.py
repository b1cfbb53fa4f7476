"""What people do with a case short of voting: open it, step back from it, hand it to somebody, read a sealed field."""

from sqlalchemy import delete
from sqlmodel import col, select

from hardship.applications.events import Entered
from hardship.applications.models import Application
from hardship.applications.service import lock_application, open_fields, subject_of
from hardship.core.actor import Actor, ActorKind
from hardship.core.errors import BadInput, Forbidden
from hardship.core.runtime import Transaction
from hardship.review import queries
from hardship.review.models import Assignment, CaseOpening, ConflictOfInterest, Vote
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, holds, require_staff

REVEALED = (
    "legal_name",
    "working_name",
    "birth_year",
    "outward_postcode",
    "email",
    "phone",
    "voucher",
    "voucher_name",
    "voucher_contact",
    "call_phone",
    "call_when",
)
"""The answers that may be read one by one, with a reason. Bank details are for paying, not for reading."""

MAX_NOTE = 2000  # characters


class Conflicted(Forbidden):
    """The person declared a conflict with the case, or entered it: they neither see nor decide it (I9)."""

    def __init__(self) -> None:
        super().__init__(
            "you declared a conflict with this case, or entered it yourself", fix="Leave it to others."
        )


def refuse_conflicted(tx: Transaction, application: Application, staff_id: int) -> None:
    """Raise `Conflicted` for somebody who declared a conflict with the case."""
    if queries.has_conflict(tx.session, id_of(application), staff_id):
        raise Conflicted


def open_case(tx: Transaction, *, application_id: int) -> CaseOpening:
    """Note that the actor looked at a case: once, with one event. Raises `Conflicted`."""
    staff_id = require_staff(tx.actor, Permission.OPEN_CASE)
    application = lock_application(tx, application_id)
    refuse_conflicted(tx, application, staff_id)
    found = tx.session.exec(
        select(CaseOpening).where(
            CaseOpening.application_id == application_id, CaseOpening.staff_id == staff_id
        )
    ).first()
    return found or note_opening(tx, application, staff_id)


def note_opening(tx: Transaction, application: Application, staff_id: int) -> CaseOpening:
    """Store that somebody opened the locked case for the first time, with its event."""
    opening = CaseOpening(application_id=id_of(application), staff_id=staff_id, at=tx.at)
    tx.session.add(opening)
    tx.record("case.opened", subject_of(application))
    return opening


def declare_conflict(tx: Transaction, *, application_id: int) -> ConflictOfInterest:
    """Step back from a case for good. A vote that has decided nothing yet is taken away. Again: no change."""
    staff_id = require_staff(tx.actor, Permission.DECLARE_CONFLICT)
    application = lock_application(tx, application_id)
    found = tx.session.exec(
        select(ConflictOfInterest).where(
            ConflictOfInterest.application_id == application_id, ConflictOfInterest.staff_id == staff_id
        )
    ).first()
    if found is not None:
        return found
    conflict = ConflictOfInterest(application_id=application_id, staff_id=staff_id, at=tx.at)
    tx.session.add(conflict)
    removed = queries.decision_on(tx.session, application_id) is None and _take_vote_away(
        tx, application_id, staff_id
    )
    tx.session.flush()
    tx.record("conflict.declared", subject_of(application), vote_removed=removed)
    return conflict


def keep_from_own_entry(tx: Transaction, entered: Entered) -> None:
    """Whoever entered an application for somebody has a conflict with it from the start: they have met the person, and
    could have made them up. They neither see, decide nor pay it."""
    application = lock_application(tx, entered.application_id)
    tx.session.add(ConflictOfInterest(application_id=id_of(application), staff_id=entered.staff_id, at=tx.at))
    tx.session.flush()
    tx.record("conflict.entered", subject_of(application))


def _take_vote_away(tx: Transaction, application_id: int, staff_id: int) -> bool:
    if queries.vote_of(tx.session, application_id, staff_id) is None:
        return False
    theirs = (col(Vote.application_id) == application_id) & (col(Vote.staff_id) == staff_id)
    tx.session.connection().execute(delete(Vote).where(theirs))
    return True


def assign(tx: Transaction, *, application_id: int, staff_id: int) -> Assignment:
    """Give a case to somebody who may vote and has no conflict with it; another lead may give it on."""
    by_id = require_staff(tx.actor, Permission.ASSIGN)
    application = lock_application(tx, application_id)
    refuse_conflicted(tx, application, by_id)
    staff = tx.session.get(Staff, staff_id)
    fit = staff is not None and staff.disabled_at is None and may_vote(staff)
    if not fit or queries.has_conflict(tx.session, application_id, staff_id):
        raise BadInput(
            "this person cannot be given the case", where="staff", fix="Choose a reviewer from the list."
        )
    found = tx.session.get(Assignment, application_id)
    if found is not None and found.staff_id == staff_id:
        return found
    assignment = found or Assignment(application_id=application_id, staff_id=staff_id, by_id=by_id, at=tx.at)
    assignment.staff_id, assignment.by_id, assignment.at = staff_id, by_id, tx.at
    tx.session.add(assignment)
    tx.session.flush()
    tx.record("case.assigned", subject_of(application), to=staff_id)
    return assignment


def may_vote(staff: Staff) -> bool:
    """Whether this member of staff's roles let them vote."""
    return holds(Actor(kind=ActorKind.STAFF, id=str(staff.id), roles=staff.roles), Permission.VOTE)


def reveal(tx: Transaction, *, application_id: int, column: str, reason: str) -> str | None:
    """One sealed answer in the clear, for a lead who says why; every reading is an event (I8). None: not given."""
    staff_id = require_staff(tx.actor, Permission.REVEAL)
    if column not in REVEALED:
        raise BadInput("this cannot be shown", where="field", fix=f"Choose one of: {', '.join(REVEALED)}.")
    refuse_conflicted(tx, lock_application(tx, application_id), staff_id)
    return open_fields(tx, application_id=application_id, fields=[column], why=reason).get(column)


def id_of(application: Application) -> int:
    """The number of a stored application."""
    assert application.id is not None
    return application.id
