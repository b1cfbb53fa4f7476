"""What a person found out: whether somebody really vouches. It decides no case."""

from hardship.applications.events import VouchingRecorded
from hardship.applications.models import Application
from hardship.applications.service.states import subject_of
from hardship.applications.transitions import MACHINE as APPLICATIONS
from hardship.applications.transitions import ApplicationState
from hardship.applications.vouching.queries import vouching_of
from hardship.applications.vouching.transitions import MACHINE, VouchingEvent
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Transaction
from hardship.staff.permissions import Permission, require_staff

MAX_NOTE = 1_000
CLOSED = APPLICATIONS.final | {ApplicationState.DRAFT}


def record(tx: Transaction, application: Application, *, found: VouchingEvent, note: str = "") -> None:
    """Record what a person found out about a locked case, with one event; the note is kept under the applicant's key.

    It may be found otherwise again while the case is open. Later rooms look at the case anew. Raises `NotFound` where
    nothing was given to vouch, `Conflict` when the case is closed or a code vouches already, `BadInput` for the note.
    """
    staff_id = require_staff(tx.actor, Permission.CONFIRM_VOUCHING)
    words = note.strip()
    if len(words) > MAX_NOTE:
        raise BadInput(f"more than {MAX_NOTE:,} characters", where="note", fix="Say it more shortly.")
    number = application.id or 0
    vouching = vouching_of(tx.session, number)
    if vouching is None:
        raise NotFound("nothing was given that could be confirmed", where=application.ref)
    if application.state in CLOSED:
        raise Conflict("this application is closed", where=application.ref, fix="Nothing was changed.")
    sealer = tx.vault.person(tx.session, application.data_key_id)
    vouching.state = MACHINE.apply(vouching.state, found)
    vouching.note = sealer.seal("application_vouching", "note", application.ref, words)
    vouching.recorded_by, vouching.recorded_at = staff_id, tx.at
    application.version += 1
    tx.session.add_all([vouching, application])
    tx.session.flush()
    tx.record("application.vouching_recorded", subject_of(application), vouching=vouching.state.value)
    tx.publish(VouchingRecorded(number))
