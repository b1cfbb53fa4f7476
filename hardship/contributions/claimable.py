"""What stands in the books as money that came into the bank, and that no bank line has been matched with yet."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import literal
from sqlmodel import col, select

from hardship.contributions.claiming import NEAR, BankWords, Candidate, claimed_by
from hardship.contributions.events import BankLineArrived
from hardship.contributions.hand_models import BankReceipt, Became
from hardship.contributions.models import CardPayout, Contribution, Donor, Held, PayingIn, TaxPayment
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.ledger.models import AccountKind

FAR = dt.timedelta(days=60)
"""How far apart a line and the thing it names may lie to be matched without a person."""
MOST = 200
"""Of more things with one amount it cannot be told by itself which one a line is."""
_KINDS = {
    "contribution": Became.GIFT,
    "paying_in": Became.PAYING_IN,
    "gift_aid_payment": Became.GIFT_AID,
    "card_payout": Became.CARD_PAYOUT,
    "sponsor_payment": Became.SPONSOR_PAYMENT,
}


def kind_of(about: str) -> Became:
    """What kind of thing `about` names; raises `BadInput` for none that a line can be."""
    kind = _KINDS.get(about.partition(":")[0])
    if kind is None:
        raise BadInput("a bank line cannot be this", where="about", fix="Write contribution:REF.")
    return kind


def found(tx: Transaction, fund: Fund, line: BankWords) -> Candidate | None:
    """The one thing that a line is, when that is sure.

    Donors' names are opened where the days are near, to be compared with the bank's words; nobody sees them.
    """
    far = [one for one in _all(tx, fund, line.amount_minor) if abs(one.on - line.received_on) <= FAR]
    return claimed_by(line, [_with_name(tx, one, line.received_on) for one in far])


def named(tx: Transaction, fund: Fund, about: str, amount_minor: int) -> Candidate:
    """The thing a person says a line of this amount is; raises `BadInput` when there is none in the books as money in the
    bank, `Conflict` when another line is it already."""
    kind_of(about if about.isprintable() else "")
    if tx.session.exec(select(BankReceipt.id).where(BankReceipt.about == about)).first() is not None:
        raise Conflict("another bank line is this already", where="about", fix="Check which one it is.")
    for one in _all(tx, fund, amount_minor):
        if one.about == about:
            return one
    raise BadInput(
        "the books have nothing of this name and amount that came into the bank",
        where="about",
        fix="Check its ref and amount.",
    )


def suggestions(tx: Transaction, fund: Fund, receipt: BankReceipt) -> list[Candidate]:
    """What an unidentified receipt may be: of its amount, the nearest day first."""
    near = _all(tx, fund, receipt.amount_minor)
    return sorted(near, key=lambda one: (abs(one.on - receipt.received_on), one.about))[:10]


def _all(tx: Transaction, fund: Fund, amount_minor: int) -> list[Candidate]:
    every = [
        *_gifts(tx, fund, amount_minor),
        *_paying_ins(tx, fund, amount_minor),
        *_tax_payments(tx, fund, amount_minor),
        *_card_payouts(tx, fund, amount_minor),
    ]
    for answer in tx.publish(BankLineArrived(fund, amount_minor)):
        every += answer
    taken = set(
        tx.session.exec(
            select(BankReceipt.about).where(col(BankReceipt.about).in_([one.about for one in every]))
        )
    )
    return [one for one in every if one.about not in taken]


def _gifts(tx: Transaction, fund: Fund, amount_minor: int) -> list[Candidate]:
    arrived = col(Contribution.amount_minor) - col(Contribution.fee_minor)
    rows = tx.session.exec(
        select(Contribution)
        .where(
            Contribution.fund_id == fund.id,
            Contribution.held == Held.HERE,
            Contribution.paid_into == AccountKind.BANK,
            arrived == amount_minor,
            ~select(BankReceipt.id)
            .where(BankReceipt.about == literal("contribution:") + col(Contribution.ref))
            .exists(),
        )
        .order_by(col(Contribution.received_at).desc(), col(Contribution.ref))
        .limit(MOST)
    )
    return [Candidate(f"contribution:{one.ref}", amount_minor, one.received_on, (one.ref,)) for one in rows]


def _with_name(tx: Transaction, one: Candidate, on: dt.date) -> Candidate:
    kind, _, ref = one.about.partition(":")
    if kind != "contribution" or abs(one.on - on) > NEAR:
        return one
    donor = tx.session.exec(
        select(Donor)
        .join(Contribution, col(Contribution.donor_id) == Donor.id)
        .where(Contribution.ref == ref)
    ).first()
    if donor is None or donor.name is None:
        return one
    sealer = tx.vault.people(tx.session, {donor.data_key_id}).get(donor.data_key_id)
    name = sealer.open("donor", "name", donor.data_key_id, donor.name) if sealer else None
    return Candidate(one.about, one.amount_minor, one.on, one.refs, name or "")


def _paying_ins(tx: Transaction, fund: Fund, amount_minor: int) -> list[Candidate]:
    rows = tx.session.exec(
        select(PayingIn)
        .where(PayingIn.fund_id == fund.id, PayingIn.amount_minor == amount_minor)
        .order_by(col(PayingIn.id).desc())
        .limit(MOST)
    ).all()
    house = tx.vault.house(tx.session) if rows else None
    return [
        Candidate(
            f"paying_in:{one.ref}",
            amount_minor,
            one.paid_in_on,
            (one.ref, (house.open("paying_in", "slip", one.ref, one.slip) if house else None) or ""),
        )
        for one in rows
    ]


def _tax_payments(tx: Transaction, fund: Fund, amount_minor: int) -> list[Candidate]:
    rows = tx.session.exec(
        select(TaxPayment)
        .where(TaxPayment.fund_id == fund.id, TaxPayment.amount_minor == amount_minor)
        .order_by(col(TaxPayment.id).desc())
        .limit(MOST)
    ).all()
    house = tx.vault.house(tx.session) if rows else None
    return [
        Candidate(
            f"gift_aid_payment:{one.ref}",
            amount_minor,
            one.paid_on,
            ((house.open("gift_aid_payment", "bank_ref", one.ref, one.bank_ref) if house else None) or "",),
            "hmrc",
        )
        for one in rows
    ]


def _card_payouts(tx: Transaction, fund: Fund, amount_minor: int) -> Sequence[Candidate]:
    rows = tx.session.exec(
        select(CardPayout)
        .where(CardPayout.fund_id == fund.id, CardPayout.amount_minor == amount_minor)
        .order_by(col(CardPayout.id).desc())
        .limit(MOST)
    )
    return [
        Candidate(f"card_payout:{one.ref}", amount_minor, one.received_on, (one.ref,), "stripe")
        for one in rows
    ]
