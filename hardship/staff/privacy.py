"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "staff",
        Key.STAFF,
        Basis.CONTRACT,
        "while they are on the staff",
        totp_secret="the second factor",
    ),
    *held_in(
        "staff",
        Key.PLAIN,
        Basis.CONTRACT,
        "while they are on the staff; afterwards as the name of who acted, with the books",
        email="who may sign in",
        password_hash="a slow hash of the password",
    ),
    *held_in(
        "proposal",
        Key.HOUSE,
        Basis.LAW,
        "with the books: six years and the year",
        payload="what one person proposed and another decided",
        answer="why it was refused",
    ),
)
