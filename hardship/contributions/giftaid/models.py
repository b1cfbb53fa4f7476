"""Tables of Gift Aid: declarations, the tax on each gift, claims, and money from and to HMRC."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed


class How(StrEnum):
    """How a donor made a declaration."""

    ONLINE = "online"
    PAPER = "paper"
    SPOKEN = "spoken"


class Declaration(SQLModel, table=True):
    """A donor's Gift Aid declaration. Name and home address are sealed under a key of its own (row = ref).

    With `single`, it is for the gifts it was made with. Otherwise it covers the donor's gifts from `covers_from` up to, and
    without, `covers_until` (the day from which it was withdrawn).
    """

    __tablename__ = "gift_aid_declaration"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    donor_id: int | None = Field(default=None, foreign_key="donor.id", index=True)
    title: bytes | None = sealed()
    first_name: bytes | None = sealed()
    last_name: bytes | None = sealed()
    house: bytes | None = sealed()
    postcode: bytes | None = sealed()  # none for a home outside the United Kingdom
    how: How = choice(How)
    declared_on: dt.date
    single: bool
    covers_from: dt.date
    covers_until: dt.date | None = None
    recorded_at: dt.datetime = instant()
    withdrawn_at: dt.datetime | None = instant(default=None)


class GiftAid(SQLModel, table=True):
    """The tax on one gift, in pence: `entitled` is 25% of its net amount while a declaration covers it, `claimed` what was
    asked of HMRC, `settled` what went back of it. claimed − entitled − settled is owed to HMRC, when above zero."""

    __tablename__ = "gift_aid"
    __table_args__ = (
        CheckConstraint("entitled_minor >= 0", name="entitled_not_negative"),
        CheckConstraint("(claim_id IS NULL) = (claimed_minor = 0)", name="claimed_in_a_claim"),
        CheckConstraint(
            "settled_minor >= 0 AND (settled_minor = 0 OR settled_minor <= claimed_minor - entitled_minor)",
            name="settled_within",
        ),
        Index("ix_gift_aid_claim", "claim_id", "contribution_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id", unique=True)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    declaration_id: int = Field(foreign_key="gift_aid_declaration.id", index=True)
    entitled_minor: int = pence()
    claimed_minor: int = pence(default=0)
    settled_minor: int = pence(default=0)
    claim_id: int | None = Field(default=None, foreign_key="gift_aid_claim.id")
    net_claimed_minor: int = pence(default=0)  # the gift's net amount as it stood in the schedule
    left_out_at: dt.datetime | None = instant(default=None)  # by a person: this gift is not the declarer's


class ClaimState(StrEnum):
    """Where a claim stands."""

    MADE = "made"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"


class Claim(SQLModel, table=True):
    """A claim to HMRC: the tax on the gifts in its schedule, less what was owed from earlier claims."""

    __tablename__ = "gift_aid_claim"
    __table_args__ = (
        CheckConstraint("tax_minor > 0", name="tax_positive"),
        CheckConstraint("adjusted_minor >= 0 AND adjusted_minor <= tax_minor", name="adjusted_within"),
        CheckConstraint("received_minor >= 0", name="received_not_negative"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    state: ClaimState = choice(ClaimState)
    gifts: int
    donations_minor: int = pence()
    tax_minor: int = pence()
    adjusted_minor: int = pence(default=0)
    received_minor: int = pence(default=0)
    first_gift_on: dt.date
    last_gift_on: dt.date
    made_on: dt.date
    recorded_at: dt.datetime = instant()

    @property
    def asked_minor(self) -> int:
        """What HMRC is asked to pay, in pence: the tax less the adjustment for earlier claims."""
        return self.tax_minor - self.adjusted_minor


class TaxPayment(SQLModel, table=True):
    """Money from HMRC for a claim (above zero), or to HMRC (below zero)."""

    __tablename__ = "gift_aid_payment"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    claim_id: int | None = Field(default=None, foreign_key="gift_aid_claim.id", index=True)
    amount_minor: int = pence()
    paid_on: dt.date
    bank_ref: bytes | None = sealed()  # under the house key, row = ref
    recorded_at: dt.datetime = instant()
