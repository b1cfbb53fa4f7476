"""What this room holds of people: see `hardship.core.held`."""

from hardship.core.held import Basis, Key, held_in

HELD = (
    *held_in(
        "web_session",
        Key.BROWSER,
        Basis.INTEREST,
        "until it ends: at most a week for applicants, twelve hours for staff",
        data="marks of one browser's session: a form's token and code, the number of a case; no answers",
    ),
    *held_in(
        "web_session",
        Key.PLAIN,
        Basis.INTEREST,
        "until it ends: at most a week for applicants, twelve hours for staff",
        id_hash="how a session is found: the hash of a random id",
    ),
    *held_in(
        "rate_limit",
        Key.TOKEN,
        Basis.INTEREST,
        "a day",
        key="how often somebody tried: a keyed digest of a network",
    ),
)
