"""Gifts and agreements as the staff's pages list them. Donors' names are never part of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.contributions.models import Contribution
from hardship.funds.models import Fund
from hardship.matching.conditions import HoldState
from hardship.matching.models import Allocation, MatchAgreement, MatchHold, SponsorPayment
from hardship.web.paging import Key, Page, page

AT_ONCE = 20
"""Gifts a page on an agreement's own page, which says much else."""


@dataclass(frozen=True, slots=True)
class GiftRow:
    """One gift of a list; `matched_minor` is what an agreement gave for it and is live, in pence."""

    gift: Contribution
    matched_minor: int


def matched_by(
    session: Session, agreement: MatchAgreement, *, after: str = "", before: str = ""
) -> Page[GiftRow]:
    """A page of the gifts that an agreement matched, the latest first, each with what it has from this one."""
    live = (
        select(col(Allocation.contribution_id), func.sum(Allocation.amount_minor).label("minor"))
        .where(Allocation.agreement_id == agreement.id)
        .group_by(col(Allocation.contribution_id))
        .having(func.sum(Allocation.amount_minor) > 0)
        .subquery()
    )
    statement = select(Contribution, live.c.minor).join(live, live.c.contribution_id == Contribution.id)
    keys = [Key(col(Contribution.received_at), descending=True), Key(col(Contribution.ref), descending=True)]
    found = page(
        session,
        cast(Any, statement),  # sqlmodel's own class of select, of which the checker knows no kinship
        keys,
        lambda row: (row[0].received_at, row[0].ref),
        after=after,
        before=before,
        size=AT_ONCE,
    )
    return Page([GiftRow(gift, int(minor)) for gift, minor in found.items], found.after, found.before)


def holds_of(session: Session, agreement_id: int) -> list[MatchHold]:
    """What an agreement holds for gifts under way, the first to expire first."""
    statement = select(MatchHold).where(
        MatchHold.agreement_id == agreement_id, MatchHold.state == HoldState.HELD
    )
    return list(session.exec(statement.order_by(col(MatchHold.expires_at), col(MatchHold.id))))


@dataclass(frozen=True, slots=True)
class Month:
    """What moved an agreement in one month, and where it stood at the end of it, in pence."""

    first: dt.date
    received_minor: int
    repaid_minor: int
    earned_minor: int
    reversed_minor: int
    allocated_minor: int
    sponsor_account_minor: int


def months(session: Session, agreement_id: int) -> list[Month]:
    """An agreement month by month, by the day to which each movement belongs; months without any are left out. What is
    conditional is allocated by its gift's day, and earned by the day of its last condition."""
    paid = (SponsorPayment.agreement_id, SponsorPayment.occurred_on, SponsorPayment.amount_minor)
    given = (Allocation.agreement_id, Allocation.entitled_on, Allocation.earned_minor)
    matched = (Allocation.agreement_id, Allocation.occurred_on, Allocation.amount_minor)
    sums: dict[dt.date, list[int]] = {}
    for at, (owner, day, amount) in ((0, paid), (2, given), (4, matched)):
        for further, sign in ((0, col(amount) > 0), (1, col(amount) < 0)):
            rows = session.exec(
                select(col(day), func.sum(col(amount)))
                .where(owner == agreement_id, sign, col(day).is_not(None))
                .group_by(col(day))
            ).all()
            for on, minor in rows:
                assert on is not None
                sums.setdefault(on.replace(day=1), [0] * 6)[at + further] += abs(int(minor))
    return list(_running(sorted(sums.items())))


def _running(rows: Iterable[tuple[dt.date, list[int]]]) -> Iterable[Month]:
    allocated = account = 0
    for first, (received, repaid, earned, reversed_, given, taken) in rows:
        allocated += given - taken
        account += received - repaid - earned + reversed_
        yield Month(first, received, repaid, earned, reversed_, allocated, account)


def fund_chosen(funds: Iterable[Fund], slug: str | None) -> Fund | None:
    """The fund that an address names, else the first; None when there is none."""
    every = list(funds)
    return next((fund for fund in every if fund.slug == slug), every[0] if every else None)
