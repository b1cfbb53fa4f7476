"""Held, conditional and frozen match: the states of each, as tables, and when a condition is met. Values in, values out.

An allocation is recorded when the match rule gives it (so that the cap counts it), and is income once every condition
of its agreement is met: a challenge has reached its threshold, and the gift came `clear_days` days ago.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class HoldState(StrEnum):
    """Where match that is held for a checkout stands."""

    HELD = "held"
    COMMITTED = "committed"
    VOID = "void"


class HoldEvent(StrEnum):
    """What can happen to it, once."""

    COMMIT = "commit"  # the gift came in time
    CANCEL = "cancel"  # the checkout ended without a gift, or with one that needs less
    EXPIRE = "expire"


_H, _E = HoldState, HoldEvent

HOLDS = Machine(
    name="held match",
    initial=_H.HELD,
    table={
        (_H.HELD, _E.COMMIT): _H.COMMITTED,
        (_H.HELD, _E.CANCEL): _H.VOID,
        (_H.HELD, _E.EXPIRE): _H.VOID,
    },
    final=frozenset({_H.COMMITTED, _H.VOID}),
)
"""What each event does in each state; whatever is absent is refused, so that each happens at most once."""


class Condition(StrEnum):
    """Where the conditions of an allocation stand. Only `none` and `met` are income."""

    NONE = "none"
    PENDING = "pending"
    MET = "met"
    RELEASED = "released"  # taken back before it was income


class ChallengeState(StrEnum):
    """Where a challenge stands. Gifts that came in time and are entered later may still meet one that failed."""

    OPEN = "open"
    MET = "met"
    FAILED = "failed"


class ChallengeEvent(StrEnum):
    """What can happen to a challenge."""

    REACH = "reach"  # the gifts reach the threshold
    CLOSE = "close"  # its time is over and they have not
    REVISE = "revise"  # other terms were agreed on


_C, _V = ChallengeState, ChallengeEvent

CHALLENGES: Machine[ChallengeState, ChallengeEvent] = Machine(
    name="challenge",
    initial=_C.OPEN,
    table={
        (_C.OPEN, _V.REACH): _C.MET,
        (_C.OPEN, _V.CLOSE): _C.FAILED,
        (_C.FAILED, _V.REACH): _C.MET,
        (_C.FAILED, _V.REVISE): _C.OPEN,
    },
    final=frozenset({_C.MET, _C.FAILED}),
)
"""What each event does in each state. A challenge that was met stays met: refunds take back their own match only."""

MACHINES: Mapping[str, Machine[HoldState, HoldEvent] | Machine[ChallengeState, ChallengeEvent]] = {
    "Held match": HOLDS,
    "Challenge": CHALLENGES,
}


def earned_on(occurred_on: dt.date, clear_days: int, met_on: dt.date | None) -> dt.date:
    """The day on which match given for a gift of `occurred_on` is earned: once it has cleared, and not before the
    challenge was met (`None` where there is nothing to meet)."""
    cleared = occurred_on + dt.timedelta(days=clear_days)
    return cleared if met_on is None else max(cleared, met_on)
