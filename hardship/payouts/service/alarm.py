"""Telling a person what no machine can find out. It stands on the pages at once; who looks after the money is also told
by a mail, once a day at most, that something waits and not what."""

import datetime as dt

from sqlmodel import Session, col, select

from hardship.core.actor import SYSTEM, Role
from hardship.core.db import lock
from hardship.core.models import OutboxMail
from hardship.core.outbox import enqueue_letter
from hardship.core.runtime import Runtime, Transaction
from hardship.payouts.trouble import troubles
from hardship.staff.models import Staff

TEMPLATE = "payments_wait"
AGAIN_AFTER = dt.timedelta(days=1)
SUBJECT = "Something waits for you"
BODY = """Hello

Something waits for you that no machine can decide. To see it, sign in at

{address}

Nobody reads answers to this message.
"""


def tell(runtime: Runtime) -> int:
    """Tell finance when something has waited for too long; returns how many mails were put into the outbox."""
    now = runtime.clock.now()
    with runtime.read() as session:
        if not any(one.told for one in troubles(session, now)) or not to_tell(session, now):
            return 0
    return runtime.transact(SYSTEM, _tell)


def _tell(tx: Transaction) -> int:
    lock(tx.session, select(Staff).order_by(col(Staff.id)))  # two workers tell once
    people = to_tell(tx.session, tx.at)
    body = BODY.format(address=f"{tx.runtime.settings.base_url}/staff")
    for one in people:
        enqueue_letter(tx, one.data_key_id, one.email, TEMPLATE, subject=SUBJECT, body=body)
    return len(people)


def to_tell(session: Session, now: dt.datetime) -> list[Staff]:
    """Everybody of finance who was not told within a day."""
    told = select(OutboxMail.data_key_id).where(
        OutboxMail.template == TEMPLATE, col(OutboxMail.created_at) > now - AGAIN_AFTER
    )
    people = session.exec(
        select(Staff)
        .where(col(Staff.disabled_at).is_(None), col(Staff.data_key_id).not_in(told))
        .order_by(col(Staff.id))
    )
    return [one for one in people if Role.FINANCE in one.roles]
