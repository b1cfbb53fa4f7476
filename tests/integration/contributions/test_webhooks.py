"""The inbox: forged, replayed, late, twice, in any order, about nothing of ours, and while the program is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hardship.contributions import webhooks
from hardship.contributions.transitions import CheckoutState, DeliveryState
from hardship.contributions.webhooks import MOST_TRIES, Delivered
from hardship.core.errors import Conflict
from hardship.core.runtime import Runtime
from tests.integration.contributions.cards import Cards, cards_on
from tests.integration.matching.helpers import Shell, books, everything_in
from tests.support.stripe_api import Fault


@pytest.fixture
def cards(runtime: Runtime) -> Iterator[Cards]:
    """A fund with one agreement."""
    with cards_on(runtime) as found:
        yield found


@pytest.fixture
def lite(sqlite_runtime: Runtime) -> Iterator[Cards]:
    """The same, for what does not depend on the database."""
    with cards_on(sqlite_runtime) as found:
        yield found


def paid(cards: Cards) -> None:
    """A gift is paid, and its event not delivered yet."""
    cards.on(cards.wish("50"))
    cards.api.pay()


def test_what_is_not_signed_with_our_secret_is_refused_and_not_stored(lite: Cards) -> None:
    """No signature, another secret, another body, a stale one, rubbish: 400, and nothing is kept."""
    paid(lite)
    body, good = lite.api.raw(lite.api.events[-1])
    stale = lite.api.signature(body, at=int(time.time()) - 3600)
    before = everything_in(lite.runtime)
    for raw, signature in (
        (body, ""),
        (body, lite.api.signature(body, secret="whsec_other")),
        (body + b" ", good),
        (body, stale),
        (body, "t=x,v1=y"),
        (b"\xff\xfe", lite.api.signature(b"\xff\xfe")),
        (b"[1]", lite.api.signature(b"[1]")),
        (b"{", lite.api.signature(b"{")),
        (b'{"id": 5, "type": "x"}', lite.api.signature(b'{"id": 5, "type": "x"}')),
        (b'{"id": "", "type": "x"}', lite.api.signature(b'{"id": "", "type": "x"}')),
    ):
        answer = lite.client.post("/webhooks/stripe", data=raw, headers={"Stripe-Signature": signature})
        assert answer.status_code == 400, raw[:20]
    assert lite.client.get("/webhooks/stripe").status_code == 405
    assert everything_in(lite.runtime) == before


def test_a_body_that_is_too_long_is_not_read(lite: Cards) -> None:
    """413 from the length alone."""
    raw = b'{"x": "' + b"a" * (256 * 1024) + b'"}'
    answer = lite.client.post(
        "/webhooks/stripe", data=raw, headers={"Stripe-Signature": lite.api.signature(raw)}
    )
    assert answer.status_code == 413
    assert lite.inbox() == []


def test_without_a_secret_nothing_is_taken_in(lite: Cards) -> None:
    """503: the sender tries again later, when it is set up."""
    lite.runtime.settings = replace(lite.runtime.settings, stripe_webhook_secrets=())
    assert lite.client.post("/webhooks/stripe", data=b"{}").status_code == 503


def test_while_a_secret_is_changed_both_hold(lite: Cards) -> None:
    """Several secrets, separated by commas."""
    lite.runtime.settings = replace(
        lite.runtime.settings, stripe_webhook_secrets=("whsec_new", "whsec_stand_in")
    )
    paid(lite)
    assert lite.api.deliver() == 200
    lite.api.secret = "whsec_new"
    assert lite.api.deliver() == 200


def test_an_event_that_comes_often_is_handled_once(cards: Cards) -> None:
    """Replayed before and after it was handled."""
    paid(cards)
    assert cards.api.deliver(times=3) == 200
    cards.work()
    assert cards.api.deliver(times=2) == 200
    cards.work()
    (one,) = cards.inbox()
    assert (one.state, one.attempts) == (DeliveryState.HANDLED, 1)
    assert books(cards.runtime).income == 5000
    cards.sound()


def test_every_order_of_events_leads_to_the_same_books(cards: Cards) -> None:
    """Refunds and a refused dispute before the payment's own event: the gift is settled first, then the rest."""
    cards.on(cards.wish("50"))
    cards.api.pay()
    cards.api.refund(1000)
    cards.api.refund(500)
    cards.deliver(*reversed(cards.api.events))
    assert [one.state for one in cards.inbox()] == [DeliveryState.HANDLED] * 3
    (gift,) = cards.gifts()
    assert (gift.amount_minor, gift.refunded_minor) == (5000, 1500)
    assert books(cards.runtime).matched == 3500
    cards.sound()


def test_a_refund_whose_gift_cannot_be_settled_yet_waits_and_then_works(cards: Cards) -> None:
    """The processor does not answer for the session: the event is kept, and tried again later."""
    cards.on(cards.wish("50"))
    cards.api.pay()
    cards.api.refund(1000)
    cards.api.faults.append(Fault("/v1/checkout/sessions", "500", after=False, times=5, method="GET"))
    cards.deliver(cards.api.events[-1])
    (one,) = cards.inbox()
    assert (one.state, one.attempts) == (DeliveryState.WAITING, 1)
    assert "did not answer" in one.problem
    cards.work()
    assert cards.inbox()[0].attempts == 1, "not before its time"
    cards.api.faults.clear()
    cards.later(minutes=1)
    cards.work()
    assert cards.inbox()[0].state is DeliveryState.HANDLED
    assert cards.gifts()[0].refunded_minor == 1000
    cards.sound()


def test_events_about_nothing_of_ours_are_kept_and_ignored(lite: Cards) -> None:
    """Sessions and charges that another program made, types that nobody handles."""
    other = lite.api.new("sessions", "cs_other", object="checkout.session", metadata={})
    charge = lite.api.new(
        "charges", "ch_other", object="charge", amount=100, amount_refunded=0, refunded=False, currency="gbp",
        paid=True, payment_intent=None, metadata={}, balance_transaction=None,
    )  # fmt: skip
    lite.api.tell("checkout.session.completed", other)
    lite.api.refund(charge=charge["id"])
    lite.api.dispute(charge=charge["id"])
    lite.api.tell("customer.created", {"id": "cus_1"})
    lite.deliver()
    assert {one.state for one in lite.inbox()} == {DeliveryState.IGNORED}
    assert lite.gifts() == []


def test_a_session_that_names_a_gift_that_we_never_opened_is_ignored(lite: Cards) -> None:
    """Unknown here: not ours, however well it is signed."""
    lite.on(lite.wish("50"))
    lite.api.session()["metadata"] = {"checkout": "AAAA-AAAA"}
    lite.api.session()["id"] = "cs_renamed"
    lite.api.things["sessions"]["cs_renamed"] = lite.api.session()
    lite.api.pay("cs_renamed")
    lite.deliver(lite.api.events[-1])
    assert lite.inbox()[0].state is DeliveryState.IGNORED
    assert lite.gifts() == []


def test_a_payment_of_another_amount_is_no_gift_and_a_person_is_told(lite: Cards) -> None:
    """Tried ever later, then given up; it waits for somebody, and can be tried again by hand."""
    lite.on(lite.wish("50"))
    lite.api.session()["amount_total"] = 6000
    lite.api.pay()
    lite.deliver()
    for _ in range(MOST_TRIES):
        lite.later(days=1)
        lite.work()
    (one,) = lite.inbox()
    assert (one.state, one.attempts) == (DeliveryState.FAILED, MOST_TRIES)
    assert "another amount" in one.problem
    with lite.runtime.read() as session:
        assert webhooks.troubled(session) == 1
    assert lite.gifts() == []


def test_bodies_are_sealed_and_deleted_after_a_month(lite: Cards) -> None:
    """What the processor tells of the payer stands nowhere in plain form, and goes."""
    lite.on(lite.wish("50"))
    lite.api.pay(email="canary-payer@example.org")
    lite.deliver()
    assert b"canary-payer" not in (lite.inbox()[0].body or b"")
    assert "canary-payer" not in str(everything_in(lite.runtime))
    lite.later(days=31)
    assert lite.runtime.run_due("webhook-bodies") == 1
    assert lite.inbox()[0].body is None
    with pytest.raises(Conflict):
        retry(lite, lite.inbox()[0].event_id)


def retry(cards: Cards, event_id: str) -> None:
    """Try again by hand, as the machine's operator."""
    from hardship.core.actor import operator

    cards.runtime.transact(operator(), webhooks.retry, event_id=event_id)


def test_the_longest_prefix_wins(lite: Cards) -> None:
    """A room may ask for a part of what another one asks for."""
    heard: list[tuple[str, str]] = []

    def hear(name: str) -> webhooks.Handler:
        return lambda _runtime, delivered: heard.append((name, delivered.type))

    webhooks.on(lite.runtime, "zz.", hear("all"))
    webhooks.on(lite.runtime, "zz.money.", hear("money"))
    for type_ in ("zz.account.updated", "zz.money.posted"):
        event = {
            "id": f"evt_{len(type_)}",
            "object": "v2.core.event",
            "type": type_,
            "created": "2020-04-01T09:00:00Z",
        }
        body = json.dumps(event).encode()
        answer = lite.client.post(
            "/webhooks/stripe", data=body, headers={"Stripe-Signature": lite.api.signature(body)}
        )
        assert answer.status_code == 200
    lite.work()
    assert heard == [
        ("all", "zz.account.updated"),
        ("money", "zz.money.posted"),
    ]


def test_one_event_that_fails_does_not_keep_the_others_waiting(lite: Cards) -> None:
    """A fault of a handler is kept with the event, by its type alone."""

    def fail(_runtime: Runtime, _delivered: Delivered) -> None:
        raise ValueError("canary words that quote")

    webhooks.on(lite.runtime, "broken.", fail)
    lite.api.tell("broken.thing", {"id": "x"})
    paid(lite)
    lite.deliver()
    first, second = lite.inbox()
    assert (first.state, second.state) == (DeliveryState.WAITING, DeliveryState.HANDLED)
    assert first.problem == "a fault of the program (ValueError)"


KILLED = """
import os, signal, sys
from hardship.contributions import webhooks
from hardship.core.actor import SYSTEM
from hardship.config import from_environment
from hardship.wiring import build

runtime = build(from_environment(), check=False)
taken = runtime.transact(SYSTEM, webhooks.claim)
assert len(taken) == 1
if sys.argv[1] == "after handling":
    webhooks.handler_of(runtime, taken[0][1].type)(runtime, taken[0][1])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["before handling", "after handling"])
def test_a_worker_killed_between_inbox_and_handling_loses_nothing_and_does_nothing_twice(
    cards: Cards, moment: str
) -> None:
    """Stored and answered; the worker is killed with it in hand; another one takes it up once the first's time is over."""
    paid(cards)
    assert cards.api.deliver() == 200
    settings = cards.runtime.settings
    environ = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("HARDSHIP_", "STRIPE_"))
        },
        "HARDSHIP_INSTANCE": str(settings.instance),
        "HARDSHIP_DATABASE_URL": settings.database_url,
        "HARDSHIP_KEYRING": str(settings.keyring_path),
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_API_BASE": settings.stripe_api_base,
    }
    done = subprocess.run(
        [sys.executable, "-c", KILLED, moment], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(cards.gifts()) == (1 if moment == "after handling" else 0)
    if moment == "before handling":
        cards.work()
        assert cards.gifts() == [], "the claim stands for a while"
    with cards.runtime.read() as session:
        due = session.get(webhooks.WebhookDelivery, cards.inbox()[0].id).due_at  # type: ignore[union-attr]
    cards.runtime.clock.set(due)  # type: ignore[attr-defined]
    cards.work()
    assert cards.inbox()[0].state is DeliveryState.HANDLED
    assert cards.checkout().state is CheckoutState.PAID
    assert books(cards.runtime).income == 5000
    cards.sound()


def test_the_inbox_on_the_command_line(cards: Cards, shell: Shell) -> None:
    """List, those in trouble, try again; what cannot be is refused in one line."""
    cards.on(cards.wish("50"))
    cards.api.session()["amount_total"] = 6000
    cards.api.pay()
    cards.deliver()
    for _ in range(3):
        cards.later(days=1)
        cards.work()
    (told,) = shell.json("webhooks", "list", "--trouble")["events"]
    assert (told["type"], told["state"]) == ("checkout.session.completed", "waiting")
    cards.api.session()["amount_total"] = 5000
    assert shell.json("webhooks", "retry", told["event"])["attempts"] == 0
    cards.work()
    assert shell.json("webhooks", "list", "--state", "handled")["events"][0]["event"] == told["event"]
    assert "handled already" in shell.refused("webhooks", "retry", told["event"])
    assert "no such event" in shell.refused("webhooks", "retry", "evt_none")
    assert shell.run("webhooks", "list", "--state", "odd")[0] == 2
