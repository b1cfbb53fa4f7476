"""A stand-in for the card processor: a real HTTP server that speaks as much of Stripe's first interface as gifts by card
need, with its rules (idempotency keys, bounds, states), its events and its faults.

Tests drive it through its methods (`pay`, `refund`, `dispute`, …) and reach it through the real `stripe` client. By hand:

    python -m tests.support.stripe_api --port 12111 --webhook http://localhost:8000/webhooks/stripe --secret whsec_demo
    STRIPE_API_BASE=http://localhost:12111 STRIPE_SECRET_KEY=sk_test_demo STRIPE_WEBHOOK_SECRET=whsec_demo hardship serve
"""

import argparse
import hashlib
import hmac
import html
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Thing = dict[str, Any]

KEY, SECRET = "sk_test_stand_in", "whsec_stand_in"
_SESSION_FIELDS = {
    "mode", "line_items", "client_reference_id", "metadata", "payment_intent_data", "submit_type", "expires_at",
    "success_url", "cancel_url", "expand",
}  # fmt: skip
_LINKS = {
    "payment_intent": "payment_intents",
    "latest_charge": "charges",
    "balance_transaction": "balance_transactions",
    "charge": "charges",
}


class Refusal(Exception):
    """An error as the interface answers it."""

    def __init__(self, status: int, kind: str, code: str = "", message: str = "") -> None:
        super().__init__(message or code or kind)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message or code or kind}}


@dataclass
class Fault:
    """What goes wrong with the next request that fits: `before` it is carried out, or `after`.

    `kind`: drop (the connection is cut), hang (no answer for `seconds`), or a status such as 500 or 429.
    """

    path: str
    kind: str
    after: bool = True
    times: int = 1
    seconds: float = 3.0
    method: str = "POST"


@dataclass
class StripeApi:
    """The processor's memory, and what one may do to it. Amounts in pence; `now` is its clock, in seconds."""

    webhook_url: str = ""
    secret: str = SECRET
    now: Callable[[], float] = time.time
    fee: Callable[[int], int] = lambda amount: round(amount * 0.014) + 20
    fee_known: bool = True
    currency: str = "gbp"
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)
    requests: list[tuple[str, str, str, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    answers: dict[str, tuple[str, int, Thing]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    base: str = ""
    deliver_at_once: bool = False
    _in_progress: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    # --- Memory -------------------------------------------------------------------------------------------------------

    def new(self, kind: str, prefix: str, **fields: Any) -> Thing:
        """A new thing with a number of its own."""
        with self.lock:
            self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
            salt = hashlib.sha256(f"{prefix}{self._numbers[prefix]}{id(self)}".encode()).hexdigest()[:14]
            made = {"id": f"{prefix}_{salt}{self._numbers[prefix]}", "created": int(self.now()), **fields}
            self.things.setdefault(kind, {})[made["id"]] = made
            return made

    def get(self, kind: str, number: str) -> Thing:
        """A thing by its number; refuses one that there is not."""
        try:
            return self.things[kind][number]
        except KeyError:
            raise Refusal(
                404, "invalid_request_error", "resource_missing", f"No such {kind}: {number}"
            ) from None

    def all(self, kind: str) -> list[Thing]:
        """Every thing of a kind, oldest first."""
        return list(self.things.get(kind, {}).values())

    def session(self) -> Thing:
        """The session that was made last."""
        return self.all("sessions")[-1]

    def shown(self, thing: Thing, expand: list[str]) -> Thing:
        """A thing as it is answered: links as numbers, or whole where that was asked for."""
        found = deepcopy(thing)
        for path in expand:
            self._expand(found, path.split("."))
        return found

    def _expand(self, thing: Thing, path: list[str]) -> None:
        name, rest = path[0], path[1:]
        if name not in _LINKS:
            raise Refusal(400, "invalid_request_error", "", f"This property cannot be expanded ({name}).")
        value = thing.get(name)
        if isinstance(value, str):
            thing[name] = value = deepcopy(self.get(_LINKS[name], value))
        if rest and isinstance(value, dict):
            self._expand(value, rest)

    # --- What happens there -------------------------------------------------------------------------------------------

    def create_session(self, given: Thing) -> Thing:
        """Checks what the interface checks, and opens a card page."""
        if unknown := set(given) - _SESSION_FIELDS:
            raise Refusal(
                400, "invalid_request_error", "parameter_unknown", f"Received unknown parameter: {unknown}"
            )
        item = given["line_items"][0]["price_data"]
        amount, at = int(item["unit_amount"]), int(given["expires_at"])
        if amount < 30:
            raise Refusal(400, "invalid_request_error", "amount_too_small")
        if not 30 * 60 <= at - int(self.now()) <= 24 * 3600:
            raise Refusal(
                400, "invalid_request_error", "", "expires_at must be 30 minutes to 24 hours from now"
            )
        suffix = given.get("payment_intent_data", {}).get("statement_descriptor_suffix", "X")
        if not re.fullmatch(r"(?=.*[A-Za-z])[^<>\\'\"*]{1,22}", suffix):
            raise Refusal(400, "invalid_request_error", "", "Invalid statement descriptor suffix")
        made = self.new(
            "sessions", "cs_test", object="checkout.session", status="open", payment_status="unpaid",
            amount_total=amount, currency=item["currency"], metadata=given.get("metadata", {}), expires_at=at,
            client_reference_id=given.get("client_reference_id"), payment_intent=None, mode=given["mode"],
            success_url=given["success_url"], cancel_url=given["cancel_url"], customer_details=None,
            intent_data=given.get("payment_intent_data", {}), product=item["product_data"]["name"],
        )  # fmt: skip
        made["url"] = f"{self.base}/pay/{made['id']}"
        return made

    def pay(
        self, session: str = "", *, later: bool = False, fee: int | None = None, email: str = ""
    ) -> Thing:
        """The donor pays on the card page; with `later` by a way that takes days. Returns the session."""
        with self.lock:
            one = self.get("sessions", session or self.session()["id"])
            if one["status"] != "open":
                raise Refusal(400, "invalid_request_error", "", "This session is not open")
            status = "processing" if later else "succeeded"
            intent = self.new(
                "payment_intents", "pi", object="payment_intent", amount=one["amount_total"],
                currency=one["currency"], status=status, metadata=one["intent_data"].get("metadata", {}),
                latest_charge=None,
            )  # fmt: skip
            self._charge(intent, paid=not later, fee=fee)
            one |= {"status": "complete", "payment_intent": intent["id"], "url": None}
            one["payment_status"] = "unpaid" if later else "paid"
            one["customer_details"] = {"email": email or "payer@example.org", "name": "A Payer"}
            self.tell("checkout.session.completed", one)
            return one

    def _charge(self, intent: Thing, *, paid: bool, fee: int | None) -> Thing:
        charge = self.new(
            "charges", "ch", object="charge", amount=intent["amount"], amount_refunded=0, refunded=False,
            currency=intent["currency"], paid=paid, status="succeeded" if paid else "pending",
            payment_intent=intent["id"], metadata=dict(intent["metadata"]), balance_transaction=None, fee=fee,
        )  # fmt: skip
        intent["latest_charge"] = charge["id"]
        if paid and self.fee_known:
            self.book(charge)
        return charge

    def book(self, charge: Thing) -> None:
        """The processor takes its fee."""
        fee = charge["fee"] if charge["fee"] is not None else self.fee(charge["amount"])
        moved = self._moved(charge["amount"], fee)
        charge["balance_transaction"] = moved["id"]

    def _moved(self, amount: int, fee: int) -> Thing:
        return self.new(
            "balance_transactions", "txn", object="balance_transaction", amount=amount, fee=fee, net=amount - fee,
            currency=self.currency,
        )  # fmt: skip

    def arrive(self, session: str = "") -> None:
        """Money that was on its way arrives."""
        with self.lock:
            one = self.get("sessions", session or self.session()["id"])
            intent = self.get("payment_intents", one["payment_intent"])
            charge = self.get("charges", intent["latest_charge"])
            charge |= {"paid": True, "status": "succeeded"}
            self.book(charge)
            intent["status"], one["payment_status"] = "succeeded", "paid"
            self.tell("checkout.session.async_payment_succeeded", one)

    def bounce(self, session: str = "") -> None:
        """Money that was on its way does not come."""
        with self.lock:
            one = self.get("sessions", session or self.session()["id"])
            self.get("payment_intents", one["payment_intent"])["status"] = "requires_payment_method"
            self.tell("checkout.session.async_payment_failed", one)

    def expire(self, session: str = "") -> Thing:
        """The card page closes."""
        with self.lock:
            one = self.get("sessions", session or self.session()["id"])
            if one["status"] != "open":
                raise Refusal(
                    400,
                    "invalid_request_error",
                    "",
                    "Only Checkout Sessions with a status in [open] can be expired",
                )
            one |= {"status": "expired", "url": None}
            self.tell("checkout.session.expired", one)
            return one

    def refund(
        self,
        amount: int | None = None,
        *,
        charge: str = "",
        metadata: Thing | None = None,
        status: str = "succeeded",
    ) -> Thing:
        """Money goes back to a card."""
        with self.lock:
            paid = self.get("charges", charge or self.all("charges")[-1]["id"])
            left = paid["amount"] - paid["amount_refunded"]
            if left == 0:
                raise Refusal(400, "invalid_request_error", "charge_already_refunded")
            if amount is not None and not 0 < amount <= left:
                raise Refusal(400, "invalid_request_error", "amount_too_large")
            made = self.new(
                "refunds", "re", object="refund", amount=amount or left, charge=paid["id"], status=status,
                metadata=metadata or {}, payment_intent=paid["payment_intent"], currency=paid["currency"],
            )  # fmt: skip
            paid["amount_refunded"] += made["amount"]
            paid["refunded"] = paid["amount_refunded"] == paid["amount"]
            self._moved(-made["amount"], 0)
            self.tell("charge.refunded", paid)
            return made

    def refund_ends(self, refund: str, status: str) -> None:
        """A refund under way succeeds, or fails."""
        with self.lock:
            one = self.get("refunds", refund)
            one["status"] = status
            if status == "failed":
                self.get("charges", one["charge"])["amount_refunded"] -= one["amount"]
            self.tell("charge.refund.updated", one)

    def dispute(
        self, amount: int | None = None, *, charge: str = "", fee: int = 2000, inquiry: bool = False
    ) -> Thing:
        """A payer's bank calls a payment back, or first only asks."""
        with self.lock:
            paid = self.get("charges", charge or self.all("charges")[-1]["id"])
            made = self.new(
                "disputes", "du", object="dispute", amount=amount or paid["amount"], charge=paid["id"],
                currency=paid["currency"], payment_intent=paid["payment_intent"], balance_transactions=[],
                status="warning_needs_response" if inquiry else "needs_response",
            )  # fmt: skip
            if not inquiry:
                made["balance_transactions"].append(self._moved(-made["amount"], fee))
            self.tell("charge.dispute.created", made)
            if not inquiry:
                self.tell("charge.dispute.funds_withdrawn", made)
            return made

    def close_dispute(self, outcome: str, *, dispute: str = "", fee_back: int = 0) -> Thing:
        """A dispute is decided: won, lost, or (an inquiry) warning_closed."""
        with self.lock:
            one = self.get("disputes", dispute or self.all("disputes")[-1]["id"])
            one["status"] = outcome
            if outcome == "won":
                one["balance_transactions"].append(self._moved(one["amount"], -fee_back))
                self.tell("charge.dispute.funds_reinstated", one)
            self.tell("charge.dispute.closed", one)
            return one

    # --- Events -------------------------------------------------------------------------------------------------------

    def tell(self, type_: str, about: Thing) -> Thing:
        """Make an event; with `deliver_at_once` it is sent by a thread of its own."""
        event = self.new(
            "events", "evt", object="event", type=type_, api_version="2025-03-31", livemode=False
        )
        event["data"] = {"object": deepcopy(about)}
        self.events.append(event)
        if self.deliver_at_once and self.webhook_url:
            threading.Thread(target=self.deliver, args=(event,), daemon=True).start()
        return event

    def raw(self, event: Thing) -> tuple[bytes, str]:
        """An event's bytes and their signature, as of now."""
        body = json.dumps(event).encode()
        return body, self.signature(body)

    def signature(self, body: bytes, *, secret: str = "", at: int | None = None) -> str:
        """The signature header of a body."""
        stamp = int(time.time()) if at is None else at
        signed = hmac.new((secret or self.secret).encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
        return f"t={stamp},v1={signed}"

    def deliver(self, event: Thing | None = None, times: int = 1) -> int:
        """Send an event (the last one made) to the application; returns the last answer's status."""
        body, _ = self.raw(event or self.events[-1])
        status = 0
        for _ in range(times):
            headers = {"Content-Type": "application/json", "Stripe-Signature": self.signature(body)}
            request = urllib.request.Request(self.webhook_url, body, headers)  # noqa: S310 — an address of the test
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
                error.close()
        return status

    # --- Answering ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, given: Thing, key: str) -> tuple[int, Thing]:
        """Carry out a request; one with a key that was used before is answered as it was then."""
        if method == "POST" and key:
            return self._keyed(path, given, key)
        return self._carried_out(method, path, given)

    def _keyed(self, path: str, given: Thing, key: str) -> tuple[int, Thing]:
        said = json.dumps([path, given], sort_keys=True)
        with self.lock:
            if key in self._in_progress:
                refusal = Refusal(409, "invalid_request_error", "idempotency_key_in_use")
                return refusal.status, refusal.body
            if key in self.answers:
                before, status, body = self.answers[key]
                if before != said:
                    refusal = Refusal(
                        400, "idempotency_error", "", "Keys can only be used with the same parameters"
                    )
                    return refusal.status, refusal.body
                return status, deepcopy(body)
            self._in_progress.add(key)
        try:
            status, body = self._carried_out("POST", path, given)
            if status not in {409, 429}:
                self.answers[key] = (said, status, deepcopy(body))
            return status, body
        finally:
            self._in_progress.discard(key)

    def _carried_out(self, method: str, path: str, given: Thing) -> tuple[int, Thing]:
        try:
            with self.lock:
                return 200, self._route(method, path, given)
        except Refusal as refusal:
            return refusal.status, refusal.body
        except (KeyError, IndexError, ValueError, TypeError) as error:
            return 400, Refusal(400, "invalid_request_error", "parameter_missing", repr(error)).body

    def _route(self, method: str, path: str, given: Thing) -> Thing:
        expand = list(given.pop("expand", []))
        parts = path.removeprefix("/v1/").split("/")
        if parts[:2] == ["checkout", "sessions"]:
            return self._sessions(method, parts[2:], given, expand)
        if parts == ["refunds"] and method == "POST":
            amount = int(given["amount"]) if "amount" in given else None
            return self.shown(
                self.refund(amount, charge=given["charge"], metadata=given.get("metadata")), expand
            )
        if parts == ["refunds"]:
            return self._listed(
                [one for one in self.all("refunds") if one["charge"] == given["charge"]], given, path
            )
        if len(parts) == 2 and method == "GET":
            return self.shown(self.get(parts[0], parts[1]), expand)
        raise Refusal(404, "invalid_request_error", "", f"Unrecognized request URL ({method}: {path})")

    def _sessions(self, method: str, rest: list[str], given: Thing, expand: list[str]) -> Thing:
        if method == "POST" and not rest:
            return self.shown(self.create_session(given), expand)
        if method == "POST" and rest[1:] == ["expire"]:
            return self.shown(self.expire(rest[0]), expand)
        if method == "GET" and not rest:
            found = [one for one in self.all("sessions") if one["payment_intent"] == given["payment_intent"]]
            inner = [path.removeprefix("data.") for path in expand]
            return self._listed([self.shown(one, inner) for one in found], given, "/v1/checkout/sessions")
        return self.shown(self.get("sessions", rest[0]), expand)

    @staticmethod
    def _listed(found: list[Thing], given: Thing, path: str) -> Thing:
        newest = found[::-1]
        if after := given.get("starting_after"):
            newest = newest[[one["id"] for one in newest].index(after) + 1 :]
        limit = int(given.get("limit", 10))
        return {"object": "list", "url": path, "data": newest[:limit], "has_more": len(newest) > limit}

    def fault_for(self, method: str, path: str) -> Fault | None:
        """The fault that the next request runs into, once for each of its times."""
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and path.startswith(fault.path):
                    fault.times -= 1
                    return fault
        return None


def nested(pairs: list[tuple[str, str]]) -> Thing:
    """`a[b][0][c]=1` as the client sends it, as a tree; numbered branches become lists."""
    tree: Thing = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+", name)
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return _lists(tree)


def _lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    inner = {key: _lists(value) for key, value in tree.items()}
    return (
        [inner[key] for key in sorted(inner, key=int)]
        if inner and all(key.isdigit() for key in inner)
        else inner
    )


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the stand-in."""

    protocol_version = "HTTP/1.1"
    api: StripeApi

    def log_message(self, *_args: Any) -> None:
        """Be silent."""

    def do_GET(self) -> None:
        """A question, or the card page."""
        if self.path.startswith("/pay/"):
            return self._card_page()
        return self._handle("GET", parse_qsl(urlsplit(self.path).query))

    def do_POST(self) -> None:
        """A wish, or what the donor does on the card page."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/pay/"):
            return self._card_paid(dict(parse_qsl(body)))
        return self._handle("POST", parse_qsl(body))

    def _handle(self, method: str, pairs: list[tuple[str, str]]) -> None:
        path = urlsplit(self.path).path
        key = self.headers.get("Idempotency-Key", "")
        if not self.headers.get("Authorization", "").startswith("Bearer sk_"):
            return self._say(401, Refusal(401, "invalid_request_error", "api_key_missing").body)
        fault = self.api.fault_for(method, path)
        if fault and not fault.after and self._fail(fault):
            return None
        status, body = self.api.answer(method, path, nested(pairs), key)
        self.api.requests.append((method, path, key, status))
        if fault and fault.after and self._fail(fault):
            return None
        return self._say(status, body)

    def _fail(self, fault: Fault) -> bool:
        """Run into a fault; True when that is all of the answer."""
        if fault.kind == "drop":
            self.close_connection = True
            self.connection.close()
            return True
        if fault.kind == "hang":
            threading.Event().wait(fault.seconds)
            self.close_connection = True
            return True
        self._say(int(fault.kind), {"error": {"type": "api_error", "message": "a fault"}})
        return True

    def _say(self, status: int, body: Thing) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Request-Id", "req_stand_in")
        self.end_headers()
        self.wfile.write(raw)

    def _card_page(self) -> None:
        one = self.api.get("sessions", urlsplit(self.path).path.removeprefix("/pay/"))
        words = html.escape(f"{one['product']}: {one['amount_total'] / 100:.2f} {one['currency'].upper()}")
        page = (
            f"<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Pay</title>"
            f"<h1>Card page (stand-in)</h1><p>{words}</p><form method=post>"
            "<button name=way value=now>Pay</button> <button name=way value=later>Pay by bank, later</button></form>"
            f"<p><a href='{html.escape(one['cancel_url'])}'>Back</a></p>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _card_paid(self, form: dict[str, str]) -> None:
        one = self.api.pay(urlsplit(self.path).path.removeprefix("/pay/"), later=form.get("way") == "later")
        self.send_response(303)
        self.send_header("Location", one["success_url"])
        self.send_header("Content-Length", "0")
        self.end_headers()


class Quiet(ThreadingHTTPServer):
    """A server that says nothing of clients that went away."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is no error here."""


@contextmanager
def serving(api: StripeApi, port: int = 0) -> Iterator[StripeApi]:
    """The stand-in behind a port of this machine; `api.base` is its address."""
    handler = type("Bound", (Handler,), {"api": api})
    server = Quiet(("127.0.0.1", port), handler)
    api.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def main() -> None:
    """Serve by hand until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhook", default="http://localhost:8000/webhooks/stripe")
    parser.add_argument("--secret", default="whsec_demo")
    given = parser.parse_args()
    api = StripeApi(webhook_url=given.webhook, secret=given.secret, deliver_at_once=True)
    with serving(api, given.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()
