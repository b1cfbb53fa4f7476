"""Documents that applicants show, and their pages."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.applications.evidence.transitions import EvidenceState
from hardship.core.db import choice, instant, sealed


class Shows(StrEnum):
    """What a person found that a document shows."""

    SUPPORTS = "supports"
    DOES_NOT_SUPPORT = "does_not_support"
    UNREADABLE = "unreadable"


class GoneFor(StrEnum):
    """Why a document was destroyed."""

    SEEN = "seen"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    SCHEDULE = "schedule"


class Evidence(SQLModel, table=True):
    """A document that somebody showed. When it is destroyed, its pages go; that it was there, who saw it, when, and what
    they found stay. `once` comes from the form that sent it: the same form sends it once, however often it is pressed.
    `note` is sealed under the applicant's key (row = ref)."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("application_id", "once"), Index("ix_evidence_state", "state", "id"))

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    application_id: int = Field(foreign_key="application.id")
    state: EvidenceState = choice(EvidenceState)
    once: str = Field(max_length=32)
    pages: int
    sent_at: dt.datetime = instant()
    state_since: dt.datetime = instant()
    shows: Shows | None = choice(Shows, default=None, nullable=True)
    seen_by: int | None = Field(default=None, foreign_key="staff.id")
    seen_at: dt.datetime | None = instant(default=None)
    note: bytes | None = sealed()
    gone_for: GoneFor | None = choice(GoneFor, default=None, nullable=True)


class EvidencePage(SQLModel, table=True):
    """A page as a picture that we drew ourselves, sealed under the applicant's key (row = "ref|number")."""

    __tablename__ = "evidence_page"

    evidence_id: int = Field(primary_key=True, foreign_key="evidence.id")
    number: int = Field(primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)  # so that erasing finds it
    image: bytes | None = sealed()
