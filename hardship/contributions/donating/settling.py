"""What becomes of a checkout, from how the processor has it: a gift, money on its way, or nothing.

Whoever learns of it first (an event, the donor coming back, the worker) settles it; for all others it is settled.
"""

import datetime as dt
import json

from sqlmodel import Session, select

from hardship.contributions import receipts
from hardship.contributions.card_models import Checkout
from hardship.contributions.checkout import SeenCharge, SeenSession
from hardship.contributions.donating.opening import CLOSED, close, locked
from hardship.contributions.giftaid.declaring import FIELDS, Covers, declare_online
from hardship.contributions.giftaid.schedule import Who
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel, Contribution, DonorType
from hardship.contributions.service import receive
from hardship.contributions.transitions import CHECKOUTS, CheckoutEvent, CheckoutState
from hardship.contributions.webhooks import NotYet
from hardship.core.clock import day_of
from hardship.core.db import lock
from hardship.core.errors import Conflict
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.journal import JournalDraft, Line
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post

LOOK_AGAIN = dt.timedelta(hours=1)
_WILL_NOT_PAY = {"requires_payment_method", "canceled"}


def checkout_of(session: Session, seen: SeenSession) -> Checkout | None:
    """The checkout that a session is of; None when it was not opened here. A session that the processor made and we never
    heard of, because the answer was lost, is known by the ref that we gave it."""
    found = session.exec(select(Checkout).where(Checkout.session_id == seen.id)).first()
    if found is None and seen.ref:
        found = session.exec(select(Checkout).where(Checkout.ref == seen.ref)).first()
    return found


def settle(tx: Transaction, *, checkout_id: int, seen: SeenSession) -> CheckoutState:
    """Bring a checkout to where its session stands; again changes nothing. Returns the state that it is in.

    Raises `Conflict` when the session is not what we asked for (another amount, another currency), `NotYet` when the
    processor does not say enough.
    """
    fund, checkout = locked(tx, checkout_id)
    if checkout.state is CheckoutState.PAID:
        return checkout.state
    _check(checkout, seen)
    checkout.session_id = seen.id
    checkout.payment_intent = seen.intent or checkout.payment_intent
    if seen.paid:
        return _pay(tx, fund, checkout, seen)
    if seen.status == "complete":
        failed = seen.intent_status in _WILL_NOT_PAY
        return _fail(tx, checkout) if failed else _finish(tx, checkout)
    if seen.status == "expired":
        return close(tx, checkout_id=checkout_id, event=CheckoutEvent.EXPIRE, released=True)
    return checkout.state


def _check(checkout: Checkout, seen: SeenSession) -> None:
    if checkout.session_id not in (None, seen.id):
        raise Conflict("this gift has another card page already")
    if (seen.amount_minor, seen.currency) != (checkout.amount_minor, checkout.currency):
        raise Conflict(
            "the card page was for another amount or currency",
            fix="Look it up in the processor's dashboard, and refund it there.",
        )


def _finish(tx: Transaction, checkout: Checkout) -> CheckoutState:
    """The donor is done, the money is on its way; what is held stays held until its time is over."""
    if CHECKOUTS.can(checkout.state, CheckoutEvent.FINISH):
        checkout.state = CHECKOUTS.apply(checkout.state, CheckoutEvent.FINISH)
        checkout.look_at = tx.at + LOOK_AGAIN
        tx.record("checkout.pending", f"checkout:{checkout.ref}", state=checkout.state)
    tx.session.add(checkout)
    tx.session.flush()
    return checkout.state


def _fail(tx: Transaction, checkout: Checkout) -> CheckoutState:
    tx.session.add(checkout)
    tx.session.flush()
    return close(tx, checkout_id=checkout.id or 0, event=CheckoutEvent.FAIL, released=True)


def _pay(tx: Transaction, fund: Fund, checkout: Checkout, seen: SeenSession) -> CheckoutState:
    """The money is there: a gift, matched with what is held for it, or with what is left when that has lapsed."""
    charge = seen.charge
    if charge is None or not charge.paid:
        raise NotYet("the processor does not name the payment yet", fix="It is asked again later.")
    check_currency(fund, charge.settled_in)
    late, was_pending = checkout.state in CLOSED, checkout.state is CheckoutState.PENDING
    state = CHECKOUTS.apply(checkout.state, CheckoutEvent.PAY)
    received_at = tx.at if was_pending else min(tx.at, max(checkout.opened_at, charge.created))
    gift = _gift(tx, checkout, charge, received_at)
    (got,) = receive(tx, fund=fund, gifts=[gift])
    checkout.state, checkout.contribution_id, checkout.charge = state, got.contribution_id, charge.id
    checkout.fee_known = charge.fee_minor is not None
    checkout.closed_at, checkout.released, checkout.look_at = tx.at, True, tx.at
    checkout.lapsed_minor = got.lapsed_minor
    checkout.matched_minor = sum(minor for _, minor in got.matched)
    tx.session.add(checkout)
    tx.session.flush()
    tx.record(
        "checkout.paid", f"checkout:{checkout.ref}", state=state, late=late, lapsed_minor=got.lapsed_minor
    )
    receipts.send(tx, fund, checkout, received_at)
    return state


def _gift(tx: Transaction, checkout: Checkout, charge: SeenCharge, received_at: dt.datetime) -> NewGift:
    named = DonorType.ORGANISATION if checkout.for_organisation else DonorType.PERSON
    name, declaration = _giver(tx, checkout)
    return NewGift(
        ref=checkout.ref,
        received_at=received_at,
        amount_minor=charge.amount_minor,
        channel=Channel.CARD,
        donor_name=name,
        donor_type=named if name else DonorType.ANONYMOUS,
        fee_minor=charge.fee_minor or 0,
        into=AccountKind.CARD_CLEARING,
        checkout_id=checkout.id,
        declaration_id=declaration,
    )


def _giver(tx: Transaction, checkout: Checkout) -> tuple[str, int | None]:
    """The name to record the gift under, "" for none, and the Gift Aid declaration made with it, stored now that there is
    a gift. Of somebody whose details have been deleted since, there is neither."""
    if checkout.data_key_id is None:
        return "", None
    own = tx.vault.person(tx.session, checkout.data_key_id)
    name = own.open("checkout", "donor_name", checkout.ref, checkout.donor_name) or ""
    said = json.loads(own.open("checkout", "gift_aid", checkout.ref, checkout.gift_aid) or "null")
    if not said:
        return name, None
    who = Who(**{field: said[field] for field in FIELDS})
    return name, declare_online(tx, who=who, covers=Covers(said["covers"]), abroad=said["abroad"])


def check_currency(fund: Fund, settled_in: str) -> None:
    """Raise `Conflict` unless the processor settles in the fund's currency: another one has no pence of ours."""
    if settled_in != fund.currency:
        raise Conflict(
            f"the processor settles in {settled_in}, the fund's money is {fund.currency}",
            fix="Set the account at the processor to the fund's currency.",
        )


def book_fee(tx: Transaction, *, checkout_id: int, charge: SeenCharge) -> bool:
    """Book the fee of a gift that the processor did not know when the gift came: Dr fees / Cr card clearing. Once."""
    fund, checkout = locked(tx, checkout_id)
    if checkout.fee_known or checkout.contribution_id is None or charge.fee_minor is None:
        return False
    check_currency(fund, charge.settled_in)
    statement = select(Contribution).where(Contribution.id == checkout.contribution_id)
    (gift,) = lock(tx.session, statement)
    checkout.fee_known, gift.fee_minor = True, charge.fee_minor
    tx.session.add_all([checkout, gift])
    tx.session.flush()
    if charge.fee_minor:
        pot = fund.community_pot_id
        lines = [
            Line(pot, AccountKind.FEES, charge.fee_minor),
            Line(pot, AccountKind.CARD_CLEARING, -charge.fee_minor),
        ]
        post(
            tx,
            [
                JournalDraft(
                    idem_key=f"gift_fee:{gift.ref}",
                    kind="gift.fee",
                    fund_slug=fund.slug,
                    cause=f"contribution:{gift.ref}",
                    effective_on=day_of(tx.at),
                    lines=lines,
                    currency=fund.currency,
                )
            ],
        )
    tx.record("contribution.fee_known", f"contribution:{gift.ref}", fee_minor=charge.fee_minor)
    return True
