"""Double entry. Every pot is a fund in the accounts; every journal sums to zero in each pot and currency."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, pence


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
    """A fund in the accounts: the community's gifts of a fund, or the match of one agreement."""

    __tablename__ = "pot"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=120)
    fund_slug: str = Field(max_length=60, index=True)
    fund_class: FundClass = choice(FundClass)
    currency: str = Field(max_length=3)
    is_community: bool = False


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
    it belongs to.
    """

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True)
    idem_key: str = Field(unique=True, max_length=120)
    kind: str = Field(max_length=40)
    fund_slug: str = Field(max_length=60, index=True)
    cause: str = Field(max_length=120, index=True)
    effective_on: dt.date
    recorded_at: dt.datetime = instant()
    posted: bool = False
    reverses_id: int | None = Field(default=None, foreign_key="journal.id", unique=True)


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
