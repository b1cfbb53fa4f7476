"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "assessment",
        Key.APPLICANT,
        Basis.CONSENT,
        "until the case has been settled for the period `details`, or the person is erased",
        facts="the facts that the rules used",
    ),
)
