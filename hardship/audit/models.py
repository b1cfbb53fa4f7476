"""The event log: append-only rows, each holding the hash of the one before, and a sealed head."""

import datetime as dt

from sqlalchemy import BigInteger, text
from sqlmodel import Field, SQLModel

from hardship.core.db import instant


class AuditEvent(SQLModel, table=True):
    """One event. `hash` = SHA-256(prev ‖ body), in hexadecimal; `prev` is unique, so a fork cannot be stored.

    `body` is canonical JSON: at, actor, kind, subject and facts; ids and commitments, never personal data.
    """

    __tablename__ = "audit_event"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    prev: str = Field(unique=True, max_length=64)
    hash: str = Field(max_length=64)
    subject: str = Field(
        default="", max_length=120, index=True, sa_column_kwargs={"server_default": text("''")}
    )
    body: str


class AuditHead(SQLModel, table=True):
    """Where the chain ends, under a keyed digest that only the keyring's holder can make. Locked last."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    mac: str = Field(max_length=64)


class AuditCheckpoint(SQLModel, table=True):
    """A signed statement of the tree's size and root, also kept off the machine."""

    __tablename__ = "audit_checkpoint"

    id: int | None = Field(default=None, primary_key=True)
    size: int = Field(sa_type=BigInteger)
    root: str = Field(max_length=64)
    note: str
    made_at: dt.datetime = instant()
