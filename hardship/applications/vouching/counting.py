"""How many codes were used, said so that nobody can be found out by it. Values in, values out.

A group knows to whom it gave which code. If it could see that one more was used just after it gave one away, it would
know by whom; and if it could see that all were used, it would know it of everybody. So figures are told in steps of
`STEP`, never of the last few codes, and never with a time.
"""

from collections.abc import Collection
from dataclasses import dataclass

STEP = 5


@dataclass(frozen=True)
class Count:
    """The codes of one batch, exactly: for adding up only, never to be shown."""

    issued: int
    used: int
    cancelled: bool = False
    expired: bool = False


@dataclass(frozen=True)
class Totals:
    """What may be told of a group's codes: how many were issued, at least so many used, and at most so many that are
    left, ran out unused, or were cancelled unused."""

    issued: int
    used_at_least: int
    left_at_most: int
    expired_at_most: int
    cancelled_at_most: int


def totals(batches: Collection[Count]) -> Totals:
    """The figures of a group, from its batches."""
    live = [batch for batch in batches if not batch.cancelled and not batch.expired]
    cancelled = [batch for batch in batches if batch.cancelled]
    expired = [batch for batch in batches if batch.expired and not batch.cancelled]
    return Totals(
        issued=_issued(batches),
        used_at_least=used_at_least(batches),
        left_at_most=_issued(live) - used_at_least(live),
        expired_at_most=_issued(expired) - used_at_least(expired),
        cancelled_at_most=_issued(cancelled) - used_at_least(cancelled),
    )


def used_at_least(batches: Collection[Count]) -> int:
    """What is told of how many were used: rounded down to a step, and never that the last few are."""
    used = min(sum(batch.used for batch in batches), _issued(batches) - STEP)
    return max(0, used) // STEP * STEP


def _issued(batches: Collection[Count]) -> int:
    return sum(batch.issued for batch in batches)
