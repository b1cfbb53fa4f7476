"""Deleting what a donor said of themselves at a checkout, once it is of no more use: the key goes, and with it every
copy. A name that came with a gift is kept with the donor; an address is kept nowhere."""

import datetime as dt
from typing import Any

from sqlmodel import col, select

from hardship.contributions.card_models import Checkout
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.models import DataKey, OutboxMail
from hardship.core.runtime import Runtime, Transaction

AFTER = dt.timedelta(days=3)  # a late payment, or a mail server that is down, may need it until then
MAILS_AFTER = dt.timedelta(days=14)
AT_ONCE = 100


def forget_due(runtime: Runtime) -> int:
    """Delete the details of checkouts that are long over; returns of how many. Work for the worker."""
    with runtime.read() as session:
        if session.exec(_over(runtime.clock.now()).limit(1)).first() is None:
            return 0
    return runtime.transact(SYSTEM, forget)


def _over(at: dt.datetime) -> Any:
    unsent = (
        select(OutboxMail.id)
        .where(
            OutboxMail.data_key_id == Checkout.data_key_id,
            col(OutboxMail.sent_at).is_(None),
            col(OutboxMail.created_at) > at - MAILS_AFTER,
        )
        .exists()
    )
    return (
        select(Checkout)
        .where(col(Checkout.closed_at) <= at - AFTER, col(Checkout.data_key_id).is_not(None), ~unsent)
        .order_by(col(Checkout.id))
    )


def forget(tx: Transaction) -> int:
    """Delete details, and destroy the keys they were sealed with. One event for each."""
    rows = lock(tx.session, _over(tx.at).limit(AT_ONCE))
    for row in rows:
        key_id, row.data_key_id = row.data_key_id, None
        row.donor_name = row.email = row.gift_aid = None
        tx.session.add(row)
        (key,) = lock(tx.session, select(DataKey).where(DataKey.id == key_id))
        key.wrapped, key.destroyed_at = None, tx.at
        tx.session.add(key)
        tx.record("checkout.forgotten", f"checkout:{row.ref}")
    tx.session.flush()
    return len(rows)
