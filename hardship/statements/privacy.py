"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "statement",
        Key.PLAIN,
        Basis.CONTRACT,
        "with the books: six years and the year",
        content="figures for a sponsor; names nobody",
    ),
    *held_in(
        "statement_file",
        Key.PLAIN,
        Basis.CONTRACT,
        "with the books: six years and the year",
        body="the same as files",
    ),
)
