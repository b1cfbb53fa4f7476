"""Pages for finance: gifts, bank lines that fit nothing, money that goes back, Gift Aid."""

from collections.abc import Iterable

from flask import Flask, url_for
from sqlmodel import Session

from hardship.contributions import exporting
from hardship.contributions.desk import gift_aid, gifts, movements, receipts
from hardship.core.actor import Actor
from hardship.ledger import causes
from hardship.staff.home import Waiting, add_place, add_waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor


def init_app(app: Flask) -> None:
    """Register the pages, their places in the navigation, and what waits for whom."""
    for room in (gifts, receipts, gift_aid, movements):
        app.register_blueprint(room.blueprint)
    causes.link(app, "contribution", lambda ref: url_for("gifts.show_gift", ref=ref))
    causes.link(app, "receipt", _receipt)
    movements.link(app)
    causes.link(app, "gift_aid_claim", lambda ref: url_for("gift_aid.show_claim", ref=ref))
    add_place(app, "Gifts", "/staff/gifts", Permission.SEE_MONEY)
    add_waiting(app, Permission.RECONCILE, _unidentified)
    add_waiting(app, Permission.RECORD_REFUNDS, _to_pay_back)


def _receipt(ref: str) -> str | None:
    """A bank line's page shows the bank's words, to whoever reconciles."""
    may = holds(current_actor(), Permission.RECONCILE)
    return url_for("receipts.show_receipt", ref=ref) if may else None


def _unidentified(session: Session, _actor: Actor) -> Iterable[Waiting]:
    count = exporting.unidentified(session).count
    yield Waiting(
        "bank receipts are unidentified", count, "/staff/receipts", one="bank receipt is unidentified"
    )


def _to_pay_back(session: Session, _actor: Actor) -> Iterable[Waiting]:
    count = exporting.due(session).count
    yield Waiting("refunds wait to be paid", count, "/staff/refunds", one="refund waits to be paid")
