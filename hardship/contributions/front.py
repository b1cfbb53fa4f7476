"""What anybody may know of the funds: what each has raised, what was matched, what it granted and what is left.

Sums come from the cached balances of the ledger, a few rows a fund; counts from indexes.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution, Refund
from hardship.funds.models import Fund, Round
from hardship.funds.queries import current_policy, funds, grant_rule_of
from hardship.ledger.models import NATURE, Account, AccountKind, Entry, Nature, Pot

FEWEST = 10
"""A count below this could point at somebody; it is said as "fewer than ten"."""

_K = AccountKind


@dataclass(frozen=True, slots=True)
class Tally:
    """One fund's public figures, in pence; None where the number is too small to be said, or would give it away.

    `raised_minor` is what was given, less refunds; `other_minor` what else came or went (Gift Aid, fees, transfers);
    `left_minor` what is left to grant: what came less what went.
    """

    name: str
    raised_minor: int
    gifts: int | None
    matched_minor: int
    other_minor: int
    grants: int | None
    granted_minor: int | None
    left_minor: int | None

    @property
    def together_minor(self) -> int:
        """Gifts and match together."""
        return self.raised_minor + self.matched_minor

    @property
    def is_told(self) -> bool:
        """Whether what was granted can be said."""
        return self.granted_minor is not None


@dataclass(frozen=True, slots=True)
class Front:
    """The fund that the page is about, with its round, and the other funds. `grant_minor` is the amount of a grant, where
    it is one for all."""

    fund: Fund
    round: Round
    is_open: bool
    grant_minor: int | None
    tally: Tally
    others: list[Tally]


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
    tallies = tally(session)
    return Front(
        fund=fund,
        round=round_,
        is_open=round_.opens_at <= at <= round_.closes_at,
        grant_minor=_grant(session, round_),
        tally=tallies[fund.slug],
        others=[one for slug, one in tallies.items() if slug != fund.slug],
    )


def tally(session: Session) -> dict[str, Tally]:
    """Every fund's public figures, by slug."""
    sums, gifts, grants = _sums(session), _gifts(session), _grants(session)
    return {
        fund.slug: _tally(fund, sums.get(fund.slug, {}), gifts.get(fund.id or 0, 0), grants.get(fund.slug, 0))
        for fund in funds(session)
    }


def _tally(fund: Fund, sums: Mapping[AccountKind, int], gifts: int, grants: int) -> Tally:
    left = -sum(minor for kind, minor in sums.items() if NATURE[kind] not in (Nature.ASSET, Nature.LIABILITY))
    raised, matched = -sums.get(_K.DONATIONS, 0), -sums.get(_K.MATCH_INCOME, 0)
    granted = sums.get(_K.GRANTS, 0)
    is_told = told(grants) is not None
    return Tally(
        name=fund.public_name,
        raised_minor=raised,
        gifts=told(gifts),
        matched_minor=matched,
        other_minor=left - raised - matched + granted,
        grants=told(grants),
        granted_minor=granted if is_told else None,
        left_minor=left if is_told else None,
    )


def told(count: int) -> int | None:
    """A count as it may be said: none, or enough that it points at nobody."""
    return count if count == 0 or count >= FEWEST else None


def _grant(session: Session, round_: Round) -> int | None:
    """The amount of every grant of the round; None where it depends on the case."""
    bands = grant_rule_of(current_policy(session, round_.id or 0)).bands
    return bands[0].amount_minor if len(bands) == 1 else None


def _sums(session: Session) -> dict[str, dict[AccountKind, int]]:
    """The balances of every fund's pots, by account, debit positive."""
    rows = session.exec(
        select(Pot.fund_slug, Account.kind, func.sum(Account.balance_minor))
        .join(Account, col(Account.pot_id) == Pot.id)
        .group_by(Pot.fund_slug, col(Account.kind))
    )
    found: dict[str, dict[AccountKind, int]] = {}
    for slug, kind, minor in rows:
        found.setdefault(slug, {})[AccountKind(kind)] = int(minor)
    return found


def _gifts(session: Session) -> dict[int, int]:
    """How many gifts each fund has that were not wholly given back. The count is the index's; refunds are few."""
    came = session.exec(select(Contribution.fund_id, func.count()).group_by(col(Contribution.fund_id))).all()
    refunded = select(Refund.contribution_id).distinct()
    gone = dict(
        session.exec(
            select(Contribution.fund_id, func.count())
            .where(
                col(Contribution.id).in_(refunded),
                col(Contribution.refunded_minor) == col(Contribution.amount_minor),
            )
            .group_by(col(Contribution.fund_id))
        ).all()
    )
    return {fund: count - gone.get(fund, 0) for fund, count in came}


def _grants(session: Session) -> dict[str, int]:
    """How many awards stand in each fund's books: those booked, less those given up."""
    given = func.count(func.distinct(case((col(Entry.amount_minor) > 0, Entry.journal_id))))
    back = func.count(func.distinct(case((col(Entry.amount_minor) < 0, Entry.journal_id))))
    rows = session.exec(
        select(Pot.fund_slug, given, back)
        .join(Account, col(Account.pot_id) == Pot.id)
        .join(Entry, col(Entry.account_id) == Account.id)
        .where(Account.kind == _K.GRANTS)
        .group_by(Pot.fund_slug)
    )
    return {slug: count - less for slug, count, less in rows}
