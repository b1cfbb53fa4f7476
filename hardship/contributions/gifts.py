"""Gifts and refunds before they are stored: values, and what their journals say."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from hardship.contributions.models import Channel, DonorType, Held
from hardship.core.canonical import canonical
from hardship.core.clock import iso
from hardship.core.errors import BadInput
from hardship.ledger.journal import Line
from hardship.ledger.models import AccountKind


@dataclass(frozen=True, slots=True)
class NewGift:
    """A gift to receive. Amounts in pence; `received_at` is aware. The name of an anonymous donor is not kept.

    `into` is the account in which its money stands: the bank, card clearing, cash in hand, or unidentified receipts
    when a line on the bank statement turns out to be this gift. `checkout_id` is the card checkout that it completes,
    `declaration_id` the Gift Aid declaration that was made with it.
    """

    ref: str
    received_at: dt.datetime
    amount_minor: int
    channel: Channel
    donor_name: str = ""
    donor_type: DonorType = DonorType.PERSON
    note: str = ""
    fee_minor: int = 0
    held: Held = Held.HERE
    into: AccountKind = AccountKind.BANK
    checkout_id: int | None = None
    declaration_id: int | None = None

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
            *([self.into.value] if self.into is not AccountKind.BANK else []),
        ]
        return mac(canonical(said))


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund to record: of which gift, when, how many pence.

    `out_of` is the account that gives the money: None for the one in which the gift's money stands.
    """

    ref: str
    refunded_at: dt.datetime
    amount_minor: int
    out_of: AccountKind | None = None


LONGEST = {"ref": 80, "donor_name": 200, "document": 200, "body": 200, "note": 2000}
"""The most characters of what a person types about a gift."""


def check_words(**typed: str) -> None:
    """Hold what was typed about a gift, by the names of `LONGEST`, to what can be kept and shown; raises `BadInput` with
    the field. A ref is at least one visible character."""
    for name, value in typed.items():
        if len(value) > LONGEST[name] or not value.replace("\n", " ").isprintable():
            raise BadInput(
                f"longer than {LONGEST[name]} characters, or not to be shown", where=name, fix="Shorten it."
            )
    if "ref" in typed and (not typed["ref"].strip() or "\n" in typed["ref"]):
        raise BadInput("no ref", where="ref", fix="Write one like G-17, or leave it out.")


def gift_lines(
    pot_id: int, amount_minor: int, fee_minor: int, held: Held, into: AccountKind = AccountKind.BANK
) -> list[Line]:
    """Dr `into` and fees / Cr donations, gross; the fee is a cost. A gift held elsewhere is not our cash: no lines."""
    if held is Held.ELSEWHERE:
        return []
    return [
        Line(pot_id, into, amount_minor - fee_minor),
        Line(pot_id, AccountKind.FEES, fee_minor),
        Line(pot_id, AccountKind.DONATIONS, -amount_minor),
    ]


def paid_into(gift: NewGift) -> AccountKind:
    """The account from which a refund would go: a receipt once identified has been in the bank all along."""
    return AccountKind.BANK if gift.into is AccountKind.UNIDENTIFIED_RECEIPTS else gift.into


def refund_lines(
    pot_id: int, amount_minor: int, held: Held, out_of: AccountKind = AccountKind.BANK
) -> list[Line]:
    """Dr donations / Cr `out_of`; the fee stays a cost."""
    if held is Held.ELSEWHERE:
        return []
    return [
        Line(pot_id, AccountKind.DONATIONS, amount_minor),
        Line(pot_id, out_of, -amount_minor),
    ]
