"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "audit_event",
        Key.PLAIN,
        Basis.LAW,
        "as long as the log: what is in it is ids, codes, amounts and salted commitments",
        body="who did what and when: staff by number, cases by reference",
    ),
)
