"""Refunds to a card: asked for in a transaction, sent by the worker, recorded once the processor says that it is done.

The intent and its key are committed before the processor is asked. An answer that is lost leaves `unknown`, which is
asked again under the same key (the processor answers a key once and the same way for a day); after that a person
looks it up there. Whether our own call, the processor's event or the worker learns first that money went back, it is
recorded once, under the processor's number of the refund.
"""

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, func, or_, select

from hardship.contributions.card_models import CardRefund, Checkout
from hardship.contributions.checkout import Declined, Processor, SeenRefund, Unreachable
from hardship.contributions.donating.opening import locked
from hardship.contributions.events import CardRefundReturned, RefundsAboutToLeave, RefundsComing
from hardship.contributions.gifts import NewRefund
from hardship.contributions.models import Contribution, Refund
from hardship.contributions.refunds import refund
from hardship.contributions.transitions import CARD_REFUNDS, CardRefundEvent, CardRefundState
from hardship.core.actor import SYSTEM
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, HardshipError, NotFound
from hardship.core.logs import log
from hardship.core.money import display
from hardship.core.refs import new_key, new_reference
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post

OPEN = (CardRefundState.REQUESTED, CardRefundState.SENT, CardRefundState.UNKNOWN)
LEASE = dt.timedelta(minutes=5)  # whoever sends a refund has it to themselves for so long
LOOK_AGAIN = dt.timedelta(hours=1)
SAME_KEY = dt.timedelta(hours=23)  # the processor may forget a key after a day
AT_ONCE = 20
TOLD_FROM = 3  # tries after which a person is told, though it is tried again
SHOWN_FOR = dt.timedelta(days=30)
_DELAYS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
_SENT_BACK = {"failed", "canceled"}


def request_card_refund(
    tx: Transaction, *, contribution_id: int, amount_minor: int, reason_ref: str
) -> CardRefund:
    """Have `amount_minor` pence of a card gift sent back to the card; `reason_ref` says what asked for it.

    The row is committed with the caller's transaction and sent by the worker ("card refunds"); the gift's net falls
    when the processor has done it. The caller holds the locks of the fund and of the gift, and has asked for permission
    and for a second person.
    Raises `NotFound` when the gift did not come by our card page, `BadInput` for an amount that is not above zero or
    more than what is left of the gift, with the refunds that are on their way, `Conflict` for the same `reason_ref`
    with another amount. The same again is the same refund.
    """
    gift = tx.session.get(Contribution, contribution_id)
    paid = tx.session.exec(select(Checkout).where(Checkout.contribution_id == contribution_id)).first()
    if gift is None or paid is None or paid.charge is None:
        raise NotFound("this gift was not paid by card here", fix="Refund it the way it came.")
    there = _same_reason(tx, contribution_id, reason_ref)
    if there is not None:
        if there.amount_minor != amount_minor:
            raise Conflict(f"{reason_ref} has asked for another amount already")
        return there
    _check_amount(tx, gift, paid, amount_minor)
    wanted = CardRefund(
        ref=new_reference(),
        contribution_id=contribution_id,
        amount_minor=amount_minor,
        state=CardRefundState.REQUESTED,
        idem_key=new_key(),
        reason_ref=reason_ref,
        requested_at=tx.at,
        due_at=tx.at,
    )
    tx.session.add(wanted)
    tx.session.flush()
    tx.record(
        "card_refund.requested",
        f"card_refund:{wanted.ref}",
        state=wanted.state,
        contribution=gift.ref,
        amount_minor=amount_minor,
    )
    return wanted


def _check_amount(tx: Transaction, gift: Contribution, paid: Checkout, amount_minor: int) -> None:
    if amount_minor <= 0:
        raise BadInput("a refund is above 0.00", where="amount", fix="Write an amount like 20.00.")
    left = gift.net_minor - on_the_way(tx, gift.id or 0)
    if amount_minor > left:
        raise BadInput(
            f"more than is left of the gift, {display(left, paid.currency)}",
            where="amount",
            fix="Refund that much or less.",
        )


def on_the_way(tx: Transaction, contribution_id: int) -> int:
    """Pence that are on their way back to the card of a gift, and not yet taken off its net."""
    total = tx.session.exec(
        select(func.coalesce(func.sum(CardRefund.amount_minor), 0)).where(
            CardRefund.contribution_id == contribution_id, col(CardRefund.state).in_(OPEN)
        )
    ).one()
    return int(total)


def _same_reason(tx: Transaction, contribution_id: int, reason_ref: str) -> CardRefund | None:
    if not reason_ref:
        return None
    return tx.session.exec(
        select(CardRefund).where(
            CardRefund.contribution_id == contribution_id, CardRefund.reason_ref == reason_ref
        )
    ).first()


# --- Sending ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sending:
    """A claimed refund: the row, the checkout it belongs to, the charge, and whether it is asked for or only looked up."""

    wanted: CardRefund
    checkout_id: int
    charge: str
    only_look: bool


def send_due(runtime: Runtime) -> int:
    """Send the refunds that are due, and look up those whose answer was lost; returns how many. Work for the worker."""
    processor = Processor(runtime.settings)
    if not processor.on:
        return 0
    with runtime.read() as session:  # look first: a write takes SQLite's one lock
        due = col(CardRefund.due_at) <= runtime.clock.now()
        if (
            session.exec(select(CardRefund.id).where(due, col(CardRefund.state).in_(OPEN)).limit(1)).first()
            is None
        ):
            return 0
    claimed = runtime.transact(SYSTEM, claim)
    for one in claimed:
        _send(runtime, processor, one)
    return len(claimed)


def claim(tx: Transaction) -> list[_Sending]:
    """Take the refunds that are due: the intent to send is committed before the network is touched. Where a room says
    that none may leave now, only those that are looked up and never sent."""
    statement = (
        select(CardRefund)
        .where(col(CardRefund.due_at) <= tx.at, col(CardRefund.state).in_(OPEN))
        .order_by(col(CardRefund.id))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if any(tx.publish(RefundsAboutToLeave())):
        too_old = col(CardRefund.requested_at) < tx.at - SAME_KEY
        statement = statement.where(or_(col(CardRefund.provider_ref).is_not(None), too_old))
    return [_claimed(tx, row) for row in tx.session.exec(statement)]


def _claimed(tx: Transaction, row: CardRefund) -> _Sending:
    only_look = row.provider_ref is not None or tx.at - row.requested_at > SAME_KEY
    if not only_look:
        if row.state is CardRefundState.SENT:  # whoever had sent it is gone, and nobody knows what came of it
            _move(tx, row, CardRefundEvent.ANSWER_LOST)
        _move(tx, row, CardRefundEvent.SEND)
    row.due_at = tx.at + LEASE
    row.attempts += 1
    tx.session.add(row)
    paid = tx.session.exec(select(Checkout).where(Checkout.contribution_id == row.contribution_id)).one()
    return _Sending(row, paid.id or 0, paid.charge or "", only_look)


def _send(runtime: Runtime, processor: Processor, one: _Sending) -> None:
    number = one.wanted.id or 0
    try:
        if one.only_look:
            seen = [each for each in processor.refunds(one.charge) if _is(one.wanted, each)]
        else:
            seen = [processor.refund_card(one.wanted, one.charge)]
    except Unreachable as error:
        runtime.transact(SYSTEM, note_lost, card_refund_id=number, problem=error.what)
    except Declined as error:
        runtime.transact(SYSTEM, note_refused, card_refund_id=number, code=error.code)
    else:
        if not seen:
            runtime.transact(SYSTEM, note_missing, card_refund_id=number)
        try:
            runtime.transact(SYSTEM, record_refunds, checkout_id=one.checkout_id, seen=seen)
        except HardshipError as error:  # booked by a file as well, say: the other refunds do not wait for it
            log().error("refund not recorded", job="card refunds", exc_info=error)
            runtime.transact(SYSTEM, note_lost, card_refund_id=number, problem=f"not recorded: {error.what}")


def _is(wanted: CardRefund, seen: SeenRefund) -> bool:
    return seen.id == wanted.provider_ref or seen.ref == wanted.ref


def note_lost(tx: Transaction, *, card_refund_id: int, problem: str) -> None:
    """No answer came, or none that could be recorded: the refund may have been made. It is asked for again with the same
    key, later; after some tries a person is told."""
    row = _row(tx, card_refund_id)
    if row.state is CardRefundState.SENT and row.provider_ref is None:
        _move(tx, row, CardRefundEvent.ANSWER_LOST)
    row.problem = problem[:200]
    row.due_at = tx.at + _DELAYS[min(row.attempts, len(_DELAYS)) - 1]
    tx.session.add(row)


def note_refused(tx: Transaction, *, card_refund_id: int, code: str) -> None:
    """The processor said no: nothing went back."""
    row = _row(tx, card_refund_id)
    if CARD_REFUNDS.can(row.state, CardRefundEvent.REFUSE):
        _move(tx, row, CardRefundEvent.REFUSE)
        row.problem, row.due_at = f"refused by the processor ({code})"[:200], None
        tx.session.add(row)


def note_missing(tx: Transaction, *, card_refund_id: int) -> None:
    """The key is too old to be used again, and the processor lists no such refund: a person decides what is next."""
    row = _row(tx, card_refund_id)
    row.problem = "the processor lists no such refund; look it up there before asking again"
    row.due_at = None
    tx.session.add(row)


def _row(tx: Transaction, card_refund_id: int) -> CardRefund:
    (row,) = lock(tx.session, select(CardRefund).where(col(CardRefund.id) == card_refund_id))
    return row


def _move(tx: Transaction, row: CardRefund, event: CardRefundEvent, **facts: object) -> None:
    row.state = CARD_REFUNDS.apply(row.state, event)
    tx.session.add(row)
    tx.record(f"card_refund.{row.state.value}", f"card_refund:{row.ref}", state=row.state, **facts)


# --- Recording --------------------------------------------------------------------------------------------------------


def record_refunds(tx: Transaction, *, checkout_id: int, seen: list[SeenRefund]) -> int:
    """Bring a card gift's refunds to where the processor has them, each once; returns how many were recorded.

    `seen` may be all of them or some, ours or made at the processor. Raises `BadInput` for more than is left of the gift.
    """
    fund, checkout = locked(tx, checkout_id)
    if checkout.contribution_id is None:
        raise Conflict("this gift has not come yet", fix="It is tried again later.")
    tx.publish(RefundsComing(fund))
    (gift,) = lock(tx.session, select(Contribution).where(col(Contribution.id) == checkout.contribution_id))
    done = 0
    for one in seen:
        row = _known(tx, gift, one)
        if one.status == "succeeded" and row.state in OPEN:
            _complete(tx, fund, gift, row, one)
            done += 1
        elif one.status in _SENT_BACK:
            _came_back(tx, fund, gift, row)
        elif row.state in OPEN:
            row.due_at = tx.at + LOOK_AGAIN  # it is under way there
            tx.session.add(row)
    return done


def _known(tx: Transaction, gift: Contribution, one: SeenRefund) -> CardRefund:
    """Our row of a refund, by the processor's number or by our own ref; a new one for what was made at the processor."""
    assert gift.id is not None
    rows = lock(
        tx.session,
        select(CardRefund).where(CardRefund.contribution_id == gift.id).order_by(col(CardRefund.id)),
    )
    row = next((each for each in rows if each.provider_ref == one.id), None)
    row = row or next((each for each in rows if each.provider_ref is None and each.ref == one.ref), None)
    if row is None:
        row = CardRefund(
            ref=new_reference(),
            contribution_id=gift.id,
            amount_minor=one.amount_minor,
            state=CardRefundState.SENT,
            idem_key=new_key(),
            requested_at=tx.at,
        )
        tx.session.add(row)
        tx.record(
            "card_refund.sent",
            f"card_refund:{row.ref}",
            state=row.state,
            contribution=gift.ref,
            amount_minor=one.amount_minor,
        )
    row.provider_ref = one.id
    tx.session.add(row)
    tx.session.flush()
    return row


def _complete(tx: Transaction, fund: Fund, gift: Contribution, row: CardRefund, one: SeenRefund) -> None:
    at = free_instant(tx, gift.id or 0, min(one.created, tx.at))
    refund(tx, fund=fund, refunds=[NewRefund(gift.ref, at, row.amount_minor)])
    row.refunded_at, row.due_at, row.problem = at, None, ""
    if row.state is CardRefundState.REQUESTED:
        _move(tx, row, CardRefundEvent.SEND)
    _move(tx, row, CardRefundEvent.COMPLETE)
    tx.session.flush()


def free_instant(tx: Transaction, contribution_id: int, at: dt.datetime) -> dt.datetime:
    """The first instant from `at` on under which no refund of the gift stands: the processor counts in seconds, and two
    refunds may be of one second."""
    taken = set(tx.session.exec(select(Refund.refunded_at).where(Refund.contribution_id == contribution_id)))
    while at in taken:
        at += dt.timedelta(microseconds=1)
    return at


def _came_back(tx: Transaction, fund: Fund, gift: Contribution, row: CardRefund) -> None:
    """A refund failed: before it was done, nothing has happened; after it, the money is here again and owed to the donor."""
    if CARD_REFUNDS.can(row.state, CardRefundEvent.REFUSE):
        _move(tx, row, CardRefundEvent.REFUSE)
        row.problem, row.due_at = "it failed at the processor", None
    elif CARD_REFUNDS.can(row.state, CardRefundEvent.BOUNCE):
        _move(tx, row, CardRefundEvent.BOUNCE)
        row.problem = "the card's bank sent it back: it is owed to the donor"
        draft = JournalDraft(
            idem_key=f"card_refund_back:{row.ref}",
            kind="gift.refund_returned",
            fund_slug=fund.slug,
            cause=f"contribution:{gift.ref}",
            effective_on=day_of(tx.at),
            lines=transfer(
                fund.community_pot_id, AccountKind.CARD_CLEARING, AccountKind.REFUNDS_DUE, row.amount_minor
            ),
            currency=fund.currency,
        )
        post(tx, [draft])
        assert gift.id is not None
        tx.publish(CardRefundReturned(fund, gift.id, gift.ref, row.amount_minor))
    tx.session.add(row)
    tx.session.flush()


# --- Showing ----------------------------------------------------------------------------------------------------------


def stuck(session: Session, at: dt.datetime) -> list[tuple[CardRefund, str]]:
    """Refunds that a person should look at, with their gifts' refs, oldest first: refused in the last thirty days, looked
    for and not found, or without an answer for several tries."""
    unclear = (col(CardRefund.state) == CardRefundState.UNKNOWN) & (
        col(CardRefund.due_at).is_(None) | (col(CardRefund.attempts) >= TOLD_FROM)
    )
    refused = (col(CardRefund.state) == CardRefundState.FAILED) & (
        col(CardRefund.requested_at) > at - SHOWN_FOR
    )
    return list(
        session.exec(
            select(CardRefund, Contribution.ref)
            .join(Contribution, col(Contribution.id) == CardRefund.contribution_id)
            .where(or_(unclear, refused))
            .order_by(col(CardRefund.id))
        ).all()
    )
