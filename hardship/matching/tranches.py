"""What a sponsor was asked for or has promised by a day: how money settles it, and how old it is. Values in, values out.

All amounts are integer minor units (pence).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Age(StrEnum):
    """How long something has been due, in the bands in which debts are usually listed."""

    NOT_DUE = "not_due"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "90+"


AGE_WORDS = {
    Age.NOT_DUE: "Not due",
    Age.TO_30: "1 to 30 days",
    Age.TO_60: "31 to 60 days",
    Age.TO_90: "61 to 90 days",
    Age.OVER_90: "Over 90 days",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """Something a sponsor is to pay by a day: a tranche, or a request for payment that no tranche stands behind."""

    due_on: dt.date
    amount_minor: int
    received_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What has not come yet."""
        return self.amount_minor - self.received_minor


def age_of(due_on: dt.date, today: dt.date) -> Age:
    """The band for something due on a day: on the day itself it is not overdue."""
    late = (today - due_on).days
    if late <= 0:
        return Age.NOT_DUE
    return Age.TO_30 if late <= 30 else Age.TO_60 if late <= 60 else Age.TO_90 if late <= 90 else Age.OVER_90


def ageing(claims: Iterable[Claim], today: dt.date) -> dict[Age, int]:
    """What is open in each band, in pence; every band is named."""
    found = dict.fromkeys(Age, 0)
    for claim in claims:
        found[age_of(claim.due_on, today)] += claim.open_minor
    return found


def settle(claims: Sequence[Claim], minor: int) -> list[int]:
    """How `minor` pence that came settle open claims, those due first first: pence for each claim, in the order given.
    What no claim asks for settles none. Raises `ValueError` for a negative amount."""
    if minor < 0:
        raise ValueError("what came cannot be negative")
    shares = [0] * len(claims)
    for at in sorted(range(len(claims)), key=lambda one: (claims[one].due_on, one)):
        shares[at] = min(minor, claims[at].open_minor)
        minor -= shares[at]
    return shares
