"""Reads of groups, batches and what vouches for an applicant. Every list ends in a deterministic order."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from hardship.applications.vouching.counting import Count, Totals, totals
from hardship.applications.vouching.models import (
    ApplicationVouching,
    VoucherBatch,
    VoucherCode,
    VoucherGroup,
    VoucherUse,
)
from hardship.applications.vouching.transitions import BatchState, VouchingState
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.funds.models import Fund, Round


@dataclass(frozen=True)
class ShownGroup:
    """A group as a list shows it, with what may be told of its codes."""

    group: VoucherGroup
    fund: str
    round: str
    totals: Totals


def vouching_of(session: Session, application_id: int) -> ApplicationVouching | None:
    """What became of what an applicant gave; None where nothing was given."""
    return session.get(ApplicationVouching, application_id)


def state_of(session: Session, application_id: int) -> VouchingState | None:
    """The same, as its state alone."""
    found = vouching_of(session, application_id)
    return found.state if found else None


def group_by_ref(session: Session, ref: str) -> VoucherGroup:
    """The group with this reference; raises `NotFound`."""
    found = session.exec(select(VoucherGroup).where(VoucherGroup.ref == tidy_reference(ref[:20]))).first()
    if found is None:
        raise NotFound("no group has this reference", fix="See: hardship vouchers list")
    return found


def batch_by_ref(session: Session, ref: str) -> tuple[VoucherBatch, VoucherGroup]:
    """The batch with this reference, and its group; raises `NotFound`."""
    found = session.exec(
        select(VoucherBatch, VoucherGroup)
        .join(VoucherGroup, col(VoucherGroup.id) == col(VoucherBatch.group_id))
        .where(VoucherBatch.ref == tidy_reference(ref[:20]))
    ).first()
    if found is None:
        raise NotFound("no batch has this reference", fix="See: hardship vouchers list")
    return found[0], found[1]


def batches_of(session: Session, group_id: int) -> Sequence[VoucherBatch]:
    """The batches of a group, newest first."""
    wanted = select(VoucherBatch).where(VoucherBatch.group_id == group_id)
    return session.exec(wanted.order_by(col(VoucherBatch.id).desc())).all()


def shown_groups(session: Session, today: dt.date, group_id: int | None = None) -> list[ShownGroup]:
    """Every group (or one), by name, with its figures as they may be told on the day `today`."""
    wanted = (
        select(VoucherGroup, Fund.slug, Round.slug)
        .join(Fund, col(Fund.id) == col(VoucherGroup.fund_id))
        .outerjoin(Round, col(Round.id) == col(VoucherGroup.round_id))
        .order_by(VoucherGroup.name, col(VoucherGroup.id))
    )
    if group_id is not None:
        wanted = wanted.where(col(VoucherGroup.id) == group_id)
    counts = _counts(session, today, group_id)
    return [
        ShownGroup(group, fund, round_ or "", totals(counts.get(group.id or 0, [])))
        for group, fund, round_ in session.exec(wanted).all()
    ]


def _counts(session: Session, today: dt.date, group_id: int | None) -> dict[int, list[Count]]:
    """The exact counts of each group's batches; they leave this module only as totals."""
    used = (
        sa_select(col(VoucherCode.batch_id), func.count().label("used"))
        .join(VoucherUse, col(VoucherUse.token) == col(VoucherCode.token))
        .group_by(col(VoucherCode.batch_id))
        .subquery()
    )
    wanted = sa_select(VoucherBatch, func.coalesce(used.c.used, 0)).outerjoin(
        used, used.c.batch_id == col(VoucherBatch.id)
    )
    if group_id is not None:
        wanted = wanted.where(col(VoucherBatch.group_id) == group_id)
    found: dict[int, list[Count]] = {}
    for batch, count in session.execute(wanted.order_by(col(VoucherBatch.id))).all():
        counted = Count(
            batch.size, count, batch.state is BatchState.CANCELLED, expired=batch.expires_on < today
        )
        found.setdefault(batch.group_id, []).append(counted)
    return found
