"""How often something may be tried, counted in the database so that every process sees the same count.

A window is fixed: it begins with a multiple of its length. Who tries is kept as a keyed digest: the table can count
a visitor, and cannot name one.
"""

import ipaddress
from dataclasses import dataclass
from typing import Any, cast

from flask import request
from sqlalchemy import CursorResult, delete, text
from sqlmodel import col, select

from hardship.core.actor import SYSTEM
from hardship.core.errors import HardshipError
from hardship.core.runtime import Runtime, Transaction, current
from hardship.web.models import RateLimit

_COUNT = text(
    "INSERT INTO rate_limit (key, window_start, count) VALUES (:key, :start, 1) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN rate_limit.window_start = :start THEN rate_limit.count + 1 ELSE 1 END, "
    "window_start = :start RETURNING count"
)


class TooMany(HardshipError):
    """Tried too often; it works again after `retry_after` seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many tries", fix="Wait a few minutes, then try again.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limit:
    """At most `count` tries in each window of `seconds`."""

    name: str
    count: int
    seconds: int


def allowed(limit: Limit, *who: str, runtime: Runtime | None = None) -> bool:
    """Count one try by `who` and say whether it is within the limit."""
    runtime = runtime or current()
    start = _window(limit, runtime)
    return runtime.transact(SYSTEM, _count, _key(limit, who, runtime), start) <= limit.count


def count(limit: Limit, *who: str, runtime: Runtime | None = None) -> int:
    """Count one try by `who` and say which it is in this window."""
    runtime = runtime or current()
    return runtime.transact(SYSTEM, _count, _key(limit, who, runtime), _window(limit, runtime))


def check(limit: Limit, *who: str, runtime: Runtime | None = None) -> None:
    """Count one try by `who`; raises `TooMany` past the limit."""
    runtime = runtime or current()
    if not allowed(limit, *who, runtime=runtime):
        now = int(runtime.clock.now().timestamp())
        raise TooMany(_window(limit, runtime) + limit.seconds - now)


def forget(limit: Limit, *who: str, runtime: Runtime | None = None) -> None:
    """Start the count of `who` anew, for instance after the right password."""
    runtime = runtime or current()
    same = col(RateLimit.key) == _key(limit, who, runtime)
    runtime.transact(SYSTEM, lambda tx: tx.session.connection().execute(delete(RateLimit).where(same)))


def purge_old(runtime: Runtime) -> int:
    """Delete the counts of more than a day ago; returns how many there were. Work for the worker."""
    old = col(RateLimit.window_start) < int(runtime.clock.now().timestamp()) - 86_400

    with runtime.read() as database:  # look first: a write takes SQLite's one lock
        if database.exec(select(RateLimit.key).where(old).limit(1)).first() is None:
            return 0

    def remove(tx: Transaction) -> int:
        done = tx.session.connection().execute(delete(RateLimit).where(old))
        return cast("CursorResult[Any]", done).rowcount

    return runtime.transact(SYSTEM, remove)


def visitor() -> str:
    """The visitor's address, cut to the network that one household has (IPv6 /64): for a key, never to be kept."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _count(tx: Transaction, key: str, start: int) -> int:
    return cast(int, tx.session.connection().execute(_COUNT, {"key": key, "start": start}).scalar_one())


def _window(limit: Limit, runtime: Runtime) -> int:
    now = int(runtime.clock.now().timestamp())
    return now - now % limit.seconds


def _key(limit: Limit, who: tuple[str, ...], runtime: Runtime) -> str:
    return runtime.vault.stable_token(f"limit:{limit.name}", "\x1f".join(who)).hex()
