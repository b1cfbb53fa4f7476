"""Money that moved without being a gift (paid in, paid out by the card processor, from or to HMRC): what a journal stands
for, so that it leads there and back."""

import datetime as dt
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Flask, abort, render_template, url_for
from sqlmodel import Session, select

from hardship.contributions.card_models import CardPayout
from hardship.contributions.giftaid.models import Claim, TaxPayment
from hardship.contributions.hand_models import BankReceipt, PayingIn
from hardship.core.runtime import current
from hardship.funds.models import Fund
from hardship.ledger import causes
from hardship.staff.permissions import Permission
from hardship.web.access import requires

blueprint = Blueprint("movements", __name__)

TITLES = {
    "paying_in": "Paid in",
    "card_payout": "Card payout",
    "gift_aid_payment": "Gift Aid payment",
}


@dataclass(frozen=True)
class Moved:
    """One movement. `amount_minor` is in pence, below zero when it went out; `claim` is the Gift Aid claim it was for and
    `receipt` the bank line it was seen as, empty when there is none."""

    kind: str
    ref: str
    fund: str
    amount_minor: int
    currency: str
    on: dt.date
    recorded_at: dt.datetime
    claim: str = ""
    receipt: str = ""

    @property
    def cause(self) -> str:
        """What its journals stand for: what HMRC pays is booked to the claim it is for."""
        return f"gift_aid_claim:{self.claim}" if self.claim else f"{self.kind}:{self.ref}"


def link(app: Flask) -> None:
    """Let journals lead here."""
    for kind in TITLES:
        causes.link(app, kind, partial(_address, kind))


def _address(kind: str, ref: str) -> str:
    return url_for("movements.show", kind=kind, ref=ref)


@blueprint.get("/staff/movements/<kind>/<path:ref>")
@requires(Permission.SEE_MONEY)
def show(kind: str, ref: str) -> str:
    """One movement; the words that the bank knows it by are sealed and not shown."""
    with current().read() as session:
        found = moved(session, kind, ref) if ref.isprintable() else None
    if found is None:
        abort(404)
    return render_template("contributions/movement.html", found=found, title=TITLES[kind])


def moved(session: Session, kind: str, ref: str) -> Moved | None:
    """The movement of this kind and ref, or None."""
    row: PayingIn | CardPayout | TaxPayment | None = None
    claim = ""
    if kind == "paying_in":
        row = session.exec(select(PayingIn).where(PayingIn.ref == ref)).first()
    elif kind == "card_payout":
        row = session.exec(select(CardPayout).where(CardPayout.ref == ref)).first()
    elif kind == "gift_aid_payment":
        row = session.exec(select(TaxPayment).where(TaxPayment.ref == ref)).first()
    if row is None:
        return None
    fund = session.get_one(Fund, row.fund_id)
    if isinstance(row, TaxPayment) and row.claim_id is not None:
        claim = session.get_one(Claim, row.claim_id).ref
    seen = session.exec(select(BankReceipt.ref).where(BankReceipt.about == f"{kind}:{ref}")).first()
    return Moved(
        kind, ref, fund.slug, row.amount_minor, fund.currency, _day(row), row.recorded_at, claim, seen or ""
    )


def _day(row: PayingIn | CardPayout | TaxPayment) -> dt.date:
    if isinstance(row, PayingIn):
        return row.paid_in_on
    return row.received_on if isinstance(row, CardPayout) else row.paid_on
