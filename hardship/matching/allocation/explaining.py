"""Why a gift was matched as it was, and not more."""

from collections.abc import Iterable, Mapping

from hardship.matching.allocation.giving import donated_by
from hardship.matching.allocation.values import (
    Agreement,
    Donated,
    Explanation,
    Gift,
    Live,
    Ratio,
    Reason,
    Rows,
    Terms,
    closed_by,
    covered,
    covered_by,
    in_order,
    rows_of,
)


def explain(
    gift: Gift, agreements: Iterable[Agreement], lives: Iterable[Live], donated: Donated | None = None
) -> Explanation:
    """Why agreements gave what they gave and not more, as things stand after the gift was worked through.

    `agreements` are the fund's, with this gift's pence in their `allocated_minor`. The unmatched pence would
    be worth X = ⌊unmatched·n/d⌋ to an agreement. Each agreement has one reason at most, the first that holds:

    1. X > 0 and it is not open to the gift: the condition not met (window, channel, donor, minimum, threshold);
    2. X > 0 and it is open, so a cap stopped it: the one that leaves fewest pence, the contribution's before the
       donor's before the agreement's if they leave the same. Where neither binds any more (cap was freed, raised or added since, and only
       `redistribute` hands that out) it is `cap_exhausted`, as it was when the gift was worked through;
    3. X = 0, it is open, and without the refunds of this gift it would have more: `refunded`;
    4. X = 0, it is open, and it gave nothing because others cover what it could have matched:
       `matched_elsewhere`;
    5. X = 0, it is open, and pence are left, too few to be matched at its ratio: `rounding`, always less than
       a penny of match and therefore last.

    In 3 to 5 the agreement's own cap is not looked at: it stopped nothing, and later gifts must not change
    the answer.
    """
    rows = rows_of(lives)
    had = donated_by(rows, donated)
    left = gift.net_minor - covered_by(rows)
    reasons = []
    for agreement in in_order(agreements):
        reason = _reason(gift, agreement, rows, left, had.get(agreement.terms.ref, 0))
        if reason is not None:
            reasons.append((agreement.terms.ref, reason))
    return Explanation(left, reasons)


def _reason(gift: Gift, agreement: Agreement, rows: Rows, left: int, donated: int) -> Reason | None:
    terms = agreement.terms
    own = rows.get(terms.ref, {})
    live = sum(own.values())
    closed = closed_by(agreement, gift)
    possible = left * terms.num // terms.den
    if possible > 0:
        return closed or _binding_cap(agreement, live, donated, possible)
    per_gift, per_donor = terms.per_contribution_cap_minor, terms.per_donor_cap_minor
    full = (per_gift is not None and live >= per_gift) or (per_donor is not None and donated >= per_donor)
    if closed is not None or full:
        return None
    others = gift.net_minor - left - covered_by({terms.ref: own})
    if gift.net_minor < gift.amount_minor and _carries(terms, gift.amount_minor - others, own):
        return Reason.REFUNDED
    if live == 0 and others > 0 and _carries(terms, gift.net_minor, own):
        return Reason.MATCHED_ELSEWHERE
    return Reason.ROUNDING if left > 0 else None


def _binding_cap(agreement: Agreement, live: int, donated: int, possible: int) -> Reason:
    """Which cap kept an open agreement with `live` pence on a gift from giving `possible` pence more."""
    terms, remaining = agreement.terms, agreement.remaining_minor
    leaves: list[tuple[int, Reason]] = []
    if terms.per_contribution_cap_minor is not None:
        leaves.append((terms.per_contribution_cap_minor - live, Reason.CONTRIBUTION_CAP))
    if terms.per_donor_cap_minor is not None:
        leaves.append((terms.per_donor_cap_minor - donated, Reason.DONOR_CAP))
    if remaining is not None:
        leaves.append((remaining, Reason.CAP_EXHAUSTED))
    least, reason = min(leaves, key=lambda one: one[0], default=(possible, Reason.CAP_EXHAUSTED))
    return reason if least < possible else Reason.CAP_EXHAUSTED


def _carries(terms: Terms, room: int, own: Mapping[Ratio, int]) -> bool:
    """Whether `room` pence of a gift carry more match than an agreement has on it (`own`, by ratio)."""
    present = (terms.num, terms.den)
    older = sum(covered(pence, *ratio) for ratio, pence in own.items() if ratio != present)
    return (room - older) * terms.num // terms.den > own.get(present, 0)
