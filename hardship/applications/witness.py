"""What the event log has to say the same about: the state of every application, and of what people ask for about their
own data."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.owndata import complaining
from hardship.applications.owndata.models import Erasure, Recovery
from hardship.applications.owndata.transitions import ErasureState, RecoveryState
from hardship.applications.transitions import ApplicationState

SUBJECTS = ("application", "erasure", "recovery", "complaint")


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every application, erasure, request for a claim code and complaint with its state."""
    rows = session.exec(select(Application.ref, Application.state).order_by(col(Application.id)))
    yield from ((f"application:{ref}", ApplicationState(state).value) for ref, state in rows)
    erasures = session.exec(select(Erasure.id, Erasure.state).order_by(col(Erasure.id)))
    yield from ((f"erasure:{number}", ErasureState(state).value) for number, state in erasures)
    asked = session.exec(select(Recovery.ref, Recovery.state).order_by(col(Recovery.id)))
    yield from ((f"recovery:{ref}", RecoveryState(state).value) for ref, state in asked)
    yield from complaining.states(session)
