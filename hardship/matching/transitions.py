"""What an agreement is, where it stands, and the states of a request for payment, as tables (design.md, "States")."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class AgreementKind(StrEnum):
    """How an agreement matches: gift by gift, or all or nothing once gifts have reached a threshold."""

    MATCH = "match"
    CHALLENGE = "challenge"


class AgreementState(StrEnum):
    """Where an agreement stands. A closed one gives nothing more and is varied no more."""

    OPEN = "open"
    CLOSED = "closed"


class RequestState(StrEnum):
    """Where a request for payment stands."""

    REQUESTED = "requested"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class RequestEvent(StrEnum):
    """What can happen to a request for payment."""

    PART = "part"  # the sponsor paid some of it
    WHOLE = "whole"  # the sponsor paid all of it
    CANCEL = "cancel"


_S, _E = RequestState, RequestEvent

TABLE: Mapping[tuple[RequestState, RequestEvent], RequestState] = {
    (_S.REQUESTED, _E.PART): _S.PART_RECEIVED,
    (_S.PART_RECEIVED, _E.PART): _S.PART_RECEIVED,
    (_S.REQUESTED, _E.WHOLE): _S.RECEIVED,
    (_S.PART_RECEIVED, _E.WHOLE): _S.RECEIVED,
    (_S.REQUESTED, _E.CANCEL): _S.CANCELLED,
    (_S.PART_RECEIVED, _E.CANCEL): _S.CANCELLED,
}
"""What each event does in each state; whatever is absent is refused."""

MACHINE = Machine(
    name="request for payment",
    initial=RequestState.REQUESTED,
    table=TABLE,
    final=frozenset({_S.RECEIVED, _S.CANCELLED}),
)
