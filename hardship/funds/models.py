"""Funds, rounds and published policies."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.ledger.models import FundClass


class FundRole(StrEnum):
    """Whose income the money is."""

    PRINCIPAL = "principal"
    AGENT = "agent"


class BankDetails(StrEnum):
    """When the applicant gives bank details."""

    WITH_APPLICATION = "with_application"
    AFTER_APPROVAL = "after_approval"
    CHOICE = "choice"


class SpendOrder(StrEnum):
    """Which pot pays which pennies."""

    COMMUNITY_FIRST = "community_first"
    MATCH_FIRST = "match_first"
    PRO_RATA = "pro_rata"


class Fund(SQLModel, table=True):
    """A hardship fund. `public_name` is all that a bank statement, a subject line or a browser tab says."""

    __tablename__ = "fund"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, max_length=60)
    name: str = Field(max_length=120)
    public_name: str = Field(max_length=40)
    currency: str = Field(max_length=3)
    fund_class: FundClass = choice(FundClass)
    role: FundRole = choice(FundRole)
    bank_details: BankDetails = choice(BankDetails)
    publisher_name: str = Field(default="", max_length=120)
    publisher_prefix: str = Field(default="", max_length=60)
    publisher_org_id: str = Field(default="", max_length=60)
    bank_name: str = Field(default="", max_length=70)
    bank_sealed: bytes | None = sealed()  # "sort_code account_number", under the house key, row = slug
    bank_files: str = Field(default="")  # how payments are written for the bank: see bankfiles.py
    second_person_above_minor: int = pence(default=500_00)  # gifts entered by hand above this take two people
    community_pot_id: int = Field(foreign_key="pot.id")
    batch_limit_minor: int | None = pence(default=None)  # the most that one batch may hold
    daily_limit_minor: int | None = pence(default=None)  # the most that one person may approve a day
    sanctions_officer: str = Field(default="", max_length=254)  # whom a possible hit reaches
    exit_to: str = Field(
        default="", max_length=300
    )  # where "Exit this page" leads; "" for the instance's own
    created_at: dt.datetime = instant()


class Round(SQLModel, table=True):
    """A period in which a fund takes applications, with its budget and the rules of its panel."""

    __tablename__ = "round"

    id: int | None = Field(default=None, primary_key=True)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    slug: str = Field(unique=True, max_length=60)
    opens_at: dt.datetime = instant()
    closes_at: dt.datetime = instant()
    budget_minor: int = pence()
    quorum: int = 2
    two_to_sign_above_minor: int | None = pence(default=None)
    spend_order: SpendOrder = choice(SpendOrder)
    offer_days: int = 28
    token_epoch_id: int = Field(foreign_key="token_epoch.id")


class Policy(SQLModel, table=True):
    """A published policy of a round: rules and grant, as canonical JSON. It never changes; a new version follows it.

    `document` is {"grant": {...}, "rules": [...]}; `sha256` is that of its bytes.
    """

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="round.id")
    version: int
    document: str
    sha256: str = Field(max_length=64)
    published_at: dt.datetime = instant()
    published_by: str = Field(max_length=80)


class TransferState(StrEnum):
    """How a transfer stands."""

    MADE = "made"
    REVERSED = "reversed"


class FundTransfer(SQLModel, table=True):
    """Money moved from one pot to another on the trustees' authority: proposed by one person, approved by another."""

    __tablename__ = "fund_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("source_pot_id <> target_pot_id", name="two_pots"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    source_pot_id: int = Field(foreign_key="pot.id")
    target_pot_id: int = Field(foreign_key="pot.id")
    amount_minor: int = pence()
    currency: str = Field(max_length=3)
    state: TransferState = choice(TransferState)
    made_on: dt.date
    made_at: dt.datetime = instant()
    approved_by_id: int | None = Field(default=None, foreign_key="staff.id")  # None: the machine's operator
    reason: bytes | None = sealed()  # under the house key, row = ref
