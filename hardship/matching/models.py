"""Match agreements, what they gave to which gift, and what sponsors paid."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.matching.conditions import ChallengeState, Condition, HoldState
from hardship.matching.position import Paid, Unused
from hardship.matching.transitions import AgreementKind, AgreementState, RequestState

__all__ = [
    "AgreementKind",
    "AgreementState",
    "Allocation",
    "MatchAgreement",
    "MatchFreeze",
    "MatchHold",
    "MatchTerms",
    "MatchTranche",
    "PaymentRequest",
    "RequestState",
    "SponsorPayment",
    "StatedThrough",
]


class MatchAgreement(SQLModel, table=True):
    """A sponsor's promise to match, in its present version. A missing cap is no cap; a cap of 0 is a cap of nothing.

    `allocated_minor` equals the live allocations at every instant, `held_minor` what is held for checkouts. Of what is
    allocated `earned_minor` is income; the rest is conditional. `frozen_minor` is what is earned on gifts under dispute,
    `raised_minor` what counts towards a challenge's threshold. Totals are caches under CHECK constraints.
    """

    __tablename__ = "match_agreement"
    __table_args__ = (
        CheckConstraint("allocated_minor >= 0 AND held_minor >= 0", name="not_negative"),
        CheckConstraint("cap_minor IS NULL OR allocated_minor + held_minor <= cap_minor", name="within_cap"),
        CheckConstraint("num > 0 AND den > 0", name="ratio"),
        CheckConstraint("earned_minor >= 0 AND earned_minor <= allocated_minor", name="earned_within"),
        CheckConstraint("frozen_minor >= 0 AND frozen_minor <= earned_minor", name="frozen_within"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=60)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    pot_id: int = Field(foreign_key="pot.id", unique=True)
    sponsor: str = Field(max_length=120)
    version: int = 1
    kind: AgreementKind = choice(AgreementKind, default=AgreementKind.MATCH)
    threshold_minor: int | None = pence(default=None)  # of a challenge: gifts have to reach it
    clear_days: int = 0  # a gift earns its match this many days after it came
    priority: int = 1
    num: int = 1
    den: int = 1
    cap_minor: int | None = pence(default=None)
    per_contribution_cap_minor: int | None = pence(default=None)
    per_donor_cap_minor: int | None = pence(default=None)
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
    purchase_order: str = Field(
        default="", max_length=60
    )  # the sponsor's number, on every request for payment
    payment_days: int = 30  # how long a sponsor has to pay once asked
    contact: bytes | None = sealed()  # JSON of name, e-mail and address under the house key, row = ref
    contact_token: str = Field(default="", max_length=32)  # the same as a blind token, to tell a change
    state: AgreementState = choice(AgreementState, default=AgreementState.OPEN)
    closed_at: dt.datetime | None = instant(default=None)
    rolled_to_id: int | None = Field(default=None, foreign_key="match_agreement.id")
    challenge: ChallengeState = choice(ChallengeState, default=ChallengeState.OPEN)
    challenge_on: dt.date | None = None  # the day on which it was met, failed, or was opened again
    allocated_minor: int = pence(default=0)
    held_minor: int = pence(default=0)
    earned_minor: int = pence(default=0)
    frozen_minor: int = pence(default=0)
    raised_minor: int = pence(default=0)
    reversed_minor: int = pence(default=0)
    received_minor: int = pence(default=0)
    repaid_minor: int = pence(default=0)

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed: it gives nothing more."""
        return self.state is AgreementState.CLOSED

    @property
    def may_reclaim(self) -> bool:
        """Whether what is not earned is still the sponsor's: not where it lapsed at the close."""
        return self.reclaimable and not (self.is_closed and self.unused is Unused.LAPSE)

    @property
    def is_due_back(self) -> bool:
        """Whether what is not earned goes back to the sponsor now."""
        return self.is_closed and self.reclaimable and self.unused is Unused.RETURN


class MatchTranche(SQLModel, table=True):
    """One part of what a sponsor pays, with its due day: part of the terms in their present version. Payments settle the
    tranches that are due first; `received_minor` is what has come for this one."""

    __tablename__ = "match_tranche"
    __table_args__ = (
        UniqueConstraint("agreement_id", "due_on"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("received_minor >= 0 AND received_minor <= amount_minor", name="received_within"),
    )

    id: int | None = Field(default=None, primary_key=True)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    due_on: dt.date
    amount_minor: int = pence()
    received_minor: int = pence(default=0)


_UNDER_WAY = text("state IN ('requested', 'part_received')")


class PaymentRequest(SQLModel, table=True):
    """A request for payment as it was sent: numbered within its agreement, its bytes frozen.

    `tranche_due_on` names the tranche it asks for. `body` is the PDF in base64, sealed, since it names the sponsor's
    contact and the fund's bank account.
    """

    __tablename__ = "payment_request"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("received_minor >= 0 AND received_minor <= amount_minor", name="received_within"),
        Index(
            "uq_payment_request_under_way",  # no tranche is asked for twice at one time
            "agreement_id",
            "tranche_due_on",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=80)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    number: int
    tranche_due_on: dt.date | None = None
    amount_minor: int = pence()
    received_minor: int = pence(default=0)
    due_on: dt.date
    state: RequestState = choice(RequestState)
    body: bytes | None = sealed()  # row = ref
    sha256: str = Field(max_length=64)
    requested_at: dt.datetime = instant()
    requested_by: str = Field(max_length=80)


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


_PENDING = text("condition = 'pending'")
_WITH_REFUND = text("reverses_id IS NOT NULL AND refund_id IS NOT NULL")
_WITHOUT_REFUND = text("reverses_id IS NOT NULL AND refund_id IS NULL")
_HELD = text("state = 'held'")


class Allocation(SQLModel, table=True):
    """Match given to a gift (positive), or taken back (negative, naming what it reverses and the refund that did it).

    `occurred_on` is the day it belongs to. `earned_minor` is what it adds to the sponsor's account: all of it, or nothing
    while it is conditional, and then what was left of it on `entitled_on`, the day on which the last condition was met.
    `stated_on` is the day under which a statement shows what is earned.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        Index(
            "uq_allocation_reversed_once",  # by one refund; partial: most rows reverse nothing
            "reverses_id",
            "refund_id",
            unique=True,
            sqlite_where=_WITH_REFUND,
            postgresql_where=_WITH_REFUND,
        ),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        CheckConstraint("(amount_minor < 0) = (reverses_id IS NOT NULL)", name="reversal_names_it"),
        CheckConstraint("condition <> 'pending' OR earned_minor = 0", name="pending_is_not_earned"),
        Index("ix_allocation_agreement_stated", "agreement_id", "stated_on"),
        Index(
            "ix_allocation_pending",
            "agreement_id",
            "occurred_on",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index(
            "uq_allocation_released_once",
            "reverses_id",
            unique=True,
            sqlite_where=_WITHOUT_REFUND,
            postgresql_where=_WITHOUT_REFUND,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id", index=True)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    amount_minor: int = pence()
    num: int
    den: int
    at: dt.datetime = instant()
    occurred_on: dt.date
    condition: Condition = choice(Condition, default=Condition.NONE)
    earned_minor: int = pence(default=0)
    entitled_on: dt.date | None = None
    stated_on: dt.date
    reverses_id: int | None = Field(default=None, foreign_key="allocation.id")
    refund_id: int | None = Field(default=None, foreign_key="refund.id")


class MatchHold(SQLModel, table=True):
    """Match that is held for somebody at a checkout, of one agreement, until `expires_at`; it is decided once.

    `num` and `den` are the ratio at which it was held and is given. `donor` is the donor's blind token while it is held,
    so that a cap on what one donor brings in counts it.
    """

    __tablename__ = "match_hold"
    __table_args__ = (
        UniqueConstraint("checkout_id", "agreement_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("given_minor >= 0 AND given_minor <= amount_minor", name="given_within"),
        CheckConstraint("(state = 'held') = (decided_at IS NULL)", name="decided_is_dated"),
        Index("ix_match_hold_due", "expires_at", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_match_hold_agreement", "agreement_id", "state", "expires_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    checkout_id: int = Field(foreign_key="checkout.id")
    checkout_ref: str = Field(max_length=80)
    agreement_id: int = Field(foreign_key="match_agreement.id")
    amount_minor: int = pence()
    given_minor: int = pence(default=0)
    num: int
    den: int
    state: HoldState = choice(HoldState)
    donor: bytes | None = Field(default=None, sa_type=LargeBinary)
    opened_at: dt.datetime = instant()
    expires_at: dt.datetime = instant()
    decided_at: dt.datetime | None = instant(default=None)


class MatchFreeze(SQLModel, table=True):
    """A gift under dispute: its match stays allocated, and is neither spent nor added to until the dispute is closed."""

    __tablename__ = "match_freeze"
    __table_args__ = (
        Index(
            "uq_match_freeze_live",
            "contribution_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    contribution_id: int = Field(foreign_key="contribution.id", index=True)
    began_on: dt.date
    ended_on: dt.date | None = None
    outcome: str = Field(default="", max_length=8)


class SponsorPayment(SQLModel, table=True):
    """A payment from a sponsor (positive) or back to one (negative). What was carried from one agreement to another is
    one of each, and `other_id` names the other agreement: no money moved at the bank."""

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
    other_id: int | None = Field(default=None, foreign_key="match_agreement.id")
    recorded_at: dt.datetime = instant()


class StatedThrough(SQLModel, table=True):
    """The last day for which a statement of an agreement was issued; what is recorded later is stated later."""

    __tablename__ = "stated_through"

    agreement_id: int = Field(primary_key=True, foreign_key="match_agreement.id")
    through_on: dt.date
