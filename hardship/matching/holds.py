"""Match that is held while somebody is at the checkout: held by the match rule, then given, cancelled or expired, once.

All of it happens under the agreements' locks, so that webhook, clock and worker may come in any order: the first one
decides. Nobody is promised a hold that has lapsed; what comes late is matched with what is left.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, update
from sqlmodel import col, select

from hardship.contributions.events import CheckoutClosed, CheckoutOpened, HoldAnswer, NewlyReceived
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.matching import allocation as rule
from hardship.matching.booking import Book, open_book_of
from hardship.matching.conditions import HOLDS, HoldEvent, HoldState
from hardship.matching.models import MatchAgreement, MatchHold

_HOLD = MatchHold.__table__  # type: ignore[attr-defined]
_DECIDE = (
    update(_HOLD)
    .where(_HOLD.c.id == bindparam("hold"), _HOLD.c.state == HoldState.HELD)
    .values(state=bindparam("to"), given_minor=bindparam("given"), decided_at=bindparam("now"), donor=None)
)


def on_checkout_opened(tx: Transaction, opened: CheckoutOpened) -> HoldAnswer:
    """Hold what the match rule would give now. The same checkout again holds nothing more, and gets the same answer."""
    if opened.amount_minor <= 0:
        raise BadInput("a gift is above 0.00", where="amount", fix="Write an amount like 20.00.")
    assert opened.fund.id is not None
    book = open_book_of(tx, opened.fund.id)
    there = _of_checkouts(tx, [opened.checkout_id])
    if there:
        refs = {one.id: one.terms.ref for one in book.running}
        shares = [(refs[hold.agreement_id], hold.amount_minor) for hold in there if _stands(hold)]
        return HoldAnswer(shares, min(hold.expires_at for hold in there))
    expire_lapsed(tx, book)
    amount, donor = opened.amount_minor, opened.donor
    gift = rule.Gift(amount, amount, opened.opened_at, opened.channel, donor or None)
    takes = rule.allocate(gift, book.agreements(), donated=book.donated([donor]).get(donor))
    if opened.expires_at <= tx.at:
        return HoldAnswer([], opened.expires_at)
    _hold(tx, book, opened, takes)
    return HoldAnswer([(take.ref, take.amount_minor) for take in takes], opened.expires_at)


def _stands(hold: MatchHold) -> bool:
    return hold.state is HoldState.HELD


def _hold(tx: Transaction, book: Book, opened: CheckoutOpened, takes: Sequence[rule.Take]) -> None:
    for take in takes:
        one = book.by_ref[take.ref]
        one.held_minor += take.amount_minor
        tx.session.add(
            MatchHold(
                checkout_id=opened.checkout_id,
                checkout_ref=opened.ref,
                agreement_id=one.id,
                amount_minor=take.amount_minor,
                num=one.terms.num,
                den=one.terms.den,
                state=HoldState.HELD,
                donor=bytes.fromhex(opened.donor) if opened.donor else None,
                opened_at=opened.opened_at,
                expires_at=opened.expires_at,
            )
        )
        _record(tx, "match.held", opened.ref, take.ref, HoldState.HELD, held=take.amount_minor)
    book.write()


def on_checkout_closed(tx: Transaction, closed: CheckoutClosed) -> None:
    """Void what is held for a checkout that ended without a gift; again, or after the gift, it changes nothing."""
    assert closed.fund.id is not None
    book = open_book_of(tx, closed.fund.id)
    event = HoldEvent.EXPIRE if closed.outcome == "expired" else HoldEvent.CANCEL
    void(tx, book, filter(_stands, _of_checkouts(tx, [closed.checkout_id])), event)
    book.write()


def void(tx: Transaction, book: Book, holds: Iterable[MatchHold], event: HoldEvent) -> int:
    """Free holds that stand; the book's totals are still to be written. Returns how many there were."""
    return _decide(tx, book, [(hold, event, 0) for hold in holds])


def expire_lapsed(tx: Transaction, book: Book, keep: Iterable[int] = ()) -> int:
    """Void what has lapsed by now, but for the checkouts `keep`; the book's totals are still to be written."""
    if not any(one.held_minor for one in book.running):
        return 0
    statement = (
        select(MatchHold)
        .where(
            col(MatchHold.agreement_id).in_(list(book.by_id)),
            MatchHold.state == HoldState.HELD,
            col(MatchHold.expires_at) <= tx.at,
            col(MatchHold.checkout_id).not_in(list(keep)),
        )
        .order_by(col(MatchHold.id))
    )
    return void(tx, book, tx.session.exec(statement).all(), HoldEvent.EXPIRE)


# --- The gift comes -----------------------------------------------------------------------------------------------


@dataclass
class Promised:
    """What was held for the checkouts of gifts that have come: standing holds by checkout, and all that was ever held."""

    standing: dict[int, list[MatchHold]] = field(default_factory=dict)
    held_minor: dict[int, int] = field(default_factory=dict)

    def lapsed(self, checkout_id: int | None, given_minor: int) -> int:
        """How many of the pence once held for a checkout its gift did not get."""
        return max(0, self.held_minor.get(checkout_id or 0, 0) - given_minor)


def promised(tx: Transaction, book: Book, gifts: Sequence[NewlyReceived]) -> Promised:
    """What stands for these gifts' checkouts, once everything that has lapsed is void. Somebody who paid in time gets
    what was held for them, however long the news of it took, as long as nobody has found it lapsed."""
    paid = {gift.checkout_id: gift.received_at for gift in gifts if gift.checkout_id is not None}
    holds = _of_checkouts(tx, list(paid))
    in_time = [hold.checkout_id for hold in holds if paid[hold.checkout_id] <= hold.expires_at]
    expire_lapsed(tx, book, keep=in_time)
    found = Promised()
    for hold in holds:
        found.held_minor[hold.checkout_id] = found.held_minor.get(hold.checkout_id, 0) + hold.amount_minor
        if _stands(hold) and hold.checkout_id in in_time:
            found.standing.setdefault(hold.checkout_id, []).append(hold)
    return found


def commit(
    tx: Transaction, book: Book, holds: Sequence[MatchHold], amount_minor: int
) -> list[tuple[MatchHold, int]]:
    """Decide standing holds for a gift of this amount: what each gives, in agreement order; the rest of it is free.

    A gift of another amount than the checkout's keeps what it carries, by the refund rule. A challenge that has failed
    meanwhile gives nothing.
    """
    ordered = sorted(holds, key=lambda hold: _place(book, hold))
    lives = [
        rule.Live(one.terms.ref, one.terms.priority, hold.amount_minor, hold.num, hold.den)
        for hold in ordered
        if not (one := book.by_id[hold.agreement_id]).agreement().failed
    ]
    too_much = {back.ref: back.amount_minor for back in rule.release(amount_minor, lives)}
    carried = {live.ref: live.live_minor - too_much.get(live.ref, 0) for live in lives}
    given = [(hold, carried.get(book.by_id[hold.agreement_id].terms.ref, 0)) for hold in ordered]
    _decide(
        tx, book, [(hold, HoldEvent.COMMIT if minor else HoldEvent.CANCEL, minor) for hold, minor in given]
    )
    return [(hold, minor) for hold, minor in given if minor]


def _place(book: Book, hold: MatchHold) -> tuple[int, str]:
    terms = book.by_id[hold.agreement_id].terms
    return terms.priority, terms.ref


def _decide(tx: Transaction, book: Book, decided: Sequence[tuple[MatchHold, HoldEvent, int]]) -> int:
    """Move holds that stand to their last state: (hold, event, pence given)."""
    rows = []
    for hold, event, minor in decided:
        one = book.by_id[hold.agreement_id]
        to = HOLDS.apply(hold.state, event)
        one.held_minor -= hold.amount_minor
        rows.append({"hold": hold.id, "to": to, "given": minor, "now": tx.at})
        _record(
            tx, f"match.hold_{event.value}", hold.checkout_ref, one.terms.ref, to, freed=hold.amount_minor
        )
        hold.state = to
        tx.session.expunge(hold)
    if rows:
        tx.session.connection().execute(_DECIDE, rows)
    return len(rows)


def _record(tx: Transaction, kind: str, checkout: str, agreement: str, to: HoldState, **facts: int) -> None:
    tx.record(kind, f"hold:{checkout}/{agreement}", state=to.value, **facts)


def _of_checkouts(tx: Transaction, checkout_ids: Sequence[int]) -> Sequence[MatchHold]:
    """Every hold of these checkouts, read anew; the agreements are locked, and with them their holds."""
    if not checkout_ids:
        return []
    statement = select(MatchHold).where(col(MatchHold.checkout_id).in_(checkout_ids))
    return lock(tx.session, statement.order_by(col(MatchHold.id)))


# --- The worker ---------------------------------------------------------------------------------------------------


def expire_due(runtime: Runtime) -> int:
    """Void every hold that has lapsed, fund by fund; returns how many."""
    now: dt.datetime = runtime.clock.now()
    with runtime.read() as session:
        funds = session.exec(
            select(MatchAgreement.fund_id)
            .join(MatchHold, col(MatchHold.agreement_id) == MatchAgreement.id)
            .where(MatchHold.state == HoldState.HELD, col(MatchHold.expires_at) <= now)
            .distinct()
            .order_by(col(MatchAgreement.fund_id))
        ).all()
    return sum(runtime.transact(SYSTEM, expire_of_fund, fund_id=fund_id) for fund_id in funds)


def expire_of_fund(tx: Transaction, *, fund_id: int) -> int:
    """Void what has lapsed on a fund's agreements; returns how many holds."""
    fund: Fund = lock_fund(tx, fund_id)
    book = open_book_of(tx, fund.id)
    done = expire_lapsed(tx, book)
    book.write()
    return done
