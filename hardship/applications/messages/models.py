"""What applicant and fund say to each other, the fund's questions, and who on the staff has read what."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, sealed


class Direction(StrEnum):
    """Who wrote a message."""

    APPLICANT = "applicant"
    FUND = "fund"


class Wants(StrEnum):
    """What a question asks for. Words are an answer to any of them: somebody may not have what is wanted."""

    ANSWER = "answer"
    EVIDENCE = "evidence"  # a document
    DETAILS = "details"  # that they look at what they told, and correct it


class Ending(StrEnum):
    """How a question ended. One whose case was taken back meanwhile has no ending."""

    ANSWERED = "answered"
    EVIDENCE = "evidence"  # a document came
    DETAILS = "details"  # what was told was corrected
    NO_ANSWER = "no_answer"  # the time for it is over


class Message(SQLModel, table=True):
    """One message of the thread between an applicant and the fund. The words are sealed under the applicant's key,
    row = `ref`; `once` is the form's own mark, so that a second sending is the same message.

    `read_at` is when the other side first read it: the applicant, or somebody of the panel. `staff_id` is who wrote for
    the fund; an applicant is never told.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("application_id", "once"),)

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    ref: str = Field(unique=True, max_length=32)
    once: str = Field(max_length=32)
    direction: Direction = choice(Direction)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    words: bytes | None = sealed()
    at: dt.datetime = instant()
    read_at: dt.datetime | None = instant(default=None)


class MessageReading(SQLModel, table=True):
    """How far a member of staff has read a thread: whatever comes after `message_id` is new to them."""

    __tablename__ = "message_reading"

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    message_id: int = Field(foreign_key="message.id")
    at: dt.datetime = instant()


class InfoRequest(SQLModel, table=True):
    """A question that the panel put to an applicant; its words are the message. Open as long as the application is
    `info_requested` and `closed_at` is empty: the state of the case is the state of the question."""

    __tablename__ = "info_request"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    message_id: int = Field(foreign_key="message.id", unique=True)
    asked_by: int = Field(foreign_key="staff.id")
    wants: Wants = choice(Wants)
    asked_at: dt.datetime = instant()
    due_at: dt.datetime = instant()
    reminded_at: dt.datetime | None = instant(default=None)
    closed_at: dt.datetime | None = instant(default=None)
    ending: Ending | None = choice(Ending, default=None, nullable=True)
