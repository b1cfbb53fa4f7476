"""Explanations in words. Values in, values out."""

from hardship.core.money import display
from hardship.matching.allocation import Reason
from hardship.matching.onegift import Explained

WHY: dict[Reason, str] = {
    Reason.OUTSIDE_WINDOW: "the gift came outside the time agreed",
    Reason.CHANNEL: "gifts that come this way are not matched",
    Reason.EXCLUDED_DONOR: "gifts from this donor are not matched",
    Reason.MINIMUM: "the gift is below the least amount that is matched",
    Reason.THRESHOLD_NOT_MET: "gifts did not reach the sum that was agreed",
    Reason.CONTRIBUTION_CAP: "the gift has the most that one gift can get",
    Reason.DONOR_CAP: "the donor's gifts have the most that one donor's can get",
    Reason.CAP_EXHAUSTED: "what was agreed is used up",
    Reason.REFUNDED: "part of the gift was given back",
    Reason.MATCHED_ELSEWHERE: "another agreement matches the gift",
    Reason.ROUNDING: "what is left is too little for a whole penny of match",
}
"""Why an agreement gave no more, to follow its name."""


def explained(found: Explained) -> str:
    """A gift's match in a sentence or two."""
    gift = found.contribution
    what = f"{gift.ref}: a gift of {display(gift.amount_minor)}"
    if gift.refunded_minor:
        what += f", of which {display(gift.refunded_minor)} was given back,"
    live: dict[str, int] = {}
    for one in found.allocations:
        live[one.agreement] = live.get(one.agreement, 0) + one.amount_minor
    given = [f"{display(minor)} by {ref}" for ref, minor in live.items() if minor]
    matched = f"is matched with {_listed(given)}" if given else "is not matched"
    rest = f"; {display(found.unmatched_minor)} is unmatched" if found.unmatched_minor else ""
    why = [
        f"{ref} gives {'no more' if live.get(ref) else 'nothing'}: {WHY[reason]}"
        for ref, reason in found.reasons
    ]
    later = [
        f"{display(minor)} by {ref} is conditional and not yet income"
        for ref, minor in found.conditional.items()
    ]
    frozen = ["The gift is under dispute and its match is frozen"] if found.frozen else []
    return ". ".join([f"{what} {matched}{rest}", *why, *later, *frozen]) + "."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
