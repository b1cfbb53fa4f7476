"""What vouches for an applicant, on the panel's side: what is to be confirmed, and recording what somebody found out.

It decides nothing. Whoever asked may still vote: they learned whether somebody vouches, and the case stays nameless to
them unless a lead read a name out; a conflict is declared as with any other case.
"""

from dataclasses import dataclass, field

from sqlmodel import Session

from hardship.applications.models import Application
from hardship.applications.queries import answers_of
from hardship.applications.service import lock_application, open_answers
from hardship.applications.vouching import recording
from hardship.applications.vouching.codes import Way
from hardship.applications.vouching.queries import vouching_of
from hardship.applications.vouching.transitions import MACHINE, VouchingEvent, VouchingState
from hardship.core.errors import Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.review import queries
from hardship.review.casework import refuse_conflicted
from hardship.staff.permissions import Permission, require_staff

_S = VouchingState
SENTENCES = {
    _S.CODE_VALID: "A code of a trusted group was given, and it counts. Nobody can see whose.",
    _S.CODE_USED: "A code was given that another application had used up before.",
    _S.CODE_UNKNOWN: "A code was given that we do not know, or that is over.",
    _S.TO_CONFIRM: "It is to be confirmed.",
    _S.CONFIRMED: "A person confirmed it.",
    _S.NOT_CONFIRMED: "A person asked, and it was not confirmed.",
    _S.NOT_REACHED: "A person tried, and could not reach anybody.",
}
WAYS = {
    Way.CODE: "A code",
    Way.MEMBERSHIP: "A membership number, or another word",
    Way.PERSON: "Somebody's word",
    Way.CALL_BACK: "A call-back",
}
READ = {
    Way.CODE: "Where it is not one that we know, a lead can read below what was typed (voucher).",
    Way.MEMBERSHIP: "A lead can read it below: voucher.",
    Way.PERSON: "A lead can read below who it is (voucher name) and how to reach them (voucher contact). Ask them this"
    " one thing, and do not say what it is for to anybody else who answers.",
    Way.CALL_BACK: "A lead can read the number (call phone) and when it is safe to ring (call when) below. Ring only"
    " then, and say nothing to anybody else who answers.",
}


@dataclass(frozen=True)
class Vouching:
    """What the case page shows of it. `note` is what a person wrote; `way` is None once the person was erased."""

    state: VouchingState
    way: Way | None
    note: str = field(repr=False)
    may_record: bool


def vouching_for(session: Session, vault: Vault, application: Application) -> Vouching | None:
    """What vouches for an applicant; None where nothing was given. It opens no name, number or code."""
    found = vouching_of(session, application.id or 0)
    if found is None:
        return None
    is_open = application.state not in recording.CLOSED
    may_record = is_open and bool(MACHINE.allowed(found.state))
    row = answers_of(session, application.id or 0)
    try:
        sealer = vault.person(session, application.data_key_id)
    except NotFound:
        row = None
    if row is None:
        return Vouching(found.state, None, "", may_record=False)
    told = open_answers(sealer, application.ref, row, ("vouching",))
    way = Way(told.get("vouching", Way.MEMBERSHIP))  # a word from a file is taken like a number
    note = sealer.open("application_vouching", "note", application.ref, found.note) or ""
    return Vouching(found.state, way, note, may_record)


def record(tx: Transaction, *, application_id: int, found: VouchingEvent, note: str = "") -> None:
    """Record what a person found out, for somebody who opened the case and has no conflict with it.

    Raises `Conflicted`, and what `recording.record` raises.
    """
    staff_id = require_staff(tx.actor, Permission.CONFIRM_VOUCHING)
    application = lock_application(tx, application_id)
    refuse_conflicted(tx, application, staff_id)
    if staff_id not in queries.panel_of(tx.session, application_id).opened:
        raise Conflict("you have not opened this case", where=application.ref, fix="Open it first.")
    recording.record(tx, application, found=found, note=note)
