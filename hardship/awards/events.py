"""What the room of awards announces to later rooms, in the transaction of the change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AwardStopped:
    """An award is about to end, or its payee to change: whoever holds it for payment takes it out now, and calls
    `stop_payment`. Raises `Refused` when the money may be on its way; then nothing is changed."""

    award_id: int
