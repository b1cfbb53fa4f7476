"""Tables of gifts by card: checkouts, refunds to cards, disputes, the processor's payouts, and the events it sends."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from hardship.contributions.transitions import CardRefundState, CheckoutState, DeliveryState, DisputeState
from hardship.core.db import choice, instant, pence, sealed


class WebhookDelivery(SQLModel, table=True):
    """An event as it was delivered to `/webhooks/stripe`, verified, stored before it was answered. The body is sealed
    under the house key (row = event_id) and is deleted some time after it was handled."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_due", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    provider: str = Field(max_length=20)
    event_id: str = Field(unique=True, max_length=120)
    type: str = Field(max_length=120)
    body: bytes | None = sealed()
    state: DeliveryState = choice(DeliveryState)
    received_at: dt.datetime = instant()
    due_at: dt.datetime = instant()
    handled_at: dt.datetime | None = instant(default=None)
    attempts: int = 0
    problem: str = Field(default="", max_length=200)


class Checkout(SQLModel, table=True):
    """A donor on the way to the card page. `ref` is that of the gift to come; who knows the token (only its digest is
    kept) sees and may cancel it. Name and address are sealed under a key of their own, and deleted when it is over."""

    __tablename__ = "checkout"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(state = 'paid') = (contribution_id IS NOT NULL)", name="paid_has_gift"),
        Index("ix_checkout_due", "state", "look_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    token_hash: str = Field(unique=True, max_length=64)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    state: CheckoutState = choice(CheckoutState)
    amount_minor: int = pence()
    currency: str = Field(max_length=3)
    idem_key: str = Field(unique=True, max_length=64)
    data_key_id: str | None = Field(default=None, foreign_key="data_key.id", max_length=32)
    donor_name: bytes | None = sealed()  # row = ref, as all of them
    for_organisation: bool = False
    email: bytes | None = sealed()  # where a receipt is to go
    receipt_at: dt.datetime | None = instant(default=None)  # when one was queued
    gift_aid: bytes | None = sealed()  # the declaration that the donor made, for contributions/giftaid
    opened_at: dt.datetime = instant()
    expires_at: dt.datetime = instant()
    look_at: dt.datetime = instant()  # when the worker asks the processor next
    closed_at: dt.datetime | None = instant(default=None)
    session_id: str | None = Field(default=None, unique=True, max_length=120)
    session_url: bytes | None = sealed()  # under the house key: who has it can pay
    released: bool = False  # the processor knows that it is over
    payment_intent: str | None = Field(default=None, unique=True, max_length=120)
    charge: str | None = Field(default=None, unique=True, max_length=120)
    fee_known: bool = False
    held_minor: int = pence(default=0)  # match that was held when it was opened
    lapsed_minor: int = pence(default=0)  # of that, what could not be given any more
    matched_minor: int = pence(default=0)  # match given when the gift came
    contribution_id: int | None = Field(default=None, foreign_key="contribution.id", unique=True)


class CardRefund(SQLModel, table=True):
    """Money that goes back to a card: asked for by us (`reason_ref` says by what), or made at the processor.

    `refunded_at` is the instant under which it stands among the gift's refunds.
    """

    __tablename__ = "card_refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(state IN ('done', 'returned')) = (refunded_at IS NOT NULL)", name="done_is_dated"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    contribution_id: int = Field(foreign_key="contribution.id", index=True)
    amount_minor: int = pence()
    state: CardRefundState = choice(CardRefundState)
    idem_key: str = Field(unique=True, max_length=64)
    reason_ref: str = Field(default="", max_length=80)
    provider_ref: str | None = Field(default=None, unique=True, max_length=120)
    requested_at: dt.datetime = instant()
    due_at: dt.datetime | None = instant(default=None, index=True)
    attempts: int = 0
    problem: str = Field(default="", max_length=200)
    refunded_at: dt.datetime | None = instant(default=None)


class Dispute(SQLModel, table=True):
    """A card gift that the payer's bank has called back. The fee is what the processor takes for it."""

    __tablename__ = "dispute"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    provider_ref: str = Field(unique=True, max_length=120)
    contribution_id: int = Field(foreign_key="contribution.id", index=True)
    state: DisputeState = choice(DisputeState)
    amount_minor: int = pence()
    fee_minor: int = pence(default=0)
    fee_changes: int = 0
    opened_at: dt.datetime = instant()
    closed_at: dt.datetime | None = instant(default=None)


class CardPayout(SQLModel, table=True):
    """Money of card gifts that the processor has paid into the bank account."""

    __tablename__ = "card_payout"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=80)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    received_on: dt.date
    amount_minor: int = pence()
    recorded_at: dt.datetime = instant()
