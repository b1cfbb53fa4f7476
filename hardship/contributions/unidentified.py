"""Incoming lines of a bank statement: what stands in the books already is claimed, the rest is unidentified receipts.

An unidentified receipt is nobody's income and is not matched (design.md, "Money"; scenario 11). Once somebody finds out what
it is, it becomes that with its original date; what is nobody's goes back.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlmodel import col, select

from hardship.contributions import claimable
from hardship.contributions.claiming import BankWords, Candidate
from hardship.contributions.clearing import in_clearing
from hardship.contributions.events import SponsorPaymentIdentified
from hardship.contributions.gifts import NewGift, check_words
from hardship.contributions.hand_models import BankReceipt, Became
from hardship.contributions.models import CardPayout, Channel, DonorType, Held
from hardship.contributions.service import receive
from hardship.contributions.steps import RECEIPTS, ReceiptEvent, ReceiptState
from hardship.core.clock import LONDON, day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.money import display
from hardship.core.refs import new_reference, tidy_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft, transfer
from hardship.ledger.models import AccountKind
from hardship.ledger.service import post
from hardship.staff.permissions import Permission, require

_K = AccountKind


class Booking(StrEnum):
    """What became of an incoming line."""

    CLAIMED_GIFT = "claimed_gift"
    SPONSOR_PAYMENT = "sponsor_payment"
    CARD_PAYOUT = "card_payout"
    PAYING_IN = "paying_in"
    GIFT_AID = "gift_aid"
    UNIDENTIFIED = "unidentified"


_CLAIMED = {
    Became.GIFT: Booking.CLAIMED_GIFT,
    Became.SPONSOR_PAYMENT: Booking.SPONSOR_PAYMENT,
    Became.CARD_PAYOUT: Booking.CARD_PAYOUT,
    Became.PAYING_IN: Booking.PAYING_IN,
    Became.GIFT_AID: Booking.GIFT_AID,
}


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a line: `ref` names the receipt, `about` what it is (`contribution:G-17`, "" while nobody knows)."""

    kind: Booking
    ref: str
    about: str = ""
    unchanged: bool = False


def book_line(
    tx: Transaction,
    *,
    fund: Fund,
    line_key: str,
    received_on: dt.date,
    amount_minor: int,
    reference: str,
    counterparty: str,
) -> Booked:
    """Take in one incoming line, once for each `line_key`: it claims what is in the books already, without a second
    journal, or stands in unidentified receipts (Dr bank / Cr unidentified receipts).

    `reference` and `counterparty` are the bank's words; they are sealed. Raises `BadInput` for an amount that is not above
    zero, `Conflict` for a key that another line has.
    """
    require(tx.actor, Permission.RECONCILE)
    assert fund.id is not None
    fund = lock_fund(tx, fund.id)
    if amount_minor <= 0:
        raise BadInput("an incoming line is above 0.00", where="amount", fix="Check the line.")
    known = tx.session.exec(select(BankReceipt).where(BankReceipt.line_key == line_key)).first()
    if known is not None:
        if (known.amount_minor, known.received_on, known.fund_id) != (amount_minor, received_on, fund.id):
            raise Conflict("this line was taken in with another amount, day or fund", where=line_key[:40])
        return _booked(known, unchanged=True)
    line = BankWords(received_on, amount_minor, reference, counterparty)
    found = claimable.found(tx, fund, line)
    receipt = _store(tx, fund, line_key, line)
    if found is not None:
        _become(tx, receipt, ReceiptEvent.CLAIM, claimable.kind_of(found.about), found.about)
    else:
        _stand(tx, fund, receipt)
    return _booked(receipt)


def _booked(receipt: BankReceipt, *, unchanged: bool = False) -> Booked:
    kind = _CLAIMED[receipt.became] if receipt.became is not None else Booking.UNIDENTIFIED
    return Booked(kind, receipt.ref, receipt.about or "", unchanged)


def _store(tx: Transaction, fund: Fund, line_key: str, line: BankWords) -> BankReceipt:
    ref, house = new_reference(), tx.vault.house(tx.session)
    receipt = BankReceipt(
        ref=ref,
        fund_id=fund.id or 0,
        line_key=line_key,
        received_on=line.received_on,
        amount_minor=line.amount_minor,
        reference=house.seal("bank_receipt", "reference", ref, line.reference),
        counterparty=house.seal("bank_receipt", "counterparty", ref, line.counterparty),
        state=ReceiptState.UNIDENTIFIED,
        recorded_at=tx.at,
    )
    tx.session.add(receipt)
    tx.session.flush()
    return receipt


def _stand(tx: Transaction, fund: Fund, receipt: BankReceipt) -> None:
    lines = transfer(fund.community_pot_id, _K.BANK, _K.UNIDENTIFIED_RECEIPTS, receipt.amount_minor)
    post(tx, [_draft(fund, receipt, "receipt.unidentified", "in", receipt.received_on, lines)])
    tx.record(
        "receipt.unidentified",
        _subject(receipt),
        state=receipt.state,
        fund=fund.slug,
        amount_minor=receipt.amount_minor,
        received_on=receipt.received_on.isoformat(),
    )


def _draft(fund: Fund, receipt: BankReceipt, kind: str, step: str, on: dt.date, lines: Any) -> JournalDraft:
    return JournalDraft(
        idem_key=f"receipt:{receipt.ref}:{step}",
        kind=kind,
        fund_slug=fund.slug,
        cause=_subject(receipt),
        effective_on=on,
        lines=lines,
        currency=fund.currency,
    )


def _become(
    tx: Transaction, receipt: BankReceipt, event: ReceiptEvent, became: Became | None, about: str | None
) -> None:
    """One step of a receipt, with its one event."""
    receipt.state = RECEIPTS.apply(receipt.state, event)
    if became is not None:
        receipt.became, receipt.about = became, about
    receipt.decided_at = tx.at
    tx.session.add(receipt)
    tx.session.flush()
    facts = {"became": became.value, "about": about} if became is not None else {}
    tx.record(
        f"receipt.{receipt.state.value}",
        _subject(receipt),
        state=receipt.state,
        amount_minor=receipt.amount_minor,
        **facts,
    )


def _subject(receipt: BankReceipt) -> str:
    return f"receipt:{receipt.ref}"


# --- Once somebody knows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gave, as far as it is known; the name of an anonymous donor is not kept."""

    name: str = field(default="", repr=False)
    donor_type: DonorType = DonorType.ANONYMOUS
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Identified:
    """What a receipt became; `matched` in pence by agreement, for a gift."""

    receipt: str
    became: Became
    about: str
    matched: tuple[tuple[str, int], ...] = ()


def received_at(on: dt.date) -> dt.datetime:
    """The instant at which money of a day is taken to have come: a bank says the day only, and midday in London is on that
    day wherever a window opens or closes at its edge."""
    return dt.datetime.combine(on, dt.time(12), LONDON)


def identify(
    tx: Transaction, *, receipt_ref: str, giver: Giver, gift_ref: str = "", fee_minor: int = 0
) -> Identified:
    """An unidentified receipt is a gift: Dr unidentified receipts / Cr donations, and matched, by the day it arrived.

    `fee_minor` is what the bank kept of it, so that the gift is the receipt and the fee. Raises `Conflict` when the receipt is
    no longer unidentified or the ref is taken.
    """
    require(tx.actor, Permission.RECORD_GIFTS)
    fund, receipt = locked_receipt(tx, receipt_ref)
    RECEIPTS.apply(receipt.state, ReceiptEvent.IDENTIFY)
    ref = gift_ref.strip() or f"B-{receipt.ref}"
    check_words(ref=ref, donor_name=giver.name, note=giver.note)
    if fee_minor > receipt.amount_minor:
        raise BadInput("the bank kept more than came", where="fee", fix="Check the fee.")
    gift = NewGift(
        ref=ref,
        received_at=received_at(receipt.received_on),
        amount_minor=receipt.amount_minor + fee_minor,
        channel=Channel.BANK,
        donor_name=giver.name,
        donor_type=giver.donor_type,
        note=giver.note,
        fee_minor=fee_minor,
        held=Held.HERE,
        into=_K.UNIDENTIFIED_RECEIPTS,
    )
    if giver.donor_type is not DonorType.ANONYMOUS and not giver.name.strip():
        raise BadInput("whose gift it is has to be said", where="donor_name", fix="Or choose anonymous.")
    done = receive(tx, fund=fund, gifts=[gift])[0]
    if done.unchanged:
        raise Conflict("there is a gift with this ref", where="ref", fix="Give it a ref of its own.")
    about = f"contribution:{gift.ref}"
    _become(tx, receipt, ReceiptEvent.IDENTIFY, Became.GIFT, about)
    return Identified(receipt.ref, Became.GIFT, about, done.matched)


def identify_as_booked(tx: Transaction, *, receipt_ref: str, about: str) -> Identified:
    """An unidentified receipt is something that stands in the books as money in the bank: it was booked twice, and its own
    journal is undone (Dr unidentified receipts / Cr bank).

    `about` names it: `contribution:G-17`, `paying_in:…`, `sponsor_payment:…`, `gift_aid_payment:…`, `card_payout:…`.
    Raises `BadInput` when there is none of this amount, `Conflict` when another line is that thing already.
    """
    require(tx.actor, Permission.RECONCILE)
    fund, receipt = locked_receipt(tx, receipt_ref)
    RECEIPTS.apply(receipt.state, ReceiptEvent.IDENTIFY)
    claimable.named(tx, fund, about, receipt.amount_minor)
    _undo(tx, fund, receipt)
    became = claimable.kind_of(about)
    _become(tx, receipt, ReceiptEvent.IDENTIFY, became, about)
    return Identified(receipt.ref, became, about)


def identify_as_sponsor_payment(tx: Transaction, *, receipt_ref: str, agreement: str) -> Identified:
    """An unidentified receipt is a sponsor's payment for an agreement, by the day it arrived."""
    require(tx.actor, Permission.RECORD_SPONSOR_PAYMENTS)
    fund, receipt = locked_receipt(tx, receipt_ref)
    RECEIPTS.apply(receipt.state, ReceiptEvent.IDENTIFY)
    _undo(tx, fund, receipt)
    ref = f"B-{receipt.ref}"
    tx.publish(
        SponsorPaymentIdentified(fund, agreement, ref, received_at(receipt.received_on), receipt.amount_minor)
    )
    about = f"sponsor_payment:{ref}"
    _become(tx, receipt, ReceiptEvent.IDENTIFY, Became.SPONSOR_PAYMENT, about)
    return Identified(receipt.ref, Became.SPONSOR_PAYMENT, about)


def identify_as_card_payout(tx: Transaction, *, receipt_ref: str) -> Identified:
    """An unidentified receipt is what the card processor paid out: Dr unidentified receipts / Cr card clearing."""
    require(tx.actor, Permission.RECONCILE)
    fund, receipt = locked_receipt(tx, receipt_ref)
    RECEIPTS.apply(receipt.state, ReceiptEvent.IDENTIFY)
    about = f"card_payout:{_card_payout(tx, fund, receipt)}"
    _become(tx, receipt, ReceiptEvent.IDENTIFY, Became.CARD_PAYOUT, about)
    return Identified(receipt.ref, Became.CARD_PAYOUT, about)


def _undo(tx: Transaction, fund: Fund, receipt: BankReceipt) -> None:
    lines = transfer(fund.community_pot_id, _K.UNIDENTIFIED_RECEIPTS, _K.BANK, receipt.amount_minor)
    post(tx, [_draft(fund, receipt, "receipt.identified", "undo", receipt.received_on, lines)])


def _card_payout(tx: Transaction, fund: Fund, receipt: BankReceipt) -> str:
    held = in_clearing(tx, fund)
    if receipt.amount_minor > held:
        raise Refused(f"card clearing holds {display(held)}, less than this", fix="Take in its gifts first.")
    ref = f"B-{receipt.ref}"
    paid = CardPayout(
        ref=ref,
        fund_id=fund.id or 0,
        received_on=receipt.received_on,
        amount_minor=receipt.amount_minor,
        recorded_at=tx.at,
    )
    tx.session.add(paid)
    lines = transfer(fund.community_pot_id, _K.UNIDENTIFIED_RECEIPTS, _K.CARD_CLEARING, receipt.amount_minor)
    post(tx, [_draft(fund, receipt, "card.paid_out", "card", receipt.received_on, lines)])
    tx.record(
        "card_payout.received",
        f"card_payout:{ref}",
        fund=fund.slug,
        amount_minor=receipt.amount_minor,
        received_on=receipt.received_on.isoformat(),
    )
    return ref


@dataclass(frozen=True, slots=True)
class ReceiptRead:
    """An incoming line with the bank's words, and what in the books it may be."""

    receipt: BankReceipt
    fund: Fund
    reference: str = field(repr=False)
    counterparty: str = field(repr=False)
    suggestions: list[Candidate]


def read_receipt(tx: Transaction, *, receipt_ref: str) -> ReceiptRead:
    """An incoming line, opened; the reading is an event (I8)."""
    require(tx.actor, Permission.RECONCILE)
    fund, receipt = locked_receipt(tx, receipt_ref)
    house = tx.vault.house(tx.session)
    tx.record("receipt.read", f"receipt:{receipt.ref}")
    unknown = receipt.state is ReceiptState.UNIDENTIFIED
    return ReceiptRead(
        receipt,
        fund,
        house.open("bank_receipt", "reference", receipt.ref, receipt.reference) or "",
        house.open("bank_receipt", "counterparty", receipt.ref, receipt.counterparty) or "",
        claimable.suggestions(tx, fund, receipt) if unknown else [],
    )


# --- What is nobody's ---------------------------------------------------------------------------------------------


def locked_receipt(tx: Transaction, receipt_ref: str) -> tuple[Fund, BankReceipt]:
    """The receipt and its fund, locked; raises `NotFound`."""
    found = tx.session.exec(select(BankReceipt).where(BankReceipt.ref == tidy_reference(receipt_ref))).first()
    if found is None:
        raise NotFound("there is no such receipt", fix="See: hardship receipts list")
    fund = lock_fund(tx, found.fund_id)
    (receipt,) = lock(tx.session, select(BankReceipt).where(col(BankReceipt.id) == found.id))
    return fund, receipt


def owe_back(tx: Transaction, fund: Fund, receipt: BankReceipt) -> None:
    """A receipt is nobody's and is to go back: Dr unidentified receipts / Cr refunds due. The caller has two people."""
    lines = transfer(fund.community_pot_id, _K.UNIDENTIFIED_RECEIPTS, _K.REFUNDS_DUE, receipt.amount_minor)
    post(tx, [_draft(fund, receipt, "receipt.return_due", "due", day_of(tx.at), lines)])
    _become(tx, receipt, ReceiptEvent.GIVE_BACK, None, None)


def gone_back(tx: Transaction, fund: Fund, receipt: BankReceipt, on: dt.date) -> None:
    """What was nobody's has been paid back: Dr refunds due / Cr bank."""
    lines = transfer(fund.community_pot_id, _K.REFUNDS_DUE, _K.BANK, receipt.amount_minor)
    post(tx, [_draft(fund, receipt, "receipt.returned", "paid", on, lines)])
    _become(tx, receipt, ReceiptEvent.PAY_BACK, None, None)
