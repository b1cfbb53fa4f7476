"""What was given at the question, read: how somebody is to be vouched for. Values in, values out."""

from collections.abc import Mapping
from enum import StrEnum

from hardship.core.refs import VOUCHER_LENGTH, tidy


class Way(StrEnum):
    """How somebody can be vouched for, as they chose it."""

    CODE = "code"
    MEMBERSHIP = "membership"
    PERSON = "person"
    CALL_BACK = "call_back"


OF_WAY: Mapping[Way, tuple[str, ...]] = {
    Way.CODE: ("voucher",),
    Way.MEMBERSHIP: ("voucher",),
    Way.PERSON: ("voucher_name", "voucher_contact"),
    Way.CALL_BACK: ("call_phone", "call_when"),
}
"""The answers that belong to each way; the first is what has to be there."""

DETAILS = tuple(dict.fromkeys(name for names in OF_WAY.values() for name in names))


def could_be_code(typed: str) -> bool:
    """Whether something typed could be a code: as many letters and digits as one has, whatever stands between."""
    return len(typed) <= 100 and len(tidy(typed)) == VOUCHER_LENGTH


def was_taken(given: Mapping[str, str]) -> bool:
    """Whether a code was given with an earlier application of theirs: it is not kept, only that it was given."""
    return given.get("vouching") == Way.CODE and not given.get("voucher")


def way_of(given: Mapping[str, str]) -> Way | None:
    """How somebody is to be vouched for; None where nothing was given. Where no way is named, it follows from what is
    there: a word from a file is one to confirm, like a membership number, unless it turns out to be a code."""
    if chosen := given.get("vouching"):
        way = Way(chosen)
        return way if given.get(OF_WAY[way][0]) else None
    return next(
        (way for way in (Way.MEMBERSHIP, Way.PERSON, Way.CALL_BACK) if given.get(OF_WAY[way][0])), None
    )
