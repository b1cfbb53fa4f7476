"""Awards, the pots that pay them, and overrides of a duplicate."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from hardship.awards.transitions import AwardState
from hardship.core.db import choice, instant, pence, sealed

_LIVE = text("state NOT IN ('lapsed', 'withdrawn', 'cancelled')")
_ONE_GRANT = text(
    "bank_token IS NOT NULL AND override_id IS NULL AND state NOT IN ('lapsed', 'withdrawn', 'cancelled')"
)


class DuplicateOverride(SQLModel, table=True):
    """A named person's written reason why a second award to one bank account is right."""

    __tablename__ = "duplicate_override"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", unique=True)
    staff_id: int = Field(foreign_key="staff.id")
    reason: bytes | None = sealed()  # under the applicant's key, row = application ref
    at: dt.datetime = instant()


class Award(SQLModel, table=True):
    """A grant awarded. At most one live award per application, and per bank token and round (unless overridden).

    `reminders` counts the reminders of an offer not taken up; `ended_why` holds a canceller's words, sealed under the
    applicant's key, row = ref.
    """

    __tablename__ = "award"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_award_live_application",
            "application_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(
            "uq_award_bank_token",
            "round_id",
            "bank_token",
            unique=True,
            sqlite_where=_ONE_GRANT,
            postgresql_where=_ONE_GRANT,
        ),
        Index("ix_award_state", "fund_id", "state", "id"),
        Index("ix_award_round", "round_id", "state", "amount_minor"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    application_id: int = Field(foreign_key="application.id")
    fund_id: int = Field(foreign_key="fund.id")
    round_id: int = Field(foreign_key="round.id")
    amount_minor: int = pence()
    state: AwardState = choice(AwardState)
    bank_token: bytes | None = Field(default=None, sa_type=LargeBinary)
    override_id: int | None = Field(default=None, foreign_key="duplicate_override.id")
    offered_at: dt.datetime = instant()
    accepted_at: dt.datetime | None = instant(default=None)
    lapses_at: dt.datetime = instant()
    decided_on: dt.date
    state_since: dt.datetime = instant()
    reminders: int = 0
    ended_why: bytes | None = sealed()


class AwardShare(SQLModel, table=True):
    """The pennies of an award that one pot pays; frozen. A release (lapse, withdrawal) is a negative row."""

    __tablename__ = "award_share"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        Index("ix_award_share_pot_stated", "pot_id", "stated_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    award_id: int = Field(foreign_key="award.id", index=True)
    pot_id: int = Field(foreign_key="pot.id")
    amount_minor: int = pence()
    occurred_on: dt.date
    stated_on: dt.date
