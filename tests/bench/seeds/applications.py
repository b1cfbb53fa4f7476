"""Applications with their blind tokens, inserted in bulk: rows as the services leave them, without sealed answers."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from hardship.applications.identity import TokenKind
from hardship.core.runtime import Runtime
from hardship.core.vault import HOUSE
from hardship.funds.queries import current_policy, round_by_slug
from tests.bench.seeds import fund
from tests.bench.seeds.bulk import fill

_STATES = ("in_review", "in_review", "approved", "approved", "declined")
_COLUMNS = (
    "id",
    "ref",
    "round_id",
    "state",
    "source",
    "data_key_id",
    "claim_token",
    "safe_contact",
    "policy_id",
    "content",
    "submitted_at",
    "recorded_at",
    "state_since",
    "referred",
    "has_bank",
    "bank_check",
    "other_way",
    "language",
    "version",
)


def ref(number: int) -> str:
    """The reference of a seeded application."""
    return f"SEED-{number:07d}"


def insert(runtime: Runtime, count: int, states: tuple[str, ...] = _STATES) -> None:
    """`count` applications, one every other minute, in these states by turns; every ninth is referred."""
    with runtime.read() as session:
        round_ = round_by_slug(session, fund.ROUND)
        policy = current_policy(session, round_.id or 0)

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, count + 1):
            at = fund.OPENS + dt.timedelta(minutes=2 * number)
            state = states[number % len(states)]
            first = (number, ref(number), round_.id, state, "web", HOUSE, secrets.token_bytes(16), "none")
            yield (*first, policy.id, "", at, at, at, number % 9 == 0, False, "", False, "en", 1)

    fill(runtime, "application", _COLUMNS, rows())
    if runtime.database.dialect == "postgresql":
        with runtime.database.writer.begin() as connection:
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('application', 'id'), (SELECT max(id) FROM application))"
            )


def _tokens(count: int, epoch: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, count + 1):
        for kind in TokenKind:
            yield number, kind.value, epoch, secrets.token_bytes(16)


def stored(count: int) -> Callable[[Runtime], None]:
    """Makes a fund with a panel and `count` applications, each with a token of every kind."""

    def make(runtime: Runtime) -> None:
        fund.load(runtime)
        insert(runtime, count)
        with runtime.read() as session:
            epoch = min(runtime.vault.epochs(session))
        fill(
            runtime,
            "application_token",
            ("application_id", "kind", "epoch_id", "token"),
            _tokens(count, epoch),
        )

    return make
