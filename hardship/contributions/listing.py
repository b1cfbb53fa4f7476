"""The list of gifts: filters, pages, totals of what is filtered, and the table that is handed out. No donor's name is part
of it."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Select, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from hardship.contributions.card_models import Dispute
from hardship.contributions.giftaid.models import GiftAid
from hardship.contributions.models import Channel, Contribution, DonorType, Held
from hardship.contributions.transitions import DisputeState
from hardship.core.money import Money
from hardship.core.runtime import Runtime
from hardship.core.sheets import Cell, Sheet
from hardship.funds.models import Fund
from hardship.web.paging import Key, Page, page

MATCH_ROWS = "match rows of gifts"
"""Under this name in `Runtime.extensions` the room of matching says what it gave: a function that makes a select of
(contribution_id, amount_minor), live when summed up."""
SECTIONS = "sections of a gift's page"
"""Under this name: functions of (session, gift) that give a template and what it shows."""
CHUNK = 500

CHANNELS = {Channel.CARD: "Card", Channel.BANK: "Bank", Channel.CASH: "Cash", Channel.OTHER: "Other"}
DONORS = {
    DonorType.PERSON: "A person",
    DonorType.ORGANISATION: "An organisation",
    DonorType.ANONYMOUS: "An anonymous donor",
}


class Matched(StrEnum):
    """Whether a gift has live match."""

    YES = "yes"
    NO = "no"


class TaxState(StrEnum):
    """How a gift stands with Gift Aid."""

    UNCLAIMED = "unclaimed"
    CLAIMED = "claimed"
    OWED = "owed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class GiftFilter:
    """What a list of gifts shows. `ref` is part of a ref; None, "" and False leave a filter out; both days are included."""

    fund_id: int
    channel: Channel | None = None
    held: Held | None = None
    from_on: dt.date | None = None
    to_on: dt.date | None = None
    matched: Matched | None = None
    tax: TaxState | None = None
    refunded: bool = False
    disputed: bool = False
    ref: str = ""


@dataclass(frozen=True, slots=True)
class GiftRow:
    """One gift of a list, amounts in pence: live match, and tax that it is entitled to."""

    gift: Contribution
    matched_minor: int
    tax_minor: int
    disputed: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """What the filtered gifts come to, in pence."""

    count: int
    gross_minor: int
    fee_minor: int
    refunded_minor: int
    matched_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        """Gross less refunds: what was given and stayed."""
        return self.gross_minor - self.refunded_minor


def match_rows(runtime: Runtime) -> Select[Any] | None:
    """What the match gave, line by line; None when no room says."""
    made = cast(Callable[[], Select[Any]] | None, runtime.extensions.get(MATCH_ROWS))
    return made() if made else None


def gifts(
    runtime: Runtime, session: Session, chosen: GiftFilter, *, after: str = "", before: str = ""
) -> Page[GiftRow]:
    """A page of a fund's gifts, the latest first."""
    keys = [Key(col(Contribution.received_at), descending=True), Key(col(Contribution.ref), descending=True)]
    found = page(
        session,
        _chosen(runtime, select(Contribution), chosen),
        keys,
        lambda gift: (gift.received_at, gift.ref),
        after=after,
        before=before,
    )
    return Page(_rows(runtime, session, found.items), found.after, found.before)


def totals(runtime: Runtime, session: Session, chosen: GiftFilter) -> Totals:
    """The totals of everything that the filter leaves, not of one page."""
    numbers = _chosen(runtime, select(Contribution.id), chosen)
    own = session.exec(
        select(
            func.count(),
            func.coalesce(func.sum(Contribution.amount_minor), 0),
            func.coalesce(func.sum(Contribution.fee_minor), 0),
            func.coalesce(func.sum(Contribution.refunded_minor), 0),
        ).where(col(Contribution.id).in_(numbers))
    ).one()
    count, gross, fee, refunded = (int(one) for one in own)
    tax = session.exec(
        select(func.coalesce(func.sum(GiftAid.entitled_minor), 0)).where(
            col(GiftAid.contribution_id).in_(numbers)
        )
    ).one()
    given = match_rows(runtime)
    matched = 0
    if given is not None:
        rows = given.subquery()
        matched = session.execute(
            core_select(func.coalesce(func.sum(rows.c.amount_minor), 0)).where(
                rows.c.contribution_id.in_(numbers)
            )
        ).scalar_one()
    return Totals(count, gross, fee, refunded, int(matched), int(tax))


def _chosen(runtime: Runtime, statement: SelectOfScalar[Any], chosen: GiftFilter) -> SelectOfScalar[Any]:
    found = statement.where(Contribution.fund_id == chosen.fund_id)
    if chosen.channel is not None:
        found = found.where(Contribution.channel == chosen.channel)
    if chosen.held is not None:
        found = found.where(Contribution.held == chosen.held)
    if chosen.from_on is not None:
        found = found.where(col(Contribution.received_on) >= chosen.from_on)
    if chosen.to_on is not None:
        found = found.where(col(Contribution.received_on) <= chosen.to_on)
    if chosen.ref:
        found = found.where(func.lower(col(Contribution.ref)).contains(chosen.ref.lower(), autoescape=True))
    if chosen.refunded:
        found = found.where(col(Contribution.refunded_minor) > 0)
    if chosen.disputed:
        found = found.where(col(Contribution.id).in_(_disputed()))
    if chosen.tax is not None:
        found = _by_tax(found, chosen.tax)
    return _by_match(runtime, found, chosen.matched)


def _disputed() -> SelectOfScalar[int]:
    return select(Dispute.contribution_id).where(
        col(Dispute.state).in_((DisputeState.INQUIRY, DisputeState.OPEN))
    )


def _by_tax(statement: SelectOfScalar[Any], tax: TaxState) -> SelectOfScalar[Any]:
    number = col(Contribution.id)
    of_gifts = select(GiftAid.contribution_id)
    if tax is TaxState.NONE:
        return statement.where(number.not_in(of_gifts.where(GiftAid.entitled_minor > 0)))
    if tax is TaxState.CLAIMED:
        return statement.where(number.in_(of_gifts.where(col(GiftAid.claim_id).is_not(None))))
    if tax is TaxState.UNCLAIMED:
        return statement.where(
            number.in_(of_gifts.where(col(GiftAid.claim_id).is_(None), GiftAid.entitled_minor > 0))
        )
    owed = col(GiftAid.claimed_minor) - col(GiftAid.entitled_minor) - col(GiftAid.settled_minor)
    return statement.where(number.in_(of_gifts.where(owed > 0)))


def _by_match(
    runtime: Runtime, statement: SelectOfScalar[Any], matched: Matched | None
) -> SelectOfScalar[Any]:
    given = match_rows(runtime)
    if matched is None or given is None:
        return statement
    rows = given.subquery()
    live = (
        core_select(rows.c.contribution_id)
        .group_by(rows.c.contribution_id)
        .having(func.sum(rows.c.amount_minor) > 0)
    )
    number = col(Contribution.id)
    return statement.where(number.in_(live) if matched is Matched.YES else number.not_in(live))


def _rows(runtime: Runtime, session: Session, found: Any) -> list[GiftRow]:
    numbers = [gift.id or 0 for gift in found]
    matched = _matched(runtime, session, numbers)
    tax = dict(
        session.exec(
            select(GiftAid.contribution_id, GiftAid.entitled_minor).where(
                col(GiftAid.contribution_id).in_(numbers)
            )
        ).all()
    )
    disputed = set(session.exec(_disputed().where(col(Dispute.contribution_id).in_(numbers))))
    return [
        GiftRow(gift, matched.get(gift.id or 0, 0), tax.get(gift.id or 0, 0), gift.id in disputed)
        for gift in found
    ]


def _matched(runtime: Runtime, session: Session, numbers: list[int]) -> dict[int, int]:
    given = match_rows(runtime)
    if given is None:
        return {}
    rows = given.subquery()
    sums = session.execute(
        core_select(rows.c.contribution_id, func.sum(rows.c.amount_minor))
        .where(rows.c.contribution_id.in_(numbers))
        .group_by(rows.c.contribution_id)
    )
    return {contribution: int(minor) for contribution, minor in sums}


COLUMNS = (
    "ref",
    "received_at",
    "received_on",
    "channel",
    "held",
    "donor_type",
    "gross",
    "fee",
    "received_net",
    "refunded",
    "left",
    "matched",
    "gift_aid",
    "disputed",
)


def sheet(runtime: Runtime, session: Session, fund: Fund, chosen: GiftFilter) -> Sheet:
    """Every gift that the filter leaves, oldest first, as a table to hand out."""
    return Sheet("Gifts", COLUMNS, list(_cells(runtime, session, fund, chosen)))


def _cells(runtime: Runtime, session: Session, fund: Fund, chosen: GiftFilter) -> Iterator[list[Cell]]:
    statement = _chosen(runtime, select(Contribution), chosen).order_by(
        col(Contribution.received_at), col(Contribution.ref)
    )
    every = session.exec(statement).all()
    for start in range(0, len(every), CHUNK):
        for row in _rows(runtime, session, every[start : start + CHUNK]):
            yield _line(row, fund.currency)


def _line(row: GiftRow, currency: str) -> list[Cell]:
    gift = row.gift
    amounts = (
        gift.amount_minor,
        gift.fee_minor,
        gift.amount_minor - gift.fee_minor,
        gift.refunded_minor,
        gift.net_minor,
        row.matched_minor,
        row.tax_minor,
    )
    return [
        gift.ref,
        gift.received_at.isoformat(),
        gift.received_on,
        gift.channel.value,
        gift.held.value,
        gift.donor_type.value,
        *(Money(minor, currency) for minor in amounts),
        "yes" if row.disputed else "",
    ]
