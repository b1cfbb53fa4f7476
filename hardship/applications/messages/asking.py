"""A question to an applicant: asked, answered, reminded of, and over when no answer comes.

The case waits meanwhile (`info_requested`). Whatever ends the question puts it before the panel again; votes given before
stay, and whoever gave them is told that the case changed. Nothing sticks: after the time to answer the worker goes on
without one.
"""

import datetime as dt

from sqlmodel import col, select

from hardship.applications.messages import queries
from hardship.applications.messages.models import Ending, InfoRequest, Message, Wants
from hardship.applications.models import Application, SafeContact
from hardship.applications.service.reaching import tell
from hardship.applications.service.states import lock_application, subject_of, transition
from hardship.applications.transitions import ApplicationEvent, ApplicationState
from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction

_AT_A_TIME = 200


def put(tx: Transaction, application: Application, *, message: Message, wants: Wants) -> InfoRequest:
    """Make a stored message of the fund a question, and let the locked case wait for the answer.

    Raises `IllegalTransition` unless the case is in review.
    """
    asked = InfoRequest(
        application_id=application.id or 0,
        message_id=message.id or 0,
        asked_by=message.staff_id or 0,
        wants=wants,
        asked_at=tx.at,
        due_at=tx.at + dt.timedelta(days=tx.runtime.settings.answer_days),
    )
    tx.session.add(asked)
    tx.session.flush()
    transition(
        tx,
        application,
        ApplicationEvent.REQUEST_INFO,
        "application.info_requested",
        question=asked.id,
        wants=wants.value,
    )
    return asked


def answered(tx: Transaction, application: Application) -> bool:
    """The applicant of a locked case wrote: an open question is answered. Says whether there was one."""
    return _close(tx, application, Ending.ANSWERED)


def supplied(tx: Transaction, application: Application, wants: Wants) -> bool:
    """The applicant of a locked case gave what `wants` names (a document, corrected details): a question for it is over.
    Says whether there was one."""
    question = queries.open_question(tx.session, application)
    if question is None or question.wants is not wants:
        return False
    return _close(tx, application, Ending(wants.value))


def _close(tx: Transaction, application: Application, ending: Ending) -> bool:
    question = queries.open_question(tx.session, application)
    if question is None:
        return False
    question.closed_at, question.ending = tx.at, ending
    application.changed_at = tx.at
    tx.session.add(question)
    kind = "application.unanswered" if ending is Ending.NO_ANSWER else "application.answered"
    transition(tx, application, ApplicationEvent.RESUME, kind, question=question.id, ending=ending.value)
    return True


# --- The worker -----------------------------------------------------------------------------------------------------


def remind_due(runtime: Runtime) -> int:
    """Remind people of a question, once, when half of the time to answer is over; by the channel that is safe, and not
    those who asked not to be contacted. Returns how many."""
    now = runtime.clock.now()
    with runtime.read() as session:
        waiting = session.exec(
            select(InfoRequest)
            .join(Application, col(Application.id) == InfoRequest.application_id)
            .where(
                Application.state == ApplicationState.INFO_REQUESTED,
                Application.safe_contact != SafeContact.NONE,
                col(InfoRequest.closed_at).is_(None),
                col(InfoRequest.reminded_at).is_(None),
                col(InfoRequest.due_at) > now,
            )
            .order_by(col(InfoRequest.id))
        ).all()
    due = [one.application_id for one in waiting if _half_over(one, now)][:_AT_A_TIME]
    return sum(runtime.transact(SYSTEM, _remind, number) for number in due)


def _half_over(question: InfoRequest, now: dt.datetime) -> bool:
    return now >= question.asked_at + (question.due_at - question.asked_at) / 2


def _remind(tx: Transaction, application_id: int) -> int:
    application = lock_application(tx, application_id)
    question = queries.open_question(tx.session, application)
    if question is None or question.reminded_at is not None or not _half_over(question, tx.at):
        return 0
    question.reminded_at = tx.at
    tx.session.add(question)
    tx.record("application.question_reminded", subject_of(application), question=question.id)
    tell(tx, application)
    return 1


def end_due(runtime: Runtime) -> int:
    """Put cases before the panel again whose time to answer is over; returns how many. The applicant may still write."""
    with runtime.read() as session:
        over = session.exec(
            select(InfoRequest.application_id)
            .join(Application, col(Application.id) == InfoRequest.application_id)
            .where(
                Application.state == ApplicationState.INFO_REQUESTED,
                col(InfoRequest.closed_at).is_(None),
                col(InfoRequest.due_at) <= runtime.clock.now(),
            )
            .order_by(col(InfoRequest.id))
            .limit(_AT_A_TIME)
        ).all()
    return sum(runtime.transact(SYSTEM, _end, number) for number in over)


def _end(tx: Transaction, application_id: int) -> int:
    application = lock_application(tx, application_id)
    question = queries.open_question(tx.session, application)
    if question is None or question.due_at > tx.at:
        return 0
    return int(_close(tx, application, Ending.NO_ANSWER))
