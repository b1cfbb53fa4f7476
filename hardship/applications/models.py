"""Applications, what people told us (sealed), blind tokens and drafts."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from hardship.applications.bankdetails.models import BankCheck
from hardship.applications.evidence.models import Evidence as Evidence  # known with these
from hardship.applications.helping.models import ApplicationHelp as ApplicationHelp  # known with these
from hardship.applications.messages.models import Message as Message  # known with these: messages
from hardship.applications.owndata import models as models  # known with these: one's own data
from hardship.applications.transitions import ApplicationState
from hardship.applications.vouching.models import VoucherUse as VoucherUse  # known with these
from hardship.core.db import choice, instant, sealed

_CHECKING = text("state = 'checking'")
_MESSAGE_WAITS = text("message_at IS NOT NULL")


class Source(StrEnum):
    """How an application came in."""

    WEB = "web"
    IMPORT = "import"
    PAPER = "paper"  # a colleague typed what stood on it
    ASSISTED = "assisted"  # somebody helped: see `helping`


class SafeContact(StrEnum):
    """How we may safely tell somebody that there is news."""

    EMAIL = "email"
    SMS = "sms"
    NONE = "none"


class Reason(StrEnum):
    """Why somebody asks, as they ticked it."""

    LIVELIHOOD = "livelihood"
    EMERGENCY = "emergency"
    FINANCIAL_HARDSHIP = "financial_hardship"
    HOMELESSNESS = "homelessness"
    HEALTH = "health"
    FAMILY = "family"
    OTHER = "other"


class Application(SQLModel, table=True):
    """A request for help. Holds nothing that names anyone; what the person told us is in `ApplicationAnswers`.

    `version` rises with every change, so that a reviewer is told when a case changed under their eyes. `referred`
    says that a signal or a rule wants a person's look. `claim_token` is the keyed hash of the claim code.
    """

    __tablename__ = "application"
    __table_args__ = (
        Index("ix_application_queue", "round_id", "state", "submitted_at", "ref"),
        # What the worker claims: few at a time, found at once however many are stored.
        Index("ix_application_checking", "id", sqlite_where=_CHECKING, postgresql_where=_CHECKING),
        Index(
            "ix_application_message",
            "message_at",
            "id",
            sqlite_where=_MESSAGE_WAITS,
            postgresql_where=_MESSAGE_WAITS,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=80)
    round_id: int = Field(foreign_key="round.id")
    state: ApplicationState = choice(ApplicationState)
    source: Source = choice(Source)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    claim_token: bytes = Field(unique=True, sa_type=LargeBinary)
    safe_contact: SafeContact = choice(SafeContact, default=SafeContact.NONE)
    policy_id: int = Field(foreign_key="policy.id")
    content: str = Field(default="", max_length=64)  # commitment to an imported row or a page; "" for the web
    salt: bytes | None = sealed()  # of the commitment in the event log; destroyed with the person
    submitted_at: dt.datetime = instant()
    recorded_at: dt.datetime = instant()
    state_since: dt.datetime = instant()
    decided_at: dt.datetime | None = instant(default=None)
    referred: bool = False
    has_bank: bool = False
    bank_check: BankCheck = choice(BankCheck, default=BankCheck.NONE)
    other_way: bool = False  # asked to be paid another way than through a bank
    language: str = Field(default="en", max_length=8)  # in which they read, and in which there is news
    contact_said_at: dt.datetime | None = instant(
        default=None
    )  # when they last said that the channel is safe
    again_of_id: int | None = Field(  # the case of theirs, declined or taken back, after which they ask again
        default=None, foreign_key="application.id", index=True
    )
    message_at: dt.datetime | None = instant(default=None)  # since when a message of theirs waits to be read
    changed_at: dt.datetime | None = instant(
        default=None
    )  # when something last came from them that people decide on: earlier votes did not know it
    version: int = 1


class ApplicationAnswers(SQLModel, table=True):
    """What a person told us, each field sealed under their data key; the row in the additional data is the ref."""

    __tablename__ = "application_answers"

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    legal_name: bytes | None = sealed()
    working_name: bytes | None = sealed()
    birth_year: bytes | None = sealed()
    outward_postcode: bytes | None = sealed()
    email: bytes | None = sealed()
    phone: bytes | None = sealed()
    sort_code: bytes | None = sealed()
    account_number: bytes | None = sealed()
    income_before: bytes | None = sealed()
    income_now: bytes | None = sealed()
    reason: bytes | None = sealed()
    statement: bytes | None = sealed()
    vouching: bytes | None = sealed()  # how they can be vouched for
    voucher: bytes | None = sealed()  # a membership number, another word, or a code that did not count
    voucher_name: bytes | None = sealed()  # who vouches, and how to reach them: somebody else's data
    voucher_contact: bytes | None = sealed()
    call_phone: bytes | None = sealed()
    call_when: bytes | None = sealed()
    connected: bytes | None = sealed()


class ApplicationToken(SQLModel, table=True):
    """A blind token of something an applicant told us. It outlives the person's data key and dies with its epoch."""

    __tablename__ = "application_token"
    __table_args__ = (Index("ix_application_token_token", "token", "kind"),)

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    kind: str = Field(primary_key=True, max_length=16)
    epoch_id: int = Field(primary_key=True, foreign_key="token_epoch.id")
    token: bytes = Field(sa_type=LargeBinary)


class Draft(SQLModel, table=True):
    """An application being written. Answers are sealed under a key of their own; the draft dies after the period `drafts`.

    `id` is a keyed hash of the secret that only the applicant's session holds. Once it has been sent, `application_id`
    makes sending again harmless.
    """

    __tablename__ = "draft"

    id: str = Field(primary_key=True, max_length=32)
    round_id: int = Field(foreign_key="round.id")
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    answers: bytes | None = sealed()  # JSON, row = id
    language: str = Field(default="en", max_length=8)
    created_at: dt.datetime = instant()
    expires_at: dt.datetime = instant(index=True)
    application_id: int | None = Field(default=None, foreign_key="application.id")
    receipt: bytes | None = sealed()  # reference and claim code, shown once more on a second sending
    again_of_id: int | None = Field(default=None, foreign_key="application.id", index=True)


class SealedReading(SQLModel, table=True):
    """A member of staff opened sealed fields of a case. `why` is sealed under the applicant's key,
    row = "ref|staff id"."""

    __tablename__ = "sealed_reading"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    staff_id: int = Field(foreign_key="staff.id")
    fields: str = Field(max_length=300)
    why: bytes | None = sealed()
    at: dt.datetime = instant()
