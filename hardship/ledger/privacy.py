"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "loss",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        why="how money was lost",
    ),
)
