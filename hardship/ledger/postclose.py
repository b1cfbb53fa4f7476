"""What stands in the books after a close and belongs to what was closed: late journals, and events that refer back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.money import Money
from hardship.core.sheets import Sheet
from hardship.ledger.models import Entry, Journal, PeriodClose


@dataclass(frozen=True)
class Later:
    """A journal of the open period that refers back to a closed one. `amount` is the sum of its debits, in pence;
    `came_late`: it was recorded after the close."""

    journal: int
    fund: str
    kind: str
    cause: str
    refers_on: dt.date
    effective_on: dt.date
    closed_through: dt.date
    currency: str
    amount: int
    came_late: bool


def post_close(session: Session, fund_slug: str = "", through: dt.date | None = None) -> list[Later]:
    """The post-close report: of a fund or all, of one close or all; by close, then day and number of the journal.

    Each journal stands under the first close that covers the day it refers to.
    """
    first = (
        select(func.min(PeriodClose.through))
        .where(PeriodClose.fund_slug == Journal.fund_slug, col(PeriodClose.through) >= Journal.refers_on)
        .correlate(Journal)
        .scalar_subquery()
    )
    debits = (
        core_select(func.min(col(Entry.currency)), func.sum(col(Entry.amount_minor)))
        .add_columns(col(Entry.journal_id))
        .where(col(Entry.amount_minor) > 0)
        .group_by(col(Entry.journal_id))
        .subquery()
    )
    wanted = (
        core_select(Journal, PeriodClose, debits.c[0], debits.c[1])
        .join(
            PeriodClose,
            (col(PeriodClose.fund_slug) == col(Journal.fund_slug)) & (col(PeriodClose.through) == first),
        )
        .join(debits, debits.c.journal_id == col(Journal.id))
        .where(col(Journal.refers_on).is_not(None), col(Journal.effective_on) > col(PeriodClose.through))
        .order_by(col(PeriodClose.through), col(Journal.effective_on), col(Journal.id))
    )
    if fund_slug:
        wanted = wanted.where(col(Journal.fund_slug) == fund_slug)
    if through is not None:
        wanted = wanted.where(col(PeriodClose.through) == through)
    return [_later(journal, closed, cur, minor) for journal, closed, cur, minor in session.execute(wanted)]


def _later(journal: Journal, closed: PeriodClose, currency: str, minor: int) -> Later:
    assert journal.refers_on is not None
    return Later(
        journal=journal.id or 0,
        fund=journal.fund_slug,
        kind=journal.kind,
        cause=journal.cause,
        refers_on=journal.refers_on,
        effective_on=journal.effective_on,
        closed_through=closed.through,
        currency=currency,
        amount=int(minor),
        came_late=(journal.id or 0) > closed.last_journal,
    )


def sheet(found: Sequence[Later]) -> Sheet:
    """The report as a table."""
    columns = (
        "closed_through", "fund", "journal", "posted_on", "refers_to", "kind", "cause", "currency", "amount", "recorded",
    )  # fmt: skip
    rows = [
        (
            one.closed_through,
            one.fund,
            one.journal,
            one.effective_on,
            one.refers_on,
            one.kind,
            one.cause,
            one.currency,
            Money(one.amount, one.currency),
            "after the close" if one.came_late else "before the close",
        )
        for one in found
    ]
    return Sheet("Post-close report", columns, rows)
