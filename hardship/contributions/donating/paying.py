"""The network's side of a gift by card: the card page is made, looked at and closed, and what is found is settled.

Nothing here holds a transaction open while the processor is asked.
"""

import datetime as dt
import threading
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, or_, select

from hardship.contributions.card_models import Checkout
from hardship.contributions.checkout import Declined, Processor, SeenSession, Unreachable
from hardship.contributions.donating.opening import (
    CLOSED,
    PAGE_LIVES,
    checkout_by_token,
    close,
    keep_session,
    locked,
)
from hardship.contributions.donating.settling import book_fee, checkout_of, settle
from hardship.contributions.transitions import CheckoutEvent, CheckoutState
from hardship.contributions.webhooks import NotOurs
from hardship.core.actor import PUBLIC, SYSTEM
from hardship.core.errors import Conflict, HardshipError
from hardship.core.logs import log
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import Fund

AT_ONCE = 20
TRIES = 3  # a double click asks twice under one key, and the processor lets one of the two wait
ASK_AGAIN = dt.timedelta(minutes=5)


class TooLate(Conflict):
    """The donor took so long that no card page would live as long as the match is held."""


@dataclass(frozen=True)
class Place:
    """A checkout as its donor sees it, with the fund it is for."""

    checkout: Checkout
    fund: Fund


def place(runtime: Runtime, token: str) -> Place:
    """The checkout behind a token, and its fund; raises `NotFound`."""
    with runtime.read() as session:
        checkout = checkout_by_token(session, token)
        fund = session.get(Fund, checkout.fund_id)
    assert fund is not None
    return Place(checkout, fund)


def begin(runtime: Runtime, token: str) -> str:
    """The address of the card page, made at the processor on first use; asked again, it is the same page.

    Raises `TooLate` when the time is over, `Conflict` when the checkout has ended, `Unreachable` when the processor does
    not answer, `Declined` when it says no.
    """
    here = place(runtime, token)
    checkout = here.checkout
    if checkout.state is not CheckoutState.OPEN:
        raise Conflict("This gift is not open any more", fix="Begin again at /donate.")
    if url := _url(runtime, checkout):
        if checkout.expires_at <= runtime.clock.now():
            raise TooLate("This took too long", fix="Begin again: nothing was taken.")
        return url
    if checkout.expires_at - runtime.clock.now() < PAGE_LIVES:
        raise TooLate("This took too long", fix="Begin again: nothing was taken.")
    made = _make(runtime, checkout, here.fund.public_name, token)
    state = runtime.transact(
        PUBLIC, keep_session, checkout_id=checkout.id or 0, session_id=made.id, url=made.url
    )
    if state is not CheckoutState.OPEN:
        raise Conflict("This gift is not open any more", fix="Begin again at /donate.")
    return made.url


def _url(runtime: Runtime, checkout: Checkout) -> str | None:
    with runtime.read() as session:
        house = runtime.vault.house(session)
        return house.open("checkout", "session_url", checkout.ref, checkout.session_url)


def _make(runtime: Runtime, checkout: Checkout, public_name: str, token: str) -> SeenSession:
    processor = Processor(runtime.settings)
    for attempt in range(1, TRIES + 1):
        try:
            return processor.create_session(checkout, public_name, token)
        except Unreachable:
            if attempt == TRIES:
                raise
            threading.Event().wait(0.2 * attempt)
    raise AssertionError("unreachable")


def come_back(runtime: Runtime, token: str) -> CheckoutState:
    """Settle a checkout whose donor comes back from the card page, from how the processor has it; when it does not
    answer, the checkout stays as it is, and its event or the worker settles it."""
    checkout = place(runtime, token).checkout
    if checkout.state is CheckoutState.PAID or checkout.session_id is None:
        return checkout.state
    try:
        return look(runtime, checkout)
    except HardshipError as error:
        log().warning("checkout not looked up", job="checkouts", exc_info=error)
        return checkout.state


def look(runtime: Runtime, checkout: Checkout) -> CheckoutState:
    """Ask the processor how a checkout's session stands, and settle it so."""
    assert checkout.session_id is not None
    seen = Processor(runtime.settings).session(checkout.session_id)
    return runtime.transact(SYSTEM, settle, checkout_id=checkout.id or 0, seen=seen)


def settle_seen(runtime: Runtime, seen: SeenSession) -> CheckoutState:
    """Settle whichever checkout a session is of; raises `NotOurs` when it was not opened here."""
    with runtime.read() as session:
        checkout = checkout_of(session, seen)
    if checkout is None:
        raise NotOurs("no gift of ours is paid there")
    return runtime.transact(SYSTEM, settle, checkout_id=checkout.id or 0, seen=seen)


def cancel(runtime: Runtime, token: str) -> CheckoutState:
    """The donor gives up: the card page is closed at the processor first, then what was held is free again.

    If they had paid already, it is a gift. When the processor does not answer, it is closed here, and there by the worker.
    """
    checkout = place(runtime, token).checkout
    if checkout.state is not CheckoutState.OPEN:
        return checkout.state
    released = False
    if checkout.session_id is not None:
        try:
            if release(runtime, checkout) is CheckoutState.PAID:
                return CheckoutState.PAID
            released = True
        except HardshipError as error:
            log().warning("card page not closed yet", job="checkouts", exc_info=error)
    return runtime.transact(
        PUBLIC, close, checkout_id=checkout.id or 0, event=CheckoutEvent.CANCEL, released=released
    )


def release(runtime: Runtime, checkout: Checkout) -> CheckoutState:
    """Close the card page of a checkout at the processor. If it was finished before that, settle it so."""
    assert checkout.session_id is not None
    processor = Processor(runtime.settings)
    try:
        processor.expire_session(checkout.session_id)
    except Declined:
        return look(runtime, checkout)
    return checkout.state


# --- The worker -------------------------------------------------------------------------------------------------------


def look_due(runtime: Runtime) -> int:
    """Look at the checkouts that are due: those whose time is over, whose money is on its way, whose card page is still to
    be closed, and gifts whose fee is not known yet. Returns how many."""
    with runtime.read() as session:
        due = session.exec(_due(runtime.clock.now()).limit(1)).first()
    if due is None:
        return 0
    claimed = runtime.transact(SYSTEM, claim)
    for checkout in claimed:
        try:
            _look_at(runtime, checkout)
        except HardshipError as error:
            log().warning("checkout not looked up", job="checkouts", exc_info=error)
    return len(claimed)


def _due(at: dt.datetime) -> Any:
    open_ = col(Checkout.state).in_([CheckoutState.OPEN, CheckoutState.PENDING])
    unreleased = col(Checkout.state).in_(CLOSED) & ~col(Checkout.released)
    no_fee = (col(Checkout.state) == CheckoutState.PAID) & ~col(Checkout.fee_known)
    return (
        select(Checkout)
        .where(col(Checkout.look_at) <= at, or_(open_, unreleased, no_fee))
        .order_by(col(Checkout.id))
    )


def claim(tx: Transaction) -> list[Checkout]:
    """Take the checkouts that are due; nobody else looks at them for a while."""
    statement = _due(tx.at).limit(AT_ONCE).with_for_update(skip_locked=True)
    rows = list(tx.session.exec(statement.execution_options(populate_existing=True)).all())
    for row in rows:
        waited = tx.at - row.opened_at
        row.look_at = tx.at + max(ASK_AGAIN, waited / 4)  # ever more seldom
        tx.session.add(row)
    return rows


def _look_at(runtime: Runtime, checkout: Checkout) -> None:
    number = checkout.id or 0
    if checkout.state is CheckoutState.PAID:
        charge, _ = Processor(runtime.settings).charge(checkout.charge or "")
        runtime.transact(SYSTEM, book_fee, checkout_id=number, charge=charge)
    elif checkout.state in CLOSED:
        release(runtime, checkout)
        runtime.transact(SYSTEM, note_released, checkout_id=number)
    elif checkout.session_id is None:
        runtime.transact(SYSTEM, close, checkout_id=number, event=CheckoutEvent.EXPIRE)
    elif look(runtime, checkout) is CheckoutState.OPEN and checkout.expires_at <= runtime.clock.now():
        release(runtime, checkout)
        runtime.transact(SYSTEM, close, checkout_id=number, event=CheckoutEvent.EXPIRE, released=True)


def note_released(tx: Transaction, *, checkout_id: int) -> None:
    """The processor knows that a closed checkout is over."""
    _, checkout = locked(tx, checkout_id)
    checkout.released = True
    tx.session.add(checkout)
