"""What the events of the card processor lead to. Each handler fetches how the thing stands, then settles it."""

from typing import Any

from sqlmodel import select

from hardship.contributions.card_models import Checkout
from hardship.contributions.checkout import Processor
from hardship.contributions.disputes import record_dispute
from hardship.contributions.donating.paying import settle_seen
from hardship.contributions.refunding import record_refunds
from hardship.contributions.transitions import CheckoutState
from hardship.contributions.webhooks import Delivered, NotOurs, NotYet, on
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime


def wire(runtime: Runtime) -> None:
    """Ask for the events of gifts by card."""
    on(runtime, "checkout.session.", on_session)
    on(runtime, "charge.refund", on_refund)  # charge.refunded, charge.refund.updated
    on(runtime, "refund.", on_refund)
    on(runtime, "charge.dispute.", on_dispute)


def subject(delivered: Delivered) -> dict[str, Any]:
    """What an event is about, as it was when the event was made: only its number is used."""
    found = (delivered.body.get("data") or {}).get("object")
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise BadInput("the event does not say what it is about")
    return found


def on_session(runtime: Runtime, delivered: Delivered) -> None:
    """A donor has finished, the money came or did not, or the card page was closed."""
    about = subject(delivered)
    if not (about.get("metadata") or {}).get("checkout"):
        raise NotOurs("no gift of ours is paid there")
    settle_seen(runtime, Processor(runtime.settings).session(about["id"]))


def on_refund(runtime: Runtime, delivered: Delivered) -> None:
    """Money went back to a card, all of it or a part, or came back from there."""
    about = subject(delivered)
    charge = about["id"] if about.get("object") == "charge" else about.get("charge")
    number = paid_checkout(runtime, charge)
    refunds = Processor(runtime.settings).refunds(str(charge))
    runtime.transact(SYSTEM, record_refunds, checkout_id=number, seen=refunds)


def on_dispute(runtime: Runtime, delivered: Delivered) -> None:
    """A payer's bank calls a gift back, or that was decided."""
    dispute = Processor(runtime.settings).dispute(subject(delivered)["id"])
    number = paid_checkout(runtime, dispute.charge)
    runtime.transact(SYSTEM, record_dispute, checkout_id=number, seen=dispute)


def paid_checkout(runtime: Runtime, charge: object) -> int:
    """The number of the checkout that a charge has paid, settled first if that event has not come yet.

    Raises `NotOurs` for a charge that pays nothing of ours, `NotYet` when the gift cannot be settled yet.
    """
    if not isinstance(charge, str):
        raise NotOurs("it names no payment")
    found = _by_charge(runtime, charge)
    if found is not None:
        return found
    processor = Processor(runtime.settings)
    seen, intent = processor.charge(charge)
    if not seen.ref or intent is None:
        raise NotOurs("no gift of ours is paid there")
    session = processor.session_of(intent)
    if session is None or settle_seen(runtime, session) is not CheckoutState.PAID:
        raise NotYet("the gift has not come yet", fix="It is tried again later.")
    found = _by_charge(runtime, charge)
    if found is None:
        raise NotOurs("the gift was paid by another payment")
    return found


def _by_charge(runtime: Runtime, charge: str) -> int | None:
    with runtime.read() as session:
        return session.exec(select(Checkout.id).where(Checkout.charge == charge)).first()
