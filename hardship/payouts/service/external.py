"""Paid by hand: cash, a voucher, another wallet. One person proposes it with evidence, a second one approves it.

It is the award's one payment (I7): whatever way to the bank was under way stops with it, and is never taken up again.
Somebody who asked for another way than a bank is paid so without bank details.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hardship.applications.queries import by_id
from hardship.applications.service import Payee, payees
from hardship.awards.models import Award
from hardship.awards.parts import locked as locked_award
from hardship.awards.parts import tell
from hardship.awards.queries import by_ref
from hardship.awards.service import take_up_by_hand
from hardship.awards.transitions import AwardState
from hardship.core.canonical import canonical
from hardship.core.clock import LONDON, day_of
from hardship.core.db import lock
from hardship.core.errors import BadInput, Refused
from hardship.core.money import display
from hardship.core.refs import new_payment_reference
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.models import AccountKind
from hardship.payouts.held import refuse_while_held
from hardship.payouts.limits import Tried
from hardship.payouts.models import Batch, Payment
from hardship.payouts.queries import in_doubt
from hardship.payouts.records import keep_records
from hardship.payouts.sanctions.service import screen
from hardship.payouts.service.approving import check_limits
from hardship.payouts.service.batches import after_change
from hardship.payouts.service.hearing import live_attempts
from hardship.payouts.service.progress import Move, Step, hold, move
from hardship.payouts.tables import ExternalPayment, PaidFrom, Way
from hardship.payouts.transitions import AT_THE_RAIL, BatchState, PaymentEvent, PaymentState, said
from hardship.review.casework import refuse_conflicted
from hardship.review.queries import has_conflict
from hardship.staff.permissions import Permission, require
from hardship.staff.proposals import Kind, Payload, Proposed, propose

KIND = "external_payment"
MAX_REFERENCE = 120
MAX_NOTE = 1_000
WORDS = {Way.CASH: "Cash", Way.VOUCHER: "Voucher", Way.WALLET: "Another wallet", Way.OTHER: "Another way"}
_ACCOUNTS = {PaidFrom.BANK: AccountKind.BANK, PaidFrom.CASH_IN_HAND: AccountKind.CASH_IN_HAND}
_OPEN = frozenset({AwardState.OFFERED, AwardState.ACCEPTED, AwardState.IN_PAYMENT})
_UNSENT = (BatchState.DRAFT, BatchState.APPROVED, BatchState.SUBMITTING)


@dataclass(frozen=True)
class Handed:
    """How an award was handed over, and the evidence for it.

    `reference` is that of the receipt, voucher or transfer; `handed_by` names who handed it over. `bank_word` says how
    one knows that the bank will not pay it as well; it is needed while a payment may be on its way.
    """

    way: Way
    paid_from: PaidFrom
    handed_on: dt.date
    handed_by: str
    reference: str
    note: str = ""
    bank_word: str = ""

    def plain(self) -> dict[str, str]:
        """As JSON values."""
        return {
            "way": self.way.value,
            "paid_from": self.paid_from.value,
            "handed_on": self.handed_on.isoformat(),
            "handed_by": self.handed_by,
            "reference": self.reference,
            "note": self.note,
            "bank_word": self.bank_word,
        }

    @staticmethod
    def read(payload: Mapping[str, Any]) -> "Handed":
        """From JSON values."""
        return Handed(
            Way(payload["way"]),
            PaidFrom(payload["paid_from"]),
            dt.date.fromisoformat(payload["handed_on"]),
            *(str(payload[name]) for name in ("handed_by", "reference", "note", "bank_word")),
        )


def external_kind() -> Kind:
    """The kind of proposal, for `service.wire`."""
    return Kind(
        KIND,
        "Award paid by hand",
        Permission.APPROVE_BATCH,
        lambda tx, payload: _carry_out(tx, payload),
        _describe,
    )


def propose_external(tx: Transaction, *, award_ref: str, handed: Handed) -> Proposed:
    """Propose that an award counts as paid by hand; a second person approves it, and only then anything changes.

    Raises `BadInput` for evidence that is missing, `Refused` for an award that was paid or has ended, that somebody has
    to look at first, or that may be on its way to the bank when nothing says that the bank will not pay it, and while
    money waits after a restore.
    """
    require(tx.actor, Permission.MAKE_BATCH)
    award = by_ref(tx.session, award_ref)
    given = _tidy(tx, award, handed)
    fund = lock_fund(tx, award.fund_id)
    refuse_while_held(tx.session, award.ref)
    check(tx, fund, award, given)
    payload = {"award": award.ref, "by": tx.actor.staff_id or 0, **given.plain()}
    return propose(tx, kind=KIND, subject=f"award:{award.ref}", payload=payload)


def _tidy(tx: Transaction, award: Award, handed: Handed) -> Handed:
    """The evidence, complete; raises `BadInput` with the field as `where`."""
    texts = {
        "handed_by": (handed.handed_by, MAX_REFERENCE, "Name who handed it over."),
        "reference": (
            handed.reference,
            MAX_REFERENCE,
            "Give the number of the receipt, voucher or transfer.",
        ),
        "note": (handed.note, MAX_NOTE, ""),
        "bank_word": (handed.bank_word, MAX_NOTE, ""),
    }
    tidy: dict[str, str] = {}
    for name, (text, longest, need) in texts.items():
        tidy[name] = " ".join(text.split())
        if need and not tidy[name]:
            raise BadInput("it is missing", where=name, fix=need)
        if len(tidy[name]) > longest:
            raise BadInput(f"longer than {longest:,} characters", where=name, fix="Shorten it.")
    if not award.offered_at.astimezone(LONDON).date() <= handed.handed_on <= day_of(tx.at):
        raise BadInput(
            "the day is before the award, or has not come yet", where="handed_on", fix="Check the date."
        )
    return Handed(handed.way, handed.paid_from, handed.handed_on, **tidy)


def check(tx: Transaction, fund: Fund, award: Award, handed: Handed) -> None:
    """Raise `Refused` unless this award may be paid by hand, as it stands now."""
    application = by_id(tx.session, award.application_id)
    if tx.actor.staff_id is not None:
        refuse_conflicted(tx, application, tx.actor.staff_id)
    if award.state not in _OPEN:
        raise Refused(f"the award is {said(award.state)}", where=award.ref, fix="It is not paid again.")
    if award.application_id in screen(tx, fund, [award.application_id]).held:
        raise Refused("somebody has to look at this payment first", where=award.ref, fix="Wait for them.")
    payment = _payment_of(tx.session, award)
    if payment is not None and payment.state in AT_THE_RAIL and not handed.bank_word:
        raise Refused(
            f"the payment is {said(payment.state)}: the bank may pay it as well",
            where="bank_word",
            fix="Find out that it will not, and say how you know.",
        )
    doubted = in_doubt().where(Payment.award_id == award.id)
    if not handed.bank_word and tx.session.exec(doubted).first() is not None:
        raise Refused(
            "the bank may have paid it already: a debit that names it, or its file, waits for somebody",
            where="bank_word",
            fix="Find out that it did not, and say how you know.",
        )


def _payment_of(session: Session, award: Award) -> Payment | None:
    wanted = select(Payment).where(Payment.award_id == award.id, Payment.state != PaymentState.CANCELLED)
    return session.exec(wanted.order_by(col(Payment.id).desc())).first()


def _describe(session: Session, payload: Payload) -> list[tuple[str, str]]:
    handed, award = Handed.read(payload), by_ref(session, str(payload["award"]))
    paid_from = "The bank" if handed.paid_from is PaidFrom.BANK else "Cash in hand"
    lines = [
        ("Award", award.ref),
        ("Amount", display(award.amount_minor)),
        ("Paid by", WORDS[handed.way]),
        ("From", paid_from),
        ("On", handed.handed_on.isoformat()),
        ("Handed over by", handed.handed_by),
        ("Receipt or reference", handed.reference),
        ("Note", handed.note or "–"),
    ]
    return lines + ([("The bank will not pay it", handed.bank_word)] if handed.bank_word else [])


# --- The second person's word -------------------------------------------------------------------------------------


def _carry_out(tx: Transaction, payload: Payload) -> str:
    """Pay it, in the books and for good; returns the payment's reference."""
    handed, proposer = Handed.read(payload), int(payload["by"]) or None
    found = by_ref(tx.session, str(payload["award"]))
    fund = lock_fund(tx, found.fund_id)
    award = locked_award(tx, found.id or 0)
    refuse_while_held(tx.session, award.ref)
    check(tx, fund, award, handed)
    if tx.actor.staff_id is not None:
        check_limits(tx, fund, tx.actor.staff_id, Tried(f"award:{award.ref}", award.amount_minor))
    return pay(tx, fund, award, handed, proposer).reference


def pay(tx: Transaction, fund: Fund, award: Award, handed: Handed, proposer: int | None) -> Payment:
    """The award is paid by hand, in the books and for good. It is locked with its fund, and was checked; raises `Refused`
    when whoever proposed it has a conflict."""
    if proposer is not None and has_conflict(tx.session, award.application_id, proposer):
        raise Refused("whoever proposed it declared a conflict with the case, or entered it", where=award.ref)
    payment, batch = _ready(tx, award)
    attempt = live_attempts(tx, [payment.id or 0]).get(payment.id or 0)
    step = Step(PaymentEvent.PAY_EXTERNALLY, handed.handed_on)
    move(tx, fund, [Move(payment, award, attempt, [step], paid_from=_ACCOUNTS[handed.paid_from])])
    payment.paid_on = handed.handed_on
    tx.session.add(payment)
    _keep(tx, payment, award, handed, proposer)
    if batch is not None:
        after_change(tx, fund, batch)
    tell(tx, by_id(tx.session, award.application_id))
    return payment


def _ready(tx: Transaction, award: Award) -> tuple[Payment, Batch | None]:
    """The award's payment, made if there is none, and the batch that it is taken out of."""
    if award.state is AwardState.OFFERED:
        take_up_by_hand(tx, award)
    found = _payment_of(tx.session, award)
    if found is None:
        made = Payment(
            reference=new_payment_reference(),
            award_id=award.id or 0,
            amount_minor=award.amount_minor,
            state=PaymentState.DRAFT,
            state_since=tx.at,
        )
        tx.session.add(made)
        tx.session.flush()
        facts = {"state": made.state.value, "award": award.ref, "amount": made.amount_minor}
        tx.record("payment.draft", f"payment:{made.reference}", **facts)
        return made, None
    payment = hold(tx, [found.id or 0])[0][0]
    if payment.batch_id is None or payment.state in AT_THE_RAIL:
        return payment, None
    batch = lock(tx.session, select(Batch).where(Batch.id == payment.batch_id))[0]
    if batch.state not in _UNSENT:
        return payment, None
    payment.batch_id = None
    tx.session.add(payment)
    tx.session.flush()
    return payment, batch


def _keep(tx: Transaction, payment: Payment, award: Award, handed: Handed, proposer: int | None) -> None:
    """The evidence, and what the accounts need until they are signed off."""
    house = tx.vault.house(tx.session)
    evidence = {
        name: text for name, text in handed.plain().items() if name not in ("way", "paid_from", "handed_on")
    }
    tx.session.add(
        ExternalPayment(
            payment_id=payment.id or 0,
            way=handed.way,
            paid_from=handed.paid_from,
            handed_on=handed.handed_on,
            evidence=house.seal(
                "external_payment", "evidence", payment.reference, canonical(evidence).decode()
            ),
            proposed_by=proposer,
            approved_by=tx.actor.staff_id,
            at=tx.at,
        )
    )
    known = payees(tx, tx.vault, [award.application_id]).get(award.application_id)
    keep_records(tx, [(payment, known or Payee("", "", ""))], proposer, tx.actor.staff_id)
