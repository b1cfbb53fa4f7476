"""What the event log has to say the same about: the state of every application, of what people ask for about their own
data, of the documents that they show, and of the batches of codes."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hardship.applications.evidence.models import Evidence
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.models import Application
from hardship.applications.owndata import complaining
from hardship.applications.owndata.models import Erasure, Recovery
from hardship.applications.owndata.transitions import ErasureState, RecoveryState
from hardship.applications.transitions import ApplicationState
from hardship.applications.vouching.models import VoucherBatch
from hardship.applications.vouching.transitions import BatchState

SUBJECTS = ("application", "erasure", "recovery", "complaint", "evidence", "voucher_batch")


def states(session: Session) -> Iterator[tuple[str, str]]:
    """Every application, erasure, request for a claim code, complaint, document and batch of codes with its state."""
    rows = session.exec(select(Application.ref, Application.state).order_by(col(Application.id)))
    yield from ((f"application:{ref}", ApplicationState(state).value) for ref, state in rows)
    erasures = session.exec(select(Erasure.id, Erasure.state).order_by(col(Erasure.id)))
    yield from ((f"erasure:{number}", ErasureState(state).value) for number, state in erasures)
    asked = session.exec(select(Recovery.ref, Recovery.state).order_by(col(Recovery.id)))
    yield from ((f"recovery:{ref}", RecoveryState(state).value) for ref, state in asked)
    yield from complaining.states(session)
    shown = session.exec(select(Evidence.ref, Evidence.state).order_by(col(Evidence.id)))
    yield from ((f"evidence:{ref}", EvidenceState(state).value) for ref, state in shown)
    batches = session.exec(select(VoucherBatch.ref, VoucherBatch.state).order_by(col(VoucherBatch.id)))
    yield from ((f"voucher_batch:{ref}", BatchState(state).value) for ref, state in batches)
