"""A house that pays by Stripe, over the stand-in of its API."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlmodel import select

from hardship.applications.models import Application
from hardship.applications.service import give_bank_details
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts.models import RailName
from hardship.payouts.rails import stripe as rail
from tests.integration.payouts.helpers import House, a_house
from tests.support.stripe_v2 import ACCOUNT, KEY, SECRET, Fault, Faults, StripeV2


def point_at(runtime: Runtime, address: str, key: str = KEY) -> None:
    """Let the runtime speak to the stand-in."""
    runtime.settings = dataclasses.replace(
        runtime.settings,
        stripe_secret_key=key,
        stripe_financial_account=ACCOUNT,
        stripe_webhook_secrets=(SECRET,),
        stripe_api_base=address,
    )


@contextmanager
def serving(runtime: Runtime) -> Iterator[StripeV2]:
    """The stand-in on a port of its own, with the runtime's clock; the runtime speaks to it."""
    bank = StripeV2(now=runtime.clock.now)
    point_at(runtime, bank.start())
    try:
        yield bank
    finally:
        bank.stop()


def a_stripe_house(runtime: Runtime, money: int = 400_000, budget: str = "10000.00") -> House:
    """A fund whose batches go by Stripe."""
    house = a_house(runtime, money=money, budget=budget)
    house.rail = RailName.STRIPE
    return house


def impatient(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    """Wait no longer than this for an answer."""
    monkeypatch.setattr(rail, "TIMEOUT", (seconds, seconds))


def befalls(path: str, *faults: Fault, method: str = "") -> Faults:
    """These faults befall the first requests to a path, one each; after that nothing does."""
    left = list(faults)

    def fault(asked: str, where: str) -> Fault:
        mine = where == path and asked == (method or "POST")
        return left.pop(0) if mine and left else Fault.NONE

    return fault


def again_and_again(house: House, bank: StripeV2, hours: float = 1, rounds: int = 6) -> None:
    """Let time pass, the bank go on and the worker run, until everything has come to rest."""
    clock = house.runtime.clock
    assert isinstance(clock, SetClock)
    for _ in range(rounds):
        clock.advance(dt.timedelta(hours=hours))
        house.work()
        bank.advance()
    house.work()


def change_details(house: House, account: str) -> None:
    """The one applicant gives another account."""
    with house.runtime.read() as session:
        number = session.exec(select(Application.id)).one()
    house.runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=number or 0,
        sort_code="20-29-59",
        account_number=account,
        legal_name="Person Number1",
    )
