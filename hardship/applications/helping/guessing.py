"""Whether a safe contact looks like a helper's own. It only leads to a question; only the person knows.

Nothing but what was typed is looked at. A comparison with other applications would tell whoever types an address that
somebody with it has asked for help.
"""

import re

_SHARED = frozenset(
    {
        "admin",
        "advice",
        "caseworker",
        "casework",
        "contact",
        "enquiries",
        "enquiry",
        "hello",
        "help",
        "helpdesk",
        "info",
        "inbox",
        "mail",
        "office",
        "outreach",
        "reception",
        "referral",
        "referrals",
        "support",
        "team",
        "welfare",
        "work",
    }
)
_OF_GROUPS = (
    ".org",
    ".org.uk",
    ".gov.uk",
    ".nhs.uk",
    ".police.uk",
    ".ac.uk",
    ".charity",
    ".ngo",
    ".foundation",
)
_WORD = re.compile(r"[^\W\d_]{4,}")


def looks_like_helpers(email: str, group: str) -> bool:
    """Whether the address is one that groups have, or has the name of the helper's group in it. A number needs no guess:
    a line that several people may answer is taken from nobody (`identity.takes_texts`)."""
    local, at, domain = email.casefold().rpartition("@")
    if not at:
        return False
    if set(re.split(r"[._+-]", local)) & _SHARED or f".{domain}".endswith((*_OF_GROUPS, ".nhs.net")):
        return True
    return any(word in domain or word in local for word in _WORD.findall(group.casefold()))
