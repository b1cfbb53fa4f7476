"""What the match rule works on: agreements, gifts, what is live on them, and the reasons. All amounts are pence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Ratio = tuple[int, int]
"""(n, d): n pence of match for each d pence given."""

Rows = dict[str, dict[Ratio, int]]
"""Live pence on one gift, by agreement and by the ratio that allocated them."""

Donated = Mapping[str, int]
"""Pence that one donor's gifts have from each agreement, by ref: this gift's among them, and what is held for them."""


class Reason(StrEnum):
    """Why an agreement gave less than it might have. Each agreement has at most one: the first in this order."""

    OUTSIDE_WINDOW = "outside_window"
    CHANNEL = "channel"
    EXCLUDED_DONOR = "excluded_donor"
    MINIMUM = "minimum"
    THRESHOLD_NOT_MET = "threshold_not_met"
    CONTRIBUTION_CAP = "contribution_cap"
    DONOR_CAP = "donor_cap"
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
    per_donor_cap_minor: int | None = None

    def __post_init__(self) -> None:
        if self.num <= 0 or self.den <= 0:
            raise ValueError(
                f"agreement {self.ref}: the ratio {self.num}:{self.den} has to be of positive numbers"
            )
        for name in ("cap_minor", "per_contribution_cap_minor", "per_donor_cap_minor", "minimum_minor"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"agreement {self.ref}: {name} is {value}; it cannot be negative")
        if self.opens_at.tzinfo is None or self.closes_at.tzinfo is None:
            raise ValueError(f"agreement {self.ref}: opens_at and closes_at need an offset")
        object.__setattr__(self, "excluded_donors", frozenset(map(donor_key, self.excluded_donors)))


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as it stands: its terms, pence allocated (live, all gifts) and pence held for gifts under way.

    `failed` is a challenge whose time is over and whose threshold was not reached: it gives nothing.
    """

    terms: Terms
    allocated_minor: int = 0
    held_minor: int = 0
    failed: bool = False

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


def rows_of(lives: Iterable[Live]) -> Rows:
    """Live rows summed by agreement and ratio, so that ⌈ ⌉ is taken once for each."""
    rows: Rows = {}
    for row in lives:
        own = rows.setdefault(row.ref, {})
        ratio = (row.num, row.den)
        own[ratio] = own.get(ratio, 0) + row.live_minor
    return rows


def covered_by(rows: Rows) -> int:
    """The pence of a gift that all its match covers."""
    return sum(covered(pence, *ratio) for own in rows.values() for ratio, pence in own.items())


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


def closed_by(agreement: Agreement, gift: Gift) -> Reason | None:
    """`None` if the agreement, as it stands, is open to the gift, else why not."""
    closed = is_open_to(agreement.terms, gift)
    return Reason.THRESHOLD_NOT_MET if closed is None and agreement.failed else closed


def cap_is_allowed(cap_minor: int | None, allocated_minor: int) -> bool:
    """Whether an agreement may be given this cap: one below what is allocated is refused."""
    return cap_minor is None or cap_minor >= allocated_minor
