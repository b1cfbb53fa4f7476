"""An agreement's terms in words. Values in, values out: the terms are those that a version keeps, as plain JSON."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from hardship.core.money import display
from hardship.web.filters import day, moment

LABELS = {
    "sponsor": "Sponsor",
    "kind": "Kind",
    "threshold_minor": "Threshold of the challenge",
    "ratio": "Ratio",
    "cap_minor": "Cap",
    "per_contribution_cap_minor": "Cap on one gift",
    "per_donor_cap_minor": "Cap on one donor",
    "minimum_minor": "Least gift",
    "opens_at": "Opens",
    "closes_at": "Closes",
    "channels": "Gifts that come by",
    "excluded_tokens": "Donors left out",
    "clear_days": "Earned",
    "priority": "Priority",
    "paid": "Paid",
    "reclaimable": "What is not earned",
    "unused": "At the close, what is not earned",
    "restricted_to_round": "Restricted to",
    "purchase_order": "Purchase order",
    "payment_days": "Days to pay",
    "tranches": "Tranches",
    "contact_token": "Contact",
}

KINDS = {
    "match": "Match of each gift",
    "challenge": "Challenge: all or nothing once gifts reach the threshold",
}
UNUSED = {"return": "goes back to the sponsor", "roll": "is carried to the next agreement", "lapse": "lapses"}
PAID = {"in_advance": "In advance", "in_arrears": "In arrears"}


def in_words(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every term as (what, value), in the order in which an agreement is read; what does not apply is left out."""
    said = [(label, _word(field, terms)) for field, label in LABELS.items()]
    return [(label, word) for label, word in said if word]


def differences_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The terms in which two versions differ, as (what, before, after)."""
    found = []
    for field, label in LABELS.items():
        keys = ("num", "den") if field == "ratio" else (field,)
        if any(before.get(key) != after.get(key) for key in keys):
            was, now = _word(field, before) or "None", _word(field, after) or "None"
            found.append((label, was, f"{now} (others)" if was == now else now))
    return found


def _word(field: str, terms: Mapping[str, Any]) -> str:
    """One term in words; empty where it does not apply."""
    value = terms.get(field)
    if field == "ratio":
        return f"{terms['num']}:{terms['den']}"
    if field == "threshold_minor":
        return "" if value is None else display(value)
    if field.endswith("_minor"):
        return "None" if value is None else display(value)
    if field.endswith("_at"):
        return moment(dt.datetime.fromisoformat(str(value)))
    return _WORDS[field](value) if field in _WORDS else str(value or "")


def _tranches(text: str) -> str:
    if text in ("", "none"):
        return "None"
    parts = [part.partition(" ") for part in text.split(", ")]
    return "; ".join(f"£{amount} on {day(dt.date.fromisoformat(due))}" for due, _, amount in parts)


def _counted(tokens: str) -> str:
    count = len([one for one in tokens.split(",") if one])
    return "Nobody" if not count else "1 name" if count == 1 else f"{count} names"


_WORDS: dict[str, Callable[[Any], str]] = {
    "kind": lambda value: KINDS[value or "match"],
    "channels": lambda value: str(value).replace(",", ", "),
    "excluded_tokens": _counted,
    "clear_days": lambda value: f"{value} days after the gift" if value else "on receipt of the gift",
    "paid": lambda value: PAID[value],
    "reclaimable": lambda value: "may be reclaimed" if value else "is the fund’s own",
    "unused": lambda value: UNUSED[value],
    "restricted_to_round": lambda value: f"the round {value}" if value else "the fund",
    "payment_days": str,
    "tranches": lambda value: _tranches(str(value or "")),
    "contact_token": lambda value: "On file" if value else "None",
}
