"""Screening batches: when they are made, approved and submitted, and whenever a newer list is imported."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.actor import Actor
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.queries import funds
from hardship.funds.service import lock_fund
from hardship.payouts.models import Batch, Payment, RailName
from hardship.payouts.sanctions import service as sanctions
from hardship.payouts.sanctions.queries import current_list, held_cases
from hardship.payouts.service import batches, choosing
from hardship.payouts.service.approving import LimitReached, keep_try
from hardship.payouts.transitions import BatchState
from hardship.staff.permissions import Permission, require


@dataclass(frozen=True)
class Loaded:
    """What importing a list did: the list, and how many payees whose payment it now stops."""

    list: sanctions.Imported
    held: int


def make(
    runtime: Runtime,
    actor: Actor,
    *,
    fund: str,
    rail: RailName,
    limit: int | None = None,
    request_key: str | None = None,
) -> Batch:
    """`make_batch`, after a screening that stands whatever becomes of the batch."""
    runtime.transact(actor, screen_ready, fund=fund)
    return runtime.transact(
        actor, batches.make_batch, fund=fund, rail=rail, limit=limit, request_key=request_key
    )


def screen_ready(tx: Transaction, *, fund: str) -> int:
    """Compare everybody who is ready to be paid with the list; returns how many were found who were not known."""
    require(tx.actor, Permission.MAKE_BATCH)
    owner = lock_fund(tx, fund)
    assert owner.id is not None
    if current_list(tx.session) is None:
        return 0
    ready = [award.application_id for award, _ in choosing.candidates(tx, owner.id)]
    return len(sanctions.screen(tx, owner, ready).new)


def approve(runtime: Runtime, actor: Actor, *, batch_ref: str, seen: str | None = None) -> Batch:
    """`approve_batch`, after a screening that stands whatever becomes of it; a try over a limit is kept."""
    runtime.transact(actor, screen_batch, batch_ref=batch_ref)
    try:
        return runtime.transact(actor, batches.approve_batch, batch_ref=batch_ref, seen=seen)
    except LimitReached as reached:
        keep_try(runtime, actor, reached)
        raise


def screen_batch(tx: Transaction, *, batch_ref: str) -> int:
    """Screen a batch that waits for its approval; returns how many payments were taken out of it."""
    require(tx.actor, Permission.APPROVE_BATCH)
    fund, batch = batches.open_batch(tx, batch_ref)
    return screen_contents(tx, fund, batch) if batch.state is BatchState.DRAFT else 0


def screen_contents(
    tx: Transaction, fund: Fund, batch: Batch, held: Sequence[tuple[Payment, Award]] | None = None
) -> int:
    """Compare a batch's payees with the list and take out those whom a hit stops, which voids an approval; the list
    is noted on the batch. Returns how many were taken out. The fund is locked; `held` is what the batch holds, locked.

    An approved batch was compared when it was approved, and nothing in it has changed: with the same list, only what
    was found since is looked up.
    """
    listing = current_list(tx.session)
    batch.screened_at = tx.at
    tx.session.add(batch)
    if listing is None:
        return 0
    found = batches.contents(tx, batch) if held is None else held
    cases = [award.application_id for _, award in found]
    if batch.state is BatchState.APPROVED and batch.sanctions_list_id == listing.id:
        stopped = held_cases(tx.session, cases)
    else:
        stopped = set(sanctions.screen(tx, fund, cases).held)
    batch.sanctions_list_id = listing.id
    out = [one for one in found if one[1].application_id in stopped]
    for payment, award in out:
        batches.take_out(tx, fund, payment, award)
    return len(out)


def load(
    runtime: Runtime, actor: Actor, *, data: bytes, name: str, published_on: dt.date | None = None
) -> Loaded:
    """Import a list, and compare with it at once everybody who is about to be paid."""
    done = runtime.transact(actor, sanctions.import_list, data=data, name=name, published_on=published_on)
    with runtime.read() as session:
        slugs = [fund.slug for fund in funds(session)]
    return Loaded(done, sum(runtime.transact(actor, rescreen, fund=slug) for slug in slugs))


def rescreen(tx: Transaction, *, fund: str) -> int:
    """Compare everybody of a fund who is about to be paid with the list, and take those whom a new hit stops out of
    their batches; returns how many new hits there are. What is at a rail cannot be stopped any more: the officer is
    told of it."""
    require(tx.actor, Permission.KEEP_LISTS)
    owner = lock_fund(tx, fund)
    waiting = (AwardState.ACCEPTED, AwardState.IN_PAYMENT)
    cases = tx.session.exec(
        select(Award.application_id)
        .where(Award.fund_id == owner.id, col(Award.state).in_(waiting))
        .order_by(col(Award.id))
    ).all()
    screened = sanctions.screen(tx, owner, cases)
    for number in _payments_of(tx, sorted(screened.new)):
        batches.hold_back(tx, number)
    return len(screened.new)


def _payments_of(tx: Transaction, cases: Sequence[int]) -> list[int]:
    wanted = (
        select(Payment.id)
        .join(Award, col(Award.id) == Payment.award_id)
        .where(col(Award.application_id).in_(cases))
        .order_by(col(Payment.id))
    )
    return [number or 0 for number in tx.session.exec(wanted).all()]
