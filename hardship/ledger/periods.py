"""Which periods of a fund's books are closed."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from hardship.ledger.models import PeriodClose

_THROUGH = select(func.max(PeriodClose.through)).where(PeriodClose.fund_slug == bindparam("fund"))


def closed_through(session: Session, fund_slug: str) -> dt.date | None:
    """The last day of the fund's closed periods; None when none was closed.

    Whoever decides on it holds the fund's lock. `ledger.service.post` moves what belongs to a closed period to the
    first open day by itself, and the database refuses whatever else tries.
    """
    return session.exec(_THROUGH, params={"fund": fund_slug}).one()


def closes_of(session: Session, fund_slug: str) -> Sequence[PeriodClose]:
    """The closes of a fund, the newest first."""
    return session.exec(
        select(PeriodClose)
        .where(PeriodClose.fund_slug == fund_slug)
        .order_by(col(PeriodClose.through).desc(), col(PeriodClose.id).desc())
    ).all()
