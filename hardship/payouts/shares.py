"""Which pots get which pennies back. Values in, values out."""

from collections.abc import Mapping, Sequence


def split(paid: Mapping[int, int], receipts: Sequence[int]) -> list[dict[int, int]]:
    """What each receipt gives back to each pot, given what the pots paid: by what each is still short of, largest
    remainder, ties by the pot's number. Together the receipts are no more than was paid; when they are as much, each
    pot has exactly its own again. Raises `ValueError` for more."""
    left = {pot: minor for pot, minor in sorted(paid.items()) if minor > 0}
    found: list[dict[int, int]] = []
    for amount in receipts:
        whole = sum(left.values())
        if not 0 < amount <= whole:
            raise ValueError("a receipt is above nothing and within what is still out")
        parts = {pot: amount * minor // whole for pot, minor in left.items()}
        rest = amount - sum(parts.values())
        by_remainder = sorted(left, key=lambda pot: (-(amount * left[pot] % whole), pot))
        for pot in by_remainder[:rest]:
            parts[pot] += 1
        left = {pot: minor - parts[pot] for pot, minor in left.items()}
        found.append(parts)
    return found
