"""Tables that no single room owns: data keys, token epochs and the outbox."""

import datetime as dt
from enum import StrEnum

from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, sealed


class DataKey(SQLModel, table=True):
    """One person's key, wrapped by a version of the keyring. Without it their sealed fields are noise."""

    __tablename__ = "data_key"
    __table_args__ = {"sqlite_with_rowid": False}  # found by its id alone: one tree instead of two

    id: str = Field(primary_key=True, max_length=32)
    kek_version: int
    wrapped: bytes | None = sealed()
    created_at: dt.datetime = instant()
    destroyed_at: dt.datetime | None = instant(default=None)


class TokenEpoch(SQLModel, table=True):
    """A random key for blind tokens, wrapped; destroyed on schedule, and every token made with it dies."""

    __tablename__ = "token_epoch"

    id: int | None = Field(default=None, primary_key=True)
    kek_version: int
    wrapped: bytes | None = sealed()
    created_at: dt.datetime = instant()
    destroyed_at: dt.datetime | None = instant(default=None)


class KeyringMark(SQLModel, table=True):
    """Says which keyring this database belongs to, so that a wrong one is noticed at the start. `oldest` is the oldest
    version that a key may be wrapped by: those before it are forgotten, and a process that does not know it yet is
    refused by the database."""

    __tablename__ = "keyring_mark"

    id: int = Field(default=1, primary_key=True)
    keyring_id: str = Field(max_length=32)
    proof: str = Field(max_length=64)
    oldest: int = 1


class Channel(StrEnum):
    """By which way a message leaves."""

    MAIL = "mail"
    TEXT = "text"


class OutboxMail(SQLModel, table=True):
    """A mail or text message to send: it says only that there is news, unless it has a letter of its own (a receipt for
    a donor). The address (or number) and the letter are sealed under the person's data key, and go when it is sent."""

    __tablename__ = "outbox_mail"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=32)
    kind: Channel = choice(Channel, default=Channel.MAIL, sa_column_kwargs={"server_default": "mail"})
    template: str = Field(max_length=40)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32, index=True)
    address: bytes | None = sealed()
    letter: bytes | None = sealed()  # JSON: {"subject", "body"}; row = ref
    language: str = Field(default="en", max_length=8)
    created_at: dt.datetime = instant()
    sent_at: dt.datetime | None = instant(default=None, index=True)
    tried_at: dt.datetime | None = instant(default=None)
    attempts: int = 0
    failed: str = Field(default="", max_length=80)
