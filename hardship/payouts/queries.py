"""Reads of batches, payments and the bank's lines. Every list ends in a deterministic order."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.awards.transitions import AwardState
from hardship.core.errors import NotFound
from hardship.core.refs import tidy_reference
from hardship.funds.models import Fund
from hardship.ledger.models import Account, AccountKind
from hardship.payouts.models import (
    Attempt,
    AttemptOutcome,
    BankLine,
    BankLineAttempt,
    Batch,
    Direction,
    LineReason,
    LineState,
    Payment,
    RailName,
    SandboxPayment,
)
from hardship.payouts.tables import SanctionsHit
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, HitState, PaymentState
from hardship.staff.models import Staff

NOT_TAKEN = (AttemptOutcome.REFUSED, AttemptOutcome.FAILED, AttemptOutcome.CANCELLED)
"""Outcomes of tries that count as not taken by the bank."""

_HANDED = {
    AttemptOutcome.ACCEPTED: "submitted",
    AttemptOutcome.RETURNED: "submitted",
    AttemptOutcome.REFUSED: "failed",
    AttemptOutcome.FAILED: "failed",
    AttemptOutcome.PENDING: "unknown",
    AttemptOutcome.UNKNOWN: "unknown",
}


@dataclass(frozen=True)
class Sum:
    """How many, and how much in pence."""

    count: int = 0
    minor: int = 0


@dataclass(frozen=True)
class Handed:
    """What became of a batch that was handed over: how many payments the rail took, did not take, and how many nobody
    knows about yet; `waiting` are still to be sent."""

    ref: str
    state: BatchState
    submitted: int
    failed: int
    unknown: int
    waiting: int


@dataclass(frozen=True)
class BatchRow:
    """A batch as lists show it."""

    ref: str
    fund: str
    rail: RailName
    state: BatchState
    count: int
    amount_minor: int
    made_by: str
    made_at: dt.datetime
    approved_by: str | None


@dataclass(frozen=True)
class PaymentRow:
    """A payment as lists show it; `code` is what the bank statement says of its newest try, `problem` the rail's code."""

    reference: str
    code: str
    award: str
    batch: str
    amount_minor: int
    state: PaymentState
    since: dt.datetime
    paid_on: dt.date | None
    checked_at: dt.datetime | None
    problem: str


def batch_named(session: Session, batch_ref: str) -> Batch:
    """The batch with this reference, however it is written; raises `NotFound`."""
    found = session.exec(select(Batch).where(Batch.ref == tidy_reference(batch_ref[:40]))).first()
    if found is None:
        raise NotFound("there is no such batch", where=batch_ref[:40], fix="See: hardship payouts status")
    return found


def fund_of(session: Session, batch: Batch) -> Fund:
    """The fund that pays a batch."""
    return session.exec(select(Fund).where(Fund.id == batch.fund_id)).one()


def handed_over(session: Session, batch_id: int) -> Handed:
    """What became of a batch, by its tries."""
    batch = session.exec(select(Batch).where(Batch.id == batch_id)).one()
    counts = {"submitted": 0, "failed": 0, "unknown": 0}
    rows = session.exec(
        select(Attempt.outcome, func.count())
        .where(Attempt.batch_id == batch_id)
        .group_by(col(Attempt.outcome))
    )
    for outcome, count in rows:
        counts[_HANDED.get(AttemptOutcome(outcome), "failed")] += int(count)
    waiting = session.exec(
        select(func.count()).where(Payment.batch_id == batch_id, Payment.state == PaymentState.APPROVED)
    ).one()
    return Handed(
        batch.ref, batch.state, counts["submitted"], counts["failed"], counts["unknown"], int(waiting)
    )


def batch_rows(
    session: Session, batch: Batch | None = None, limit: int | None = None, after: int = 0
) -> list[BatchRow]:
    """Batches, the newest first, from `after` on; only `batch` when one is given."""
    maker, checker = Staff.__table__.alias("maker"), Staff.__table__.alias("checker")  # type: ignore[attr-defined]
    wanted = (
        select(Batch, Fund.slug, maker.c.email, checker.c.email)
        .join(Fund, col(Fund.id) == Batch.fund_id)
        .join(maker, maker.c.id == Batch.made_by)
        .outerjoin(checker, checker.c.id == Batch.approved_by)
        .order_by(col(Batch.id).desc())
    )
    if batch is not None:
        wanted = wanted.where(Batch.id == batch.id)
    if limit is not None:
        wanted = wanted.offset(after).limit(limit)
    return [
        BatchRow(
            one.ref, fund, one.rail, one.state, one.count, one.amount_minor, made_by, one.made_at, approved_by
        )
        for one, fund, made_by, approved_by in session.exec(wanted).all()
    ]


def by_state(session: Session, batch: Batch | None = None) -> dict[PaymentState, Sum]:
    """Payments by state, of a batch or of all; states without any are left out."""
    wanted = select(Payment.state, func.count(), func.sum(Payment.amount_minor)).group_by(col(Payment.state))
    if batch is not None:
        wanted = wanted.where(in_batch(batch))
    found = {PaymentState(state): Sum(int(count), int(minor)) for state, count, minor in session.exec(wanted)}
    return {state: found[state] for state in PaymentState if state in found}


def in_batch(batch: Batch) -> ColumnElement[bool]:
    """Payments that are in a batch, or were sent with it."""
    tried = select(Attempt.payment_id).where(Attempt.batch_id == batch.id)
    return or_(col(Payment.batch_id) == batch.id, col(Payment.id).in_(tried))


def ready_to_pay() -> list[Any]:
    """What makes an (outer) joined `Award` and `Payment` ready to be put into a batch: an accepted award, no payment or
    one that failed or came back, no bank line or rail that casts doubt on it, and no possible sanctions hit."""
    stopped = select(SanctionsHit.application_id).where(
        col(SanctionsHit.state).in_((HitState.OPEN, HitState.CONFIRMED))
    )
    return [
        Award.state == AwardState.ACCEPTED,
        col(Award.application_id).not_in(stopped),
        or_(col(Payment.id).is_(None), col(Payment.state).in_((PaymentState.FAILED, PaymentState.RETURNED))),
        col(Award.id).not_in(in_doubt()),
    ]


def in_doubt() -> Any:
    """The awards that may have been paid although that is not known: a rail says so, or a debit that waits for a person
    names a try of theirs, or a file or batch with a try that counts as not taken."""
    lines = BankLine.state == LineState.EXCEPTION, BankLine.direction == Direction.OUT
    named = select(BankLine.attempt_id).where(*lines, col(BankLine.attempt_id).is_not(None))
    listed = select(BankLineAttempt.attempt_id).join(BankLine, col(BankLine.id) == BankLineAttempt.line_id)
    files = select(BankLine.bank_file_id).where(*lines, col(BankLine.bank_file_id).is_not(None))
    batches = select(BankLine.batch_id).where(*lines, col(BankLine.batch_id).is_not(None))
    with_all = or_(col(Attempt.bank_file_id).in_(files), col(Attempt.batch_id).in_(batches))
    doubted = or_(
        col(Attempt.contradicted_at).is_not(None),
        col(Attempt.id).in_(named),
        col(Attempt.id).in_(listed.where(*lines)),
        and_(col(Attempt.outcome).in_(NOT_TAKEN), with_all),
    )
    return select(Payment.award_id).join(Attempt, col(Attempt.payment_id) == Payment.id).where(doubted)


def ready_by_fund(session: Session) -> list[tuple[str, str, Sum]]:
    """What is ready to be put into a batch, by fund (slug, name), funds in order of their slug; all funds."""
    ready = (
        select(Award.fund_id, func.count().label("count"), func.sum(Award.amount_minor).label("minor"))
        .join(Application, col(Application.id) == Award.application_id)
        .outerjoin(
            Payment, and_(col(Payment.award_id) == Award.id, col(Payment.state) != PaymentState.CANCELLED)
        )
        .where(col(Application.has_bank), *ready_to_pay())
        .group_by(col(Award.fund_id))
        .subquery()
    )
    rows = session.exec(
        select(Fund.slug, Fund.name, func.coalesce(ready.c.count, 0), func.coalesce(ready.c.minor, 0))
        .outerjoin(ready, ready.c.fund_id == Fund.id)
        .order_by(Fund.slug)
    ).all()
    return [(slug, name, Sum(int(count), int(minor))) for slug, name, count, minor in rows]


def clearing(session: Session) -> int:
    """What is in flight, in pence: handed to a rail and not yet seen at the bank. Zero is the reconciliation."""
    balance = select(func.coalesce(func.sum(Account.balance_minor), 0)).where(
        Account.kind == AccountKind.PAYOUT_CLEARING
    )
    return -int(session.exec(balance).one())


def in_flight(session: Session) -> int:
    """The same by the payments: what is submitting, unknown or submitted, in pence."""
    total = select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
        col(Payment.state).in_(AT_THE_RAIL)
    )
    return int(session.exec(total).one())


def drafts_of_others(session: Session, staff_id: int) -> int:
    """How many batches wait for an approval that this person did not make."""
    waiting = select(func.count()).where(Batch.state == BatchState.DRAFT, Batch.made_by != staff_id)
    return int(session.exec(waiting).one())


def cases_in(session: Session, batch: Batch) -> list[int]:
    """The applications that a batch pays."""
    wanted = select(Award.application_id).join(Payment, col(Payment.award_id) == Award.id)
    return list(session.exec(wanted.where(Payment.batch_id == batch.id).order_by(col(Payment.id))).all())


def payment_rows(
    session: Session,
    *,
    batch: Batch | None = None,
    states: Sequence[PaymentState] = (),
    limit: int = 200,
    after: int = 0,
) -> list[PaymentRow]:
    """Payments of a batch, or in some states, the longest waiting first (of a batch: in its order, from `after` on)."""
    newest = (
        select(Attempt.payment_id, func.max(Attempt.id).label("id"))
        .group_by(col(Attempt.payment_id))
        .subquery()
    )
    columns: tuple[Any, ...] = (Payment, Award.ref, Attempt.reference, Attempt.problem, Batch.ref)
    wanted: Any = (
        select(*columns)
        .join(Award, col(Award.id) == Payment.award_id)
        .outerjoin(newest, newest.c.payment_id == Payment.id)
        .outerjoin(Attempt, Attempt.id == newest.c.id)
        .outerjoin(Batch, col(Batch.id) == Payment.batch_id)
    )
    if states:
        wanted = wanted.where(col(Payment.state).in_(states))
    if batch is not None:
        wanted = wanted.where(in_batch(batch)).order_by(col(Payment.id))
    else:
        wanted = wanted.order_by(col(Payment.state_since), col(Payment.id))
    rows = session.exec(wanted.offset(after).limit(limit)).all()
    return [
        PaymentRow(
            one.reference,
            code or one.reference,
            award,
            batch_ref or "",
            one.amount_minor,
            one.state,
            one.state_since,
            one.paid_on,
            one.checked_at,
            problem or "",
        )
        for one, award, code, problem, batch_ref in rows
    ]


def waiting_for_money(session: Session) -> dict[PaymentState, Sum]:
    """Payments that failed or came back and whose award still waits to be paid, and those nobody knows about."""
    rows = session.exec(
        select(Payment.state, func.count(), func.sum(Payment.amount_minor))
        .join(Award, col(Award.id) == Payment.award_id)
        .where(
            or_(
                col(Payment.state) == PaymentState.UNKNOWN,
                and_(
                    col(Payment.state).in_((PaymentState.FAILED, PaymentState.RETURNED)),
                    col(Award.state) == AwardState.ACCEPTED,
                ),
            )
        )
        .group_by(col(Payment.state))
    )
    return {PaymentState(state): Sum(int(count), int(minor)) for state, count, minor in rows}


def exception_count(session: Session) -> int:
    """How many bank lines wait for a person."""
    return int(session.exec(select(func.count()).where(BankLine.state == LineState.EXCEPTION)).one())


@dataclass(frozen=True)
class LineRow:
    """A bank line without its words; `code` names the payment, or the payments, it seems to be about."""

    id: int
    on: dt.date
    amount_minor: int
    direction: Direction
    state: LineState
    reason: LineReason | None
    code: str


def exceptions(session: Session, limit: int = 200) -> list[LineRow]:
    """Bank lines that wait for a person, the oldest first."""
    rows = session.exec(
        select(BankLine, Attempt.reference)
        .outerjoin(Attempt, col(Attempt.id) == BankLine.attempt_id)
        .where(BankLine.state == LineState.EXCEPTION)
        .order_by(col(BankLine.on), col(BankLine.id))
        .limit(limit)
    ).all()
    return [_line_row(line, code) for line, code in rows]


def _line_row(line: BankLine, code: str | None) -> LineRow:
    return LineRow(
        line.id or 0, line.on, line.amount_minor, line.direction, line.state, line.reason, code or ""
    )


def line_row(session: Session, line_id: int) -> LineRow:
    """One bank line; raises `NotFound`."""
    found = session.exec(
        select(BankLine, Attempt.reference)
        .outerjoin(Attempt, col(Attempt.id) == BankLine.attempt_id)
        .where(BankLine.id == line_id)
    ).first()
    if found is None:
        raise NotFound("there is no such line", fix="Go back to the exceptions.")
    line, code = found
    return _line_row(line, code or ", ".join(named_beside(session, [line_id]).get(line_id, ())))


def named_beside(session: Session, line_ids: Sequence[int]) -> dict[int, list[str]]:
    """The codes of the payments that lines name beside others, by line; only lines that name several."""
    rows = session.exec(
        select(BankLineAttempt.line_id, Attempt.reference)
        .join(Attempt, col(Attempt.id) == BankLineAttempt.attempt_id)
        .where(col(BankLineAttempt.line_id).in_(line_ids))
        .order_by(col(BankLineAttempt.line_id), Attempt.reference)
    )
    found: dict[int, list[str]] = {}
    for line_id, code in rows:
        found.setdefault(line_id, []).append(code)
    return found


def names_several(session: Session, line: BankLine) -> bool:
    """Whether a line names several payments."""
    return bool(named_beside(session, [line.id or 0]))


def sandbox_book(session: Session, limit: int = 50) -> list[SandboxPayment]:
    """The newest entries of the stand-in bank's book."""
    wanted = (
        select(SandboxPayment)
        .order_by(col(SandboxPayment.accepted_at).desc(), SandboxPayment.key)
        .limit(limit)
    )
    return list(session.exec(wanted).all())
