"""Before a form is taken from anybody at all: a little work by their device, or a little patience.

    gate = Gate("start", free=0)
    …
    waited = gate.passes(form)                 # in the view, once the form itself is in order
    if waited is not None: return page(…), waited.status, waited.headers

The page bears an ALTCHA challenge that its script solves while the person reads, and a ticket with the time at which
the page was made. A form is taken with a solution; without one (no JavaScript, an old phone) with a ticket that is some
seconds old, which it mostly is by the time somebody has read the page. Where many forms come from one address (a drop-in
centre, a phone company), each has to wait longer, at most `LONGEST` seconds, and none is refused. Solutions and tickets
open one form; what was typed is always kept.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, cast

import altcha
from flask import g, request
from sqlalchemy import CursorResult, delete, text
from sqlmodel import col, select

from hardship.core.actor import SYSTEM
from hardship.core.runtime import Runtime, Transaction, current
from hardship.web import limits
from hardship.web.forms import Form
from hardship.web.language import _, _n
from hardship.web.models import SpentProof

WORK = "PBKDF2/SHA-256"
COST = 5_000  # iterations a try; some 256 tries: a second or two on an old phone
LIFETIME = 6 * 3600  # seconds that a page may lie open; afterwards it gets a new challenge and a new ticket
PATIENCE = 8  # seconds without a solution
CROWD = 20  # forms in ten minutes from one address, from which on each waits longer
STEP = 2  # seconds more for each form over that
LONGEST = 60
_SPEND = text("INSERT INTO spent_proof (key, until) VALUES (:key, :until) ON CONFLICT (key) DO NOTHING")


@dataclass(frozen=True)
class Wait:
    """The form is not taken yet. `status` and `headers` are those of the answer, which shows the form again, with what
    was typed, and `notice`."""

    status: int
    notice: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gate:
    """The gate before one kind of form. The first `free` forms of an address in ten minutes pass without proof."""

    name: str
    free: int = 0

    def passes(self, form: Form | None = None) -> Wait | None:
        """Let this request's form pass (None), or say why it has to wait. Counts the try."""
        runtime = current()
        count = self._count(runtime)
        if count <= self.free:
            return None
        found = _proof(runtime)
        if found.wrong:
            return Wait(400, found.wrong)
        needed = wait_for(count - self.free, solved=found.solved)
        if found.age < needed:
            # The ticket stays the one that it is, so that the seconds already waited count.
            g.proof_ticket = found.ticket
            return _patience(needed - found.age, crowded=count - self.free > CROWD)
        if not runtime.transact(SYSTEM, _spend, found.keys, found.until):
            return Wait(400, _("This page was sent once already. Please press the button again."))
        return None

    def _count(self, runtime: Runtime) -> int:
        return limits.count(limits.Limit(f"gate-{self.name}", 0, 600), limits.visitor(), runtime=runtime)


@dataclass(frozen=True)
class _Proof:
    """What came with a form: how old its ticket is (seconds), whether it was solved, and the keys that are now spent."""

    age: int = 0
    solved: bool = False
    ticket: str = ""
    until: int = 0
    keys: tuple[str, ...] = ()
    wrong: str = ""


def wait_for(count: int, *, solved: bool) -> int:
    """Seconds that the `count`-th form of an address in ten minutes has to wait; never more than `LONGEST`."""
    crowd = max(0, count - CROWD) * STEP
    return min(LONGEST, crowd + (0 if solved else PATIENCE))


def for_page() -> dict[str, str]:
    """What the page bears: `challenge` (JSON) for its script and the `ticket`."""
    runtime = current()
    challenge = altcha.create_challenge(
        WORK,
        COST,
        data={"until": _now(runtime) + LIFETIME},
        hmac_secret=_secret(runtime),
    )
    return {
        "challenge": json.dumps(challenge.to_dict(), separators=(",", ":")),
        "ticket": g.get("proof_ticket") or _ticket(runtime, _now(runtime), secrets.token_hex(16)),
    }


def purge_spent(runtime: Runtime) -> int:
    """Delete the keys of proofs that have expired; returns how many. Work for the worker."""
    over = col(SpentProof.until) <= _now(runtime)
    with runtime.read() as database:  # look first: a write takes SQLite's one lock
        if database.exec(select(SpentProof.key).where(over).limit(1)).first() is None:
            return 0

    def remove(tx: Transaction) -> int:
        done = tx.session.connection().execute(delete(SpentProof).where(over))
        return cast("CursorResult[Any]", done).rowcount

    return runtime.transact(SYSTEM, remove)


# --- What came with a form ------------------------------------------------------------------------------------------


def _proof(runtime: Runtime) -> _Proof:
    """The ticket and the solution of this request, checked."""
    ticket = request.form.get("ticket", "")[:200]
    made = _made_at(runtime, ticket)
    if made is None:
        return _Proof(wrong=_("This page was open too long. Please press the button again."))
    age, until = _now(runtime) - made, made + LIFETIME
    if age > LIFETIME:
        return _Proof(wrong=_("This page was open too long. Please press the button again."))
    plain = _Proof(age, False, ticket, until, (ticket.split(".")[1],))
    payload = request.form.get("altcha", "")
    if not payload:
        return plain
    nonce = _solved(runtime, payload)
    if nonce is None:
        return _Proof(wrong=_("Your device could not be checked. Please press the button again."))
    return _Proof(age, True, ticket, max(until, _now(runtime) + LIFETIME), (*plain.keys, nonce))


def _solved(runtime: Runtime, payload: str) -> str | None:
    """The nonce of a challenge of ours that was solved in time, or None."""
    if len(payload) > 4_000:
        return None
    if not altcha.verify_solution(payload, _secret(runtime)).verified:
        return None
    try:
        parameters = json.loads(base64.b64decode(payload))["challenge"]["parameters"]
        if int(parameters["data"]["until"]) < _now(runtime):
            return None
        return str(parameters["nonce"])[:64]
    except (ValueError, KeyError, TypeError):
        return None


def _patience(seconds: int, *, crowded: bool) -> Wait:
    said = _n(
        "Wait %(num)d second, then press the button again.",
        "Wait %(num)d seconds, then press the button again.",
        seconds,
    )
    if crowded:
        said = _("Many people are using this connection just now.") + " " + said
    return Wait(429, said + " " + _("Nothing you wrote is lost."), {"Retry-After": str(seconds)})


def _spend(tx: Transaction, keys: tuple[str, ...], until: int) -> bool:
    """Note the keys as used; False when one was before."""
    connection = tx.session.connection()
    done = [
        cast("CursorResult[Any]", connection.execute(_SPEND, {"key": key, "until": until})).rowcount
        for key in keys
    ]
    return all(done)


# --- Tickets --------------------------------------------------------------------------------------------------------


def _ticket(runtime: Runtime, made: int, nonce: str) -> str:
    """The time at which a page was made, with a word that only we can have said."""
    return f"{made}.{nonce}.{runtime.vault.mac(f'web:ticket|{made}|{nonce}'.encode())}"


def _made_at(runtime: Runtime, ticket: str) -> int | None:
    """When the ticket's page was made; None for one that is not ours."""
    made, _dot, rest = ticket.partition(".")
    nonce = rest.partition(".")[0]
    if not made.isascii() or not made.isdigit() or len(made) > 12:
        return None
    ours = _ticket(runtime, int(made), nonce)
    return int(made) if hmac.compare_digest(ours.encode(), ticket.encode()) else None


def _secret(runtime: Runtime) -> str:
    return runtime.vault.mac(b"web:altcha")


def _now(runtime: Runtime) -> int:
    return int(runtime.clock.now().timestamp())
