"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "fund",
        Key.HOUSE,
        Basis.LAW,
        "while the fund is run",
        bank_sealed="the fund's own account",
    ),
    *held_in(
        "fund_transfer",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        reason="why money was moved between funds",
    ),
)
