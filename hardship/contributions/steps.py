"""What a line on the bank statement and money that is to go back may become. Tables only: no database."""

from enum import StrEnum

from hardship.core.states import Machine


class ReceiptState(StrEnum):
    """Where an incoming line on the bank statement stands."""

    UNIDENTIFIED = "unidentified"
    CLAIMED = "claimed"  # it is something that stood in the books already
    IDENTIFIED = "identified"  # a person found out what it is
    RETURN_DUE = "return_due"  # nobody's: it goes back
    RETURNED = "returned"


class ReceiptEvent(StrEnum):
    """What can happen to an incoming line."""

    CLAIM = "claim"
    IDENTIFY = "identify"
    GIVE_BACK = "give_back"
    PAY_BACK = "pay_back"


_R, _RE = ReceiptState, ReceiptEvent

RECEIPTS = Machine(
    "bank receipt",
    _R.UNIDENTIFIED,
    {
        (_R.UNIDENTIFIED, _RE.CLAIM): _R.CLAIMED,
        (_R.UNIDENTIFIED, _RE.IDENTIFY): _R.IDENTIFIED,
        (_R.UNIDENTIFIED, _RE.GIVE_BACK): _R.RETURN_DUE,
        (_R.RETURN_DUE, _RE.PAY_BACK): _R.RETURNED,
    },
    frozenset({_R.CLAIMED, _R.IDENTIFIED, _R.RETURNED}),
)


class OrderState(StrEnum):
    """Where money that is to go back to a donor stands."""

    DUE = "due"  # approved; it leaves the books of gifts, and waits to be paid out
    AT_CARD = "at_card"  # handed to the card processor: the refund to the card says how it goes on
    PAID = "paid"


class OrderEvent(StrEnum):
    """What can happen to it."""

    PAY = "pay"


_O, _OE = OrderState, OrderEvent

ORDERS = Machine(
    "money going back",
    _O.DUE,
    {(_O.DUE, _OE.PAY): _O.PAID},
    frozenset({_O.PAID, _O.AT_CARD}),
)
