"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "match_agreement",
        Key.HOUSE,
        Basis.CONTRACT,
        "with the books: six years and the year",
        excluded_donors="names of donors whose gifts are not matched",
        contact="whom to write to at the sponsor",
    ),
    *held_in(
        "match_hold",
        Key.TOKEN,
        Basis.CONTRACT,
        "while the hold is open",
        donor="whose gift a hold is for",
    ),
    *held_in(
        "payment_request",
        Key.HOUSE,
        Basis.CONTRACT,
        "with the books: six years and the year",
        body="a request for payment as it was issued",
    ),
)
