"""Signals: reasons for a person to look. Never a verdict."""

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant
from hardship.screening.linkage import Strength


class Signal(SQLModel, table=True):
    """Something an application shares with an earlier one. `sentence` is what the reviewer reads; it names nobody."""

    __tablename__ = "signal"
    __table_args__ = (UniqueConstraint("application_id", "kind", "other_id"),)

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    kind: str = Field(max_length=32)
    strength: Strength = choice(Strength)
    other_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    sentence: str = Field(max_length=300)
    at: dt.datetime = instant()
