"""Gifts and refunds before they are stored: values, and what their journals say."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from hardship.contributions.models import Channel, DonorType, Held
from hardship.core.canonical import canonical
from hardship.core.clock import iso
from hardship.ledger.journal import Line
from hardship.ledger.models import AccountKind


@dataclass(frozen=True, slots=True)
class NewGift:
    """A gift to receive. Amounts in pence; `received_at` is aware. The name of an anonymous donor is not kept."""

    ref: str
    received_at: dt.datetime
    amount_minor: int
    channel: Channel
    donor_name: str = ""
    donor_type: DonorType = DonorType.PERSON
    note: str = ""
    fee_minor: int = 0
    held: Held = Held.HERE

    @property
    def kept_name(self) -> str:
        """The donor's name as it is kept: none for an anonymous gift."""
        return "" if self.donor_type is DonorType.ANONYMOUS else self.donor_name.strip()

    def content(self, fund_slug: str, mac: Callable[[bytes], str]) -> str:
        """A keyed digest of everything it says: equal for the same row, and nothing can be guessed from it."""
        said = [
            "contribution",
            fund_slug,
            self.ref,
            iso(self.received_at),
            self.amount_minor,
            self.fee_minor,
            self.channel.value,
            self.donor_type.value,
            self.kept_name,
            self.note.strip(),
            self.held.value,
        ]
        return mac(canonical(said))


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund to record: of which gift, when, how many pence."""

    ref: str
    refunded_at: dt.datetime
    amount_minor: int


def gift_lines(pot_id: int, amount_minor: int, fee_minor: int, held: Held) -> list[Line]:
    """Dr bank and fees / Cr donations, gross; the fee is a cost. A gift held elsewhere is not our cash: no lines."""
    if held is Held.ELSEWHERE:
        return []
    return [
        Line(pot_id, AccountKind.BANK, amount_minor - fee_minor),
        Line(pot_id, AccountKind.FEES, fee_minor),
        Line(pot_id, AccountKind.DONATIONS, -amount_minor),
    ]


def refund_lines(pot_id: int, amount_minor: int, held: Held) -> list[Line]:
    """Dr donations / Cr bank; the fee stays a cost."""
    if held is Held.ELSEWHERE:
        return []
    return [
        Line(pot_id, AccountKind.DONATIONS, amount_minor),
        Line(pot_id, AccountKind.BANK, -amount_minor),
    ]
