"""What stood on each account before a period, and what moved in it, recomputed from the entries."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, case, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.errors import BadInput, NotFound
from hardship.ledger.models import Account, AccountKind, Entry, FundClass, Journal, Pot

CASH = (AccountKind.BANK, AccountKind.CARD_CLEARING, AccountKind.CASH_IN_HAND)
"""What counts as cash, as in `ledger check`."""

BEGINNING = dt.date(1, 1, 1)


@dataclass(frozen=True)
class Span:
    """A period, both days included; `since` None: from the beginning of the books."""

    since: dt.date | None
    through: dt.date

    def __post_init__(self) -> None:
        if self.since is not None and self.since > self.through:
            raise BadInput(
                "the period ends before it begins",
                where="to",
                fix="Choose a later day, or an earlier beginning.",
            )

    @property
    def first(self) -> dt.date:
        """The first day, as the database compares it."""
        return self.since or BEGINNING


@dataclass(frozen=True)
class Sum:
    """One account over a period, in pence, debit positive: what stood before it, its debits and its credits in it."""

    pot: str
    fund: str
    fund_class: FundClass
    held_as_agent: bool
    currency: str
    account: AccountKind
    opening: int
    debits: int
    credits: int
    account_id: int = 0

    @property
    def moved(self) -> int:
        """The movement of the period."""
        return self.debits - self.credits

    @property
    def closing(self) -> int:
        """What stands at its end."""
        return self.opening + self.moved


def sums(session: Session, span: Span, fund_slug: str = "", pot_ref: str = "") -> list[Sum]:
    """Every account of a fund (or all funds) that has ever moved through `span.through`, by pot and account."""
    first = span.first
    amount, day = col(Entry.amount_minor), col(Journal.effective_on)
    within = day >= first
    wanted = (
        core_select(
            Pot,
            col(Account.kind),
            col(Account.id),
            func.sum(case((day < first, amount), else_=0)),
            func.sum(case((and_(within, amount > 0), amount), else_=0)),
            func.sum(case((and_(within, amount < 0), -amount), else_=0)),
        )
        .join(Account, col(Account.pot_id) == col(Pot.id))
        .join(Entry, col(Entry.account_id) == Account.id)
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .where(col(Journal.posted), day <= span.through)
        .group_by(col(Pot.id), col(Account.id))
        .order_by(col(Pot.ref), col(Account.id))
    )
    if fund_slug:
        wanted = wanted.where(col(Pot.fund_slug) == fund_slug)
    if pot_ref:
        wanted = wanted.where(col(Pot.ref) == pot_ref)
    found = [
        Sum(
            pot.ref,
            pot.fund_slug,
            FundClass(pot.fund_class),
            pot.held_as_agent,
            pot.currency,
            AccountKind(kind),
            int(opening),
            int(debits),
            int(credits),
            number or 0,
        )
        for pot, kind, number, opening, debits, credits in session.execute(wanted)
    ]
    order = {kind: place for place, kind in enumerate(AccountKind)}
    return sorted(found, key=lambda one: (one.fund, one.pot, order[one.account]))


def fund_slugs(session: Session) -> list[str]:
    """The funds that have pots, by slug."""
    return list(session.exec(select(Pot.fund_slug).distinct().order_by(Pot.fund_slug)))


def known_fund(session: Session, slug: str) -> str:
    """The slug, if a fund has it; raises `NotFound`."""
    if slug not in fund_slugs(session):
        raise NotFound("there is no such fund", where=slug[:60], fix="See: hardship fund list")
    return slug


def known_pot(session: Session, ref: str) -> Pot:
    """The pot with this ref; raises `NotFound`."""
    found = session.exec(select(Pot).where(Pot.ref == ref)).first()
    if found is None:
        raise NotFound("there is no such pot", where=ref[:60], fix="See: hardship ledger balances")
    return found


def one_currency(found: Iterable[Sum]) -> str:
    """The currency that all have; raises `BadInput` when funds are kept in several."""
    currencies = sorted({one.currency for one in found})
    if len(currencies) > 1:
        raise BadInput(
            f"the funds are kept in {' and '.join(currencies)}, which do not add",
            where="fund",
            fix="Choose one fund.",
        )
    return currencies[0] if currencies else "GBP"
