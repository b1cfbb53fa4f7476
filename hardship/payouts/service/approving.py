"""The second person's word, with all that stands even when it is refused: hits that were found, and what was tried."""

from sqlmodel import col, select

from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.payouts import limits
from hardship.payouts.limits import Limits, Tried
from hardship.payouts.tables import ApprovalAttempt


class LimitReached(Refused):
    """A limit of the house says no; the try counts all the same."""

    def __init__(self, what: str, where: str, tried: Tried, fund_id: int) -> None:
        super().__init__(what, where=where, fix="Ask another approver, or make it smaller.")
        self.tried = tried
        self.fund_id = fund_id


def check_limits(tx: Transaction, fund: Fund, staff_id: int, now: Tried) -> None:
    """Note that somebody approves so much, under the fund's lock; raises `LimitReached` when it is too much."""
    assert fund.id is not None
    rules = Limits(fund.batch_limit_minor, fund.daily_limit_minor)
    if no := limits.refusal(rules, tried_today(tx, fund.id, staff_id), now):
        raise LimitReached(no, now.subject.partition(":")[2], now, fund.id)
    _note(tx, fund.id, staff_id, now, allowed=True)


def tried_today(tx: Transaction, fund_id: int, staff_id: int) -> list[Tried]:
    """What somebody tried to approve for a fund today, in London."""
    rows = tx.session.exec(
        select(ApprovalAttempt.subject, ApprovalAttempt.amount_minor)
        .where(
            ApprovalAttempt.staff_id == staff_id,
            ApprovalAttempt.fund_id == fund_id,
            ApprovalAttempt.on == day_of(tx.at),
        )
        .order_by(col(ApprovalAttempt.id))
    ).all()
    return [Tried(subject, minor) for subject, minor in rows]


def _note(tx: Transaction, fund_id: int, staff_id: int, now: Tried, *, allowed: bool) -> None:
    tx.session.add(
        ApprovalAttempt(
            staff_id=staff_id,
            fund_id=fund_id,
            on=day_of(tx.at),
            subject=now.subject,
            amount_minor=now.amount_minor,
            allowed=allowed,
            at=tx.at,
        )
    )


def note_refused(tx: Transaction, *, reached: LimitReached) -> None:
    """Keep a try that a limit refused; it is one event."""
    staff_id = tx.actor.staff_id
    assert staff_id is not None
    _note(tx, reached.fund_id, staff_id, reached.tried, allowed=False)
    tx.record("approval.over_limit", reached.tried.subject, amount=reached.tried.amount_minor)


def keep_try(runtime: Runtime, actor: Actor, reached: LimitReached) -> None:
    """The same in a transaction of its own, since the refused one left nothing."""
    if actor.staff_id is not None:
        runtime.transact(actor, note_refused, reached=reached)
