"""What the room of contributions announces."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hardship.funds.models import Fund
from hardship.ledger.journal import Line


@dataclass(frozen=True, slots=True)
class NewlyReceived:
    """A gift that has just been stored. `donor` is the donor's blind token in hexadecimal, "" when not known.

    `checkout_id` is the checkout that it completes: what was held for it there is given, if it still stands.
    """

    id: int
    ref: str
    amount_minor: int
    received_at: dt.datetime
    received_on: dt.date
    channel: str
    donor: str
    checkout_id: int | None = None


@dataclass(frozen=True)
class CheckoutOpened:
    """Somebody is about to pay; the fund is locked. A handler holds match for them and answers with a `HoldAnswer`.

    `donor` is the donor's blind token in hexadecimal, "" when not known; `channel` is that of the gift to come.
    """

    fund: Fund
    checkout_id: int
    ref: str
    amount_minor: int
    opened_at: dt.datetime
    channel: str
    donor: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class HoldAnswer:
    """What is held: pence by agreement, in the order in which they are asked, until `expires_at`."""

    shares: Sequence[tuple[str, int]]
    expires_at: dt.datetime


@dataclass(frozen=True)
class CheckoutClosed:
    """A checkout ended without a gift (`expired`, `cancelled` or `failed`): what was held for it is free again.

    The fund is locked. Said twice, or after the gift has come, it changes nothing.
    """

    fund: Fund
    checkout_id: int
    outcome: str


@dataclass(frozen=True)
class GiftDisputed:
    """The payer's bank has called a gift back; the fund is locked. Its match is frozen until the dispute is closed."""

    fund: Fund
    contribution_id: int
    ref: str
    on: dt.date


@dataclass(frozen=True)
class DisputeClosed:
    """A dispute ended: `won` or `lost`; the fund is locked. After `lost`, `GiftsRefunded` says what went."""

    fund: Fund
    contribution_id: int
    ref: str
    outcome: str


@dataclass(frozen=True)
class GiftsReceived:
    """Gifts of one fund, in the order in which they are worked through; the fund is locked.

    A handler answers with a `MatchAnswer` whose keys are the gifts' refs.
    """

    fund: Fund
    gifts: Sequence[NewlyReceived]


@dataclass(frozen=True)
class BankLineArrived:
    """Money of this amount has come into the fund's bank account. A handler answers with what of its own it may be: things
    that are in the books as money in the bank already (a list of `claiming.Candidate`). The fund is locked."""

    fund: Fund
    amount_minor: int


@dataclass(frozen=True)
class SponsorPaymentIdentified:
    """An incoming bank line is a sponsor's payment for `agreement`, to be booked to the bank under `ref`; the fund is
    locked. The handler raises `BadInput` when the agreement is not one of the fund's."""

    fund: Fund
    agreement: str
    ref: str
    received_at: dt.datetime
    amount_minor: int


@dataclass(frozen=True)
class RefundsComing:
    """Gifts of this fund are about to be locked for refunds: whoever locks before gifts does so now."""

    fund: Fund


@dataclass(frozen=True)
class CardRefundReturned:
    """A refund that had been made came back from the card's bank: its pence are in refunds due again, and have to go to the
    donor another way. The fund and the gift are locked."""

    fund: Fund
    contribution_id: int
    ref: str
    amount_minor: int


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
    zero taken back, and the lines that belong into the journal of the gift or refund.

    `lapsed` says by ref how many of the pence once held for a gift's checkout could not be given any more.
    """

    shares: Mapping[str | int, Sequence[tuple[str, int]]] = field(default_factory=dict)
    lines: Mapping[str | int, Sequence[Line]] = field(default_factory=dict)
    lapsed: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def merged(cls, answers: Iterable["MatchAnswer"]) -> "MatchAnswer":
        """The answers of every handler in one."""
        shares: dict[str | int, list[tuple[str, int]]] = {}
        lines: dict[str | int, list[Line]] = {}
        lapsed: dict[str, int] = {}
        for answer in answers:
            for key, given in answer.shares.items():
                shares.setdefault(key, []).extend(given)
            for key, more in answer.lines.items():
                lines.setdefault(key, []).extend(more)
            lapsed |= answer.lapsed
        return cls(shares, lines, lapsed)


@dataclass(frozen=True)
class RefundsAboutToLeave:
    """Refunds are about to be sent back to cards. A handler answers why none may be now, "" when they may."""
