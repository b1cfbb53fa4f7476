"""Double entry. Every pot is a fund in the accounts; every journal sums to zero in each pot and currency."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence, sealed


class FundClass(StrEnum):
    """The funds of UK charity accounting (Charities SORP FRS 102, module 2)."""

    RESTRICTED = "restricted"
    DESIGNATED = "designated"
    UNRESTRICTED = "unrestricted"


class Nature(StrEnum):
    """The five natures of an account."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    EQUITY = "equity"


class AccountKind(StrEnum):
    """The accounts that each pot may have."""

    BANK = "bank"
    CARD_CLEARING = "card_clearing"
    CASH_IN_HAND = "cash_in_hand"  # notes, coins and cheques not yet paid in
    DISPUTED_RECEIPTS = "disputed_receipts"  # held back by the processor while a gift is disputed
    GIFT_AID_RECEIVABLE = "gift_aid_receivable"
    MATCH_RECEIVABLE = "match_receivable"
    UNEARNED_MATCH = "unearned_match"
    FROZEN_MATCH = (
        "frozen_match"  # a sponsor's money that pays for match of a gift under dispute: not to be spent
    )
    UNIDENTIFIED_RECEIPTS = "unidentified_receipts"
    REFUNDS_DUE = "refunds_due"
    SPONSOR_REFUNDS_DUE = "sponsor_refunds_due"  # match that was paid in advance, not earned, and goes back
    GIFT_AID_DUE = "gift_aid_due"  # claimed on a gift that was refunded: owed to HMRC
    GRANTS_PAYABLE = "grants_payable"
    PAYOUT_CLEARING = "payout_clearing"
    DONATIONS = "donations"
    MATCH_INCOME = "match_income"
    GIFT_AID = "gift_aid"
    RECOVERIES = "recoveries"
    GRANTS = "grants"
    FEES = "fees"
    LOSSES = "losses"
    OPENING = "opening"
    TRANSFERS = "transfers"


NATURE: dict[AccountKind, Nature] = {
    AccountKind.BANK: Nature.ASSET,
    AccountKind.CARD_CLEARING: Nature.ASSET,
    AccountKind.CASH_IN_HAND: Nature.ASSET,
    AccountKind.DISPUTED_RECEIPTS: Nature.ASSET,
    AccountKind.GIFT_AID_RECEIVABLE: Nature.ASSET,
    AccountKind.MATCH_RECEIVABLE: Nature.ASSET,
    AccountKind.UNEARNED_MATCH: Nature.LIABILITY,
    AccountKind.FROZEN_MATCH: Nature.LIABILITY,
    AccountKind.UNIDENTIFIED_RECEIPTS: Nature.LIABILITY,
    AccountKind.REFUNDS_DUE: Nature.LIABILITY,
    AccountKind.SPONSOR_REFUNDS_DUE: Nature.LIABILITY,
    AccountKind.GIFT_AID_DUE: Nature.LIABILITY,
    AccountKind.GRANTS_PAYABLE: Nature.LIABILITY,
    AccountKind.PAYOUT_CLEARING: Nature.LIABILITY,
    AccountKind.DONATIONS: Nature.INCOME,
    AccountKind.MATCH_INCOME: Nature.INCOME,
    AccountKind.GIFT_AID: Nature.INCOME,
    AccountKind.RECOVERIES: Nature.INCOME,
    AccountKind.GRANTS: Nature.EXPENSE,
    AccountKind.FEES: Nature.EXPENSE,
    AccountKind.LOSSES: Nature.EXPENSE,
    AccountKind.OPENING: Nature.EQUITY,
    AccountKind.TRANSFERS: Nature.EQUITY,
}


class Pot(SQLModel, table=True):
    """A fund in the accounts: the community's gifts of a fund, or the match of one agreement.

    `held_as_agent`: the money is held for somebody else and is no income of the charity (its fund's role is agent).
    """

    __tablename__ = "pot"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=120)
    fund_slug: str = Field(max_length=60, index=True)
    fund_class: FundClass = choice(FundClass)
    currency: str = Field(max_length=3)
    is_community: bool = False
    held_as_agent: bool = False


class Account(SQLModel, table=True):
    """One account of one pot. `balance_minor` (debit positive) is a cache that `ledger check` recomputes."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("pot_id", "kind", "currency"),)

    id: int | None = Field(default=None, primary_key=True)
    pot_id: int = Field(foreign_key="pot.id")
    kind: AccountKind = choice(AccountKind)
    currency: str = Field(max_length=3)
    balance_minor: int = pence(default=0)


class Journal(SQLModel, table=True):
    """One event in the books. Inserted unposted, with its entries, then posted; a posted journal never changes.

    `idem_key` makes a cause post once. `cause` names what it was for (`contribution:G-17`), `effective_on` is the day
    it belongs to. `refers_on` is an earlier day that it refers back to: that of the debit for a returned payment, or
    its own day for a journal that came when the period was closed already and stands in the open one.
    """

    __tablename__ = "journal"
    __table_args__ = (
        CheckConstraint("refers_on IS NULL OR refers_on <= effective_on", name="refers_back"),
        Index("ix_journal_day", "effective_on", "id"),
        Index(
            "uq_journal_reversed_once",  # partial: hardly any journal reverses another
            "reverses_id",
            unique=True,
            sqlite_where=text("reverses_id IS NOT NULL"),
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    idem_key: str = Field(unique=True, max_length=120)
    kind: str = Field(max_length=40)
    fund_slug: str = Field(max_length=60)
    cause: str = Field(max_length=120, index=True)
    effective_on: dt.date
    refers_on: dt.date | None = None
    recorded_at: dt.datetime = instant()
    posted: bool = False
    reverses_id: int | None = Field(default=None, foreign_key="journal.id")


class Entry(SQLModel, table=True):
    """One line of a journal: debit positive, credit negative, never zero."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: int | None = Field(default=None, primary_key=True)
    journal_id: int = Field(foreign_key="journal.id", index=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    pot_id: int = Field(foreign_key="pot.id")
    currency: str = Field(max_length=3)
    amount_minor: int = pence()


class PeriodClose(SQLModel, table=True):
    """A period of a fund's books that is closed through a day: nothing is posted on or before it any more, which the
    database enforces. It never changes and cannot be reopened.

    `trial_balance` is canonical JSON as `hardship.ledger.closing.frozen` makes it, `sha256` that of its bytes;
    `checklist` is what was found before the close, as canonical JSON.
    """

    __tablename__ = "period_close"
    __table_args__ = (UniqueConstraint("fund_slug", "through"),)

    id: int | None = Field(default=None, primary_key=True)
    fund_slug: str = Field(max_length=60)
    opens_on: dt.date | None = None  # the day after the close before it; None for the first
    through: dt.date
    is_year: bool = False
    closed_at: dt.datetime = instant()
    journals: int  # how many it holds
    last_journal: int  # the number of the fund's last journal at the close, of whatever day; 0: none
    trial_balance: str = Field(sa_type=Text)
    sha256: str = Field(max_length=64)
    checklist: str = Field(sa_type=Text)


class LossCause(StrEnum):
    """What kind of loss it is."""

    WRONG_PAYMENT = "wrong_payment"  # paid to somebody who was not to be paid, or too much
    FRAUD = "fraud"
    THEFT = "theft"
    BANK_ERROR = "bank_error"
    CASH_DIFFERENCE = "cash_difference"
    OTHER = "other"


class LossState(StrEnum):
    """How a loss stands."""

    RECORDED = "recorded"
    RECOVERED = "recovered"  # all of it came back
    REVERSED = "reversed"  # recorded by mistake


class Loss(SQLModel, table=True):
    """One line of the loss log: what was lost, why, when it was found, and by whom that was decided.

    `about` names what it was about (`award:7K3M-9Q2X`), or is empty. A loss that is an expense already (a grant that
    went to the wrong person stays a grant) has no journal of its own.
    """

    __tablename__ = "loss"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("recovered_minor >= 0 AND recovered_minor <= amount_minor", name="recovered_within"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    fund_slug: str = Field(max_length=60, index=True)
    cause: LossCause = choice(LossCause)
    about: str = Field(default="", max_length=120, index=True)
    state: LossState = choice(LossState)
    amount_minor: int = pence()
    recovered_minor: int = pence(default=0)
    currency: str = Field(max_length=3)
    found_on: dt.date
    why: bytes | None = sealed()  # under the house key, row = ref
    decided_by_id: int | None = Field(default=None, foreign_key="staff.id")  # None: the machine's operator
    recorded_at: dt.datetime = instant()
    journal_id: int | None = Field(default=None, foreign_key="journal.id")


class LossRecovery(SQLModel, table=True):
    """Money that came back of what was lost."""

    __tablename__ = "loss_recovery"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    loss_id: int | None = Field(default=None, foreign_key="loss.id", index=True)
    fund_slug: str = Field(max_length=60, index=True)
    about: str = Field(default="", max_length=120)
    amount_minor: int = pence()
    currency: str = Field(max_length=3)
    received_on: dt.date
    recorded_at: dt.datetime = instant()
    journal_id: int = Field(foreign_key="journal.id")
