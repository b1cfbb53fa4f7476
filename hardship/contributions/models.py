"""Donors, gifts and refunds."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.contributions.card_models import CardPayout, CardRefund, Checkout, Dispute, WebhookDelivery
from hardship.contributions.giftaid.models import Claim, Declaration, GiftAid, TaxPayment
from hardship.contributions.hand_models import BankReceipt, GiftProof, PayingIn, RefundOrder
from hardship.core.db import choice, instant, pence, sealed
from hardship.ledger.models import AccountKind

__all__ = [
    "BankReceipt",
    "CardPayout",
    "CardRefund",
    "Channel",
    "Checkout",
    "Claim",
    "Contribution",
    "Declaration",
    "Dispute",
    "Donor",
    "DonorType",
    "GiftAid",
    "GiftProof",
    "Held",
    "PayingIn",
    "Refund",
    "RefundOrder",
    "TaxPayment",
    "WebhookDelivery",
]


class Channel(StrEnum):
    """How a gift came."""

    CARD = "card"
    BANK = "bank"
    CASH = "cash"
    OTHER = "other"


class DonorType(StrEnum):
    """What kind of donor gave."""

    PERSON = "person"
    ORGANISATION = "organisation"
    ANONYMOUS = "anonymous"


class Held(StrEnum):
    """Where a gift's money is: with us, or with another body that attests it."""

    HERE = "here"
    ELSEWHERE = "elsewhere"


class Donor(SQLModel, table=True):
    """Somebody who gave. The name is sealed under the donor's own key; the token tells equal names apart from others."""

    __tablename__ = "donor"

    id: int | None = Field(default=None, primary_key=True)
    token: bytes = Field(unique=True, sa_type=LargeBinary)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    name: bytes | None = sealed()  # row = data_key_id


class Contribution(SQLModel, table=True):
    """A gift, as received. Net = amount − refunded. `content` is the SHA-256 of the imported row: the same row again is
    no change, another row under the same ref is an error."""

    __tablename__ = "contribution"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= amount_minor", name="refunded_within"),
        CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        Index("ix_contribution_fund_received", "fund_id", "received_at", "ref"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=80)
    fund_id: int = Field(foreign_key="fund.id")
    received_at: dt.datetime = instant()
    received_on: dt.date
    amount_minor: int = pence()
    fee_minor: int = pence(default=0)
    refunded_minor: int = pence(default=0)
    channel: Channel = choice(Channel)
    donor_type: DonorType = choice(DonorType)
    donor_id: int | None = Field(default=None, foreign_key="donor.id", index=True)
    held: Held = choice(Held)
    paid_into: AccountKind = choice(AccountKind, default=AccountKind.BANK)  # where its money stands
    note: bytes | None = sealed()  # under the house key, row = ref
    content: str = Field(max_length=64)
    recorded_at: dt.datetime = instant()

    @property
    def net_minor(self) -> int:
        """The amount less refunds, in pence."""
        return self.amount_minor - self.refunded_minor


class Refund(SQLModel, table=True):
    """Money given back. One gift is refunded at most once at one instant."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("contribution_id", "refunded_at"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id")
    refunded_at: dt.datetime = instant()
    refunded_on: dt.date
    amount_minor: int = pence()
    recorded_at: dt.datetime = instant()
