"""The states of a document that somebody shows, as one table."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class EvidenceState(StrEnum):
    """Where a document stands."""

    WAITING = "waiting"  # for a person to look at it
    SEEN = "seen"  # a person has said what it shows; it is destroyed in the same transaction
    DESTROYED = "destroyed"


class EvidenceEvent(StrEnum):
    """What can happen to a document."""

    SEE = "see"
    DESTROY = "destroy"  # because it was seen
    REMOVE = "remove"  # by the applicant
    WITHDRAW = "withdraw"  # the application was taken back
    ERASE = "erase"  # the person was erased
    EXPIRE = "expire"  # its time is over


_S, _E = EvidenceState, EvidenceEvent

TABLE: Mapping[tuple[EvidenceState, EvidenceEvent], EvidenceState] = {
    (_S.WAITING, _E.SEE): _S.SEEN,
    (_S.SEEN, _E.DESTROY): _S.DESTROYED,
    (_S.WAITING, _E.REMOVE): _S.DESTROYED,
    (_S.WAITING, _E.WITHDRAW): _S.DESTROYED,
    (_S.WAITING, _E.ERASE): _S.DESTROYED,
    (_S.WAITING, _E.EXPIRE): _S.DESTROYED,
}

MACHINE = Machine("document", EvidenceState.WAITING, TABLE, frozenset({_S.DESTROYED}))
