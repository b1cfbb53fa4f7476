"""Tables of the web layer: sessions, rate limits and spent proofs of work. None holds personal data."""

import datetime as dt

from sqlmodel import Field, SQLModel

from hardship.core.db import instant


class WebSession(SQLModel, table=True):
    """One browser's session, found by the hash of the random id in its cookie: whoever reads this table cannot
    take a session over. `data` is small, names nobody, and is sealed under that id: form tokens, notices, the code of a form
    that is being written, the number of a case."""

    __tablename__ = "web_session"

    id_hash: str = Field(primary_key=True, max_length=64)
    data: bytes
    created_at: dt.datetime = instant()
    last_seen_at: dt.datetime = instant()
    expires_at: dt.datetime = instant(index=True)
    staff_id: int | None = Field(default=None, index=True)


class SpentProof(SQLModel, table=True):
    """A proof of work, or a wait, that opened a form once and opens none again. `key` is random; it names nobody."""

    __tablename__ = "spent_proof"

    key: str = Field(primary_key=True, max_length=64)
    until: int = Field(index=True)  # seconds; afterwards the proof has expired and its key need not be kept


class RateLimit(SQLModel, table=True):
    """How often something was tried in the present window. `key` is a keyed digest, never an address."""

    __tablename__ = "rate_limit"

    key: str = Field(primary_key=True, max_length=64)
    window_start: int = Field(index=True)
    count: int
