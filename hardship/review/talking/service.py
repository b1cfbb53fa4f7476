"""What the panel does in the conversation with an applicant: read it, write, put a question.

Somebody with a conflict neither reads nor writes (I9); what is read that was new to the reader is one event (I8). The
applicant is never told who of the fund wrote.
"""

import datetime as dt
from dataclasses import dataclass

from hardship.applications.messages import asking, queries, writing
from hardship.applications.messages.models import Direction, InfoRequest, Message, Wants
from hardship.applications.models import Application, SafeContact
from hardship.applications.service import lock_application
from hardship.applications.service.reaching import tell
from hardship.applications.transitions import MACHINE, ApplicationEvent
from hardship.core.errors import Conflict
from hardship.core.refs import new_key
from hardship.core.runtime import Transaction
from hardship.review.casework import id_of, note_opening, refuse_conflicted
from hardship.review.queries import assigned_to, has_opened
from hardship.staff.permissions import Permission, require_staff


@dataclass(frozen=True)
class Asked:
    """A question as it was put. `told`: a message that there is news goes out; else they see it when they look."""

    ref: str
    state: str
    due_at: dt.datetime
    told: bool


def read(tx: Transaction, *, application_id: int, up_to: int) -> int:
    """Note that the actor has read a thread up to a message; returns how many were new to them.

    The case is no longer marked once somebody has read it: whoever it was given to, if it was given to somebody.
    """
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    application = _locked(tx, application_id, staff_id)
    settles = assigned_to(tx.session, application_id) in (None, staff_id)
    return writing.read_for_fund(tx, application, up_to=up_to, settles=settles)


def write(tx: Transaction, *, application_id: int, words: str, once: str) -> Message:
    """Write to an applicant. Who has read everything before has dealt with it: the case is no longer marked."""
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    application = _locked(tx, application_id, staff_id)
    message = writing.write_for_fund(tx, application, words=words, once=once)
    writing.read_for_fund(tx, application, up_to=_seen_before(tx, application, staff_id), settles=True)
    return message


def _seen_before(tx: Transaction, application: Application, staff_id: int) -> int:
    """As far as the actor has read already: writing reads nothing."""
    return queries.read_up_to(tx.session, id_of(application), staff_id)


def ask(tx: Transaction, *, application_id: int, words: str, wants: Wants, once: str) -> Asked:
    """Put a question to an applicant: the case waits for the answer, for as long as the instance allows.

    Raises `Conflict` unless the case is in review and was opened by the actor, `Conflicted`, `BadInput` for the words,
    `NotFound` when the person was erased. The same form again is one question.
    """
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    return _ask(tx, _locked(tx, application_id, staff_id), words, wants, once)


def ask_from_shell(tx: Transaction, *, ref: str, words: str, wants: Wants) -> Asked:
    """Open the case and put a question, as `hardship review ask` does."""
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    require_staff(tx.actor, Permission.OPEN_CASE)
    application = lock_application(tx, ref)
    refuse_conflicted(tx, application, staff_id)
    if not has_opened(tx.session, id_of(application), staff_id):
        note_opening(tx, application, staff_id)
    tx.session.flush()
    return _ask(tx, application, words, wants, new_key())


def _locked(tx: Transaction, application_id: int, staff_id: int) -> Application:
    application = lock_application(tx, application_id)
    refuse_conflicted(tx, application, staff_id)
    return application


def _ask(tx: Transaction, application: Application, words: str, wants: Wants, once: str) -> Asked:
    sent = writing.sent_before(tx, application, words, once)
    if sent is not None:
        return _asked(application, _question_of(tx, application, sent))
    staff_id = require_staff(tx.actor, Permission.CONVERSE)
    if not has_opened(tx.session, id_of(application), staff_id):
        raise Conflict("you have not opened this case", where=application.ref, fix="Open it first.")
    if not MACHINE.can(application.state, ApplicationEvent.REQUEST_INFO):
        stands = application.state.value.replace("_", " ")
        raise Conflict(
            f"the case is not in review: it is {stands}", where=application.ref, fix="Nothing was asked."
        )
    first = not queries.unread(tx.session, id_of(application), Direction.FUND)
    message = writing.store(tx, application, Direction.FUND, words, once, staff_id)
    asked = _asked(application, asking.put(tx, application, message=message, wants=wants))
    if first:
        tell(tx, application)
    return asked


def _question_of(tx: Transaction, application: Application, message: Message) -> InfoRequest:
    for one in queries.questions_of(tx.session, id_of(application)):
        if one.message_id == message.id:
            return one
    raise Conflict("this form sent a message, not a question", fix="Open the page again.")


def _asked(application: Application, question: InfoRequest) -> Asked:
    reached = application.safe_contact is not SafeContact.NONE
    return Asked(application.ref, application.state.value, question.due_at, reached)
