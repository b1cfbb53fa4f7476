"""Match agreements, what they gave to which gift, and what sponsors paid."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.matching.position import Paid, Unused


class MatchAgreement(SQLModel, table=True):
    """A sponsor's promise to match, in its present version. A missing cap is no cap; a cap of 0 is a cap of nothing.

    `allocated_minor` equals the live allocations at every instant. Totals are caches under CHECK constraints.
    """

    __tablename__ = "match_agreement"
    __table_args__ = (
        CheckConstraint("allocated_minor >= 0 AND held_minor >= 0", name="not_negative"),
        CheckConstraint("cap_minor IS NULL OR allocated_minor + held_minor <= cap_minor", name="within_cap"),
        CheckConstraint("num > 0 AND den > 0", name="ratio"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=60)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    pot_id: int = Field(foreign_key="pot.id", unique=True)
    sponsor: str = Field(max_length=120)
    version: int = 1
    priority: int = 1
    num: int = 1
    den: int = 1
    cap_minor: int | None = pence(default=None)
    per_contribution_cap_minor: int | None = pence(default=None)
    minimum_minor: int = pence(default=0)
    opens_at: dt.datetime = instant()
    closes_at: dt.datetime = instant()
    channels: str = Field(max_length=60)  # comma-separated, sorted
    excluded_donors: bytes | None = sealed()  # JSON list of names under the house key, row = ref
    excluded_tokens: str = (
        ""  # the same as blind tokens, comma-separated, sorted: what gifts are compared with
    )
    paid: Paid = choice(Paid)
    reclaimable: bool = True
    unused: Unused = choice(Unused)
    restricted_to_round: str | None = Field(default=None, max_length=60)
    allocated_minor: int = pence(default=0)
    held_minor: int = pence(default=0)
    reversed_minor: int = pence(default=0)
    received_minor: int = pence(default=0)
    repaid_minor: int = pence(default=0)


class MatchTerms(SQLModel, table=True):
    """The terms of one version of an agreement, as canonical JSON; they never change."""

    __tablename__ = "match_terms"
    __table_args__ = (UniqueConstraint("agreement_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    version: int
    document: str
    sha256: str = Field(max_length=64)
    agreed_at: dt.datetime = instant()


class Allocation(SQLModel, table=True):
    """Match given to a gift (positive), or taken back (negative, naming what it reverses and the refund that did it).

    `occurred_on` is the day it belongs to, `stated_on` the day under which a statement shows it.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("reverses_id", "refund_id"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        CheckConstraint("(amount_minor < 0) = (reverses_id IS NOT NULL)", name="reversal_names_it"),
        Index("ix_allocation_agreement_stated", "agreement_id", "stated_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id", index=True)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    amount_minor: int = pence()
    num: int
    den: int
    at: dt.datetime = instant()
    occurred_on: dt.date
    stated_on: dt.date
    reverses_id: int | None = Field(default=None, foreign_key="allocation.id")
    refund_id: int | None = Field(default=None, foreign_key="refund.id")


class SponsorPayment(SQLModel, table=True):
    """A payment from a sponsor (positive) or back to one (negative)."""

    __tablename__ = "sponsor_payment"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=80)
    agreement_id: int = Field(foreign_key="match_agreement.id", index=True)
    received_at: dt.datetime = instant()
    amount_minor: int = pence()
    occurred_on: dt.date
    stated_on: dt.date
    content: str = Field(max_length=64)
    recorded_at: dt.datetime = instant()


class StatedThrough(SQLModel, table=True):
    """The last day for which a statement of an agreement was issued; what is recorded later is stated later."""

    __tablename__ = "stated_through"

    agreement_id: int = Field(primary_key=True, foreign_key="match_agreement.id")
    through_on: dt.date
