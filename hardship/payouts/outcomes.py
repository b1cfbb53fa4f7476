"""What an answer of the rail, or a line of the bank, means for a payment. Values in, values out.

Answers come late, twice and out of order: whatever says nothing new means nothing.
"""

from collections.abc import Mapping

from hardship.payouts.rails.base import Status
from hardship.payouts.transitions import PaymentEvent, PaymentState

_S, _E, _A = PaymentState, PaymentEvent, Status

_AT_FIRST: Mapping[Status, tuple[PaymentEvent, ...]] = {
    _A.ACCEPTED: (_E.ACCEPT,),
    _A.POSTED: (_E.ACCEPT, _E.SETTLE),
    _A.REFUSED: (_E.REJECT,),
    _A.FAILED: (_E.ACCEPT, _E.FAIL),
    _A.CANCELLED: (_E.ACCEPT, _E.CONFIRM_CANCEL),
    _A.RETURNED: (_E.ACCEPT, _E.SETTLE, _E.RETURN),
}

_MEANING: Mapping[PaymentState, Mapping[Status, tuple[PaymentEvent, ...]]] = {
    # Refused by a look-up as well: only "not known" leaves it open whether the first try is still under way.
    _S.SUBMITTING: {**_AT_FIRST, _A.NO_ANSWER: (_E.LOSE_TRACK,)},
    _S.UNKNOWN: _AT_FIRST,
    _S.SUBMITTED: {
        _A.POSTED: (_E.SETTLE,),
        _A.FAILED: (_E.FAIL,),
        _A.CANCELLED: (_E.CONFIRM_CANCEL,),
        _A.RETURNED: (_E.SETTLE, _E.RETURN),
    },
    _S.PAID: {_A.RETURNED: (_E.RETURN,)},
    _S.RECALL_PENDING: {_A.RETURNED: (_E.RETURN,)},
}


def meaning(state: PaymentState, status: Status) -> tuple[PaymentEvent, ...]:
    """What happened, one event after the other, to a payment in `state` of whose live attempt `status` is said."""
    return _MEANING.get(state, {}).get(status, ())
