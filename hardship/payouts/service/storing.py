"""Writing many payments and tries at once: what moved alike is one statement, and the objects at hand say the same.

A batch is hundreds of payments that all take the same step; written one by one they would cost most of its time.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value

from hardship.core import bulk
from hardship.core.errors import Conflict
from hardship.core.runtime import Transaction
from hardship.payouts.models import Attempt, Payment
from hardship.payouts.transitions import PaymentState

_PAYMENT: Any = Payment.__table__  # type: ignore[attr-defined]
_ATTEMPT: Any = Attempt.__table__  # type: ignore[attr-defined]

_SAME = ("state", "state_since", "look_at", "submitted_at", "paid_on")
_MOVE = (
    update(_PAYMENT)
    .where(_PAYMENT.c.id.in_(bindparam("ids", expanding=True)), _PAYMENT.c.state == bindparam("origin"))
    .values(
        {name: bindparam(f"to_{name}") for name in _SAME} | {"version": _PAYMENT.c.version + bindparam("by")}
    )
)
_LOOK = (
    update(_PAYMENT)
    .where(_PAYMENT.c.id.in_(bindparam("ids", expanding=True)))
    .values(checked_at=bindparam("to_checked_at"), look_at=bindparam("to_look_at"))
)
_CHECKED = (
    update(_PAYMENT)
    .where(_PAYMENT.c.id.in_(bindparam("ids", expanding=True)))
    .values(checked_at=bindparam("to_checked_at"))
)
_TOLD = ("outcome", "resolved_at", "provider_ref", "name_check", "problem")
_TELL = (
    update(_ATTEMPT)
    .where(_ATTEMPT.c.id == bindparam("its_id"))
    .values({name: bindparam(f"to_{name}") for name in _TOLD})
)


def put(thing: Payment | Attempt, **values: Any) -> None:
    """Let an object say what is about to be written for it; the session does not write it again."""
    for name, value in values.items():
        set_committed_value(thing, name, value)


def store_payments(tx: Transaction, moved: Mapping[int, tuple[Payment, PaymentState, int]]) -> None:
    """Write payments that were `put` into a new state: by number the payment, the state it was in, and how many steps
    it took. Raises `Conflict` for one that somebody else moved meanwhile."""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, (payment, origin, steps) in moved.items():
        alike[origin, steps, *(getattr(payment, name) for name in _SAME)].append(number)
    connection = tx.session.connection()
    for (origin, steps, *values), numbers in alike.items():
        to = {f"to_{name}": value for name, value in zip(_SAME, values, strict=True)}
        for part in _parts(numbers):
            given = {"ids": part, "origin": origin, "by": steps, **to}
            done = cast("CursorResult[Any]", connection.execute(_MOVE, given))
            if done.rowcount != len(part):
                raise Conflict("a payment was changed by somebody else meanwhile", fix="Look again.")


def store_attempts(tx: Transaction, tried: Sequence[Attempt]) -> None:
    """Write what was `put` into tries: how they came out."""
    rows = [{"its_id": one.id, **{f"to_{name}": getattr(one, name) for name in _TOLD}} for one in tried]
    if rows:
        tx.session.connection().execute(_TELL, rows)


def store_checked(tx: Transaction, payments: Sequence[Payment]) -> None:
    """Write that the rail was asked about payments just now."""
    for payment in payments:
        put(payment, checked_at=tx.at)
    for part in _parts([payment.id or 0 for payment in payments]):
        tx.session.connection().execute(_CHECKED, {"ids": part, "to_checked_at": tx.at})


def store_looks(tx: Transaction, looks: Mapping[dt.datetime | None, Sequence[Payment]]) -> None:
    """Write when the rail is asked next about payments of which it had no news."""
    for look_at, payments in looks.items():
        for payment in payments:
            put(payment, checked_at=tx.at, look_at=look_at)
        for part in _parts([payment.id or 0 for payment in payments]):
            values = {"ids": part, "to_checked_at": tx.at, "to_look_at": look_at}
            tx.session.connection().execute(_LOOK, values)


_BLANK = {
    column.name: column.default.arg if column.default is not None and column.default.is_scalar else None
    for column in _ATTEMPT.c
    if column.name != "id"
}


def add_attempts(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add tries; what a row does not say is as in a new one."""
    bulk.add(tx.session.connection(), _ATTEMPT, [_BLANK | dict(row) for row in rows])


def _parts(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[start : start + bulk.AT_ONCE] for start in range(0, len(numbers), bulk.AT_ONCE)]
