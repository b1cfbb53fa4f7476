"""Payments, batches, attempts, and the bank's own lines."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.payouts.transitions import BatchState, PaymentState

_OPEN_PAYMENT = text("state NOT IN ('cancelled')")
_LIVE_ATTEMPT = text("outcome IN ('pending', 'unknown', 'accepted')")


class RailName(StrEnum):
    """The ways money leaves."""

    SANDBOX = "sandbox"
    BANK_FILE = "bank-file"
    STRIPE = "stripe"


class AttemptOutcome(StrEnum):
    """What is known of one attempt."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Direction(StrEnum):
    """Which way a bank line went."""

    IN = "in"
    OUT = "out"


class LineState(StrEnum):
    """What became of a bank line."""

    MATCHED = "matched"
    EXCEPTION = "exception"
    SET_ASIDE = "set_aside"


class LineReason(StrEnum):
    """Why a bank line wants a person."""

    NO_REFERENCE = "no_reference"  # a debit that names no payment of ours
    RECEIPT = "receipt"  # a credit that is no return of a payment
    AMOUNT_DIFFERS = "amount_differs"
    SEEN_BEFORE = "seen_before"  # the bank took, or gave back, the same payment twice
    NOT_SENT = "not_sent"  # debited, though it was refused, failed or never sent


class Batch(SQLModel, table=True):
    """Payments that are approved and sent together. `digest` is what was approved: any change voids the approval.

    `count` and `amount_minor` are what it holds until it is submitted, and what was handed over from then on.
    """

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint("count >= 0 AND amount_minor >= 0", name="contents_not_negative"),
        Index("ix_batch_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_id: int = Field(foreign_key="fund.id", index=True)
    rail: RailName = choice(RailName)
    state: BatchState = choice(BatchState)
    made_by: int = Field(foreign_key="staff.id")
    made_at: dt.datetime = instant()
    approved_by: int | None = Field(default=None, foreign_key="staff.id")
    approved_at: dt.datetime | None = instant(default=None)
    digest: str = Field(default="", max_length=64)
    request_key: str | None = Field(
        default=None, unique=True, max_length=32
    )  # of the form that asked: asked once
    count: int = 0
    amount_minor: int = pence(default=0)
    state_since: dt.datetime = instant()


class Payment(SQLModel, table=True):
    """One award's way to the bank. One row per award, for good; every try is an attempt of it.

    `reference` names it among us; what names it at the bank is each attempt's own reference. `payee_digest` is a keyed
    digest of the details that were approved. `look_at` is when the rail is next to be asked about it.
    """

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_payment_award",
            "award_id",
            unique=True,
            sqlite_where=_OPEN_PAYMENT,
            postgresql_where=_OPEN_PAYMENT,
        ),
        Index("ix_payment_state", "state", "id"),
        Index("ix_payment_look_at", "look_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True, max_length=10)
    award_id: int = Field(foreign_key="award.id")
    batch_id: int | None = Field(default=None, foreign_key="batch.id", index=True)
    amount_minor: int = pence()
    state: PaymentState = choice(PaymentState)
    payee_digest: str = Field(default="", max_length=64)
    state_since: dt.datetime = instant()
    submitted_at: dt.datetime | None = instant(default=None)
    paid_on: dt.date | None = None
    checked_at: dt.datetime | None = instant(default=None)
    look_at: dt.datetime | None = instant(default=None)
    version: int = 1


class Attempt(SQLModel, table=True):
    """One try to move the money. Key and payload are committed before the rail is touched; an unknown outcome is
    resolved with the same key, never with a new one.

    `reference` is the code on the bank statement, one an attempt, so that a debit or a return names the very try. The
    payload is sealed under the applicant's key (row = the attempt's key): what is sent again is the same to the byte.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index(
            "uq_attempt_live",
            "payment_id",
            unique=True,
            sqlite_where=_LIVE_ATTEMPT,
            postgresql_where=_LIVE_ATTEMPT,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="payment.id", index=True)
    batch_id: int = Field(foreign_key="batch.id", index=True)
    reference: str = Field(unique=True, max_length=10)
    idem_key: str = Field(unique=True, max_length=64)
    payload_digest: str = Field(max_length=64)
    payload: bytes | None = sealed()
    outcome: AttemptOutcome = choice(AttemptOutcome)
    provider_ref: str | None = Field(default=None, unique=True, max_length=80)
    problem: str = Field(default="", max_length=80)
    created_at: dt.datetime = instant()
    resolved_at: dt.datetime | None = instant(default=None)


class SandboxPayment(SQLModel, table=True):
    """The stand-in bank's own book, apart from ours: what it was asked to pay, by key."""

    __tablename__ = "sandbox_payment"

    key: str = Field(primary_key=True, max_length=64)
    reference: str = Field(max_length=18, index=True)
    payload_digest: str = Field(max_length=64)
    amount_minor: int = pence()
    fate: str = Field(max_length=16)
    status: str = Field(max_length=16)
    accepted_at: dt.datetime = instant()


class BankImport(SQLModel, table=True):
    """A bank statement that was read; the same file again changes nothing."""

    __tablename__ = "bank_import"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True, max_length=64)
    lines: int
    at: dt.datetime = instant()


class BankLine(SQLModel, table=True):
    """A line of the bank's statement. Identical lines are legitimate: `occurrence` counts them within their file.

    `fingerprint` is a keyed digest of the line; the words on it are sealed under the house key, row = fingerprint.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("fingerprint", "occurrence"),
        Index("ix_bank_line_state", "state", "on", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    import_id: int = Field(foreign_key="bank_import.id", index=True)
    fingerprint: str = Field(max_length=64)
    occurrence: int
    on: dt.date
    amount_minor: int = pence()
    direction: Direction = choice(Direction)
    reference: bytes | None = sealed()
    counterparty: bytes | None = sealed()
    state: LineState = choice(LineState)
    reason: LineReason | None = choice(LineReason, default=None, nullable=True)
    attempt_id: int | None = Field(default=None, foreign_key="attempt.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="batch.id", index=True)
    set_aside_by: int | None = Field(default=None, foreign_key="staff.id")
    set_aside_at: dt.datetime | None = instant(default=None)
    set_aside_note: bytes | None = sealed()
