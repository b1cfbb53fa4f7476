"""Nothing sticks: a case that waits for an answer has a question that ends by itself."""

import datetime as dt

from sqlmodel import Session, col, select

from hardship.applications.messages.models import InfoRequest
from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.core.runtime import Runtime

_GRACE = dt.timedelta(days=1)  # for a worker that rested


def questions_end(session: Session, runtime: Runtime) -> list[str]:
    """Every case that waits for an applicant has an open question, whose time is not long over."""
    waiting = session.exec(
        select(Application.ref, InfoRequest.due_at)
        .outerjoin(
            InfoRequest,
            (col(InfoRequest.application_id) == col(Application.id)) & col(InfoRequest.closed_at).is_(None),
        )
        .where(Application.state == ApplicationState.INFO_REQUESTED)
        .order_by(col(Application.ref))
    ).all()
    late = runtime.clock.now() - _GRACE
    found = [
        f"application {ref} waits for an answer to no question" for ref, due_at in waiting if due_at is None
    ]
    return found + [
        f"application {ref} waits for an answer whose time is over: does the worker run?"
        for ref, due_at in waiting
        if due_at is not None and due_at < late
    ]
