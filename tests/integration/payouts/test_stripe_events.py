"""Events of the rail, through the real address: verified, stored, answered at once, then fetched; in any order."""

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.payouts.transitions import PaymentState
from tests.conftest import DATABASES
from tests.integration.payouts.helpers import House
from tests.integration.payouts.stripe_house import a_stripe_house, serving
from tests.support.stripe_v2 import StripeV2, signed

S = PaymentState


@pytest.fixture
def runtime(request: pytest.FixtureRequest, make_runtime: Callable[[str], Runtime]) -> Runtime:
    """Both databases for what takes a turn of events, SQLite alone for what does not depend on it."""
    return make_runtime(getattr(request, "param", "sqlite"))


@pytest.fixture
def bank(runtime: Runtime) -> Iterator[StripeV2]:
    """The stand-in, to which the runtime speaks."""
    with serving(runtime) as made:
        yield made


@pytest.fixture
def house(runtime: Runtime, bank: StripeV2) -> House:
    """A fund whose batches go by Stripe."""
    return a_stripe_house(runtime)


@pytest.fixture
def door(house: House) -> FlaskClient:
    """What the outside speaks to."""
    return create_app(house.runtime, testing=True).test_client()


def deliver(door: FlaskClient, event: dict[str, Any], secret: str = "", body: bytes = b"") -> int:
    """Deliver an event; what it was answered."""
    raw, signature = signed(event, secret) if secret else signed(event)
    answer = door.post("/webhooks/stripe", data=body or raw, headers={"Stripe-Signature": signature})
    return answer.status_code


def later(house: House, **by: float) -> None:
    """Time passes."""
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(**by))


def test_an_event_is_answered_before_it_is_looked_into(
    house: House, bank: StripeV2, door: FlaskClient
) -> None:
    house.submit(house.ready("01"))
    bank.advance()
    asked = len(bank.seen)
    assert deliver(door, bank.events[-1]) == 200
    assert (len(bank.seen), house.states()) == (asked, {S.SUBMITTED: 1})
    house.runtime.run_due("webhooks")
    assert house.states() == {S.PAID: 1}


@pytest.mark.parametrize("runtime", DATABASES, indirect=True)
def test_a_return_days_after_posting_reopens_the_payment(
    house: House, bank: StripeV2, door: FlaskClient
) -> None:
    house.submit(house.ready("94"))
    bank.advance()
    house.work()
    assert house.states() == {S.PAID: 1}
    later(house, days=45)
    bank.advance()
    assert deliver(door, bank.events[-1]) == 200
    house.runtime.run_due("webhooks")
    assert house.states() == {S.RETURNED: 1}
    books = house.books()
    assert (books.clearing, books.funds[0].payable, books.funds[0].paid) == (0, 20_000, 0)
    assert house.journal_days("payout.returned") == ["2020-05-16"]


@pytest.mark.parametrize("runtime", DATABASES, indirect=True)
@pytest.mark.parametrize("seed", range(2))
def test_late_twice_and_out_of_order_events_come_to_the_same(
    house: House, bank: StripeV2, door: FlaskClient, seed: int
) -> None:
    house.submit(house.ready("01", "93", "94", "95", "01"))
    bank.advance()
    bank.advance()
    events = bank.events * 2
    random.Random(seed).shuffle(events)
    for event in events:
        assert deliver(door, event) == 200
    house.runtime.run_due("webhooks")
    assert house.states() == {S.PAID: 2, S.FAILED: 1, S.RETURNED: 1, S.CANCELLED: 1}
    books = house.books()
    assert (books.clearing, books.funds[0].paid) == (0, 40_000)


def test_what_is_not_signed_by_the_rail_is_not_taken(house: House, bank: StripeV2, door: FlaskClient) -> None:
    house.submit(house.ready("01"))
    bank.advance()
    event = bank.events[-1]
    assert deliver(door, event, secret="whsec_forged") == 400
    assert deliver(door, event, body=b"{}") == 400
    raw, _ = signed(event)
    _, old = signed(event, at=int(time.time()) - 3600)
    assert door.post("/webhooks/stripe", data=raw, headers={"Stripe-Signature": old}).status_code == 400
    house.runtime.run_due("webhooks")
    assert house.states() == {S.SUBMITTED: 1}


def test_an_event_that_names_no_payment_of_ours_changes_nothing(
    house: House, bank: StripeV2, door: FlaskClient
) -> None:
    event: dict[str, Any] = {
        "id": "evt_strange",
        "object": "v2.core.event",
        "type": "v2.money_management.outbound_payment.posted",
        "created": "2020-04-01T09:00:00.000Z",
    }
    related: list[Any] = [None, {}, {"id": ""}, {"id": 7}, {"id": "obp_of_somebody_else"}]
    for number, one in enumerate(related):
        strange = {**event, "id": f"evt_strange{number}", "related_object": one}
        assert deliver(door, strange) == 200
        assert deliver(door, strange) == 200
    house.runtime.run_due("webhooks")
    assert house.states() == {}


def test_an_event_that_comes_while_the_rail_does_not_answer_is_kept(
    house: House, bank: StripeV2, door: FlaskClient
) -> None:
    from tests.support.stripe_v2 import Fault

    house.submit(house.ready("01"))
    bank.advance()
    deliver(door, bank.events[-1])
    bank.faults = lambda method, path: Fault.ERROR_BEFORE
    house.runtime.run_due("webhooks")
    assert house.states() == {S.SUBMITTED: 1}
    bank.faults = lambda method, path: Fault.NONE
    later(house, minutes=2)
    house.runtime.run_due("webhooks")
    assert house.states() == {S.PAID: 1}
