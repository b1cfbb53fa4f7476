"""Tables of what finance does by hand: incoming bank lines, money that goes back, cash paid in, evidence."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from hardship.contributions.steps import OrderState, ReceiptState
from hardship.core.db import choice, instant, pence, sealed


class Became(StrEnum):
    """What an incoming line turned out to be."""

    GIFT = "gift"
    SPONSOR_PAYMENT = "sponsor_payment"
    CARD_PAYOUT = "card_payout"
    PAYING_IN = "paying_in"
    GIFT_AID = "gift_aid"


class BankReceipt(SQLModel, table=True):
    """Money that came into the bank account, as the statement told it. `line_key` is what the statement's room knows the
    line by; `about` names what it is (`contribution:G-17`), and no two lines are the same thing."""

    __tablename__ = "bank_receipt"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(became IS NULL) = (about IS NULL)", name="became_something"),
        Index("ix_bank_receipt_fund_state", "fund_id", "state", "received_on", "ref"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id")
    line_key: str = Field(unique=True, max_length=160)
    received_on: dt.date
    amount_minor: int = pence()
    reference: bytes | None = sealed()  # under the house key, row = ref
    counterparty: bytes | None = sealed()  # the same
    state: ReceiptState = choice(ReceiptState)
    became: Became | None = choice(Became, default=None)
    about: str | None = Field(default=None, unique=True, max_length=120)
    recorded_at: dt.datetime = instant()
    decided_at: dt.datetime | None = instant(default=None)


class Way(StrEnum):
    """The way in which money goes back: the one by which it came."""

    CARD = "card"
    BANK = "bank"
    CASH = "cash"
    ELSEWHERE = "elsewhere"  # the body that holds the gift gives it back


class RefundOrder(SQLModel, table=True):
    """Money that goes back to whoever gave it: of a gift, or of an incoming line that is nobody's."""

    __tablename__ = "refund_order"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(contribution_id IS NULL) <> (receipt_id IS NULL)", name="of_one_thing"),
        CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_is_dated"),
        Index("ix_refund_order_state", "state", "approved_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    contribution_id: int | None = Field(default=None, foreign_key="contribution.id", index=True)
    receipt_id: int | None = Field(default=None, foreign_key="bank_receipt.id", unique=True)
    amount_minor: int = pence()
    way: Way = choice(Way)
    state: OrderState = choice(OrderState)
    reason: bytes | None = sealed()  # under the house key, row = ref
    bank_ref: bytes | None = sealed()  # the same
    approved_at: dt.datetime = instant()
    paid_on: dt.date | None = None


class PayingIn(SQLModel, table=True):
    """Cash and cheques taken to the bank; a line on its statement may claim it."""

    __tablename__ = "paying_in"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    amount_minor: int = pence()
    paid_in_on: dt.date
    slip: bytes | None = sealed()  # under the house key, row = ref
    recorded_at: dt.datetime = instant()


class ProofKind(StrEnum):
    """What shows that a gift entered by hand was given."""

    CASH = "cash"
    CHEQUE = "cheque"
    TRANSFER = "transfer"
    HELD_ELSEWHERE = "held_elsewhere"


class GiftProof(SQLModel, table=True):
    """What shows that a gift was given: a receipt or cheque number, or who attests a gift held elsewhere."""

    __tablename__ = "gift_proof"

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id", unique=True)
    kind: ProofKind = choice(ProofKind)
    body: bytes | None = sealed()  # who attests it; under the house key, row = the gift's ref
    document: bytes | None = sealed()  # the number of the cheque, receipt, slip or letter; the same
    recorded_at: dt.datetime = instant()
