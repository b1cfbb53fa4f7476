"""What the room of payouts announces, in the transaction of the change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PaymentReturned:
    """The money of a payment came back, while it was being called back or otherwise."""

    payment_id: int
