"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "data_key",
        Key.KEYRING,
        Basis.CONSENT,
        "until the person is erased: then it is destroyed at once",
        wrapped="a person's key, without which their fields are noise",
    ),
    *held_in(
        "token_epoch",
        Key.KEYRING,
        Basis.FRAUD,
        "the period `tokens`",
        wrapped="the key of a year's blind tokens",
    ),
    *held_in(
        "outbox_mail",
        Key.OWN,
        Basis.CONSENT,
        "until the message is sent, at most the period `devices`; with the key of whom it is for",
        address="where a mail or text goes that says there is news",
        letter="a letter that somebody asked for",
    ),
)
