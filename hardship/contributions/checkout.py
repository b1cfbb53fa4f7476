"""The card processor, spoken to through its own library. Values in, values out; nothing here knows a database.

What an event says is never taken for true by itself: the thing that it is about is fetched, and what is then done
follows from how the thing stands. So the order in which events come, and how often, changes nothing.

An answer that is no answer (a time-out, a dropped connection, 5xx, 429) is `Unreachable`: the call may have been
carried out, and is made again with the same key. Any other refusal is `Declined`.
"""

import datetime as dt
import functools
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

import stripe

from hardship.config import Settings
from hardship.contributions.card_models import CardRefund, Checkout
from hardship.core.errors import BadInput, Broken, HardshipError

P = ParamSpec("P")
R = TypeVar("R")

PROVIDER = "stripe"
PATIENCE = 20  # seconds for an answer
TOLERANCE = 300  # seconds that a signature may be old
SUFFIX = 12  # characters of a card statement that are ours


class Unreachable(HardshipError):
    """The processor did not answer, or not in a way that says what it did."""

    status = 503
    exit_code = 1


class Declined(HardshipError):
    """The processor said no. `code` is its word for why."""

    status = 409
    exit_code = 1

    def __init__(self, code: str) -> None:
        super().__init__(
            f"the card processor said no ({code})", fix="Look it up in the processor's dashboard."
        )
        self.code = code


class Forged(BadInput):
    """A delivered event that is not signed with our secret, or too long ago."""

    status = 400


@dataclass(frozen=True)
class SeenCharge:
    """A charge as the processor has it. Pence; `fee_minor` is None until the processor knows it."""

    id: str
    ref: str
    amount_minor: int
    currency: str
    created: dt.datetime
    paid: bool
    fee_minor: int | None
    settled_in: str


@dataclass(frozen=True)
class SeenSession:
    """A checkout session as the processor has it; `intent` and `charge` once there are any."""

    id: str
    ref: str
    url: str
    status: str  # open, complete, expired
    paid: bool
    amount_minor: int
    currency: str
    intent: str | None
    intent_status: str
    charge: SeenCharge | None


@dataclass(frozen=True)
class SeenRefund:
    """A refund as the processor has it; `ref` is that of our own request, if it was ours."""

    id: str
    ref: str
    status: str  # pending, succeeded, failed, canceled, requires_action
    amount_minor: int
    created: dt.datetime


@dataclass(frozen=True)
class SeenDispute:
    """A dispute as the processor has it, with what it has moved so far, in pence: the amount taken from us, the fee, and
    what came back of either."""

    id: str
    charge: str
    status: str
    amount_minor: int
    currency: str
    created: dt.datetime
    withdrawn_minor: int
    fee_minor: int
    reinstated_minor: int
    fee_back_minor: int
    settled_in: str


def verified(raw: bytes, signature: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    """The event in a delivered body, once one of the secrets has signed it, not long ago; raises `Forged`."""
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(cast(Any, raw), signature, secret, TOLERANCE)
            event = json.loads(raw)
        except (stripe.SignatureVerificationError, ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            return event
    raise Forged("this event is not signed as it should be")


def _asks(call: Callable[P, R]) -> Callable[P, R]:
    """Turn the library's errors into ours; their words may quote what was sent, so that only their codes are kept."""

    @functools.wraps(call)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except stripe.StripeError as error:
            status = error.http_status or 0
            if status == 0 or status >= 500 or status in {409, 429}:
                raise Unreachable(
                    "the card processor did not answer", fix="It is asked again later."
                ) from None
            raise Declined(str(getattr(error, "code", None) or status)[:60]) from None
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(
                f"the card processor's answer could not be read ({type(error).__name__})",
                fix="It is asked again later.",
            ) from None

    return ask


@dataclass(frozen=True)
class Processor:
    """The card processor under one instance's settings."""

    settings: Settings

    @property
    def on(self) -> bool:
        """Whether gifts by card are set up."""
        return bool(self.settings.stripe_secret_key)

    def _client(self) -> Any:
        if not self.on:
            raise Broken("gifts by card are not set up", fix="Set STRIPE_SECRET_KEY.")
        base = self.settings.stripe_api_base
        client = stripe.StripeClient(
            self.settings.stripe_secret_key,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=PATIENCE),
        )
        return client.v1

    @_asks
    def create_session(self, checkout: Checkout, public_name: str, token: str) -> SeenSession:
        """Open the page on which the donor pays. Under one key the processor makes one session, however often asked."""
        made = self._client().checkout.sessions.create(
            params=session_terms(checkout, public_name, f"{self.settings.base_url}/donate/paying/{token}"),
            options={"idempotency_key": checkout.idem_key},
        )
        return _session(made.to_dict())

    @_asks
    def session(self, session_id: str) -> SeenSession:
        """How a session stands, with its charge and fee."""
        found = self._client().checkout.sessions.retrieve(session_id, params={"expand": _TO_THE_FEE})
        return _session(found.to_dict())

    @_asks
    def session_of(self, intent: str) -> SeenSession | None:
        """The session that a payment was made in; None when it was made elsewhere."""
        listed = self._client().checkout.sessions.list(
            params={"payment_intent": intent, "limit": 1, "expand": [f"data.{path}" for path in _TO_THE_FEE]}
        )
        return next((_session(found.to_dict()) for found in listed.data), None)

    @_asks
    def expire_session(self, session_id: str) -> SeenSession:
        """Close the page on which the donor would pay; raises `Declined` when it was finished or closed before."""
        return _session(self._client().checkout.sessions.expire(session_id).to_dict())

    @_asks
    def charge(self, charge: str) -> tuple[SeenCharge, str | None]:
        """How a charge stands, and the payment that it belongs to."""
        found = self._client().charges.retrieve(charge, params={"expand": ["balance_transaction"]}).to_dict()
        return _charge(found), _id(found.get("payment_intent"))

    @_asks
    def refunds(self, charge: str) -> list[SeenRefund]:
        """Every refund of a charge, oldest first."""
        listed = self._client().refunds.list(params={"charge": charge, "limit": 100})
        found = [_refund(one.to_dict()) for one in listed.auto_paging_iter()]
        return sorted(found, key=lambda one: (one.created, one.id))

    @_asks
    def refund_card(self, wanted: CardRefund, charge: str) -> SeenRefund:
        """Send money back to the card, under the key of our own request."""
        made = self._client().refunds.create(
            params={"charge": charge, "amount": wanted.amount_minor, "metadata": {"refund": wanted.ref}},
            options={"idempotency_key": wanted.idem_key},
        )
        return _refund(made.to_dict())

    @_asks
    def dispute(self, dispute: str) -> SeenDispute:
        """How a dispute stands, with what it has moved."""
        found = self._client().disputes.retrieve(dispute)
        return _dispute(found.to_dict())


_TO_THE_FEE = ["payment_intent.latest_charge.balance_transaction"]


def session_terms(checkout: Checkout, public_name: str, address: str) -> dict[str, Any]:
    """What the processor is told of a checkout: the amount, the fund's public name, where to come back to. The same
    checkout gives the same terms, so that it may be asked for again under one key."""
    named = {"checkout": checkout.ref}
    payment: dict[str, Any] = {"metadata": named, "description": public_name}
    if suffix := statement_suffix(public_name):
        payment["statement_descriptor_suffix"] = suffix
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": checkout.currency.lower(),
                    "unit_amount": checkout.amount_minor,
                    "product_data": {"name": public_name},
                },
            }
        ],
        "client_reference_id": checkout.ref,
        "metadata": named,
        "payment_intent_data": payment,
        "submit_type": "donate",
        "expires_at": int(checkout.expires_at.timestamp()),
        "success_url": f"{address}/done",
        "cancel_url": f"{address}/cancel",
    }


def statement_suffix(public_name: str) -> str:
    """What a card statement says after the charity's own prefix: Latin letters, digits and spaces, at most twelve, with a
    letter among them; "" when there is none."""
    plain = unicodedata.normalize("NFKD", public_name).encode("ascii", "ignore").decode()
    kept = " ".join(re.sub(r"[^A-Za-z0-9 ]", " ", plain).upper().split())[:SUFFIX].strip()
    return kept if re.search(r"[A-Z]", kept) else ""


# --- What the processor says, read ------------------------------------------------------------------------------------


def _id(value: Any) -> str | None:
    """The number of a thing that is given whole or by its number alone."""
    return value.get("id") if isinstance(value, Mapping) else value


def _at(seconds: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def _session(found: Mapping[str, Any]) -> SeenSession:
    intent = found.get("payment_intent")
    whole: Mapping[str, Any] = intent if isinstance(intent, Mapping) else {}
    charge = whole.get("latest_charge")
    return SeenSession(
        id=found["id"],
        ref=(found.get("metadata") or {}).get("checkout") or "",
        url=found.get("url") or "",
        status=found["status"],
        paid=found["payment_status"] == "paid",
        amount_minor=int(found["amount_total"]),
        currency=found["currency"].upper(),
        intent=_id(intent),
        intent_status=whole.get("status") or "",
        charge=_charge(charge) if isinstance(charge, Mapping) else None,
    )


def _charge(found: Mapping[str, Any]) -> SeenCharge:
    booked = found.get("balance_transaction")
    whole: Mapping[str, Any] = booked if isinstance(booked, Mapping) else {}
    return SeenCharge(
        id=found["id"],
        ref=(found.get("metadata") or {}).get("checkout") or "",
        amount_minor=int(found["amount"]),
        currency=found["currency"].upper(),
        created=_at(found["created"]),
        paid=bool(found.get("paid")),
        fee_minor=int(whole["fee"]) if whole else None,
        settled_in=str(whole.get("currency") or found["currency"]).upper(),
    )


def _refund(found: Mapping[str, Any]) -> SeenRefund:
    return SeenRefund(
        id=found["id"],
        ref=(found.get("metadata") or {}).get("refund") or "",
        status=found.get("status") or "pending",
        amount_minor=int(found["amount"]),
        created=_at(found["created"]),
    )


def _dispute(found: Mapping[str, Any]) -> SeenDispute:
    moves = found.get("balance_transactions") or []
    return SeenDispute(
        id=found["id"],
        charge=_id(found["charge"]) or "",
        status=found["status"],
        amount_minor=int(found["amount"]),
        currency=found["currency"].upper(),
        created=_at(found["created"]),
        withdrawn_minor=-sum(min(0, int(move["amount"])) for move in moves),
        fee_minor=sum(max(0, int(move["fee"])) for move in moves),
        reinstated_minor=sum(max(0, int(move["amount"])) for move in moves),
        fee_back_minor=-sum(min(0, int(move["fee"])) for move in moves),
        settled_in=str(next((move["currency"] for move in moves), found["currency"])).upper(),
    )
