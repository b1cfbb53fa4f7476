"""Rebuilding every cached balance from the entries: the same figures, or what was wrong is put right and said."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.core.db import lock
from hardship.core.runtime import Transaction
from hardship.ledger.models import Account, AccountKind, Entry, Pot
from hardship.staff.permissions import Permission, require


@dataclass(frozen=True)
class Difference:
    """An account whose cached balance was not that of its entries, in pence."""

    pot: str
    account: AccountKind
    cached: int
    entries: int


@dataclass(frozen=True)
class Rebuilt:
    """How many accounts were looked at, and which were wrong."""

    accounts: int
    differences: list[Difference]


def compare(session: Session) -> Rebuilt:
    """Compare every cached balance with its entries, changing nothing."""
    total = func.coalesce(func.sum(Entry.amount_minor), 0)
    rows = session.exec(
        select(Pot.ref, Account.kind, Account.balance_minor, total)
        .join(Account, col(Account.pot_id) == Pot.id)
        .outerjoin(Entry, col(Entry.account_id) == Account.id)
        .group_by(Pot.ref, col(Account.id), col(Account.kind), col(Account.balance_minor))
        .order_by(Pot.ref, col(Account.id))
    ).all()
    wrong = [
        Difference(pot, AccountKind(kind), cached, int(true))
        for pot, kind, cached, true in rows
        if cached != true
    ]
    return Rebuilt(len(rows), wrong)


def rebuild(tx: Transaction) -> Rebuilt:
    """Set every cached balance to the sum of its entries; an event says how many were wrong. Under the accounts' locks,
    so that a journal that is being posted is counted once."""
    require(tx.actor, Permission.KEEP_BOOKS)
    accounts = lock(tx.session, select(Account).order_by(col(Account.id)))
    found = compare(tx.session)
    sums = dict(
        tx.session.exec(
            select(Entry.account_id, func.sum(Entry.amount_minor)).group_by(col(Entry.account_id))
        ).all()
    )
    for account in accounts:
        true = int(sums.get(account.id or 0, 0))
        if account.balance_minor != true:
            account.balance_minor = true
            tx.session.add(account)
    tx.session.flush()
    tx.record("ledger.rebuilt", "ledger", accounts=found.accounts, wrong=len(found.differences))
    return found
