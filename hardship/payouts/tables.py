"""Tables of what guards payments (limits, name checks, the sanctions list) and of what comes after them (payment by
hand, recall, recovery, the record that accounts need)."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed
from hardship.payouts.transitions import HitState, HoldState, RecallState, RecoveryState

_OPEN_RECALL = text("state = 'requested'")


class NameResult(StrEnum):
    """What a bank answers when asked whether a name is that of an account (Confirmation of Payee, Pay.UK).

    Only the code is ever kept, never the name that the bank has.
    """

    MATCH = "MTCH"
    CLOSE_MATCH = "MBAM"  # nearly the name
    NO_MATCH = "ANNM"
    BUSINESS_MATCH = "BANM"  # the name fits, but the account is a business account
    PERSONAL_MATCH = "PANM"  # the name fits, but the account is a personal account
    CLOSE_BUSINESS = "BAMM"
    CLOSE_PERSONAL = "PAMM"
    NOT_FOUND = "AC01"
    SECONDARY_REFERENCE = "IVCR"
    NOT_SUPPORTED = "ACNS"
    OPTED_OUT = "OPTO"
    SWITCHED = "CASS"
    BANK_NOT_SUPPORTED = "SCNS"


class Way(StrEnum):
    """How an award is paid by hand."""

    CASH = "cash"
    VOUCHER = "voucher"
    WALLET = "wallet"
    OTHER = "other"


class PaidFrom(StrEnum):
    """What the money of a payment by hand came out of."""

    BANK = "bank"
    CASH_IN_HAND = "cash_in_hand"


class NameCheck(SQLModel, table=True):
    """A rail's, or a bank's, answer about the name on an account. `payee` is a keyed digest of whom it was asked
    about: other details make it say nothing."""

    __tablename__ = "name_check"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    payee: str = Field(max_length=64)
    result: NameResult = choice(NameResult)
    source: str = Field(max_length=20)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    at: dt.datetime = instant()


class ApprovalAttempt(SQLModel, table=True):
    """Somebody tried to approve so much on a day; it counts towards their limit, allowed or not."""

    __tablename__ = "approval_attempt"
    __table_args__ = (Index("ix_approval_attempt_day", "staff_id", "fund_id", "on"),)

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id")
    fund_id: int = Field(foreign_key="fund.id")
    on: dt.date
    subject: str = Field(max_length=120)
    amount_minor: int = pence()
    allowed: bool
    at: dt.datetime = instant()


class ExternalPayment(SQLModel, table=True):
    """How an award was paid by hand, and who says so. `evidence` is sealed under the house key, row = the payment's
    reference: JSON of the receipt's reference, a note, and who handed it over."""

    __tablename__ = "external_payment"

    payment_id: int = Field(primary_key=True, foreign_key="payment.id")
    way: Way = choice(Way)
    paid_from: PaidFrom = choice(PaidFrom)
    handed_on: dt.date
    evidence: bytes | None = sealed()
    proposed_by: int | None = Field(
        default=None, foreign_key="staff.id"
    )  # None: the machine's operator, alone
    approved_by: int | None = Field(default=None, foreign_key="staff.id")
    at: dt.datetime = instant()


class Recall(SQLModel, table=True):
    """A payment that was sent by mistake and asked back from the recipient's bank. The words are sealed under the
    house key, row = ref."""

    __tablename__ = "payment_recall"
    __table_args__ = (
        Index(
            "uq_recall_open",
            "payment_id",
            unique=True,
            sqlite_where=_OPEN_RECALL,
            postgresql_where=_OPEN_RECALL,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    payment_id: int = Field(foreign_key="payment.id", index=True)
    state: RecallState = choice(RecallState)
    why: bytes | None = sealed()
    answer: bytes | None = sealed()
    requested_by: int = Field(foreign_key="staff.id")
    requested_at: dt.datetime = instant()
    ended_by: int | None = Field(default=None, foreign_key="staff.id")
    ended_at: dt.datetime | None = instant(default=None)


class AwardRecovery(SQLModel, table=True):
    """An award that went to the wrong person, and what of it came back. The words are sealed under the house key,
    row = ref."""

    __tablename__ = "award_recovery"
    __table_args__ = (
        CheckConstraint(
            "amount_minor > 0 AND recovered_minor >= 0 AND written_off_minor >= 0"
            " AND recovered_minor + written_off_minor <= amount_minor",
            name="within_the_award",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    award_id: int = Field(foreign_key="award.id", unique=True)
    state: RecoveryState = choice(RecoveryState)
    amount_minor: int = pence()
    recovered_minor: int = pence(default=0)
    written_off_minor: int = pence(default=0)
    found_on: dt.date
    why: bytes | None = sealed()
    loss_ref: str = Field(default="", max_length=40)
    opened_by: int = Field(foreign_key="staff.id")
    opened_at: dt.datetime = instant()
    state_since: dt.datetime = instant()


class RecoveryReceipt(SQLModel, table=True):
    """Money that came back of a recovery; `bank_ref` is sealed under the house key, row = "ref|number". The same bank
    reference, day and amount is the same receipt."""

    __tablename__ = "recovery_receipt"
    __table_args__ = (UniqueConstraint("recovery_id", "fingerprint"),)

    id: int | None = Field(default=None, primary_key=True)
    recovery_id: int = Field(foreign_key="award_recovery.id")
    fingerprint: str = Field(max_length=64)
    number: int
    amount_minor: int = pence()
    received_on: dt.date
    bank_ref: bytes | None = sealed()
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    at: dt.datetime = instant()


class PaidRecord(SQLModel, table=True):
    """What the accounts need of a payment until they are signed off: name, last four digits, who approved it and when.

    Sealed under the house key (row = the payment's reference), so that a person's erasure does not take it away early.
    """

    __tablename__ = "paid_record"

    payment_id: int = Field(primary_key=True, foreign_key="payment.id")
    record: bytes | None = sealed()
    at: dt.datetime = instant()


class SignOff(SQLModel, table=True):
    """A fund's, or a round's, accounts are signed off up to a day, by two people."""

    __tablename__ = "sign_off"
    __table_args__ = (UniqueConstraint("fund_id", "round_id", "through"),)

    id: int | None = Field(default=None, primary_key=True)
    fund_id: int = Field(foreign_key="fund.id")
    round_id: int | None = Field(default=None, foreign_key="round.id")
    through: dt.date
    proposed_by: int | None = Field(default=None, foreign_key="staff.id")
    approved_by: int | None = Field(default=None, foreign_key="staff.id")
    at: dt.datetime = instant()


class SanctionsList(SQLModel, table=True):
    """A list that was imported; the one published last counts. `content` holds its names, packed and sealed under the
    house key (row = sha256): they are personal data too. Of lists that no longer count it is gone."""

    __tablename__ = "sanctions_list"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True, max_length=64)
    form: str = Field(max_length=20)
    published_on: dt.date
    entries: int
    names: int
    content: bytes | None = sealed()
    imported_at: dt.datetime = instant()


class SanctionsHit(SQLModel, table=True):
    """A payee whose name may be one on the list. It stops this payee's payment and nobody else's.

    `same` is a keyed digest of the case, the name and the entry: what was cleared stays cleared while none of them
    changes. What it is about is sealed under the house key, row = ref.
    """

    __tablename__ = "sanctions_hit"
    __table_args__ = (Index("ix_sanctions_hit_application", "application_id", "state"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    application_id: int = Field(foreign_key="application.id")
    list_id: int = Field(foreign_key="sanctions_list.id")
    same: str = Field(unique=True, max_length=64)
    state: HitState = choice(HitState)
    entry: bytes | None = sealed()
    why: bytes | None = sealed()
    found_at: dt.datetime = instant()
    decided_by: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: dt.datetime | None = instant(default=None)


class PaymentHold(SQLModel, table=True):
    """A backup was restored: what was paid after it is not known here, so no money leaves until two people have found out.

    `through` is the day up to which the bank's statements were read in; `words`, what else was compared, is sealed under the
    house key, row = ref.
    """

    __tablename__ = "payment_hold"
    __table_args__ = (Index("ix_payment_hold_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    backup_made_at: dt.datetime = instant()
    restored_at: dt.datetime = instant()
    state: HoldState = choice(HoldState)
    through: dt.date | None = None
    words: bytes | None = sealed()
    proposed_by: int | None = Field(default=None, foreign_key="staff.id")
    lifted_by: int | None = Field(default=None, foreign_key="staff.id")
    lifted_at: dt.datetime | None = instant(default=None)


class LostPayment(SQLModel, table=True):
    """A payment that went out after the backup that was restored: the debit on the bank's statement that shows it. One
    debit may show several."""

    __tablename__ = "lost_payment"

    payment_id: int = Field(primary_key=True, foreign_key="payment.id")
    line_id: int = Field(foreign_key="bank_line.id", index=True)
