"""The panel: who opened a case, who must not see it, who has it, who voted how, what was decided."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, sealed
from hardship.review.votes import Outcome, ReasonCode

__all__ = [
    "Assignment",
    "CaseOpening",
    "ConflictOfInterest",
    "Decision",
    "Outcome",
    "ReasonCode",
    "Vote",
]


class CaseOpening(SQLModel, table=True):
    """A member of staff opened a case: nobody votes on what they have not looked at."""

    __tablename__ = "case_opening"
    __table_args__ = (UniqueConstraint("application_id", "staff_id"),)

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id")
    staff_id: int = Field(foreign_key="staff.id")
    at: dt.datetime = instant()


class ConflictOfInterest(SQLModel, table=True):
    """A member of staff declared a conflict with a case, or entered it for somebody: from then on they neither see,
    decide nor pay it."""

    __tablename__ = "conflict_of_interest"
    __table_args__ = (UniqueConstraint("application_id", "staff_id"),)

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id")
    staff_id: int = Field(foreign_key="staff.id", index=True)
    at: dt.datetime = instant()


class Assignment(SQLModel, table=True):
    """A lead gave a case to somebody to look at. One person a case; others may still vote."""

    __tablename__ = "assignment"

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    staff_id: int = Field(foreign_key="staff.id", index=True)
    by_id: int = Field(foreign_key="staff.id")
    at: dt.datetime = instant()


class Vote(SQLModel, table=True):
    """One person's vote on one case. The note is sealed under the applicant's key, row = "ref|staff id"."""

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("application_id", "staff_id"),)

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id")
    staff_id: int = Field(foreign_key="staff.id", index=True)
    outcome: Outcome = choice(Outcome)
    reason: ReasonCode = choice(ReasonCode)
    note: bytes | None = sealed()
    at: dt.datetime = instant()


class Decision(SQLModel, table=True):
    """What the panel decided, by how many, under which policy. `settled_by`: the lead who settled a split vote."""

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", unique=True)
    outcome: Outcome = choice(Outcome)
    reason: ReasonCode = choice(ReasonCode)
    policy_id: int = Field(foreign_key="policy.id")
    quorum: int
    votes: int
    settled_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: dt.datetime = instant()
    decided_on: dt.date
