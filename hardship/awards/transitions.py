"""The states of an award, as one table (design.md, "States")."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.states import Machine


class AwardState(StrEnum):
    """Where an award stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    IN_PAYMENT = "in_payment"
    PAID = "paid"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    RECOVERED = "recovered"


class AwardEvent(StrEnum):
    """What can happen to an award.

    `start_payment` is when it is put into a batch, `payment_ended` when it comes out unpaid (the payment was
    cancelled, failed or came back): an award in a batch is taken out first, then withdrawn, lapsed or
    cancelled, so that none of these can cross a payment under way.
    """

    ACCEPT = "accept"  # bank details are there
    START_PAYMENT = "start_payment"
    PAYMENT_ENDED = "payment_ended"
    PAY = "pay"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    RECOVER = "recover"  # the money came back from a person who was wrongly paid


_S, _E = AwardState, AwardEvent

TABLE: Mapping[tuple[AwardState, AwardEvent], AwardState] = {
    (_S.OFFERED, _E.ACCEPT): _S.ACCEPTED,
    (_S.ACCEPTED, _E.START_PAYMENT): _S.IN_PAYMENT,
    (_S.IN_PAYMENT, _E.PAY): _S.PAID,
    (_S.IN_PAYMENT, _E.PAYMENT_ENDED): _S.ACCEPTED,
    (_S.PAID, _E.PAYMENT_ENDED): _S.ACCEPTED,
    (_S.PAID, _E.RECOVER): _S.RECOVERED,
    (_S.OFFERED, _E.LAPSE): _S.LAPSED,
    (_S.ACCEPTED, _E.LAPSE): _S.LAPSED,
    (_S.OFFERED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.ACCEPTED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.OFFERED, _E.CANCEL): _S.CANCELLED,
    (_S.ACCEPTED, _E.CANCEL): _S.CANCELLED,
}
"""What each event does in each state; whatever is absent is refused."""

MACHINE = Machine(
    name="award",
    initial=AwardState.OFFERED,
    table=TABLE,
    final=frozenset({_S.PAID, _S.LAPSED, _S.WITHDRAWN, _S.CANCELLED, _S.RECOVERED}),
)

NOT_LIVE = frozenset({_S.LAPSED, _S.WITHDRAWN, _S.CANCELLED})
"""States in which an award does not count as its bank token's one award of the round (I5)."""
