"""Sending text messages from the outbox, through whatever gateway a charity has.

One POST a message to SMS_URL, as JSON: `to`, `text`, `from` (the public name; a gateway may ignore it) and `key`, which is
also the header `Idempotency-Key`. A try that nobody knows the end of is made again with the same key, never with another. The gateway's
answer: 2xx is taken; 400, 410 and 422 are a no for good, since they are about this message; everything else, a refused
token as well, is tried again later. `docs/operations.md` says how to put an adapter between.
"""

import http.client
import json
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hardship.config import Settings
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput
from hardship.core.logs import log
from hardship.core.models import Channel
from hardship.core.runtime import Runtime
from hardship.jobs import gsm
from hardship.jobs.mails import NEUTRAL, NO_FOR_GOOD, PATIENCE, Letter, claim, note, subject_of
from hardship.web.language import _, speaking

FOR_GOOD = frozenset({400, 410, 422})
NOT_REACHED = "the gateway was not reached"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_READ = 4096  # bytes of an answer; nothing of it is kept


@dataclass(frozen=True)
class Gateway:
    """Where text messages are handed over: SMS_URL, and SMS_TOKEN as its bearer token."""

    host: str
    port: int
    path: str
    encrypted: bool
    token: str = field(default="", repr=False)


def gateway_of(settings: Settings) -> Gateway:
    """The gateway that the settings name. Raises `BadInput` for an address that cannot be meant, and for one that would
    send people's numbers over a network unencrypted."""
    try:
        parts = urlsplit(settings.sms_url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    plain = settings.sms_url.isascii() and settings.sms_url.isprintable() and " " not in settings.sms_url
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.fragment or not plain:
        raise BadInput(
            "not a gateway's address",
            where="SMS_URL",
            fix="Write it like https://gateway.example.org/messages; a key goes into SMS_TOKEN.",
        )
    encrypted = parts.scheme == "https"
    if not encrypted and host not in _HERE:
        raise BadInput(
            "it would send people's numbers unencrypted",
            where="SMS_URL",
            fix="Use https, or an adapter on this machine.",
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Gateway(host, port or (443 if encrypted else 80), path, encrypted, settings.sms_token)


def send_due(runtime: Runtime) -> int:
    """Send some of the texts that are due; returns how many were tried. Without SMS_URL they stay in the outbox."""
    if not runtime.settings.sms_url:
        return 0
    gateway = gateway_of(runtime.settings)
    claimed = runtime.transact(SYSTEM, claim, kind=Channel.TEXT)
    if not claimed:
        return 0
    with runtime.read() as session:
        name = subject_of(session)
    named, done = name if name != NEUTRAL else "", dict.fromkeys(claimed, NOT_REACHED)
    try:
        for number, letter in claimed.items():
            done[number] = _hand_over(gateway, body_of(letter, named, runtime.settings.base_url))
    except (OSError, http.client.HTTPException) as error:
        log().warning("text gateway not reached", job="texts", error=type(error).__name__)
    runtime.transact(SYSTEM, note, done=done)
    return len(claimed)


def body_of(letter: Letter, name: str, base_url: str) -> dict[str, str]:
    """One text message as the gateway gets it. `name` is the public name, or "" where there are several."""
    with speaking(letter.language):
        text = gsm.plain(letter.body) if letter.body else news(name, f"{base_url}/status")
    body = {"to": letter.address, "text": text, "key": letter.ref}
    return body | ({"from": sender} if (sender := gsm.sender(name)) else {})


def news(name: str, address: str) -> str:
    """That there is news and no more, in the language spoken and in one message: what does not fit is left out, the
    name first, then where to read it."""
    said = [
        _("There is news for you: %(address)s", address=address),
        _("There is news for you. Look at your page."),
    ]
    if name:
        said.insert(0, f"{name}. {said[0]}")
    texts = [gsm.plain(one) for one in said]
    return next((one for one in texts if gsm.fits(one)), texts[-1])


def _hand_over(gateway: Gateway, body: dict[str, str]) -> str:
    """Hand one message over; returns what went wrong, or nothing. Of an answer only its code is kept: its words may
    quote the number. Raises `OSError` or `HTTPException` when there was no answer."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": body["key"],
        "User-Agent": "outbox",
    }
    if gateway.token:
        headers["Authorization"] = f"Bearer {gateway.token}"
    connection = _connection(gateway)
    try:
        connection.request("POST", gateway.path, json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        answer.read(_MOST_READ)
    finally:
        connection.close()
    if 200 <= answer.status < 300:
        return ""
    if answer.status in FOR_GOOD:
        return f"{NO_FOR_GOOD} ({answer.status})"
    return f"the gateway answered {answer.status}"


def _connection(gateway: Gateway) -> http.client.HTTPConnection:
    if not gateway.encrypted:
        return http.client.HTTPConnection(gateway.host, gateway.port, timeout=PATIENCE)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(gateway.host, gateway.port, timeout=PATIENCE, context=context)
