"""What a checkout, a card refund, a dispute and a delivered event may become. Tables only: no database, no network."""

from enum import StrEnum

from hardship.core.states import Machine


class CheckoutState(StrEnum):
    """Where a donor's way to the card page stands."""

    OPEN = "open"
    PENDING = "pending"  # finished by the donor, the money is still on its way
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


class CheckoutEvent(StrEnum):
    """What can happen to a checkout."""

    FINISH = "finish"
    PAY = "pay"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"


_C, _CE = CheckoutState, CheckoutEvent

CHECKOUTS = Machine(
    "checkout",
    _C.OPEN,
    {
        (_C.OPEN, _CE.FINISH): _C.PENDING,
        (_C.OPEN, _CE.PAY): _C.PAID,
        (_C.OPEN, _CE.EXPIRE): _C.EXPIRED,
        (_C.OPEN, _CE.CANCEL): _C.CANCELLED,
        (_C.OPEN, _CE.FAIL): _C.FAILED,
        (_C.PENDING, _CE.PAY): _C.PAID,
        (_C.PENDING, _CE.FAIL): _C.FAILED,
        # The processor's word is later than our clock: money that came is a gift, whatever we had thought before.
        (_C.EXPIRED, _CE.FINISH): _C.PENDING,
        (_C.CANCELLED, _CE.FINISH): _C.PENDING,
        (_C.EXPIRED, _CE.PAY): _C.PAID,
        (_C.CANCELLED, _CE.PAY): _C.PAID,
        (_C.FAILED, _CE.PAY): _C.PAID,
    },
    frozenset({_C.PAID, _C.EXPIRED, _C.CANCELLED, _C.FAILED}),
)


class CardRefundState(StrEnum):
    """Where a refund to a card stands."""

    REQUESTED = "requested"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
    RETURNED = "returned"  # done, and sent back by the card's bank: it is owed to the donor


class CardRefundEvent(StrEnum):
    """What can happen to a refund to a card."""

    SEND = "send"
    ANSWER_LOST = "answer_lost"
    COMPLETE = "complete"
    REFUSE = "refuse"
    BOUNCE = "bounce"


_R, _RE = CardRefundState, CardRefundEvent

CARD_REFUNDS = Machine(
    "card refund",
    _R.REQUESTED,
    {
        (_R.REQUESTED, _RE.SEND): _R.SENT,
        (_R.SENT, _RE.ANSWER_LOST): _R.UNKNOWN,
        (_R.SENT, _RE.COMPLETE): _R.DONE,
        (_R.SENT, _RE.REFUSE): _R.FAILED,
        # Asked again with the same key: the processor answers as it did the first time.
        (_R.UNKNOWN, _RE.SEND): _R.SENT,
        (_R.UNKNOWN, _RE.COMPLETE): _R.DONE,
        (_R.UNKNOWN, _RE.REFUSE): _R.FAILED,
        (_R.DONE, _RE.BOUNCE): _R.RETURNED,
    },
    frozenset({_R.DONE, _R.FAILED, _R.RETURNED}),
)


class DisputeState(StrEnum):
    """Where a dispute of a card gift stands."""

    INQUIRY = "inquiry"  # the bank asks; no money has moved
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that came to nothing


class DisputeEvent(StrEnum):
    """What can happen to a dispute."""

    WITHDRAW = "withdraw"
    WIN = "win"
    LOSE = "lose"
    CLOSE = "close"


_D, _DE = DisputeState, DisputeEvent

DISPUTES = Machine(
    "dispute",
    _D.INQUIRY,
    {
        (_D.INQUIRY, _DE.WITHDRAW): _D.OPEN,
        (_D.INQUIRY, _DE.CLOSE): _D.CLOSED,
        (_D.OPEN, _DE.WIN): _D.WON,
        (_D.OPEN, _DE.LOSE): _D.LOST,
        # A bank may take up again what it had closed.
        (_D.CLOSED, _DE.WITHDRAW): _D.OPEN,
    },
    frozenset({_D.WON, _D.LOST, _D.CLOSED}),
)


class DeliveryState(StrEnum):
    """Where an event that somebody sent us stands."""

    WAITING = "waiting"
    HANDLED = "handled"
    IGNORED = "ignored"  # of a kind that nobody here handles, or about something that is not ours
    FAILED = "failed"  # tried as often as it is tried; a person looks
