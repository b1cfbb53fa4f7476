"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "vote",
        Key.APPLICANT,
        Basis.CONSENT,
        "until the case has been settled for the period `details`, or the person is erased",
        note="why somebody voted as they did",
    ),
)
