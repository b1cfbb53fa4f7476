"""What sponsors pay, and what goes back to them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from hardship.contributions.claiming import Candidate
from hardship.contributions.events import BankLineArrived, SponsorPaymentIdentified
from hardship.core.canonical import digest
from hardship.core.clock import day_of, iso
from hardship.core.csvfile import Numbered, Outcome, Problem, refuse_all
from hardship.core.errors import BadInput, Conflict
from hardship.core.money import display
from hardship.core.runtime import Transaction
from hardship.funds.models import Fund
from hardship.funds.service import lock_fund
from hardship.ledger.journal import JournalDraft
from hardship.ledger.service import post
from hardship.matching.booking import Book, lock_agreements, open_book
from hardship.matching.models import MatchAgreement, SponsorPayment
from hardship.matching.queries import agreement_by_ref
from hardship.matching.settling import settle_claims
from hardship.staff.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment from a sponsor, in pence; below zero: paid back to them. `ref` is the bank's, unique in an instance."""

    ref: str
    agreement: str
    received_at: dt.datetime
    amount_minor: int

    def content(self) -> str:
        """A digest of all it says, to tell the same payment from another under its ref."""
        return digest([self.ref, self.agreement, iso(self.received_at), self.amount_minor])


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """What became of a payment: the agreement's total received less repaid, in pence; `unchanged` if it was there."""

    agreement: str
    received_minor: int
    unchanged: bool


def receive_payment(
    tx: Transaction, *, agreement: str, ref: str, received_at: dt.datetime, amount_minor: int
) -> PaymentReceived:
    """Book one payment: it clears what the sponsor owes, the rest is unearned. The same payment again is no change.

    Raises `Conflict` for a ref that is taken by another payment, `BadInput` for paying back more than was received.
    """
    require(tx.actor, Permission.RECORD_SPONSOR_PAYMENTS)
    fund = lock_fund(tx, agreement_by_ref(tx.session, agreement).fund_id)
    payment = NewPayment(ref, agreement, received_at, amount_minor)
    book = _open(tx, fund)
    known = _known(tx, [ref]).get(ref)
    if known is not None and known != payment.content():
        raise Conflict(_TAKEN, where=ref, fix="Give the payment its own reference.")
    if known is None:
        book_payments(tx, fund, book, [_checked(book, payment)])
    one = book.by_ref[agreement]
    return PaymentReceived(agreement, one.received_minor - one.repaid_minor, known is not None)


def import_payments(
    tx: Transaction, *, fund_slug: str, rows: Sequence[Numbered[NewPayment]], skip_bad: bool = False
) -> Outcome:
    """Book a file's payments in order of (received_at, ref); raises `RowsRefused` when one is refused and may not be
    skipped."""
    require(tx.actor, Permission.RECORD_SPONSOR_PAYMENTS)
    fund = lock_fund(tx, fund_slug)
    book = _open(tx, fund)
    known = _known(tx, [row.value.ref for row in rows])
    fresh: list[NewPayment] = []
    problems: list[Problem] = []
    paid = {one.terms.ref: one.received_minor - one.repaid_minor for one in book.running}
    for row in sorted(rows, key=lambda one: (one.value.received_at, one.value.ref)):
        payment = row.value
        there = known.get(payment.ref)
        if there is not None:
            if there != payment.content():
                problems.append(Problem(row.line, "ref", f"{_TAKEN}. Give it its own reference."))
            continue
        if payment.agreement not in paid:
            problems.append(Problem(row.line, "agreement", "the fund has no match agreement with this ref."))
        elif paid[payment.agreement] + payment.amount_minor < 0:
            problems.append(Problem(row.line, "amount", f"{_TOO_MUCH}."))
        else:
            paid[payment.agreement] += payment.amount_minor
            known[payment.ref] = payment.content()
            fresh.append(payment)
    refuse_all(problems, skip_bad=skip_bad)
    book_payments(tx, fund, book, fresh)
    return Outcome(len(fresh), len(rows) - len(fresh) - len(problems), problems)


_TAKEN = "this ref is taken by a payment with other content"
_TOO_MUCH = "more would go back to the sponsor than they have paid"


def _open(tx: Transaction, fund: Fund) -> Book:
    assert fund.id is not None
    return open_book(tx, lock_agreements(tx, fund.id))


def _known(tx: Transaction, refs: Sequence[str]) -> dict[str, str]:
    """The contents of the stored payments among these refs."""
    found: dict[str, str] = {}
    for start in range(0, len(refs), 500):
        rows = tx.session.exec(
            select(SponsorPayment.ref, SponsorPayment.content).where(
                col(SponsorPayment.ref).in_(refs[start : start + 500])
            )
        )
        found |= dict(rows.all())
    return found


def _checked(book: Book, payment: NewPayment) -> NewPayment:
    one = book.by_ref[payment.agreement]
    if payment.amount_minor == 0:
        raise BadInput("an amount of nothing", where="amount", fix="Write an amount like 200.00.")
    if (paid := one.received_minor - one.repaid_minor) + payment.amount_minor < 0:
        raise BadInput(_TOO_MUCH, where="amount", fix=f"Pay back {display(paid)} or less.")
    return payment


def book_payments(
    tx: Transaction, fund: Fund, book: Book, payments: Sequence[NewPayment], other_id: int | None = None
) -> None:
    """Store, post, record, and let what came settle tranches and requests. Fund and agreements are locked; every payment
    was checked. `other_id` is the agreement from or to which money was carried."""
    came: dict[str, int] = {}
    drafts: list[JournalDraft] = []
    for payment in payments:
        one = book.by_ref[payment.agreement]
        on = day_of(payment.received_at)
        tx.session.add(
            SponsorPayment(
                ref=payment.ref,
                agreement_id=one.id,
                received_at=payment.received_at,
                amount_minor=payment.amount_minor,
                occurred_on=on,
                stated_on=book.stated.of(one.id, on),
                content=payment.content(),
                other_id=other_id,
                recorded_at=tx.at,
            )
        )
        came[payment.agreement] = came.get(payment.agreement, 0) + max(0, payment.amount_minor)
        drafts.append(
            JournalDraft(
                idem_key=f"sponsor:{payment.ref}",
                kind="sponsor.paid" if payment.amount_minor > 0 else "sponsor.repaid",
                fund_slug=fund.slug,
                cause=f"agreement:{payment.agreement}",
                effective_on=on,
                lines=one.pay(payment.amount_minor),
                currency=fund.currency,
            )
        )
        _record(tx, fund, payment, on)
    book.write()
    post(tx, drafts)
    for ref, minor in came.items():
        if minor:
            settle_claims(tx, book.by_ref[ref].id, ref, minor)


def _record(tx: Transaction, fund: Fund, payment: NewPayment, on: dt.date) -> None:
    kind = "match.payment_received" if payment.amount_minor > 0 else "match.payment_returned"
    tx.record(
        kind,
        f"agreement:{payment.agreement}",
        fund=fund.slug,
        ref=payment.ref,
        amount_minor=abs(payment.amount_minor),
        on=on.isoformat(),
    )


# --- What the bank's statement tells ------------------------------------------------------------------------------


def on_bank_line(tx: Transaction, arrived: BankLineArrived) -> list[Candidate]:
    """The payments of this amount from the fund's sponsors: an incoming line may be one of them."""
    rows = tx.session.exec(
        select(SponsorPayment, MatchAgreement.sponsor)
        .join(MatchAgreement, col(MatchAgreement.id) == SponsorPayment.agreement_id)
        .where(
            MatchAgreement.fund_id == arrived.fund.id,
            SponsorPayment.amount_minor == arrived.amount_minor,
            col(SponsorPayment.other_id).is_(None),  # what was carried over never came through the bank
        )
        .order_by(col(SponsorPayment.id).desc())
    )
    return [
        Candidate(
            f"sponsor_payment:{paid.ref}", paid.amount_minor, day_of(paid.received_at), (paid.ref,), sponsor
        )
        for paid, sponsor in rows
    ]


def on_identified(tx: Transaction, identified: SponsorPaymentIdentified) -> PaymentReceived:
    """Book a bank line that somebody has found to be a sponsor's payment."""
    if agreement_by_ref(tx.session, identified.agreement).fund_id != identified.fund.id:
        raise BadInput("the agreement is another fund's", where="agreement", fix="Choose one of this fund.")
    return receive_payment(
        tx,
        agreement=identified.agreement,
        ref=identified.ref,
        received_at=identified.received_at,
        amount_minor=identified.amount_minor,
    )
