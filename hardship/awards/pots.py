"""Which pots pay which pennies of an award. Values in, values out.

The rule is `design.md`, I4 and I6, and `contract.md`, `spend_order`: the shares of an award add up to it,
none is more than its pot has, and an award that the money does not cover is refused whole. All amounts are
integer minor units (pence) of one currency. Which pots may pay for an award at all (a restriction to a round,
say) is the caller's business: hand in those that may.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class SpendOrder(StrEnum):
    """How an award is spread over the pots, as a fund's round states it."""

    COMMUNITY_FIRST = "community_first"
    MATCH_FIRST = "match_first"
    PRO_RATA = "pro_rata"


@dataclass(frozen=True, slots=True)
class Pot:
    """Money kept for one purpose: the community's, or one sponsor's earned match.

    `spendable_minor` is negative when the pot is in deficit (a refund of something spent). `priority` is the
    match agreement's; the community's is not looked at.
    """

    ref: str
    spendable_minor: int
    priority: int
    is_community: bool


@dataclass(frozen=True, slots=True)
class Share:
    """Pence (above zero) that one pot pays of an award."""

    ref: str
    amount_minor: int


class NotEnough(ValueError):
    """The pots do not cover the award, which is refused whole. `short_minor` (above zero) is what is lacking."""

    def __init__(self, short_minor: int) -> None:
        super().__init__(f"the pots are short of {short_minor} pence")
        self.short_minor = short_minor


def split(amount_minor: int, pots: Iterable[Pot], order: SpendOrder) -> list[Share]:
    """The shares of an award of `amount_minor` pence, in the order the pots are asked; only shares above zero.

    `community_first` and `match_first` empty one pot after the other, match pots by (priority, ref).
    `pro_rata` is by the pots' positive spendable balances, largest remainder, ties by (priority, ref) with
    the community last. A pot in deficit pays nothing and lowers what the others together may pay. Raises
    `NotEnough`, and `ValueError` for an amount that is not above zero or two pots of one name.
    """
    ordered = _match_first(pots)
    if amount_minor <= 0:
        raise ValueError(f"an award is of at least one penny, not {amount_minor}")
    if len({pot.ref for pot in ordered}) < len(ordered):
        raise ValueError("two pots bear the same reference")
    total = spendable(ordered)
    if amount_minor > total:
        raise NotEnough(amount_minor - total)
    if order is SpendOrder.PRO_RATA:
        return _pro_rata(amount_minor, ordered)
    if order is SpendOrder.COMMUNITY_FIRST:
        ordered.sort(key=lambda pot: not pot.is_community)
    return _one_after_the_other(amount_minor, ordered)


def spendable(pots: Iterable[Pot]) -> int:
    """What the pots together may pay: the sum of all, so that a deficit anywhere holds back as much elsewhere."""
    return sum(pot.spendable_minor for pot in pots)


def _match_first(pots: Iterable[Pot]) -> list[Pot]:
    return sorted(pots, key=lambda pot: (pot.is_community, pot.priority, pot.ref))


def _one_after_the_other(amount_minor: int, ordered: list[Pot]) -> list[Share]:
    shares = []
    rest = amount_minor
    for pot in ordered:
        part = min(rest, max(0, pot.spendable_minor))
        if part:
            shares.append(Share(pot.ref, part))
            rest -= part
    return shares


def _pro_rata(amount_minor: int, ordered: list[Pot]) -> list[Share]:
    """Largest remainder: everyone gets the floor of their part, the pence left over go to the largest fractions.

    No share passes its pot: a part is at most the pot's balance, and one with a fraction is below it, so that
    the next whole penny still fits.
    """
    weights = [max(0, pot.spendable_minor) for pot in ordered]
    total = sum(weights)
    parts = [amount_minor * weight // total for weight in weights]
    fractions = [amount_minor * weight % total for weight in weights]
    by_fraction = sorted(range(len(ordered)), key=lambda index: -fractions[index])  # ties keep the order
    for index in by_fraction[: amount_minor - sum(parts)]:
        parts[index] += 1
    return [Share(pot.ref, part) for pot, part in zip(ordered, parts, strict=True) if part]
