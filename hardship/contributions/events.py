"""What the room of contributions announces."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hardship.funds.models import Fund
from hardship.ledger.journal import Line


@dataclass(frozen=True, slots=True)
class NewlyReceived:
    """A gift that has just been stored. `donor` is the donor's blind token in hexadecimal, "" when not known."""

    id: int
    ref: str
    amount_minor: int
    received_at: dt.datetime
    received_on: dt.date
    channel: str
    donor: str


@dataclass(frozen=True)
class GiftsReceived:
    """Gifts of one fund, in the order in which they are worked through; the fund is locked.

    A handler answers with a `MatchAnswer` whose keys are the gifts' refs.
    """

    fund: Fund
    gifts: Sequence[NewlyReceived]


@dataclass(frozen=True)
class RefundsComing:
    """Gifts of this fund are about to be locked for refunds: whoever locks before gifts does so now."""

    fund: Fund


@dataclass(frozen=True, slots=True)
class NewlyRefunded:
    """A refund that has just been stored; `net_minor` is what is left of the gift after it."""

    id: int
    contribution_id: int
    ref: str
    net_minor: int
    refunded_on: dt.date


@dataclass(frozen=True)
class GiftsRefunded:
    """Refunds of one fund's gifts, in the order in which they are worked through; the fund is locked.

    A handler answers with a `MatchAnswer` whose keys are the refunds' numbers.
    """

    fund: Fund
    refunds: Sequence[NewlyRefunded]


@dataclass(frozen=True)
class MatchAnswer:
    """What the match did for each gift (by ref) or refund (by number): pence by agreement, above zero given, below
    zero taken back, and the lines that belong into the journal of the gift or refund."""

    shares: Mapping[str | int, Sequence[tuple[str, int]]] = field(default_factory=dict)
    lines: Mapping[str | int, Sequence[Line]] = field(default_factory=dict)

    @classmethod
    def merged(cls, answers: Iterable["MatchAnswer"]) -> "MatchAnswer":
        """The answers of every handler in one."""
        shares: dict[str | int, list[tuple[str, int]]] = {}
        lines: dict[str | int, list[Line]] = {}
        for answer in answers:
            for key, given in answer.shares.items():
                shares.setdefault(key, []).extend(given)
            for key, more in answer.lines.items():
                lines.setdefault(key, []).extend(more)
        return cls(shares, lines)
