"""The match rule: how many pence each agreement gives for a gift, takes back on a refund, and why not more.

Values in, values out; the rule is `design.md`, "Match rule, exactly". All amounts are integer minor units
(pence) of one currency. An agreement with ratio n:d gives n pence for each d pence given, so its live pence
*cover* ⌈live·d/n⌉ pence of a gift, and no penny of a gift is covered twice (invariant I3).

A variation may change an agreement's ratio. Pence keep the ratio of the version that allocated them: they
cover what they covered on that day, and pence of an older ratio count towards the agreement's caps but are,
in `room`, like those of another agreement. With one ratio per agreement this is the rule to the letter.
"""

from hardship.matching.allocation.explaining import explain
from hardship.matching.allocation.giving import allocate, allocate_over, redistribute, release, unmatched
from hardship.matching.allocation.values import (
    Agreement,
    Contribution,
    Donated,
    Explanation,
    Gift,
    Given,
    Live,
    Ratio,
    Reason,
    Release,
    Take,
    Terms,
    cap_is_allowed,
    closed_by,
    covered,
    donor_key,
    in_order,
    is_open_to,
)

__all__ = [
    "Agreement",
    "Contribution",
    "Donated",
    "Explanation",
    "Gift",
    "Given",
    "Live",
    "Ratio",
    "Reason",
    "Release",
    "Take",
    "Terms",
    "allocate",
    "allocate_over",
    "cap_is_allowed",
    "closed_by",
    "covered",
    "donor_key",
    "explain",
    "in_order",
    "is_open_to",
    "redistribute",
    "release",
    "unmatched",
]
