"""When conditional match becomes income: a challenge met, gifts cleared; and what happens to it when it does not.

The conditions are `hardship.matching.conditions`. Everything here happens under the fund's and the agreements' locks.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel import select as model_select

from hardship.contributions.models import Contribution, Donor
from hardship.core.actor import SYSTEM
from hardship.core.clock import day_of
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.service import post
from hardship.matching import allocation as rule
from hardship.matching.booking import Book, Running, open_book_of
from hardship.matching.conditions import (
    CHALLENGES,
    ChallengeEvent,
    ChallengeState,
    Condition,
    HoldEvent,
    HoldState,
    earned_on,
)
from hardship.matching.holds import void
from hardship.matching.models import Allocation, MatchAgreement, MatchFreeze, MatchHold
from hardship.matching.onegift import LiveRow
from hardship.matching.transitions import AgreementKind

_AGREEMENT = MatchAgreement.__table__  # type: ignore[attr-defined]
_ALLOCATION = Allocation.__table__  # type: ignore[attr-defined]
_CONTRIBUTION = Contribution.__table__  # type: ignore[attr-defined]
_FREEZE = MatchFreeze.__table__  # type: ignore[attr-defined]
_ENTITLE = (
    update(_ALLOCATION)
    .where(_ALLOCATION.c.id == bindparam("allocation"))
    .values(
        condition=Condition.MET,
        earned_minor=bindparam("earned"),
        entitled_on=bindparam("day"),
        stated_on=bindparam("stated"),
    )
)
_CHALLENGE = (
    update(_AGREEMENT)
    .where(_AGREEMENT.c.id == bindparam("agreement"))
    .values(challenge=bindparam("to"), challenge_on=bindparam("day"))
)
AT_ONCE = 1_000
"""How many allocations the worker makes income in one transaction."""


# --- Challenges ---------------------------------------------------------------------------------------------------


def count(tx: Transaction, book: Book, gift: rule.Gift, minor: int, on: dt.date) -> None:
    """Count `minor` pence of a gift (below zero: refunded) towards the challenges that it is open to."""
    for one in book.running:
        if one.is_challenge and rule.is_open_to(one.terms, gift) is None:
            one.raised_minor += minor
            if not one.is_met and one.raised_minor >= one.threshold_minor:
                _move(tx, one, ChallengeEvent.REACH, on)


def _move(tx: Transaction, one: Running, event: ChallengeEvent, on: dt.date) -> None:
    one.challenge = CHALLENGES.apply(one.challenge, event)
    one.challenge_on = on
    values = {"agreement": one.id, "to": one.challenge, "day": on}
    tx.session.connection().execute(_CHALLENGE, values)
    tx.record(
        f"match.challenge_{one.challenge.value}",
        f"challenge:{one.terms.ref}",
        state=one.challenge.value,
        raised_minor=one.raised_minor,
        threshold_minor=one.threshold_minor,
    )


def fail(tx: Transaction, fund: Fund, book: Book, one: Running) -> None:
    """Close a challenge below its threshold: what is conditional goes back, and what is held is free."""
    _move(tx, one, ChallengeEvent.CLOSE, day_of(tx.at))
    statement = model_select(MatchHold).where(
        MatchHold.agreement_id == one.id, MatchHold.state == HoldState.HELD
    )
    void(tx, book, tx.session.exec(statement.order_by(col(MatchHold.id))).all(), HoldEvent.CANCEL)
    for row in _pending(tx, one, None):
        live = LiveRow(row.id, row.contribution_id, one.id, row.live_minor, row.num, row.den, True)
        book.take_back(live, row.live_minor, day_of(tx.at), None)
        tx.record(
            "match.released",
            f"contribution:{row.ref}",
            fund=fund.slug,
            released={one.terms.ref: row.live_minor},
        )
    book.write()


def revise(tx: Transaction, fund: Fund, agreement_ref: str) -> None:
    """Take up an agreement's new terms: count again what counts towards a challenge, and make income what now is."""
    assert fund.id is not None
    book = open_book_of(tx, fund.id)
    one = book.by_ref[agreement_ref]
    raised, reached_on = _recount(tx, fund.id, one)
    one.raised_minor = raised
    if one.is_challenge and not one.is_met:
        if reached_on is not None:
            _move(tx, one, ChallengeEvent.REACH, reached_on)
        elif one.challenge is ChallengeState.FAILED and one.terms.closes_at >= tx.at:
            _move(tx, one, ChallengeEvent.REVISE, day_of(tx.at))
    book.write()
    entitle_due(tx, fund, book)


def _recount(tx: Transaction, fund_id: int, one: Running) -> tuple[int, dt.date | None]:
    """What a fund's gifts raise towards a challenge, and the day on which they reach its threshold."""
    if not one.is_challenge:
        return 0, None
    raised, reached = 0, None
    for gift, on in counted_gifts(tx.session.connection(), fund_id, one.terms):
        raised += gift.net_minor
        if reached is None and raised >= one.threshold_minor:
            reached = on
    return raised, reached


def counted_gifts(connection: object, fund_id: int, terms: rule.Terms) -> Iterable[tuple[rule.Gift, dt.date]]:
    """The gifts of a fund that an agreement with these terms is open to, in the order of the match rule, with their
    days."""
    donor = Donor.__table__  # type: ignore[attr-defined]
    gift = _CONTRIBUTION.c
    rows = connection.execute(  # type: ignore[attr-defined]
        select(
            gift.amount_minor,
            gift.refunded_minor,
            gift.received_at,
            gift.channel,
            donor.c.token,
            gift.received_on,
        )
        .outerjoin_from(_CONTRIBUTION, donor, donor.c.id == gift.donor_id)
        .where(gift.fund_id == fund_id)
        .order_by(gift.received_at, gift.ref)
    )
    for amount, refunded, at, channel, token, on in rows:
        seen = rule.Gift(amount, amount - refunded, at, channel.value, bytes(token).hex() if token else None)
        if rule.is_open_to(terms, seen) is None:
            yield seen, on


# --- Entitlement --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pending:
    """A conditional allocation with what is left of it."""

    id: int
    contribution_id: int
    ref: str
    occurred_on: dt.date
    live_minor: int
    num: int
    den: int


def _pending(
    tx: Transaction, one: Running, through: dt.date | None, limit: int | None = None
) -> list[_Pending]:
    """An agreement's conditional allocations on gifts through a day, but for gifts under dispute; of every day, and
    of every gift, when `through` is None."""
    tx.session.flush()
    given = _ALLOCATION.c
    back = aliased(_ALLOCATION)
    taken = select(func.coalesce(func.sum(back.c.amount_minor), 0)).where(back.c.reverses_id == given.id)
    live = given.amount_minor + taken.correlate(_ALLOCATION).scalar_subquery()
    statement = (
        select(
            given.id,
            given.contribution_id,
            _CONTRIBUTION.c.ref,
            given.occurred_on,
            live,
            given.num,
            given.den,
        )
        .join(_CONTRIBUTION, _CONTRIBUTION.c.id == given.contribution_id)
        .where(given.agreement_id == one.id, given.condition == Condition.PENDING)
        .order_by(given.occurred_on, given.id)
        .limit(limit)
    )
    if through is not None:
        frozen = select(_FREEZE.c.contribution_id).where(_FREEZE.c.ended_on.is_(None))
        statement = statement.where(given.occurred_on <= through, given.contribution_id.not_in(frozen))
    found = tx.session.connection().execute(statement)
    # PostgreSQL adds bigints up to a numeric, which is no amount of ours.
    return [_Pending(*row[:4], int(row[4]), *row[5:]) for row in found]


def entitle_due(tx: Transaction, fund: Fund, book: Book, limit: int | None = None) -> int:
    """Make income what meets every condition by today, and post it; returns how many allocations. The book's rows
    are written, and its totals are again when this is done."""
    updates: list[dict[str, object]] = []
    drafts: list[JournalDraft] = []
    for one in book.running:
        if not one.conditional_minor or not one.is_met:
            continue
        for row in _pending(tx, one, _cleared_through(tx, one), limit):
            on = earned_on(row.occurred_on, one.clear_days, one.challenge_on if one.is_challenge else None)
            drafts.append(_journal(fund, row, on, one.earn(row.live_minor)))
            stated = book.stated.of(one.id, on)
            updates.append({"allocation": row.id, "earned": row.live_minor, "day": on, "stated": stated})
            entitled = {one.terms.ref: row.live_minor}
            tx.record("match.entitled", f"contribution:{row.ref}", fund=fund.slug, entitled=entitled)
    if updates:
        tx.session.connection().execute(_ENTITLE, updates)
        book.write()
        post(tx, drafts)
    return len(updates)


def _cleared_through(tx: Transaction, one: Running) -> dt.date:
    """The last day whose gifts have cleared; where none has to, even one dated ahead has."""
    return day_of(tx.at) - dt.timedelta(days=one.clear_days) if one.clear_days else dt.date.max


def _journal(fund: Fund, row: _Pending, on: dt.date, lines: Sequence[Line]) -> JournalDraft:
    return JournalDraft(
        idem_key=f"entitled:{row.id}",
        kind="match.entitled",
        fund_slug=fund.slug,
        cause=f"contribution:{row.ref}",
        effective_on=on,
        lines=lines,
        currency=fund.currency,
    )


# --- The worker ---------------------------------------------------------------------------------------------------


def work(runtime: Runtime) -> int:
    """Close challenges whose time is over, and make income what has met its conditions; returns how many of both."""
    with runtime.read() as session:
        rows = session.exec(
            model_select(MatchAgreement).where(
                col(MatchAgreement.allocated_minor) > col(MatchAgreement.earned_minor)
            )
        ).all()
        late = session.exec(
            model_select(MatchAgreement).where(
                MatchAgreement.kind == AgreementKind.CHALLENGE,
                MatchAgreement.challenge == ChallengeState.OPEN,
                col(MatchAgreement.closes_at) < runtime.clock.now(),
            )
        ).all()
        funds = sorted({row.fund_id for row in [*rows, *late]})
    return sum(runtime.transact(SYSTEM, work_on_fund, fund_id=fund_id) for fund_id in funds)


def work_on_fund(tx: Transaction, *, fund_id: int) -> int:
    """Do for one fund what `work` does for all; returns how many things were done."""
    fund = lock_fund(tx, fund_id)
    book = open_book_of(tx, fund_id)
    done = 0
    for one in book.running:
        if one.is_challenge and one.challenge is ChallengeState.OPEN and one.terms.closes_at < tx.at:
            fail(tx, fund, book, one)
            done += 1
    return done + entitle_due(tx, fund, book, AT_ONCE)
