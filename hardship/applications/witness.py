"""What the event log has to say the same about: the state of every application."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState

SUBJECTS = ("application",)


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every application with its state."""
    rows = session.exec(select(Application.ref, Application.state).order_by(col(Application.id)))
    return ((f"application:{ref}", ApplicationState(state).value) for ref, state in rows)
