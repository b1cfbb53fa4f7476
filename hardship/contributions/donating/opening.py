"""Opening and closing a donor's way to the card page; match is held for them while they are on it."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from hardship.contributions.card_models import Checkout
from hardship.contributions.donors import donor_token
from hardship.contributions.events import CheckoutClosed, CheckoutOpened, HoldAnswer
from hardship.contributions.models import Channel
from hardship.contributions.transitions import CHECKOUTS, CheckoutEvent, CheckoutState
from hardship.core.canonical import canonical, sha256_hex
from hardship.core.db import lock
from hardship.core.errors import BadInput, NotFound
from hardship.core.money import display
from hardship.core.refs import new_key, new_reference
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund

LEAST_MINOR = 100
MOST_MINOR = 10_000_00
HELD_FOR = dt.timedelta(minutes=45)
PAGE_LIVES = dt.timedelta(minutes=31)  # the processor keeps a card page open for half an hour at least
CLOSED = (CheckoutState.EXPIRED, CheckoutState.CANCELLED, CheckoutState.FAILED)

_OUTCOME = {
    CheckoutEvent.EXPIRE: "expired",
    CheckoutEvent.CANCEL: "cancelled",
    CheckoutEvent.FAIL: "failed",
}


@dataclass(frozen=True)
class Wish:
    """What a donor wants to give, in pence, and what they chose to say of themselves: nothing at all is enough.

    `gift_aid` is what they declared, as the room of Gift Aid reads it.
    """

    amount_minor: int
    donor_name: str = ""
    for_organisation: bool = False
    email: str = ""
    gift_aid: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Wish({self.amount_minor})"


def token_for(vault: Vault, fund_slug: str, form_key: str, wish: Wish) -> str:
    """The token of the checkout that a form asks for: the same form sent twice is the same checkout, sent with other
    content another one; nobody can make it up."""
    said = canonical(["checkout", fund_slug, form_key, asdict(wish)])
    return vault.mac(said)[:40]


def checkout_by_token(session: Session, token: str) -> Checkout:
    """The checkout whose token somebody shows; raises `NotFound`."""
    found = session.exec(select(Checkout).where(Checkout.token_hash == sha256_hex(token.encode()))).first()
    if found is None:
        raise NotFound("There is no such gift", fix="Begin again at /donate.")
    return found


def open_checkout(tx: Transaction, *, fund_slug: str, wish: Wish, token: str) -> Checkout:
    """Store what a donor wants to give and have match held for it; the same token again is the same checkout.

    Anybody may. Raises `BadInput` for an amount out of bounds, `NotFound` for an unknown fund.
    """
    if not LEAST_MINOR <= wish.amount_minor <= MOST_MINOR:
        raise BadInput(
            f"a gift by card is {display(LEAST_MINOR)} to {display(MOST_MINOR)}",
            where="amount",
            fix="Give more than that by bank transfer.",
        )
    fund = lock_fund(tx, fund_slug)
    token_hash = sha256_hex(token.encode())
    there = tx.session.exec(select(Checkout).where(Checkout.token_hash == token_hash)).first()
    return there or _open(tx, fund, wish, token_hash)


def _open(tx: Transaction, fund: Fund, wish: Wish, token_hash: str) -> Checkout:
    assert fund.id is not None
    expires_at = tx.at.replace(microsecond=0) + HELD_FOR  # the processor counts whole seconds
    checkout = Checkout(
        ref=new_reference(),
        token_hash=token_hash,
        fund_id=fund.id,
        state=CheckoutState.OPEN,
        amount_minor=wish.amount_minor,
        currency=fund.currency,
        idem_key=new_key(),
        opened_at=tx.at,
        expires_at=expires_at,
        look_at=expires_at,
    )
    _keep(tx, checkout, wish)
    tx.session.add(checkout)
    tx.session.flush()
    checkout.held_minor = _hold(tx, fund, checkout, wish)
    tx.session.add(checkout)
    tx.session.flush()
    tx.record(
        "checkout.opened",
        f"checkout:{checkout.ref}",
        state=checkout.state,
        fund=fund.slug,
        amount_minor=wish.amount_minor,
        held_minor=checkout.held_minor,
    )
    return checkout


def _hold(tx: Transaction, fund: Fund, checkout: Checkout, wish: Wish) -> int:
    """Have match held; returns how much."""
    name = wish.donor_name.strip()
    answers = tx.publish(
        CheckoutOpened(
            fund=fund,
            checkout_id=checkout.id or 0,
            ref=checkout.ref,
            amount_minor=checkout.amount_minor,
            opened_at=checkout.opened_at,
            channel=Channel.CARD.value,
            donor=donor_token(tx.vault, name).hex() if name else "",
            expires_at=checkout.expires_at,
        )
    )
    return sum(minor for answer in answers if isinstance(answer, HoldAnswer) for _, minor in answer.shares)


def _keep(tx: Transaction, checkout: Checkout, wish: Wish) -> None:
    """Seal what the donor said of themselves; of somebody who said nothing there is nothing to keep."""
    declared = json.dumps(wish.gift_aid, sort_keys=True) if wish.gift_aid else ""
    if not (wish.donor_name.strip() or wish.email.strip() or declared):
        return
    own = tx.vault.new_person(tx.session, tx.at)
    checkout.data_key_id = own.key_id
    checkout.donor_name = own.seal("checkout", "donor_name", checkout.ref, wish.donor_name.strip())
    checkout.for_organisation = wish.for_organisation
    checkout.email = own.seal("checkout", "email", checkout.ref, wish.email.strip())
    checkout.gift_aid = own.seal("checkout", "gift_aid", checkout.ref, declared)


def locked(tx: Transaction, checkout_id: int) -> tuple[Fund, Checkout]:
    """A checkout and its fund, locked in the one order (the fund first) and read anew."""
    checkout = tx.session.get(Checkout, checkout_id)
    assert checkout is not None
    fund = lock_fund(tx, checkout.fund_id)
    (checkout,) = lock(tx.session, select(Checkout).where(col(Checkout.id) == checkout_id))
    return fund, checkout


def close(
    tx: Transaction, *, checkout_id: int, event: CheckoutEvent, released: bool = False
) -> CheckoutState:
    """End a checkout without a gift (`EXPIRE`, `CANCEL`, `FAIL`): what was held for it is free again. Once only: one that
    has ended already stays as it is. `released`: the processor knows. Returns the state that it is in."""
    fund, checkout = locked(tx, checkout_id)
    if CHECKOUTS.can(checkout.state, event):
        checkout.state = CHECKOUTS.apply(checkout.state, event)
        checkout.closed_at = tx.at
        checkout.look_at = tx.at
        tx.publish(CheckoutClosed(fund, checkout_id, _OUTCOME[event]))
        tx.record(f"checkout.{_OUTCOME[event]}", f"checkout:{checkout.ref}", state=checkout.state)
    if checkout.state in CLOSED and (released or checkout.session_id is None):
        checkout.released = True
    tx.session.add(checkout)
    tx.session.flush()
    return checkout.state


def keep_session(tx: Transaction, *, checkout_id: int, session_id: str, url: str) -> CheckoutState:
    """Note the card page that the processor has made for a checkout; returns the state that it is in by now."""
    _, checkout = locked(tx, checkout_id)
    if checkout.session_id is None:
        checkout.session_id = session_id
        house = tx.vault.house(tx.session)
        checkout.session_url = house.seal("checkout", "session_url", checkout.ref, url)
    if checkout.state in CLOSED:
        checkout.released = (
            False  # it was closed while the page was being made: the worker closes that as well
        )
        checkout.look_at = tx.at
    tx.session.add(checkout)
    tx.session.flush()
    return checkout.state
