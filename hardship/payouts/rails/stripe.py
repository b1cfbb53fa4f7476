"""Stripe's Global Payouts as a rail (API v2, public preview): the only module of payouts that knows Stripe.

A payment takes up to four requests: a recipient (once a person), a payout method (once an account of theirs), a check
of the name (where it is offered), and the outbound payment. Each is made with a key of its own that was committed
before, and what it is called is committed as soon as it is known, so that whoever dies anywhere goes on where it was.
Only the last one moves money: whatever goes wrong before it, nothing was taken. `docs/rails.md` says what data it takes.
"""

import datetime as dt
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import stripe

from hardship.core.clock import day_of
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime
from hardship.payouts.models import RailName
from hardship.payouts.rails import meanings
from hardship.payouts.rails.base import NAME_DIFFERS, Answer, Instruction, Rail, Status
from hardship.payouts.rails.meanings import Verdict
from hardship.payouts.rails.remote import Memory, Remote

T = TypeVar("T")

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and to wait for an answer."""
WINDOW = dt.timedelta(hours=23)
"""How long a key is relied upon to name the same request; after that things are looked for, never made anew."""
PATIENCE = 3
"""After so many payments in a row of which nobody knows, the rest of a portion is not tried now."""
_PAGE = 100
_NOT_OFFERED = "-"
_RECIPIENT, _METHOD, _CHECK, _PAYMENT = "recipient", "method", "name_check", "payment"


class _Stopped(Exception):
    """A request that did not succeed; `verdict` is what that says about it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.problem)
        self.verdict = verdict


class Stripe(Rail):
    """Global Payouts from the charity's financial account. Raises `Refused` where it is not set up, or would print what
    it sends."""

    portion = 10  # each takes seconds, and a portion is to be through before anybody else asks about it
    looks = 50

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        if not settings.stripe_secret_key or not settings.stripe_financial_account:
            raise Refused(
                "Stripe is not set up here",
                where="rail",
                fix="Set STRIPE_SECRET_KEY and STRIPE_FINANCIAL_ACCOUNT, or choose another rail.",
            )
        if os.environ.get("STRIPE_LOG"):
            raise Refused(
                "STRIPE_LOG would print names and accounts", where="rail", fix="Unset it, and start again."
            )
        logging.getLogger("stripe").setLevel(logging.CRITICAL)  # its messages quote what was sent
        stripe.enable_telemetry = False
        self._settings = settings
        self._clock = runtime.clock
        self._memory = Memory(runtime, RailName.STRIPE)
        self._mac = runtime.vault.mac
        self._client = _client(settings.stripe_secret_key, settings.stripe_api_base, TIMEOUT)

    # --- The rail -------------------------------------------------------------------------------------------------

    def send(self, instructions: Sequence[Instruction]) -> list[Answer]:
        """Pay, one after the other. A busy rail, or one that has fallen silent, is left alone: the rest is answered as
        not taken this time."""
        answers: list[Answer] = []
        silent, busy = 0, None
        for one in instructions:
            if busy is None:
                answer = self._pay(one)
                silent = silent + 1 if answer.status is Status.NO_ANSWER else 0
                if answer.status is Status.BUSY:
                    busy = answer.problem, answer.wait
                elif silent >= PATIENCE:
                    busy = "no_connection", dt.timedelta(seconds=meanings.SOON)
            else:
                answer = Answer(one.key, Status.BUSY, busy[0], wait=busy[1])
            answers.append(answer)
        return answers

    def look_up(self, keys: Sequence[str]) -> list[Answer]:
        """What became of the keys: by the payment's own name where it is known, else in the recipient's list."""
        return [self._look(key) for key in keys]

    def stop(self, keys: Sequence[str]) -> list[Answer]:
        """Ask that payments be cancelled; one that is too late is answered as it stands."""
        return [self._stop(key) for key in keys]

    def fetch(self, ref: str) -> Answer | None:
        """How a payment stands that an event named; None for one that is none of ours."""
        try:
            found = _said(lambda: self._client.v2.money_management.outbound_payments.retrieve(ref))
        except _Stopped as stopped:
            if stopped.verdict.status is Status.REFUSED:
                return None  # there is no such payment
            raise Refused("Stripe does not answer", where="rail", fix="The event is tried again.") from None
        key = _metadata(found).get("attempt", "")
        return _answer(key, found) if key else None

    # --- Paying ---------------------------------------------------------------------------------------------------

    def _pay(self, one: Instruction) -> Answer:
        """One payment, from wherever an earlier try had come to."""
        try:
            recipient = self._recipient(one)
            method = self._method(one, recipient)
            check, code = self._checked_name(one, recipient, method)
        except _Stopped as stopped:
            return meanings.not_taken(one.key, stopped.verdict)
        if code == meanings.DIFFERS and not one.name_accepted:
            return Answer(one.key, Status.REFUSED, NAME_DIFFERS, name_check=code)
        self._memory.intend(_PAYMENT, one.key, idem_key=one.key, parent=recipient)
        try:
            made = self._payment(one, recipient, method, check)
        except _Stopped as stopped:
            verdict = stopped.verdict
            if verdict.status is Status.REFUSED:
                return Answer(one.key, Status.REFUSED, verdict.problem, name_check=code)
            return meanings.no_news(one.key, verdict)
        self._memory.learn(_PAYMENT, one.key, made.id)
        return _answer(one.key, made, code)

    def _recipient(self, one: Instruction) -> str:
        """The payee as an account that can be paid: made once a person."""
        return self._made_once(
            _RECIPIENT, one.payee, "", lambda key: self._make_recipient(one, key), self._find_recipient
        )

    def _make_recipient(self, one: Instruction, key: str) -> str:
        params: Any = {
            "contact_email": self._contact(),
            "display_name": one.payee[:12],
            "identity": {
                "country": "gb",
                "entity_type": "individual",
                "individual": meanings.names(one.name),
            },
            "configuration": {
                "recipient": {"capabilities": {"bank_accounts": {"fps": {"requested": True}}}},
            },
            "metadata": {"payee": one.payee},
        }
        made = _said(lambda: self._client.v2.core.accounts.create(params, {"idempotency_key": key}))
        return made.id

    def _find_recipient(self, payee: str, _parent: str) -> str | None:
        def search() -> str | None:
            listed = self._client.v2.core.accounts.list(
                {"applied_configurations": ["recipient"], "limit": _PAGE}
            )
            return next(
                (one.id for one in listed.auto_paging_iter() if _metadata(one).get("payee") == payee), None
            )

        return _said(search)

    def _method(self, one: Instruction, recipient: str) -> str:
        """The payee's bank account as a payout method: made once an account of theirs."""
        which = f"stripe method|{one.payee}|{one.sort_code}|{one.account_number}"
        return self._made_once(
            _METHOD,
            self._mac(which.encode()),
            recipient,
            lambda key: self._make_method(one, recipient, key),
            lambda _subject, parent: self._find_method(one, parent),
        )

    def _make_method(self, one: Instruction, recipient: str, key: str) -> str:
        account = {
            "account_number": one.account_number,
            "routing_number": one.sort_code,
            "country": "GB",
            "currency": one.currency.lower(),
        }
        params: Any = {
            "usage_intent": "payment",
            "payout_method_data": {"type": "bank_account", "bank_account": account},
        }
        setup = _said(
            lambda: self._client.v2.money_management.outbound_setup_intents.create(
                params, {"idempotency_key": key, "stripe_context": recipient}
            )
        )
        if setup.payout_method is None or setup.status != "succeeded":
            raise _Stopped(Verdict(Status.REFUSED, "account_not_accepted"))
        return setup.payout_method.id

    def _find_method(self, one: Instruction, recipient: str) -> str | None:
        def search() -> str | None:
            listed = self._client.v2.money_management.payout_methods.list(
                {"limit": _PAGE}, {"stripe_context": recipient}
            )
            for method in listed.auto_paging_iter():
                account = method.bank_account
                if account and (account.routing_number, account.last4) == (
                    one.sort_code,
                    one.account_number[-4:],
                ):
                    return method.id
            return None

        return _said(search)

    def _checked_name(self, one: Instruction, recipient: str, method: str) -> tuple[str, str]:
        """Ask the payee's bank about the name: (what the check is called, its code); both "" where it is not offered.
        The name that the bank has on file is looked at by nobody and kept nowhere."""
        begun = self._memory.intend(_CHECK, one.key, parent=recipient)
        ref, code = begun.ref or "", begun.note
        if not ref:
            ref, code = self._check_name(one, begun.idem_key, recipient, method)
            self._memory.learn(_CHECK, one.key, ref, code)
        return ("", code) if ref == _NOT_OFFERED else (ref, code)

    def _check_name(self, one: Instruction, key: str, recipient: str, method: str) -> tuple[str, str]:
        checks = self._client.v2.money_management.recipient_verifications
        params: Any = {"recipient": recipient, "payout_method": method}
        try:
            made = _said(lambda: checks.create(params, {"idempotency_key": key}))
        except _Stopped as stopped:
            if stopped.verdict.status is Status.REFUSED or stopped.verdict.problem == "feature_not_enabled":
                return _NOT_OFFERED, ""
            raise
        code = meanings.NAME_CHECKS.get(made.match_result, "NONE")
        goes_ahead = code != meanings.DIFFERS or one.name_accepted
        if made.status == "awaiting_acknowledgement" and goes_ahead:
            _said(lambda: checks.acknowledge(made.id, {}, {"idempotency_key": f"{key}a"}))
        return made.id, code

    def _payment(self, one: Instruction, recipient: str, method: str, check: str) -> Any:
        currency = one.currency.lower()
        params: Any = {
            "from": {"financial_account": self._settings.stripe_financial_account, "currency": currency},
            "to": {
                "recipient": recipient,
                "payout_method": method,
                "currency": currency,
                "payout_method_options": {"bank_account": {"preferred_networks": ["fps"]}},
            },
            "amount": {"value": one.amount_minor, "currency": currency},
            "statement_descriptor": meanings.descriptor(one.payer),
            "description": one.reference,
            "recipient_notification": {"setting": "none"},
            "metadata": {"attempt": one.key},
        }
        if check:
            params["recipient_verification"] = check
        payments = self._client.v2.money_management.outbound_payments
        return _said(lambda: payments.create(params, {"idempotency_key": one.key}))

    def _made_once(
        self,
        kind: str,
        subject: str,
        parent: str,
        make: Callable[[str], str],
        find: Callable[[str, str], str | None],
    ) -> str:
        """What the thing is called at Stripe: known, made now, or, when its key may be forgotten there, found."""
        begun = self._memory.intend(kind, subject, parent=parent)
        if begun.ref is not None:
            return begun.ref
        found = find(subject, parent) if self._is_over(begun) else None
        ref = found or make(begun.idem_key)
        self._memory.learn(kind, subject, ref)
        return ref

    def _is_over(self, begun: Remote) -> bool:
        return self._clock.now() - begun.created_at > WINDOW

    def _contact(self) -> str:
        """The address that Stripe is given for a recipient: the charity's, never the applicant's."""
        host = urlsplit(self._settings.base_url).hostname or "localhost"
        return self._settings.stripe_contact_email or f"payments@{host}"

    # --- Asking ---------------------------------------------------------------------------------------------------

    def _look(self, key: str) -> Answer:
        begun = self._memory.known(_PAYMENT, key)
        if begun is None:
            return Answer(key, Status.NOT_KNOWN)  # it was never asked for
        try:
            found = self._retrieve(begun.ref) if begun.ref else self._find_payment(key, begun)
        except _Stopped as stopped:
            return meanings.no_news(key, stopped.verdict)
        if found is None:
            over = self._is_over(begun)
            return Answer(key, Status.NO_ANSWER, "not_found") if over else Answer(key, Status.NOT_KNOWN)
        if begun.ref is None:
            self._memory.learn(_PAYMENT, key, found.id)
        return _answer(key, found)

    def _retrieve(self, ref: str) -> Any:
        return _said(lambda: self._client.v2.money_management.outbound_payments.retrieve(ref))

    def _find_payment(self, key: str, begun: Remote) -> Any:
        """The payment with our key among those of its recipient, who has few."""

        def search() -> Any:
            listed = self._client.v2.money_management.outbound_payments.list(
                {"recipient": begun.parent, "limit": _PAGE}
            )
            return next(
                (one for one in listed.auto_paging_iter() if _metadata(one).get("attempt") == key), None
            )

        return _said(search)

    def _stop(self, key: str) -> Answer:
        begun = self._memory.known(_PAYMENT, key)
        if begun is not None and begun.ref:
            ref = begun.ref
            payments = self._client.v2.money_management.outbound_payments
            try:
                _said(lambda: payments.cancel(ref, {}, {"idempotency_key": f"{key}c"}))
            except _Stopped as stopped:
                if stopped.verdict.status is not Status.REFUSED:
                    return Answer(key, Status.NO_ANSWER, stopped.verdict.problem)
        return self._look(key)


@lru_cache(maxsize=4)
def _client(secret: str, base: str, timeout: tuple[float, float]) -> stripe.StripeClient:
    """The client of this process, with its open connections. What is tried again is for the table of states to say."""
    return stripe.StripeClient(
        secret,
        base_addresses={"api": base} if base else None,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def _said(ask: Callable[[], T]) -> T:
    """What a request is answered, or `_Stopped` with what its failure says. The error itself, which quotes what was
    sent, goes no further."""
    try:
        return ask()
    except stripe.APIConnectionError:
        found = meanings.verdict(None, "", "")
    except stripe.StripeError as error:
        found = meanings.verdict(error.http_status, _kind(error), error.code or "", _retry_after(error))
    raise _Stopped(found)


def _kind(error: stripe.StripeError) -> str:
    body: Any = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return str(told.get("type") or "") if isinstance(told, dict) else ""


def _retry_after(error: stripe.StripeError) -> str:
    headers: Iterable[tuple[str, str]] = (error.headers or {}).items()
    return next((value for name, value in headers if name.lower() == "retry-after"), "")


def _metadata(thing: Any) -> dict[str, str]:
    kept = getattr(thing, "metadata", None)
    return dict(kept.to_dict()) if kept else {}


def _answer(key: str, payment: Any, code: str = "") -> Answer:
    """A payment of theirs as an answer of ours."""
    status = meanings.STATUS.get(payment.status, Status.NO_ANSWER)
    moved = payment.status_transitions
    on = _day(getattr(moved, f"{payment.status}_at", None) if moved else None)
    posted = _day(getattr(moved, "posted_at", None) if moved else None)
    return Answer(key, status, _problem(payment), payment.id, on, posted, name_check=code)


def _problem(payment: Any) -> str:
    details = getattr(payment, "status_details", None)
    told = getattr(details, payment.status, None) if details else None
    return meanings.tidy(getattr(told, "reason", None) or "") if told else ""


def _day(at: str | None) -> dt.date | None:
    """The day in London of an instant as they write it."""
    return day_of(dt.datetime.fromisoformat(at)) if at else None
