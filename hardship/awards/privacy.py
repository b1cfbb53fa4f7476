"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "duplicate_override",
        Key.APPLICANT,
        Basis.FRAUD,
        "until the case has been settled for the period `details`, or the person is erased",
        reason="why a second award to one account is right",
    ),
    *held_in(
        "award",
        Key.APPLICANT,
        Basis.CONSENT,
        "until the case has been settled for the period `details`, or the person is erased",
        ended_why="why an award was cancelled",
    ),
    *held_in(
        "award",
        Key.TOKEN,
        Basis.FRAUD,
        "with the books; keyless once its epoch is destroyed",
        bank_token="at most one award per account and round",
    ),
)
