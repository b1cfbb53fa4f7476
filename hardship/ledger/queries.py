"""What the books say: balances from the cache, figures recomputed from the entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from hardship.ledger.models import Account, AccountKind, Entry, Journal, Pot

_K = AccountKind

# Spendable = cash − unearned match − unidentified − refunds due − payable − in flight. Assets are debit balances
# (positive), liabilities credit balances (negative), so that the sum of these accounts is what may be spent.
SPENDABLE = (
    _K.BANK,
    _K.CARD_CLEARING,
    _K.CASH_IN_HAND,
    _K.UNEARNED_MATCH,
    _K.FROZEN_MATCH,
    _K.UNIDENTIFIED_RECEIPTS,
    _K.REFUNDS_DUE,
    _K.SPONSOR_REFUNDS_DUE,
    _K.GIFT_AID_DUE,
    _K.GRANTS_PAYABLE,
    _K.PAYOUT_CLEARING,
)
PAID_KINDS = ("payout.paid", "payout.returned", "payout.external")


def spendable_by_pot(session: Session, fund_slug: str) -> dict[int, int]:
    """What each pot of a fund may spend, in pence, from the cached balances; negative is a deficit.

    The caller holds the fund's lock when money is decided on it.
    """
    rows = session.exec(
        select(Account.pot_id, func.sum(Account.balance_minor))
        .join(Pot, col(Pot.id) == Account.pot_id)
        .where(Pot.fund_slug == fund_slug, col(Account.kind).in_(SPENDABLE))
        .group_by(col(Account.pot_id))
        .order_by(col(Account.pot_id))
    ).all()
    return {pot: int(total) for pot, total in rows}


def balances(session: Session) -> list[tuple[Pot, AccountKind, int]]:
    """Every account that is not at zero, by pot and account, debit positive."""
    rows = session.exec(
        select(Pot, Account)
        .join(Account, col(Account.pot_id) == Pot.id)
        .where(Account.balance_minor != 0)
        .order_by(Pot.ref, col(Account.kind))
    ).all()
    return [(pot, account.kind, account.balance_minor) for pot, account in rows]


@dataclass(frozen=True)
class FundFigures:
    """One fund's figures, recomputed from the entries, in pence.

    `income` is what was given (without match), `matched` match income, `awarded` grants less those given up, `paid`
    what the bank has debited less what came back, `in_flight` sent and not yet seen, `cash` bank, card clearing and cash in hand.
    """

    fund: str
    income: int
    matched: int
    awarded: int
    paid: int
    in_flight: int
    payable: int
    unearned: int
    cash: int
    spendable: int


@dataclass(frozen=True)
class LedgerCheck:
    """The state of the books; `problems` is empty when nothing is wrong."""

    journals: int
    entries: int
    funds: list[FundFigures]
    clearing: int
    problems: list[str] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def figures(session: Session, fund_slug: str) -> FundFigures:
    """One fund's figures, recomputed from the entries."""
    return _figures(fund_slug, _totals(session).get(fund_slug, {}), _paid(session).get(fund_slug, 0))


def check(session: Session) -> LedgerCheck:
    """Recompute everything from the entries and compare it with what is stored."""
    slugs = session.exec(select(Pot.fund_slug).distinct().order_by(Pot.fund_slug)).all()
    totals, paid = _totals(session), _paid(session)
    funds = [_figures(slug, totals.get(slug, {}), paid.get(slug, 0)) for slug in slugs]
    return LedgerCheck(
        journals=session.exec(select(func.count()).select_from(Journal)).one(),
        entries=session.exec(select(func.count()).select_from(Entry)).one(),
        funds=funds,
        clearing=sum(fund.in_flight for fund in funds),
        problems=[*_unbalanced(session), *_unposted(session), *_stale_caches(session), *_crossed(session)],
    )


def _totals(session: Session) -> dict[str, dict[AccountKind, int]]:
    rows = session.exec(
        select(Pot.fund_slug, Account.kind, func.sum(Entry.amount_minor))
        .join(Account, col(Account.id) == Entry.account_id)
        .join(Pot, col(Pot.id) == Account.pot_id)
        .group_by(Pot.fund_slug, col(Account.kind))
    ).all()
    found: dict[str, dict[AccountKind, int]] = {}
    for slug, kind, minor in rows:
        found.setdefault(slug, {})[AccountKind(kind)] = int(minor)
    return found


def _paid(session: Session) -> dict[str, int]:
    rows = session.exec(
        select(Journal.fund_slug, func.sum(Entry.amount_minor))
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .where(col(Account.kind).in_((_K.BANK, _K.CASH_IN_HAND)), col(Journal.kind).in_(PAID_KINDS))
        .group_by(Journal.fund_slug)
    ).all()
    return {slug: -int(minor) for slug, minor in rows}


def _figures(slug: str, totals: Mapping[AccountKind, int], paid: int) -> FundFigures:
    def of(kinds: Iterable[AccountKind]) -> int:
        return sum(totals.get(kind, 0) for kind in kinds)

    return FundFigures(
        fund=slug,
        income=-of([_K.DONATIONS, _K.RECOVERIES]),
        matched=-of([_K.MATCH_INCOME]),
        awarded=of([_K.GRANTS]),
        paid=paid,
        in_flight=-of([_K.PAYOUT_CLEARING]),
        payable=-of([_K.GRANTS_PAYABLE]),
        unearned=-of([_K.UNEARNED_MATCH]),
        cash=of([_K.BANK, _K.CARD_CLEARING, _K.CASH_IN_HAND]),
        spendable=of(SPENDABLE),
    )


def _unbalanced(session: Session) -> list[str]:
    rows = session.exec(
        select(Entry.journal_id, func.sum(Entry.amount_minor))
        .group_by(col(Entry.journal_id), col(Entry.pot_id), col(Entry.currency))
        .having(func.sum(Entry.amount_minor) != 0)
        .order_by(col(Entry.journal_id))
    ).all()
    return [f"journal {journal} is out by {minor} in one pot" for journal, minor in rows]


def _unposted(session: Session) -> list[str]:
    rows = session.exec(
        select(Journal.id, func.count(col(Entry.id)), func.max(case((col(Journal.posted), 1), else_=0)))
        .outerjoin(Entry, col(Entry.journal_id) == Journal.id)
        .group_by(col(Journal.id))
        .having((func.count(col(Entry.id)) < 2) | (func.max(case((col(Journal.posted), 1), else_=0)) == 0))
        .order_by(col(Journal.id))
    ).all()
    return [f"journal {journal} is not whole or not posted" for journal, _, _ in rows]


def _stale_caches(session: Session) -> list[str]:
    rows = session.exec(
        select(Account.id, Account.balance_minor, func.coalesce(func.sum(Entry.amount_minor), 0))
        .outerjoin(Entry, col(Entry.account_id) == Account.id)
        .group_by(col(Account.id), col(Account.balance_minor))
        .having(Account.balance_minor != func.coalesce(func.sum(Entry.amount_minor), 0))
        .order_by(col(Account.id))
    ).all()
    return [f"account {account} shows {cached}, its entries say {true}" for account, cached, true in rows]


def _crossed(session: Session) -> list[str]:
    rows = session.exec(
        select(Entry.id)
        .join(Account, col(Account.id) == Entry.account_id)
        .where((Account.pot_id != Entry.pot_id) | (Account.currency != Entry.currency))
        .order_by(col(Entry.id))
    ).all()
    return [f"entry {entry} stands in another pot than its account" for entry in rows]


def strayed(session: Session) -> list[str]:
    """Journals with an entry in a pot of another fund than their own."""
    rows = session.exec(
        select(Journal.id, Journal.fund_slug, Pot.fund_slug)
        .join(Entry, col(Entry.journal_id) == Journal.id)
        .join(Pot, col(Pot.id) == Entry.pot_id)
        .where(Pot.fund_slug != Journal.fund_slug)
        .distinct()
        .order_by(col(Journal.id))
    ).all()
    return [f"journal {journal} of {own} moves a pot of {other}" for journal, own, other in rows]
