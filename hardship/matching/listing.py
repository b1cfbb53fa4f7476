"""Gifts and agreements as the staff's pages list them. Donors' names are never part of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.contributions.models import Channel, Contribution
from hardship.funds.models import Fund
from hardship.matching.models import Allocation, SponsorPayment
from hardship.web.paging import Key, Page, page


@dataclass(frozen=True, slots=True)
class GiftFilter:
    """What a list of gifts shows. `ref` is the beginning of a ref; None or "" leaves a filter out."""

    fund_id: int
    channel: Channel | None = None
    ref: str = ""
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class GiftRow:
    """One gift of a list; `matched_minor` is what is live on it, in pence."""

    gift: Contribution
    matched_minor: int


def gifts(session: Session, chosen: GiftFilter, *, after: str = "", before: str = "") -> Page[GiftRow]:
    """A page of a fund's gifts, the latest first."""
    statement = select(Contribution).where(Contribution.fund_id == chosen.fund_id)
    if chosen.channel is not None:
        statement = statement.where(Contribution.channel == chosen.channel)
    if chosen.ref:
        statement = statement.where(col(Contribution.ref).startswith(chosen.ref, autoescape=True))
    if chosen.refunded:
        statement = statement.where(col(Contribution.refunded_minor) > 0)
    keys = [Key(col(Contribution.received_at), descending=True), Key(col(Contribution.ref), descending=True)]
    found = page(
        session, statement, keys, lambda gift: (gift.received_at, gift.ref), after=after, before=before
    )
    matched = matched_of(session, [gift.id or 0 for gift in found.items])
    rows = [GiftRow(gift, matched.get(gift.id or 0, 0)) for gift in found.items]
    return Page(rows, found.after, found.before)


def matched_of(session: Session, contribution_ids: list[int]) -> dict[int, int]:
    """The live match on gifts, in pence."""
    rows = session.exec(
        select(Allocation.contribution_id, func.sum(Allocation.amount_minor))
        .where(col(Allocation.contribution_id).in_(contribution_ids))
        .group_by(col(Allocation.contribution_id))
    ).all()
    return {contribution: int(minor) for contribution, minor in rows}


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
    """An agreement month by month, by the day to which each movement belongs; months without any are left out."""
    sums: dict[dt.date, list[int]] = {}
    paid = (col(SponsorPayment.occurred_on), col(SponsorPayment.amount_minor))
    given = (col(Allocation.occurred_on), col(Allocation.amount_minor))
    of_paid, of_given = SponsorPayment.agreement_id == agreement_id, Allocation.agreement_id == agreement_id
    for at, (day, amount), mine in ((0, paid, of_paid), (2, given, of_given)):
        for further, sign in ((0, amount > 0), (1, amount < 0)):
            rows = session.exec(select(day, func.sum(amount)).where(mine, sign).group_by(day)).all()
            for on, minor in rows:
                sums.setdefault(on.replace(day=1), [0, 0, 0, 0])[at + further] += abs(int(minor))
    return list(_running(sorted(sums.items())))


def _running(rows: Iterable[tuple[dt.date, list[int]]]) -> Iterable[Month]:
    allocated = account = 0
    for first, (received, repaid, earned, reversed_) in rows:
        allocated += earned - reversed_
        account += received - repaid - earned + reversed_
        yield Month(first, received, repaid, earned, reversed_, allocated, account)


def fund_chosen(funds: Iterable[Fund], slug: str | None) -> Fund | None:
    """The fund that an address names, else the first; None when there is none."""
    every = list(funds)
    return next((fund for fund in every if fund.slug == slug), every[0] if every else None)
