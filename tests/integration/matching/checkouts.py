"""Checkouts without a processor: what the room of contributions announces of them, announced by hand."""

import datetime as dt
from uuid import uuid4

from sqlmodel import select

from hardship.contributions.card_models import Checkout
from hardship.contributions.donors import donors
from hardship.contributions.events import (
    CheckoutClosed,
    CheckoutOpened,
    DisputeClosed,
    GiftDisputed,
    HoldAnswer,
)
from hardship.contributions.gifts import NewGift
from hardship.contributions.models import Channel, Contribution, DonorType
from hardship.contributions.service import Received, receive
from hardship.contributions.transitions import CheckoutState
from hardship.core.actor import SYSTEM
from hardship.core.clock import day_of
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.service import lock_fund
from tests.integration.matching.helpers import pounds

MINUTES = 30


def open_checkout(
    runtime: Runtime, ref: str, amount: str | int, *, donor: str = "", minutes: int = MINUTES
) -> HoldAnswer:
    """Somebody goes to the card page; their match is held for half an hour."""
    minor = amount if isinstance(amount, int) else pounds(amount)

    def use_case(tx: Transaction) -> HoldAnswer:
        fund = lock_fund(tx, "f")
        expires_at = tx.at + dt.timedelta(minutes=minutes)
        token = donors(tx, [donor])[donor][1] if donor else ""
        checkout = tx.session.exec(select(Checkout).where(Checkout.ref == ref)).first()
        if checkout is None:
            checkout = Checkout(
                ref=ref,
                token_hash=uuid4().hex,
                fund_id=fund.id or 0,
                state=CheckoutState.OPEN,
                amount_minor=minor,
                currency="GBP",
                idem_key=uuid4().hex,
                opened_at=tx.at,
                expires_at=expires_at,
                look_at=expires_at,
            )
            tx.session.add(checkout)
            tx.session.flush()
            tx.record("checkout.opened", f"checkout:{ref}", state=checkout.state)
        opened = CheckoutOpened(
            fund, checkout.id or 0, ref, minor, tx.at, Channel.CARD.value, token, expires_at
        )
        answer: HoldAnswer = tx.publish(opened)[0]
        return answer

    return runtime.transact(SYSTEM, use_case)


def pay(
    runtime: Runtime, ref: str, amount: str | int, *, donor: str = "", at: dt.datetime | None = None
) -> Received:
    """The gift of a checkout comes (again: no change), paid at `at`, else now."""
    minor = amount if isinstance(amount, int) else pounds(amount)

    def use_case(tx: Transaction) -> Received:
        fund = lock_fund(tx, "f")
        gift = NewGift(
            ref,
            at or tx.at,
            minor,
            Channel.CARD,
            donor,
            DonorType.PERSON if donor else DonorType.ANONYMOUS,
            checkout_id=number_of(tx, ref),
        )
        return receive(tx, fund=fund, gifts=[gift])[0]

    return runtime.transact(SYSTEM, use_case)


def close_checkout(runtime: Runtime, ref: str, outcome: str = "cancelled") -> None:
    """A checkout ends without a gift."""

    def use_case(tx: Transaction) -> None:
        tx.publish(CheckoutClosed(lock_fund(tx, "f"), number_of(tx, ref), outcome))

    runtime.transact(SYSTEM, use_case)


def number_of(tx: Transaction, ref: str) -> int:
    """A checkout's number."""
    number = tx.session.exec(select(Checkout.id).where(Checkout.ref == ref)).one()
    assert number is not None
    return number


def dispute(runtime: Runtime, ref: str) -> None:
    """The payer's bank calls a gift back."""

    def use_case(tx: Transaction) -> None:
        fund = lock_fund(tx, "f")
        tx.publish(GiftDisputed(fund, _gift(tx, ref), ref, day_of(tx.at)))

    runtime.transact(SYSTEM, use_case)


def settle(runtime: Runtime, ref: str, outcome: str) -> None:
    """A dispute ends: `won`, or `lost` (the refund is the caller's)."""

    def use_case(tx: Transaction) -> None:
        fund = lock_fund(tx, "f")
        tx.publish(DisputeClosed(fund, _gift(tx, ref), ref, outcome))

    runtime.transact(SYSTEM, use_case)


def _gift(tx: Transaction, ref: str) -> int:
    number = tx.session.exec(select(Contribution.id).where(Contribution.ref == ref)).one()
    assert number is not None
    return number


def wait(runtime: Runtime, minutes: int) -> None:
    """Let minutes pass."""
    runtime.clock.advance(dt.timedelta(minutes=minutes))  # type: ignore[attr-defined]  # the tests' clock
