"""A fund that takes gifts by card: the application behind a real port, the processor's stand-in behind another."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session, col, select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from hardship.app import create_app
from hardship.contributions.card_models import CardRefund, Checkout, Dispute, WebhookDelivery
from hardship.contributions.models import Contribution
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.ledger.models import Account, AccountKind
from tests.integration.matching.helpers import assert_sound, books, load
from tests.integration.staff.signing import form_token
from tests.support.stripe_api import KEY, SECRET, StripeApi, Thing, serving

PROVIDER_KINDS = ("webhooks", "checkouts", "card refunds")


@dataclass
class Cards:
    """What a test of gifts by card works with."""

    runtime: Runtime
    api: StripeApi
    client: FlaskClient

    def later(self, **by: float) -> None:
        """Let time pass, for us and for the processor."""
        assert isinstance(self.runtime.clock, SetClock)
        self.runtime.clock.advance(dt.timedelta(**by))

    def wish(self, amount: str = "50", **more: str) -> str:
        """Fill in /donate and send it; returns the address of what follows."""
        page = self.client.get("/donate")
        given = {
            "csrf_token": form_token(page.text),
            "key": key_of(page.text),
            "amount": amount,
            "covers": "this",
        }
        answer = self.client.post("/donate", data={**given, **more})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def on(self, place: str) -> TestResponse:
        """Press the button that leads to the card page."""
        token = form_token(self.client.get(place).text)
        return self.client.post(place, data={"csrf_token": token})

    def give(self, amount: str = "50", *, fee: int | None = None, **more: str) -> str:
        """Give by card, and let the events be taken in and handled; returns the gift's ref."""
        place = self.wish(amount, **more)
        assert self.on(place).status_code == 303
        self.api.pay(fee=fee)
        self.deliver()
        return self.checkout().ref

    def deliver(self, *events: Thing) -> None:
        """Send events (every one made so far, when none is given) by HTTP, and have the worker handle them."""
        for event in events or tuple(self.api.events):
            assert self.api.deliver(event) == 200
        self.work()

    def work(self) -> None:
        """Have the worker do what is due."""
        self.runtime.run_due(*PROVIDER_KINDS)

    def checkout(self) -> Checkout:
        """The checkout that was opened last."""
        with self.runtime.read() as session:
            return session.exec(select(Checkout).order_by(col(Checkout.id).desc())).all()[0]

    def gifts(self) -> list[Contribution]:
        """Every gift."""
        return self._all(Contribution)

    def refunds(self) -> list[CardRefund]:
        """Every refund to a card."""
        return self._all(CardRefund)

    def disputes(self) -> list[Dispute]:
        """Every dispute."""
        return self._all(Dispute)

    def inbox(self) -> list[WebhookDelivery]:
        """Every delivery."""
        return self._all(WebhookDelivery)

    def _all(self, table: Any) -> list[Any]:
        with self.runtime.read() as session:
            return list(session.exec(select(table).order_by(table.id)).all())

    def balance(self, kind: AccountKind, pot: str = "f") -> int:
        """The cached balance of an account, debit positive."""
        with self.runtime.read() as session:
            return balance(session, kind, pot)

    def sound(self) -> None:
        """The books balance, the match is within its bounds, the log says what the rows say."""
        from hardship.audit.verify import verify

        assert_sound(self.runtime)
        assert books(self.runtime).spendable is not None
        with self.runtime.read() as session:
            verdict = verify(session, self.runtime.vault)
        assert not verdict.problems, verdict.problems


def balance(session: Session, kind: AccountKind, pot: str) -> int:
    """The cached balance of an account of a pot."""
    from hardship.ledger.models import Pot

    found = session.exec(
        select(Account.balance_minor)
        .join(Pot, col(Pot.id) == Account.pot_id)
        .where(Pot.ref == pot, Account.kind == kind)
    ).one()
    return int(found)


def key_of(page: str) -> str:
    """The key of the form on a page."""
    from bs4 import BeautifulSoup

    field = BeautifulSoup(page, "html.parser").find("input", {"name": "key"})
    assert field is not None
    return str(field["value"])  # type: ignore[index]


@contextmanager
def cards_on(
    runtime: Runtime, *matches: dict[str, Any], set_up: Callable[[Runtime], None] | None = None
) -> Iterator[Cards]:
    """The fund, the stand-in and the application, wired to each other by real HTTP."""
    if set_up is not None:
        set_up(runtime)
    else:
        load(runtime, *matches)
    api = StripeApi(now=lambda: runtime.clock.now().timestamp())
    with serving(api):
        runtime.settings = replace(
            runtime.settings,
            stripe_secret_key=KEY,
            stripe_webhook_secrets=(SECRET,),
            stripe_api_base=api.base,
        )
        app = create_app(runtime, testing=True)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        api.webhook_url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield Cards(runtime, api, app.test_client())
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)
