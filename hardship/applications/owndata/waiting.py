"""How long it really takes: the medians of a round's last cases, hidden while they are few."""

import datetime as dt
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.core.runtime import Runtime

FEWEST = 10  # fewer than these say something of somebody
LAST = 500
KEPT = dt.timedelta(minutes=10)
TO_PAYMENT = "median time to payment"
"""Under this name a later room adds `(session, round id) -> durations` to the runtime's extensions."""

Durations = Callable[[Session, int], Sequence[dt.timedelta]]


@dataclass(frozen=True)
class Medians:
    """Median times of a round: from asking to the decision, and from the decision to the payment; None while hidden."""

    to_decision: dt.timedelta | None = None
    to_payment: dt.timedelta | None = None


def medians(session: Session, runtime: Runtime, round_id: int) -> Medians:
    """The medians of a round, counted anew at most every ten minutes by each process."""
    now, kept = runtime.clock.now(), runtime.extensions.setdefault("medians", {})
    at, found = kept.get(round_id, (None, Medians()))
    if at is not None and dt.timedelta(0) <= now - at < KEPT:
        return cast(Medians, found)
    fresh = counted(session, runtime, round_id)
    kept[round_id] = (now, fresh)
    return fresh


def counted(session: Session, runtime: Runtime, round_id: int) -> Medians:
    """The medians of a round's last cases, counted now."""
    rows = session.exec(
        select(Application.submitted_at, Application.decided_at)
        .where(Application.round_id == round_id, col(Application.decided_at).is_not(None))
        .order_by(col(Application.decided_at).desc(), col(Application.id).desc())
        .limit(LAST)
    ).all()
    decided = [until - since for since, until in rows if until is not None]
    paid: Durations | None = runtime.extensions.get(TO_PAYMENT)
    return Medians(_median(decided), _median(paid(session, round_id) if paid else ()))


def _median(found: Sequence[dt.timedelta]) -> dt.timedelta | None:
    if len(found) < FEWEST:
        return None
    return dt.timedelta(seconds=statistics.median(one.total_seconds() for one in found))


def days(span: dt.timedelta) -> int:
    """A duration in whole days, at least one."""
    return max(1, round(span.total_seconds() / 86_400))
