"""The states of what people ask for about their own data, each as one table."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class ErasureState(StrEnum):
    """Where an erasure stands."""

    REQUESTED = "requested"  # waits while a payment is open
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ErasureEvent(StrEnum):
    """What can happen to an erasure."""

    FINISH = "finish"  # the key is destroyed
    WITHDRAW = "withdraw"


class RecoveryState(StrEnum):
    """Where a request for a new claim code stands."""

    ASKED = "asked"
    PROPOSED = "proposed"  # a worker is satisfied; a second person decides
    APPROVED = "approved"  # the new code waits to be handed over, the old one is dead
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class RecoveryEvent(StrEnum):
    """What can happen to such a request."""

    PROPOSE = "propose"
    APPROVE = "approve"
    HAND_OVER = "hand_over"
    CLOSE = "close"  # refused, or too old


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed_on"  # as a theme, after a person has redacted it
    ANSWERED = "answered"


class ComplaintEvent(StrEnum):
    """What can happen to a complaint."""

    ACKNOWLEDGE = "acknowledge"
    PASS_ON = "pass_on"  # noqa: S105 — no password
    ANSWER = "answer"


_ES, _EE = ErasureState, ErasureEvent
_RS, _RE = RecoveryState, RecoveryEvent
_CS, _CE = ComplaintState, ComplaintEvent

ERASURE_TABLE: Mapping[tuple[ErasureState, ErasureEvent], ErasureState] = {
    (_ES.REQUESTED, _EE.FINISH): _ES.DONE,
    (_ES.REQUESTED, _EE.WITHDRAW): _ES.WITHDRAWN,
}
RECOVERY_TABLE: Mapping[tuple[RecoveryState, RecoveryEvent], RecoveryState] = {
    (_RS.ASKED, _RE.PROPOSE): _RS.PROPOSED,
    (_RS.ASKED, _RE.CLOSE): _RS.CLOSED,
    (_RS.PROPOSED, _RE.APPROVE): _RS.APPROVED,
    (_RS.PROPOSED, _RE.CLOSE): _RS.CLOSED,
    (_RS.APPROVED, _RE.HAND_OVER): _RS.HANDED_OVER,
    (_RS.APPROVED, _RE.CLOSE): _RS.CLOSED,
}
COMPLAINT_TABLE: Mapping[tuple[ComplaintState, ComplaintEvent], ComplaintState] = {
    (_CS.RECEIVED, _CE.ACKNOWLEDGE): _CS.ACKNOWLEDGED,
    (_CS.RECEIVED, _CE.PASS_ON): _CS.PASSED_ON,
    (_CS.RECEIVED, _CE.ANSWER): _CS.ANSWERED,
    (_CS.ACKNOWLEDGED, _CE.PASS_ON): _CS.PASSED_ON,
    (_CS.ACKNOWLEDGED, _CE.ANSWER): _CS.ANSWERED,
    (_CS.PASSED_ON, _CE.ANSWER): _CS.ANSWERED,
}

ERASURES = Machine("erasure", ErasureState.REQUESTED, ERASURE_TABLE, frozenset({_ES.DONE, _ES.WITHDRAWN}))
RECOVERIES = Machine(
    "recovery", RecoveryState.ASKED, RECOVERY_TABLE, frozenset({_RS.HANDED_OVER, _RS.CLOSED})
)
COMPLAINTS = Machine("complaint", ComplaintState.RECEIVED, COMPLAINT_TABLE, frozenset({_CS.ANSWERED}))
