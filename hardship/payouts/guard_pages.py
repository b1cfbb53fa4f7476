"""Pages of payment by hand, name checks and sign-off."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from hardship.applications.bankdetails.models import BankCheck
from hardship.applications.models import Application
from hardship.awards.models import Award
from hardship.awards.queries import by_ref
from hardship.awards.transitions import AwardState
from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, HardshipError, Refused
from hardship.core.runtime import current
from hardship.funds.queries import funds, rounds_of
from hardship.payouts.models import Batch, Payment
from hardship.payouts.queries import batch_named
from hardship.payouts.records import read_record
from hardship.payouts.sanctions.queries import current_list, list_of
from hardship.payouts.service import external, namechecks, signoff
from hardship.payouts.service.deciding import payment_named
from hardship.payouts.service.external import MAX_NOTE, MAX_REFERENCE, Handed
from hardship.payouts.tables import ExternalPayment, NameResult, PaidFrom, Way
from hardship.review.queries import has_conflict
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.proposals import Proposed
from hardship.staff.session import current_actor, deny
from hardship.web import paging
from hardship.web.access import requires
from hardship.web.forms import (
    DateField,
    Form,
    LongTextField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    choices_of,
)

blueprint = Blueprint("payout_guards", __name__)

P = Permission
PAGE = "/staff/payouts/by-hand"
PER_PAGE = 100
Answer = str | Response | tuple[str, int]
FROM = {PaidFrom.BANK: "The bank account", PaidFrom.CASH_IN_HAND: "Cash in hand"}
MODULUS = {
    BankCheck.NONE: "No bank details",
    BankCheck.PASSED: "Fits its sort code",
    BankCheck.NOT_CHECKED: "Not checked",
}


class HandForm(Form):
    """How an award was paid by hand."""

    way = RadioField(
        "How was it paid?", choices=choices_of(Way, external.WORDS), required="Say how it was paid"
    )
    paid_from = RadioField(
        "What did the money come out of?", choices=choices_of(PaidFrom, FROM), required="Choose one"
    )
    handed_on = DateField("When was it handed over?", required="Enter the day")
    handed_by = TextField("Who handed it over?", required="Enter a name", max_length=MAX_REFERENCE)
    reference = TextField(
        "Number of the receipt, voucher or transfer", required="Enter the number", max_length=MAX_REFERENCE
    )
    note = LongTextField("Anything else a second person should know", max_length=MAX_NOTE)
    bank_word = LongTextField("How do you know that the bank will not pay it?", max_length=MAX_NOTE)
    send = SubmitField("Ask a second person to approve it")

    def handed(self) -> Handed:
        """The evidence as it was given."""
        return Handed(
            Way(self.way.data),
            PaidFrom(self.paid_from.data),
            self.handed_on.data,
            *(str(self[name].data or "") for name in ("handed_by", "reference", "note", "bank_word")),
        )


class NameForm(Form):
    """What the bank's own page said of a name."""

    result = RadioField(
        "What did the bank say?",
        choices=choices_of(NameResult, namechecks.WORDS),
        required="Say what it said",
    )
    send = SubmitField("Keep the answer")


class SignOffForm(Form):
    """Accounts that are signed off."""

    scope = SelectField("Whose accounts?", choices=[], required="Choose a fund or round")
    through = DateField("Last day of the accounts", required="Enter the day")
    send = SubmitField("Ask a second person to approve it")


def said(form: Form, error: HardshipError) -> None:
    """Show what a service found at the field that it names, or else above the form."""
    if error.where in form:
        form.refuse(error.where, str(error).removeprefix(f"{error.where}: "))
    else:
        form.form_errors.append(str(error))


def tell_proposed(made: Proposed, what: str) -> None:
    """Say what became of a proposal."""
    flash(
        f"{what} is done." if made.done else f"{what} is proposed as {made.ref}. Another person approves it."
    )


# --- By hand ------------------------------------------------------------------------------------------------------


def waiting(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits, for the first page."""
    count = len(_asked(session))
    yield Waiting(
        "awards are to be paid another way",
        count,
        PAGE,
        one="award is to be paid another way than by the bank",
    )


def _asked(session: Session) -> list[Any]:
    """Awards of people who asked for another way than a bank, the oldest first."""
    wanted = (
        select(Award.ref, Award.amount_minor, Award.state, Award.offered_at)
        .join(Application, col(Application.id) == Award.application_id)
        .where(col(Application.other_way), col(Award.state).in_((AwardState.OFFERED, AwardState.ACCEPTED)))
        .order_by(col(Award.offered_at), col(Award.id))
    )
    return list(session.exec(wanted).all())


@blueprint.get(PAGE)
@requires(P.SEE_MONEY)
def show_by_hand() -> str | Response:
    """Who asked for another way, and what was paid by hand, the newest first; `?award=` leads to that award's form."""
    if award := request.args.get("award", "").strip():
        return redirect(url_for("payout_guards.pay_by_hand", award_ref=award[:40]))
    columns = (
        Payment.id,
        Payment.reference,
        Payment.amount_minor,
        ExternalPayment.way,
        ExternalPayment.handed_on,
    )
    paid: Any = (
        sa_select(*(col(one) for one in columns), col(Award.ref).label("award"))
        .join(ExternalPayment, col(ExternalPayment.payment_id) == col(Payment.id))
        .join(Award, col(Award.id) == col(Payment.award_id))
    )
    with current().read() as session:
        asked = _asked(session)
        page = paging.page(
            session,
            paid,
            [paging.Key(col(Payment.id), descending=True)],
            lambda row: (row.id,),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
    may = holds(current_actor(), P.MAKE_BATCH)
    return render_template("payouts/by_hand.html", asked=asked, page=page, ways=external.WORDS, may=may)


@blueprint.route(f"{PAGE}/<award_ref>", methods=["GET", "POST"])
@requires(P.MAKE_BATCH)
def pay_by_hand(award_ref: str) -> Answer:
    """Propose that an award counts as paid by hand."""
    form = HandForm()
    with current().read() as session:
        award = by_ref(session, award_ref)
        if has_conflict(session, award.application_id, current_actor().staff_id or 0):
            deny(current_actor(), f"award {award.ref}")
            raise Refused(
                "you declared a conflict with this case, or entered it yourself", fix="Leave it to others."
            )
    if form.validate_on_submit():
        try:
            made = current().transact(
                current_actor(), external.propose_external, award_ref=award.ref, handed=form.handed()
            )
        except (BadInput, Refused, Conflict) as error:
            said(form, error)
        else:
            tell_proposed(made, f"The payment of award {award.ref} by hand")
            return redirect(url_for("payout_guards.show_by_hand"), code=303)
    page = render_template("payouts/by_hand_form.html", form=form, award=award)
    return page, 422 if form.errors or form.form_errors else 200


# --- A batch's accounts -------------------------------------------------------------------------------------------


def guarded(session: Session, batch: Batch) -> dict[str, Any]:
    """What a batch's page says of its screening."""
    listing = list_of(session, batch)
    newest = current_list(session)
    return {
        "list_on": listing.published_on if listing else None,
        "at": batch.screened_at,
        "newer": newest is not None and (listing is None or newest.id != listing.id),
    }


@blueprint.get("/staff/payouts/<ref>/checks")
@requires(P.SEE_MONEY)
def show_checks(ref: str) -> str:
    """What is known of the accounts that a batch pays, without a name or number."""
    first = max(0, request.args.get("from", 0, type=int))
    with current().read() as session:
        batch = batch_named(session, ref)
        rows = namechecks.checks_of(session, batch, limit=PER_PAGE + 1, after=first)
    return render_template(
        "payouts/checks.html",
        batch=batch,
        rows=rows[:PER_PAGE],
        modulus=MODULUS,
        asks=namechecks.ASKS,
        first=first,
        next_from=first + PER_PAGE if len(rows) > PER_PAGE else None,
        previous_from=max(0, first - PER_PAGE) if first else None,
        may=holds(current_actor(), P.RESOLVE_PAYMENT),
    )


@blueprint.route("/staff/payouts/payments/<reference>/name-check", methods=["GET", "POST"])
@requires(P.RESOLVE_PAYMENT)
def name_check(reference: str) -> Answer:
    """Note what the bank's own page said of a payee's name: the code, never the name."""
    with current().read() as session:
        payment_named(session, reference)
    form = NameForm()
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(), namechecks.record, payment_ref=reference, result=str(form.result.data)
            )
        except (BadInput, Refused) as error:
            said(form, error)
        else:
            flash(f"The answer for payment {reference} is kept.")
            return redirect(url_for("payouts.overview"), code=303)
    page = render_template("payouts/name_check.html", form=form, reference=reference)
    return page, 422 if form.errors or form.form_errors else 200


# --- Sign-off and records -----------------------------------------------------------------------------------------


@blueprint.route("/staff/payouts/accounts", methods=["GET", "POST"])
@requires(P.SEE_MONEY)
def accounts() -> Answer:
    """What is signed off, and proposing more."""
    form, actor = SignOffForm(), current_actor()
    may = holds(actor, P.CLOSE_PERIOD)
    with current().read() as session:
        rows = signoff.sign_offs(session)
        scopes = [(fund.slug, f"{fund.name}: all of it") for fund in funds(session)]
        scopes += [
            (f"{fund.slug}/{round_.slug}", f"{fund.name}: round {round_.slug}")
            for fund in funds(session)
            for round_ in rounds_of(session, fund.id or 0)
        ]
    form.scope.choices = scopes
    if form.validate_on_submit():
        fund, _, round_slug = str(form.scope.data).partition("/")
        try:
            made = current().transact(
                actor, signoff.propose_sign_off, fund=fund, through=form.through.data, round_slug=round_slug
            )
        except (BadInput, Conflict) as error:
            said(form, error)
        else:
            tell_proposed(made, "The sign-off")
            return redirect(url_for("payout_guards.accounts"), code=303)
    page = render_template(
        "payouts/accounts.html", form=form, rows=rows, may=may, today=day_of(current().clock.now())
    )
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.get("/staff/payouts/payments/<reference>/record")
@requires(P.RECONCILE)
def show_record(reference: str) -> str:
    """What the accounts need of a payment, opened; its reading is in the event log."""
    told = current().transact(current_actor(), read_record, payment_ref=reference)
    return render_template("payouts/record.html", told=told, reference=reference)
