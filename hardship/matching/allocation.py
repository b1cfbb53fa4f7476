"""The match rule: how many pence each agreement gives for a gift, takes back on a refund, and why not more.

Values in, values out; the rule is `design.md`, "Match rule, exactly". All amounts are integer minor units
(pence) of one currency. An agreement with ratio n:d gives n pence for each d pence given, so its live pence
*cover* ⌈live·d/n⌉ pence of a gift, and no penny of a gift is covered twice (invariant I3).

A variation may change an agreement's ratio. Pence keep the ratio of the version that allocated them: they
cover what they covered on that day, and pence of an older ratio count towards the agreement's caps but are,
in `room`, like those of another agreement. With one ratio per agreement this is the rule to the letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Ratio = tuple[int, int]
"""(n, d): n pence of match for each d pence given."""

_Rows = dict[str, dict[Ratio, int]]
"""Live pence on one gift, by agreement and by the ratio that allocated them."""


class Reason(StrEnum):
    """Why an agreement gave less than it might have. Each agreement has at most one: the first in this order."""

    OUTSIDE_WINDOW = "outside_window"
    CHANNEL = "channel"
    EXCLUDED_DONOR = "excluded_donor"
    MINIMUM = "minimum"
    CONTRIBUTION_CAP = "contribution_cap"
    CAP_EXHAUSTED = "cap_exhausted"
    REFUNDED = "refunded"
    MATCHED_ELSEWHERE = "matched_elsewhere"
    ROUNDING = "rounding"


def donor_key(name: str) -> str:
    """A donor's name as names are compared for exclusion: trimmed and casefolded."""
    return name.strip().casefold()


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of an agreement's terms.

    `None` for a cap is no cap; 0 is a cap of nothing. `opens_at` and `closes_at` are inclusive and aware.
    `excluded_donors` are stored trimmed and casefolded, whatever was handed in. Raises `ValueError` for a
    ratio that is not positive, a negative amount, or a naive instant.
    """

    ref: str
    priority: int
    num: int
    den: int
    cap_minor: int | None
    per_contribution_cap_minor: int | None
    minimum_minor: int
    opens_at: datetime
    closes_at: datetime
    channels: frozenset[str]
    excluded_donors: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.num <= 0 or self.den <= 0:
            raise ValueError(
                f"agreement {self.ref}: the ratio {self.num}:{self.den} has to be of positive numbers"
            )
        for name in ("cap_minor", "per_contribution_cap_minor", "minimum_minor"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"agreement {self.ref}: {name} is {value}; it cannot be negative")
        if self.opens_at.tzinfo is None or self.closes_at.tzinfo is None:
            raise ValueError(f"agreement {self.ref}: opens_at and closes_at need an offset")
        object.__setattr__(self, "excluded_donors", frozenset(map(donor_key, self.excluded_donors)))


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as it stands: its terms, pence allocated (live, all gifts) and pence held for gifts under way."""

    terms: Terms
    allocated_minor: int = 0
    held_minor: int = 0

    @property
    def remaining_minor(self) -> int | None:
        """Pence it may still give; `None` without a cap. Below zero only if a hold outlived its cap."""
        cap = self.terms.cap_minor
        return None if cap is None else cap - self.allocated_minor - self.held_minor


@dataclass(frozen=True, slots=True)
class Gift:
    """A contribution as the match sees it: `amount_minor` as received, `net_minor` the amount less refunds."""

    amount_minor: int
    net_minor: int
    received_at: datetime
    channel: str
    donor_name: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.net_minor <= self.amount_minor:
            raise ValueError(f"a gift of {self.amount_minor} cannot have a net amount of {self.net_minor}")


@dataclass(frozen=True, slots=True)
class Live:
    """Pence an agreement has on one gift, under one ratio. An agreement has a row for each ratio it allocated by.

    `priority` is the agreement's present one. Rows of one agreement stand oldest version first: a refund
    reverses the newest first.
    """

    ref: str
    priority: int
    live_minor: int
    num: int
    den: int


@dataclass(frozen=True, slots=True)
class Take:
    """Pence (above zero) an agreement gives for a gift, at its present ratio."""

    ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Release:
    """Pence (above zero) an agreement gets back from a gift, of those allocated at num:den."""

    ref: str
    amount_minor: int
    num: int
    den: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """A gift with its public reference and the match it has, for `redistribute`."""

    ref: str
    gift: Gift
    lives: Sequence[Live] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What `redistribute` adds to one contribution."""

    ref: str
    takes: list[Take]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The pence of a gift that nobody matched, and one reason for each agreement that has one, in agreement order."""

    unmatched_minor: int
    reasons: list[tuple[str, Reason]] = field(default_factory=list)


def covered(live_minor: int, num: int, den: int) -> int:
    """The pence of a gift that `live_minor` pence of match at num:den cover: ⌈live·d/n⌉."""
    return -(-live_minor * den // num)


def in_order(agreements: Iterable[Agreement]) -> list[Agreement]:
    """Agreements in the order they are asked: by priority (1 first), then reference by code point."""
    return sorted(agreements, key=_order)


def _order(agreement: Agreement) -> tuple[int, str]:
    return agreement.terms.priority, agreement.terms.ref


def is_open_to(terms: Terms, gift: Gift) -> Reason | None:
    """`None` if the agreement is open to the gift, else the first condition it does not meet.

    The minimum looks at the amount as received: a later refund does not close an agreement to a gift.
    """
    if not terms.opens_at <= gift.received_at <= terms.closes_at:
        return Reason.OUTSIDE_WINDOW
    if gift.channel not in terms.channels:
        return Reason.CHANNEL
    if terms.excluded_donors and gift.donor_name and donor_key(gift.donor_name) in terms.excluded_donors:
        return Reason.EXCLUDED_DONOR
    if gift.amount_minor < terms.minimum_minor:
        return Reason.MINIMUM
    return None


def cap_is_allowed(cap_minor: int | None, allocated_minor: int) -> bool:
    """Whether an agreement may be given this cap: one below what is allocated is refused."""
    return cap_minor is None or cap_minor >= allocated_minor


def allocate(
    gift: Gift,
    agreements: Iterable[Agreement],
    live: Mapping[str, int] | None = None,
    ratios: Mapping[str, Ratio] | None = None,
) -> list[Take]:
    """What each agreement gives for the gift now, on top of `live`, in agreement order; only takes above zero.

    `live` is pence by agreement already on this gift, of every agreement, open to it or not; `ratios` the
    ratio that allocated them where it is not the agreement's present one. Raises `ValueError` for live pence
    of an agreement whose ratio is in neither place. Use `allocate_over` if one agreement has live pence under
    several ratios.
    """
    ordered = in_order(agreements)
    rows: _Rows = {}
    if live:
        present = {a.terms.ref: (a.terms.num, a.terms.den) for a in ordered}
        for ref, pence in live.items():
            ratio = (ratios or {}).get(ref) or present.get(ref)
            if ratio is None:
                raise ValueError(f"agreement {ref} has live pence on this gift, but no ratio is known for it")
            rows[ref] = {ratio: pence}
    return _fold(gift, ordered, [a.remaining_minor for a in ordered], rows)


def allocate_over(gift: Gift, agreements: Iterable[Agreement], lives: Iterable[Live]) -> list[Take]:
    """`allocate`, with the live pence as rows: for agreements that have allocated under more than one ratio."""
    ordered = in_order(agreements)
    return _fold(gift, ordered, [a.remaining_minor for a in ordered], _rows(lives))


def redistribute(contributions: Iterable[Contribution], agreements: Iterable[Agreement]) -> list[Given]:
    """What freed cap adds to gifts already received: the rule over all of them, in order of (received_at, ref).

    Nothing is taken away. Contributions that gain nothing are left out. Doing it again with the takes applied
    gives []: a take is stopped by the room, which later takes only narrow, or by the agreement's cap, which
    they only use.
    """
    ordered = in_order(agreements)
    remaining = [a.remaining_minor for a in ordered]
    given = []
    for contribution in sorted(contributions, key=lambda c: (c.gift.received_at, c.ref)):
        takes = _fold(contribution.gift, ordered, remaining, _rows(contribution.lives))
        if takes:
            given.append(Given(contribution.ref, takes))
    return given


def _fold(gift: Gift, ordered: list[Agreement], remaining: list[int | None], rows: _Rows) -> list[Take]:
    """The rule, agreement by agreement. `remaining` (parallel to `ordered`) and `rows` are brought up to date."""
    takes: list[Take] = []
    uncovered = gift.net_minor - _covered_by(rows)
    for index, agreement in enumerate(ordered):
        terms = agreement.terms
        rest = remaining[index]
        if (rest is not None and rest <= 0) or is_open_to(terms, gift) is not None:
            continue
        ratio = (terms.num, terms.den)
        own = rows.setdefault(terms.ref, {})
        live = own.get(ratio, 0)
        used = covered(live, *ratio)
        take = (uncovered + used) * terms.num // terms.den - live
        if terms.per_contribution_cap_minor is not None:
            take = min(take, terms.per_contribution_cap_minor - sum(own.values()))
        if rest is not None:
            take = min(take, rest)
        if take <= 0:
            continue
        own[ratio] = live + take
        uncovered -= covered(live + take, *ratio) - used
        remaining[index] = None if rest is None else rest - take
        takes.append(Take(terms.ref, take))
    return takes


def _rows(lives: Iterable[Live]) -> _Rows:
    """Live rows summed by agreement and ratio, so that ⌈ ⌉ is taken once for each."""
    rows: _Rows = {}
    for row in lives:
        own = rows.setdefault(row.ref, {})
        ratio = (row.num, row.den)
        own[ratio] = own.get(ratio, 0) + row.live_minor
    return rows


def _covered_by(rows: _Rows) -> int:
    return sum(covered(pence, *ratio) for own in rows.values() for ratio, pence in own.items())


def release(net_minor: int, lives: Iterable[Live]) -> list[Release]:
    """What a refund takes back once it has brought a gift's net amount down to `net_minor`: the refund rule.

    In agreement order each keeps what the net amount still carries at the ratio that allocated it; the rest
    is reversed. Nothing is reversed while the net amount carries all of it. Raises `ValueError` if
    `net_minor` is negative.
    """
    if net_minor < 0:
        raise ValueError(f"a gift's net amount cannot be {net_minor}")
    merged: dict[tuple[str, int, int], int] = {}
    for row in sorted(lives, key=lambda r: (r.priority, r.ref)):
        key = (row.ref, row.num, row.den)
        merged[key] = merged.get(key, 0) + row.live_minor
    rest = net_minor
    releases = []
    for (ref, num, den), live in merged.items():
        keep = min(rest * num // den, live)
        rest -= covered(keep, num, den)
        if keep < live:
            releases.append(Release(ref, live - keep, num, den))
    return releases


def unmatched(net_minor: int, lives: Iterable[Live]) -> int:
    """The pence of a gift no agreement covers: net − Σ ⌈live·d/n⌉."""
    return net_minor - _covered_by(_rows(lives))


def explain(gift: Gift, agreements: Iterable[Agreement], lives: Iterable[Live]) -> Explanation:
    """Why agreements gave what they gave and not more, as things stand after the gift was worked through.

    `agreements` are the fund's, with this gift's pence in their `allocated_minor`. The unmatched pence would
    be worth X = ⌊unmatched·n/d⌋ to an agreement. Each agreement has one reason at most, the first that holds:

    1. X > 0 and it is not open to the gift: the condition not met (window, channel, donor, minimum);
    2. X > 0 and it is open, so a cap stopped it: the one that leaves fewer pence, the contribution's if they
       leave the same. Where neither binds any more (cap was freed, raised or added since, and only
       `redistribute` hands that out) it is `cap_exhausted`, as it was when the gift was worked through;
    3. X = 0, it is open, and without the refunds of this gift it would have more: `refunded`;
    4. X = 0, it is open, and it gave nothing because others cover what it could have matched:
       `matched_elsewhere`;
    5. X = 0, it is open, and pence are left, too few to be matched at its ratio: `rounding`, always less than
       a penny of match and therefore last.

    In 3 to 5 the agreement's own cap is not looked at: it stopped nothing, and later gifts must not change
    the answer.
    """
    rows = _rows(lives)
    left = gift.net_minor - _covered_by(rows)
    reasons = []
    for agreement in in_order(agreements):
        reason = _reason(gift, agreement, rows, left)
        if reason is not None:
            reasons.append((agreement.terms.ref, reason))
    return Explanation(left, reasons)


def _reason(gift: Gift, agreement: Agreement, rows: _Rows, left: int) -> Reason | None:
    terms = agreement.terms
    own = rows.get(terms.ref, {})
    live = sum(own.values())
    closed = is_open_to(terms, gift)
    possible = left * terms.num // terms.den
    if possible > 0:
        return closed or _binding_cap(agreement, live, possible)
    per_gift = terms.per_contribution_cap_minor
    if closed is not None or (per_gift is not None and live >= per_gift):
        return None
    others = gift.net_minor - left - _covered_by({terms.ref: own})
    if gift.net_minor < gift.amount_minor and _carries(terms, gift.amount_minor - others, own):
        return Reason.REFUNDED
    if live == 0 and others > 0 and _carries(terms, gift.net_minor, own):
        return Reason.MATCHED_ELSEWHERE
    return Reason.ROUNDING if left > 0 else None


def _binding_cap(agreement: Agreement, live: int, possible: int) -> Reason:
    """Which cap kept an open agreement with `live` pence on a gift from giving `possible` pence more."""
    per_gift = agreement.terms.per_contribution_cap_minor
    if per_gift is None or per_gift - live >= possible:
        return Reason.CAP_EXHAUSTED
    remaining = agreement.remaining_minor
    if remaining is None or per_gift - live <= remaining:
        return Reason.CONTRIBUTION_CAP
    return Reason.CAP_EXHAUSTED


def _carries(terms: Terms, room: int, own: Mapping[Ratio, int]) -> bool:
    """Whether `room` pence of a gift carry more match than an agreement has on it (`own`, by ratio)."""
    present = (terms.num, terms.den)
    older = sum(covered(pence, *ratio) for ratio, pence in own.items() if ratio != present)
    return (room - older) * terms.num // terms.den > own.get(present, 0)
