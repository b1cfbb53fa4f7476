"""How much one batch may hold and one person may approve in a day. Values in, values out.

What somebody tried counts, whether it was allowed or not: a limit that forgets refused tries can be felt out. One batch
tried twice counts once, at its largest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hardship.core.money import display


@dataclass(frozen=True, slots=True)
class Limits:
    """A fund's limits in pence; None is none."""

    batch_minor: int | None = None
    daily_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """Something that a person tried to approve today: what (`batch:7K3M-9Q2X`), and how much in pence."""

    subject: str
    amount_minor: int


def used(tried: Iterable[Tried]) -> int:
    """What a day's tries use up, in pence: each subject once, at its largest."""
    largest: dict[str, int] = {}
    for one in tried:
        largest[one.subject] = max(one.amount_minor, largest.get(one.subject, 0))
    return sum(largest.values())


def refusal(limits: Limits, tried: Iterable[Tried], now: Tried) -> str:
    """Why `now` may not be approved after what was tried today, or "" when it may."""
    if limits.batch_minor is not None and now.amount_minor > limits.batch_minor:
        return f"{display(now.amount_minor)} is more than one batch may hold, which is {display(limits.batch_minor)}"
    before = list(tried)
    if limits.daily_minor is not None and used([*before, now]) > limits.daily_minor:
        others = used(one for one in before if one.subject != now.subject)
        left = max(0, limits.daily_minor - others)
        most = max(one.amount_minor for one in [*before, now] if one.subject == now.subject)
        more = "" if most == now.amount_minor else f" {display(most)} of it was tried today, which counts,"
        return (
            f"this is {display(now.amount_minor)},{more} and of the {display(limits.daily_minor)} that you may approve"
            f" in a day {display(left)} is left (what was refused counts as well)"
        )
    return ""


def fitting(amounts: Iterable[int], batch_minor: int | None) -> int:
    """How many of the amounts, from the first on, fit into one batch."""
    count, total = 0, 0
    for minor in amounts:
        total += minor
        if batch_minor is not None and total > batch_minor:
            break
        count += 1
    return count
