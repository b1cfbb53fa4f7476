"""The states of what vouches for somebody, and of a batch of codes, each as one table."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class VouchingState(StrEnum):
    """What became of what an applicant gave. A code is looked at by the machine; everything else by a person."""

    CODE_VALID = "code_valid"  # a code of ours, used up by this application
    CODE_USED = "code_used"  # a code of ours that another application had used up before
    CODE_UNKNOWN = "code_unknown"  # not a code of ours, or one that is over or of another round
    TO_CONFIRM = "to_confirm"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    NOT_REACHED = "not_reached"


class VouchingEvent(StrEnum):
    """What a person may find."""

    CONFIRM = "confirm"
    DENY = "deny"
    MISS = "miss"  # nobody could be reached


class BatchState(StrEnum):
    """Where a batch of codes stands."""

    ISSUED = "issued"
    CANCELLED = "cancelled"  # what was used before stays used, the rest opens nothing


class BatchEvent(StrEnum):
    """What can happen to a batch."""

    CANCEL = "cancel"


_S, _E = VouchingState, VouchingEvent
OPEN = (
    _S.TO_CONFIRM,
    _S.CODE_USED,
    _S.CODE_UNKNOWN,
    _S.NOT_REACHED,
    _S.CONFIRMED,
    _S.NOT_CONFIRMED,
)
"""What a person may still confirm, or find otherwise than before: all but a code that counts by itself."""

NOT_COUNTING = frozenset({_S.CODE_USED, _S.CODE_UNKNOWN})
"""A code was given that does not count: a reason for a person to look, never more."""

_FOUND = {_E.CONFIRM: _S.CONFIRMED, _E.DENY: _S.NOT_CONFIRMED, _E.MISS: _S.NOT_REACHED}
TABLE: Mapping[tuple[VouchingState, VouchingEvent], VouchingState] = {
    (state, event): to for state in OPEN for event, to in _FOUND.items()
}

MACHINE = Machine(
    name="what vouches for somebody",
    initial=_S.TO_CONFIRM,
    table=TABLE,
    final=frozenset(VouchingState),
)

BATCHES = Machine(
    name="batch of codes",
    initial=BatchState.ISSUED,
    table={(BatchState.ISSUED, BatchEvent.CANCEL): BatchState.CANCELLED},
    final=frozenset(BatchState),
)


def vouched(state: VouchingState | None) -> bool | None:
    """Whether somebody vouches: None while that is open. Nothing given (`None`) is nobody."""
    if state in (None, _S.NOT_CONFIRMED):
        return False
    return True if state in (_S.CODE_VALID, _S.CONFIRMED) else None


def told_state(state: VouchingState) -> str:
    """What an applicant is told of it. Whether a code counts is not: who has a group's list could try each code that
    way, and learn who came."""
    return "code_given" if state.value.startswith("code_") else state.value
