"""Erasures, requests for a new claim code, complaints."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from hardship.applications.owndata.transitions import ComplaintState, ErasureState, RecoveryState
from hardship.core.db import choice, instant, sealed

_OPEN = text("state = 'requested'")


class ErasedFor(StrEnum):
    """Why somebody's data was erased."""

    ASKED = "asked"  # by the applicant
    DESK = "desk"  # by staff, at the applicant's word
    RETENTION = "retention"  # its time was over
    RESTORE = "restore"  # erased after the backup that was restored: done again


class Erasure(SQLModel, table=True):
    """Somebody's data is to be erased, or was. Holds nothing of them; it outlives what was erased, as the proof that it
    was, and so that a restored copy can be erased again."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index("uq_erasure_open", "application_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_erasure_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    state: ErasureState = choice(ErasureState)
    erased_for: ErasedFor = choice(ErasedFor)
    asked_at: dt.datetime = instant()
    asked_by: int | None = Field(default=None, foreign_key="staff.id")
    done_at: dt.datetime | None = instant(default=None)


class Recovery(SQLModel, table=True):
    """Somebody lost their claim code. `application_id` is None where what was told fits nothing: the answer, and the
    time that it takes, are the same.

    `pickup_token` is the keyed hash of the code that was shown to whoever asked, `word_token` that of the word sent over
    the safe channel. `fits` names the kinds of blind token that fitted, never a value. `new_code` is the new claim code
    until it is handed over, sealed under the applicant's key (row = ref).
    """

    __tablename__ = "recovery"
    __table_args__ = (Index("ix_recovery_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    application_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    state: RecoveryState = choice(RecoveryState)
    fits: str = Field(default="", max_length=80)
    at_desk: bool = False
    pickup_token: bytes = Field(unique=True, sa_type=LargeBinary)
    word_token: bytes | None = Field(default=None, sa_type=LargeBinary)
    new_code: bytes | None = sealed()
    asked_at: dt.datetime = instant()
    started_by: int | None = Field(default=None, foreign_key="staff.id")
    closed_at: dt.datetime | None = instant(default=None)


class About(StrEnum):
    """What a complaint is about."""

    DATA = "data"
    SERVICE = "service"
    PLATFORM = "platform"


class Theme(StrEnum):
    """What a complaint about a platform or company is passed on as: nothing else leaves."""

    ACCOUNT_CLOSED = "account_closed"
    MONEY_WITHHELD = "money_withheld"
    SAFETY = "safety"
    FEES = "fees"
    TREATMENT = "treatment"
    PRIVACY = "privacy"
    OTHER = "other"


class Complaint(SQLModel, table=True):
    """A complaint, sealed under a key of its own (row = ref), since it outlives the erasure of the case until it is
    answered. `due_at` is when it has to be acknowledged at the latest. `redacted` is what a person made of a complaint
    about a platform: it stays here too; only the theme is passed on."""

    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_state", "state", "due_at", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    application_id: int = Field(foreign_key="application.id", index=True)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    about: About = choice(About)
    state: ComplaintState = choice(ComplaintState)
    may_pass_on: bool = False
    words: bytes | None = sealed()
    redacted: bytes | None = sealed()
    answer: bytes | None = sealed()
    theme: Theme | None = choice(Theme, default=None, nullable=True)
    made_at: dt.datetime = instant()
    due_at: dt.datetime = instant()
    acknowledged_at: dt.datetime | None = instant(default=None)
    closed_at: dt.datetime | None = instant(default=None)
