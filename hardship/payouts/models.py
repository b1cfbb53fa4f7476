"""Payments, batches, attempts, and the bank's own lines."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.funds.bankfiles import FileForm
from hardship.payouts import (
    tables as tables,  # known with these: what guards payments, and what comes after them
)
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
    BOOKED = "booked"  # a receipt, a fee, what was paid after a backup: in the books, and no payment that was sent here


class LineReason(StrEnum):
    """Why a bank line wants a person."""

    NO_REFERENCE = "no_reference"  # a debit that names no payment of ours
    RECEIPT = "receipt"  # a credit that is no return of a payment
    AMOUNT_DIFFERS = "amount_differs"
    SEEN_BEFORE = "seen_before"  # the bank took, or gave back, the same payment twice
    NOT_SENT = "not_sent"  # debited, though it was refused, failed or never sent
    SEVERAL = "several"  # it could be one of several, and nothing tells which


class MatchedBy(StrEnum):
    """How a bank line was matched."""

    REFERENCE = "reference"  # the payment's own code
    FILE = "file"  # the name of a file of payments, or of its batch
    TOTAL = "total"  # the sum of a file that no other line can be
    PAYEE = "payee"  # a return: the amount and the name of the payee
    HAND = "hand"  # a person said so


class BankFileState(StrEnum):
    """Where a file of payments stands."""

    MADE = "made"
    VOIDED = "voided"


class TrialState(StrEnum):
    """Where a test payment stands."""

    MADE = "made"
    CONFIRMED = "confirmed"
    DIFFERS = "differs"  # the statement said something else than it should


class Batch(SQLModel, table=True):
    """Payments that are approved and sent together. `digest` is what was approved: any change voids the approval.

    `count` and `amount_minor` are what it holds until it is submitted, and what was handed over from then on.
    `resume_at` is when a rail that is busy is tried again, `paused_for` the rail's code of why.
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
    file_form: FileForm | None = choice(FileForm, default=None, nullable=True)  # None: as the fund has it
    count: int = 0
    amount_minor: int = pence(default=0)
    state_since: dt.datetime = instant()
    resume_at: dt.datetime | None = instant(default=None)
    paused_for: str = Field(default="", max_length=80)
    screened_at: dt.datetime | None = instant(default=None)
    sanctions_list_id: int | None = Field(
        default=None, foreign_key="sanctions_list.id"
    )  # None: no list was loaded


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
        Index("ix_payment_batch", "batch_id", "state"),
        Index("ix_payment_look_at", "look_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True, max_length=10)
    award_id: int = Field(foreign_key="award.id")
    batch_id: int | None = Field(default=None, foreign_key="batch.id")
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
    `name_check` is the code of Confirmation of Payee, never a name. `contradicted_at` is when a rail said that it took
    what counts as not taken: a person has to look before the award is paid again.
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
    bank_file_id: int | None = Field(default=None, foreign_key="bank_file.id", index=True)
    reference: str = Field(unique=True, max_length=10)
    idem_key: str = Field(unique=True, max_length=64)
    payload_digest: str = Field(max_length=64)
    payload: bytes | None = sealed()
    outcome: AttemptOutcome = choice(AttemptOutcome)
    provider_ref: str | None = Field(default=None, unique=True, max_length=80)
    problem: str = Field(default="", max_length=80)
    name_check: str = Field(default="", max_length=8)
    created_at: dt.datetime = instant()
    resolved_at: dt.datetime | None = instant(default=None)
    contradicted_at: dt.datetime | None = instant(default=None)


class RemoteThing(SQLModel, table=True):
    """Something that was made at a rail on the way to a payment: a recipient, a payout method. Its row, and with it its
    key, is committed before the rail is asked to make it, and `ref` as soon as the rail has said what it is called: so
    that it is made once, whoever dies in between."""

    __tablename__ = "remote_thing"
    __table_args__ = (UniqueConstraint("rail", "kind", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    rail: RailName = choice(RailName)
    kind: str = Field(max_length=20)
    subject: str = Field(max_length=80)  # whose it is: a keyed digest, or an attempt's key
    idem_key: str = Field(unique=True, max_length=64)
    parent: str = Field(default="", max_length=80)  # what it belongs to there: the recipient
    ref: str | None = Field(default=None, max_length=80)
    note: str = Field(default="", max_length=20)  # the code of a name check
    created_at: dt.datetime = instant()


class BankFile(SQLModel, table=True):
    """A file of payments for the bank: at most so many of a batch's payments as the bank takes in one file.

    `ref` is its name at the bank (the MsgId): the batch's reference and the file's number. The bytes are sealed under
    the house key, row = ref; asked for again, they are the same. `debited_on` is when one debit for the whole file was
    seen.
    """

    __tablename__ = "bank_file"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=16)
    batch_id: int = Field(foreign_key="batch.id")
    number: int
    form: FileForm = choice(FileForm)
    count: int
    amount_minor: int = pence()
    content: bytes | None = sealed()
    sha256: str = Field(max_length=64)
    state: BankFileState = choice(BankFileState)
    made_at: dt.datetime = instant()
    debited_on: dt.date | None = None


class TrialPayment(SQLModel, table=True):
    """A payment of a few pence to an account of the charity's own, to read what a recipient's statement will say.

    The file is sealed under the house key, row = ref; `said` is what a person read on the statement.
    """

    __tablename__ = "trial_payment"
    __table_args__ = (
        CheckConstraint("amount_minor BETWEEN 1 AND 100", name="a_few_pence"),
        Index("uq_trial_payment_request_key", "request_key", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=10)  # the code on the statement
    fund_id: int = Field(foreign_key="fund.id", index=True)
    amount_minor: int = pence()
    form: FileForm = choice(FileForm)
    content: bytes | None = sealed()
    sha256: str = Field(max_length=64)
    state: TrialState = choice(TrialState)
    made_by: int = Field(foreign_key="staff.id")
    made_at: dt.datetime = instant()
    confirmed_by: int | None = Field(default=None, foreign_key="staff.id")
    confirmed_at: dt.datetime | None = instant(default=None)
    said: bytes | None = sealed()
    request_key: str | None = Field(default=None, max_length=32)  # of the form that asked: asked once


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
    form: str = Field(default="csv", max_length=20)
    fund_id: int | None = Field(default=None, foreign_key="fund.id", index=True)
    first_on: dt.date | None = None
    last_on: dt.date | None = None
    opening_minor: int | None = pence(default=None)
    closing_minor: int | None = pence(default=None)
    closing_on: dt.date | None = None
    adds_up: bool = True  # opening and lines make the closing balance


class StatementShape(SQLModel, table=True):
    """The columns of a bank's own CSV, mapped once; `columns` is canonical JSON (see statement_csv.py)."""

    __tablename__ = "statement_shape"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=60)
    columns: str
    saved_at: dt.datetime = instant()
    saved_by: str = Field(default="", max_length=80)


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
    bank_file_id: int | None = Field(default=None, foreign_key="bank_file.id", index=True)
    matched_by: MatchedBy | None = choice(MatchedBy, default=None, nullable=True)
    set_aside_by: int | None = Field(default=None, foreign_key="staff.id")
    set_aside_at: dt.datetime | None = instant(default=None)
    set_aside_note: bytes | None = sealed()


class BankLineAttempt(SQLModel, table=True):
    """A try that a line names beside others: all of them are settled by it, or nothing tells which of them is meant."""

    __tablename__ = "bank_line_attempt"

    line_id: int = Field(primary_key=True, foreign_key="bank_line.id")
    attempt_id: int = Field(primary_key=True, foreign_key="attempt.id", index=True)
