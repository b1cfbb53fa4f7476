"""The inbox of events that other systems send to `/webhooks/stripe`.

A delivery is verified over its raw bytes, stored, committed, and answered at once; the worker hands it to whoever
has asked for its type with `on`. A handler fetches what the event is about (no transaction is open then) and does what
follows from how that stands, so that deliveries may come late, twice and in any order. One that fails is tried again,
ever later; a person is shown what does not pass by itself.

    on(runtime, "charge.dispute", handle_dispute)       # the longest prefix wins
    def handle_dispute(runtime: Runtime, delivered: Delivered) -> None: ...
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from hardship.contributions.card_models import WebhookDelivery
from hardship.contributions.transitions import DeliveryState
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import Conflict, HardshipError, NotFound
from hardship.core.logs import log
from hardship.core.runtime import Due, Runtime, Transaction
from hardship.staff.permissions import Permission, require

AT_ONCE = 20
LEASE = dt.timedelta(minutes=5)  # whoever has claimed a delivery has it to themselves for so long
DELAYS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
MOST_TRIES = len(DELAYS) + 1
TOLD_FROM = 3  # tries after which a person is told, though it is tried again
KEPT = dt.timedelta(days=30)  # a body, after it came


@dataclass(frozen=True)
class Delivered:
    """A verified event: the sender's number of it, its type, its body as JSON, and when it says it happened."""

    event_id: str
    type: str
    body: dict[str, Any]
    created: dt.datetime


Handler = Callable[[Runtime, Delivered], None]


class NotOurs(HardshipError):
    """A handler's word for an event that is about nothing of ours: it is kept, and not tried again."""


class NotYet(HardshipError):
    """A handler's word for an event that came before what it depends on: it waits."""


def on(runtime: Runtime, prefix: str, handler: Handler) -> None:
    """Let `handler` have the events whose type begins with `prefix`, unless somebody asks for a longer one."""
    runtime.webhooks[prefix] = handler


def handler_of(runtime: Runtime, type_: str) -> Handler | None:
    """Who handles events of a type."""
    fitting = [prefix for prefix in runtime.webhooks if type_.startswith(prefix)]
    return cast(Handler, runtime.webhooks[max(fitting, key=len)]) if fitting else None


def wire(runtime: Runtime) -> None:
    """Have deliveries handled, and their bodies deleted in time."""
    runtime.due.append(Due("webhooks", handle_due))
    runtime.due.append(Due("webhook-bodies", purge_bodies))


# --- Taking in --------------------------------------------------------------------------------------------------------


def take_in(tx: Transaction, *, provider: str, event_id: str, type_: str, raw: bytes) -> bool:
    """Store a verified event; False when it was there already."""
    connection = tx.session.connection()
    house = tx.vault.house(tx.session)
    values = {
        "provider": provider,
        "event_id": event_id,
        "type": type_,
        "body": house.seal("webhook_delivery", "body", event_id, raw.decode()),
        "state": DeliveryState.WAITING,
        "received_at": tx.at,
        "due_at": tx.at,
        "attempts": 0,
        "problem": "",
    }
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    statement = insert(WebhookDelivery).values(values).on_conflict_do_nothing(index_elements=["event_id"])
    return connection.execute(statement).rowcount > 0


# --- Handling ---------------------------------------------------------------------------------------------------------


def handle_due(runtime: Runtime) -> int:
    """Hand out the deliveries that are due, in the order in which they came; returns how many were tried."""
    with runtime.read() as session:  # look first: a write takes SQLite's one lock
        if session.exec(_due(runtime.clock.now()).limit(1)).first() is None:
            return 0
    claimed = runtime.transact(SYSTEM, claim)
    for number, delivered in claimed:
        state, problem = _handle(runtime, delivered)
        runtime.transact(SYSTEM, note, delivery_id=number, state=state, problem=problem)
    return len(claimed)


def _due(at: dt.datetime) -> Any:
    return (
        select(WebhookDelivery)
        .where(WebhookDelivery.state == DeliveryState.WAITING, col(WebhookDelivery.due_at) <= at)
        .order_by(col(WebhookDelivery.id))
    )


def claim(tx: Transaction) -> list[tuple[int, Delivered]]:
    """Take the deliveries that are due, opened; nobody else takes them for a while."""
    statement = _due(tx.at).limit(AT_ONCE).with_for_update(skip_locked=True)
    found = tx.session.exec(statement.execution_options(populate_existing=True)).all()
    house = tx.vault.house(tx.session)
    claimed: list[tuple[int, Delivered]] = []
    for row in found:
        row.attempts += 1
        row.due_at = tx.at + LEASE
        tx.session.add(row)
        raw = house.open("webhook_delivery", "body", row.event_id, row.body)
        claimed.append((row.id, _delivered(row, raw or "{}")))
    return claimed


def _delivered(row: WebhookDelivery, raw: str) -> Delivered:
    body = cast(dict[str, Any], json.loads(raw))
    return Delivered(row.event_id, row.type, body, created_of(body) or row.received_at)


def created_of(body: dict[str, Any]) -> dt.datetime | None:
    """When an event says it happened: seconds since 1970 in the first version of the interface, a text in the second."""
    created = body.get("created")
    try:
        if isinstance(created, int):
            return dt.datetime.fromtimestamp(created, dt.UTC)
        at = dt.datetime.fromisoformat(str(created))
        return at.astimezone(dt.UTC) if at.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def _handle(runtime: Runtime, delivered: Delivered) -> tuple[DeliveryState, str]:
    """Let the handler act; what went wrong is said in our own words or by its type, never in words that may quote."""
    handler = handler_of(runtime, delivered.type)
    if handler is None:
        return DeliveryState.IGNORED, "no part of this program handles this type"
    try:
        handler(runtime, delivered)
    except NotOurs as error:
        return DeliveryState.IGNORED, error.what
    except HardshipError as error:
        return DeliveryState.WAITING, str(error)
    except (SQLAlchemyError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        log().error("event not handled", job="webhooks", exc_info=error)
        return DeliveryState.WAITING, f"a fault of the program ({type(error).__name__})"
    return DeliveryState.HANDLED, ""


def note(tx: Transaction, *, delivery_id: int, state: DeliveryState, problem: str) -> None:
    """Mark a delivery as handled or ignored, or set when it is tried next; past the last try a person has to look."""
    (row,) = lock(tx.session, select(WebhookDelivery).where(WebhookDelivery.id == delivery_id))
    if row.state is not DeliveryState.WAITING:
        return  # another worker was quicker: a handler may be asked twice
    row.problem = problem[:200]
    if state is DeliveryState.WAITING and row.attempts >= MOST_TRIES:
        row.state = DeliveryState.FAILED
    elif state is DeliveryState.WAITING:
        row.due_at = tx.at + DELAYS[max(0, row.attempts - 1)]
    else:
        row.state, row.handled_at = state, tx.at
    tx.session.add(row)


def retry(tx: Transaction, *, event_id: str) -> WebhookDelivery:
    """Have a delivery tried again, now, by a person's wish; raises `NotFound`, `Conflict` when there is nothing to retry."""
    require(tx.actor, Permission.RECONCILE)
    rows = lock(tx.session, select(WebhookDelivery).where(WebhookDelivery.event_id == event_id))
    if not rows:
        raise NotFound("no such event was delivered", fix="See: hardship webhooks list")
    row = rows[0]
    if row.state is DeliveryState.HANDLED:
        raise Conflict("this event was handled already")
    if row.body is None:
        raise Conflict("what this event said has been deleted", fix="Look it up in the sender's dashboard.")
    row.state, row.due_at, row.attempts, row.problem = DeliveryState.WAITING, tx.at, 0, ""
    tx.session.add(row)
    tx.record("webhook.retried", f"webhook:{row.event_id}", type=row.type)
    return row


def purge_bodies(runtime: Runtime) -> int:
    """Delete the bodies of deliveries that came long ago; returns how many. Work for the worker."""
    old = (
        col(WebhookDelivery.received_at) < runtime.clock.now() - KEPT,
        col(WebhookDelivery.body).is_not(None),
        col(WebhookDelivery.state) != DeliveryState.WAITING,
    )
    with runtime.read() as session:
        if session.exec(select(WebhookDelivery.id).where(*old).limit(1)).first() is None:
            return 0

    def delete(tx: Transaction) -> int:
        done = tx.session.connection().execute(update(WebhookDelivery).where(*old).values(body=None))
        return done.rowcount

    return runtime.transact(SYSTEM, delete)


# --- Showing ----------------------------------------------------------------------------------------------------------


def troubled(session: Session) -> int:
    """How many deliveries a person should look at: given up, or tried several times."""
    return session.exec(select(func.count()).select_from(WebhookDelivery).where(in_trouble())).one()


def in_trouble() -> Any:
    """The condition under which a person should look at a delivery."""
    waiting = (col(WebhookDelivery.state) == DeliveryState.WAITING) & (
        col(WebhookDelivery.attempts) >= TOLD_FROM
    )
    return (col(WebhookDelivery.state) == DeliveryState.FAILED) | waiting
