"""Issued statements: bytes that never change."""

import datetime as dt

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from hardship.core.db import instant


class Statement(SQLModel, table=True):
    """A statement as issued. `content` is the canonical JSON of its figures and lines; `previous_sha256` chains it to
    the agreement's statement before."""

    __tablename__ = "statement"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=60)
    agreement_id: int = Field(foreign_key="match_agreement.id", index=True)
    from_on: dt.date
    to_on: dt.date
    content: bytes = Field(sa_type=LargeBinary)
    content_sha256: str = Field(max_length=64)
    previous_sha256: str = Field(default="", max_length=64)
    supersedes_id: int | None = Field(default=None, foreign_key="statement.id", unique=True)
    issued_at: dt.datetime = instant()
    issued_by: str = Field(max_length=80)


class StatementFile(SQLModel, table=True):
    """One file of a statement, stored as issued."""

    __tablename__ = "statement_file"

    statement_id: int = Field(primary_key=True, foreign_key="statement.id")
    name: str = Field(primary_key=True, max_length=120)
    media_type: str = Field(max_length=60)
    body: bytes = Field(sa_type=LargeBinary)
    sha256: str = Field(max_length=64)
