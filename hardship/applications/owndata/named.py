"""What the parts of a copy of one's data are called on its page, in the reader's language."""

from hardship.web.language import _, lazy

NAMES = (
    *(lazy("Reference"), lazy("State"), lazy("Came in by"), lazy("Submitted at"), lazy("Decided at")),
    *(lazy("Safe contact"), lazy("Language"), lazy("What you told us"), lazy("Legal name")),
    *(lazy("Working name"), lazy("Birth year"), lazy("Outward postcode"), lazy("Email"), lazy("Phone")),
    *(lazy("Sort code"), lazy("Account number"), lazy("Income before"), lazy("Income now"), lazy("Reason")),
    *(lazy("Statement"), lazy("Vouching"), lazy("Voucher"), lazy("Voucher name"), lazy("Voucher contact")),
    *(lazy("Call phone"), lazy("Call when"), lazy("Connected"), lazy("Compared as keyed digests")),
    *(lazy("Opened by staff"), lazy("At"), lazy("Fields"), lazy("Complaints"), lazy("Number")),
    *(lazy("Made at"), lazy("About"), lazy("Words"), lazy("Redacted"), lazy("Answer")),
    *(lazy("Somebody helped"), lazy("How"), lazy("How you agreed"), lazy("Their group")),
    *(lazy("What vouches for you"), lazy("Looked at"), lazy("What a person wrote"), lazy("Messages")),
    *(lazy("From"), lazy("Read at"), lazy("Questions to you"), lazy("Asked at"), lazy("Wants")),
    *(lazy("Answer by"), lazy("Ended"), lazy("Asked again after"), lazy("Documents"), lazy("Sent at")),
    *(lazy("Pages"), lazy("Files"), lazy("Seen at"), lazy("What a person found")),
    *(lazy("Destroyed because"), lazy("Decision"), lazy("Outcome"), lazy("By"), lazy("Grants")),
    *(lazy("Amount pence"), lazy("Offered at"), lazy("Payments"), lazy("Paid on")),
    *(lazy("Signals a person looked at"), lazy("What")),
)
"""The names in `data.json`, as words: named here so that every language has them."""


def named(name: str) -> str:
    """A name of `data.json` as words of the current language."""
    words = name.replace("_", " ")
    return _(words[:1].upper() + words[1:])
