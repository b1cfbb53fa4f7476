"""What anybody may know of a fund: what it has raised, what was matched, how many grants it has made."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.funds.models import Fund, Round
from hardship.funds.queries import current_policy, grant_rule_of
from hardship.ledger.models import Account, AccountKind, Entry, Journal, Pot

FEWEST = 10
"""A count below this could point at somebody; it is said as "fewer than ten"."""


@dataclass(frozen=True, slots=True)
class Front:
    """A fund's public figures, in pence; None where the number is too small to be said. `grant_minor` is the amount of
    a grant, where it is one for all."""

    fund: Fund
    round: Round
    is_open: bool
    grant_minor: int | None
    raised_minor: int
    gifts: int | None
    matched_minor: int
    grants: int | None
    granted_minor: int | None

    @property
    def together_minor(self) -> int:
        """Gifts and match together."""
        return self.raised_minor + self.matched_minor


def front(session: Session, at: dt.datetime) -> Front | None:
    """The fund whose round is open, else the one whose round opened last; None when there is no fund."""
    found = session.exec(
        select(Fund, Round)
        .join(Round, col(Round.fund_id) == Fund.id)
        .order_by((col(Round.closes_at) >= at).desc(), col(Round.opens_at).desc(), Round.slug)
        .limit(1)
    ).first()
    if found is None:
        return None
    fund, round_ = found
    raised, gifts = _raised(session, fund)
    grants, granted = _granted(session, fund)
    return Front(
        fund=fund,
        round=round_,
        is_open=round_.opens_at <= at <= round_.closes_at,
        grant_minor=_grant(session, round_),
        raised_minor=raised,
        gifts=_told(gifts),
        matched_minor=_matched(session, fund),
        grants=_told(grants),
        granted_minor=granted if _told(grants) is not None else None,
    )


def _grant(session: Session, round_: Round) -> int | None:
    """The amount of every grant of the round; None where it depends on the case."""
    bands = grant_rule_of(current_policy(session, round_.id or 0)).bands
    return bands[0].amount_minor if len(bands) == 1 else None


def _told(count: int) -> int | None:
    return count if count == 0 or count >= FEWEST else None


def _raised(session: Session, fund: Fund) -> tuple[int, int]:
    """What gifts came to, net of refunds, and how many there are."""
    net = col(Contribution.amount_minor) - col(Contribution.refunded_minor)
    total, count = session.exec(
        select(func.coalesce(func.sum(net), 0), func.count()).where(Contribution.fund_id == fund.id, net > 0)
    ).one()
    return int(total), count


def _matched(session: Session, fund: Fund) -> int:
    """Match income, from the balances of the match pots."""
    total = session.exec(
        select(func.coalesce(func.sum(Account.balance_minor), 0))
        .join(Pot, col(Pot.id) == Account.pot_id)
        .where(Pot.fund_slug == fund.slug, Account.kind == AccountKind.MATCH_INCOME)
    ).one()
    return -int(total)


def _granted(session: Session, fund: Fund) -> tuple[int, int]:
    """How many awards stand in the books, and what they come to."""
    each = (
        select(func.sum(Entry.amount_minor).label("minor"))
        .join(Journal, col(Journal.id) == Entry.journal_id)
        .join(Account, col(Account.id) == Entry.account_id)
        .where(Journal.fund_slug == fund.slug, Account.kind == AccountKind.GRANTS)
        .group_by(Journal.cause)
        .having(func.sum(Entry.amount_minor) > 0)
        .subquery()
    )
    count, total = session.exec(
        select(func.count(), func.coalesce(func.sum(each.c.minor), 0)).select_from(each)
    ).one()
    return count, int(total)
