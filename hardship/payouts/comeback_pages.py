"""Pages of recalls and recoveries: money that is to come back."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select
from werkzeug.wrappers import Response

from hardship.awards.models import Award
from hardship.awards.queries import by_ref
from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, HardshipError, Refused
from hardship.core.runtime import current
from hardship.ledger.models import LossCause
from hardship.payouts.guard_pages import said, tell_proposed
from hardship.payouts.models import Payment
from hardship.payouts.service import recalls, recoveries
from hardship.payouts.service.deciding import payment_named
from hardship.payouts.tables import AwardRecovery, Recall
from hardship.payouts.transitions import RecallState, RecoveryState
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web import paging
from hardship.web.access import requires
from hardship.web.forms import (
    DateField,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SubmitField,
    TextField,
    choices_of,
)

blueprint = Blueprint("comebacks", __name__)

P = Permission
RECALLS = "/staff/payouts/recalls"
RECOVERIES = "/staff/payouts/recoveries"
Answer = str | Response | tuple[str, int]


class RecallForm(Form):
    """Why a payment is called back."""

    why = LongTextField("What went wrong?", required="Say what went wrong", max_length=recalls.MAX_WHY)
    send = SubmitField("The bank was asked to call it back")


class RefusedForm(Form):
    """What the bank answered."""

    answer = LongTextField(
        "What did the bank say?", required="Say what the bank said", max_length=recalls.MAX_WHY
    )
    send = SubmitField("It does not come back")


class WrongForm(Form):
    """Why an award is to come back."""

    cause = RadioField(
        "What happened?", choices=choices_of(LossCause, recoveries.CAUSES), required="Say what happened"
    )
    found_on = DateField("When was it found?", required="Enter the day")
    why = LongTextField("Say more", required="Say what happened", max_length=recoveries.MAX_WHY)
    send = SubmitField("Note it in the loss log")


class ReceiptForm(Form):
    """What came back."""

    amount = MoneyField("Amount", required="Enter the amount", minimum=1)
    received_on = DateField("When did it come?", required="Enter the day")
    bank_ref = TextField("Reference on the statement", required="Enter the reference", max_length=140)
    send = SubmitField("Book it")


class WriteOffForm(Form):
    """Why the rest is written off."""

    why = LongTextField("What was tried?", required="Say what was tried", max_length=recoveries.MAX_WHY)
    give_up = SubmitField("Ask a second person to write off the rest")


def waiting(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits, for the first page."""
    asked = session.exec(select(func.count()).where(Recall.state == RecallState.REQUESTED)).one()
    yield Waiting(
        "payments are being called back",
        int(asked),
        f"{RECALLS}?state=requested",
        one="payment is being called back",
    )


def _chosen(kind: type[Any]) -> Any:
    try:
        return kind(request.args["state"]) if request.args.get("state") else None
    except ValueError:
        raise BadInput("there is no such state", fix="Choose one on the page.") from None


def _listed(session: Session, wanted: Any, number: Any) -> paging.Page[Any]:
    return paging.page(
        session,
        wanted,
        [paging.Key(number, descending=True)],
        lambda row: (row.id,),
        after=request.args.get("after", ""),
        before=request.args.get("before", ""),
    )


# --- Recalls ------------------------------------------------------------------------------------------------------


@blueprint.get(RECALLS)
@requires(P.SEE_MONEY)
def list_recalls() -> str:
    """Payments that were asked back, the newest first."""
    chosen = _chosen(RecallState)
    columns = (
        Recall.id,
        Recall.ref,
        Recall.state,
        Recall.requested_at,
        Payment.reference,
        Payment.amount_minor,
    )
    wanted: Any = sa_select(*(col(one) for one in columns)).join(
        Payment, col(Payment.id) == col(Recall.payment_id)
    )
    if chosen is not None:
        wanted = wanted.where(Recall.state == chosen)
    with current().read() as session:
        page = _listed(session, wanted, col(Recall.id))
    return render_template(
        "payouts/recalls.html",
        page=page,
        chosen=chosen,
        states=RecallState,
        args={"state": chosen.value} if chosen else {},
        may=holds(current_actor(), P.RESOLVE_PAYMENT),
    )


@blueprint.route("/staff/payouts/payments/<reference>/recall", methods=["GET", "POST"])
@requires(P.RESOLVE_PAYMENT)
def ask_back(reference: str) -> Answer:
    """Note that the bank was asked to call a payment back."""
    with current().read() as session:
        payment_named(session, reference)
    form = RecallForm()
    if form.validate_on_submit():
        try:
            made = current().transact(
                current_actor(), recalls.request_recall, payment_ref=reference, why=str(form.why.data)
            )
        except (BadInput, Refused) as error:
            said(form, error)
        else:
            flash(f"Recall {made.ref} waits for the bank's answer.")
            return redirect(url_for("comebacks.list_recalls"), code=303)
    page = render_template("payouts/recall_form.html", form=form, reference=reference)
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.route(f"{RECALLS}/<ref>/refused", methods=["GET", "POST"])
@requires(P.RESOLVE_PAYMENT)
def recall_refused(ref: str) -> Answer:
    """The bank, or the recipient, said no."""
    with current().read() as session:
        recalls.named(session, ref)
    form = RefusedForm()
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(), recalls.refuse_recall, recall_ref=ref, answer=str(form.answer.data)
            )
        except (BadInput, Refused) as error:
            said(form, error)
        else:
            flash("It stays paid. If the person is to give it back, note it as a recovery.")
            return redirect(url_for("comebacks.list_recalls"), code=303)
    page = render_template("payouts/recall_refused.html", form=form, ref=ref)
    return page, 422 if form.errors or form.form_errors else 200


# --- Recoveries ---------------------------------------------------------------------------------------------------


@blueprint.get(RECOVERIES)
@requires(P.SEE_MONEY)
def list_recoveries() -> str:
    """Awards that went to the wrong person, the newest first."""
    chosen = _chosen(RecoveryState)
    columns = (
        AwardRecovery.id,
        AwardRecovery.ref,
        AwardRecovery.state,
        AwardRecovery.amount_minor,
        AwardRecovery.recovered_minor,
        AwardRecovery.written_off_minor,
        AwardRecovery.found_on,
    )
    wanted: Any = sa_select(*(col(one) for one in columns), col(Award.ref).label("award")).join(
        Award, col(Award.id) == col(AwardRecovery.award_id)
    )
    if chosen is not None:
        wanted = wanted.where(AwardRecovery.state == chosen)
    with current().read() as session:
        page = _listed(session, wanted, col(AwardRecovery.id))
    return render_template(
        "payouts/recoveries.html",
        page=page,
        chosen=chosen,
        states=RecoveryState,
        args={"state": chosen.value} if chosen else {},
    )


@blueprint.route("/staff/payouts/wrong/<award_ref>", methods=["GET", "POST"])
@requires(P.RESOLVE_PAYMENT)
def open_recovery(award_ref: str) -> Answer:
    """Note that an award went to the wrong person."""
    form = WrongForm()
    with current().read() as session:
        award = by_ref(session, award_ref)
    if form.validate_on_submit():
        try:
            made = current().transact(
                current_actor(),
                recoveries.open_recovery,
                award_ref=award.ref,
                cause=LossCause(form.cause.data),
                found_on=form.found_on.data,
                why=str(form.why.data),
            )
        except (BadInput, Conflict, Refused) as error:
            said(form, error)
        else:
            flash(f"Recovery {made.ref} is open, and stands in the loss log.")
            return redirect(url_for("comebacks.show_recovery", ref=made.ref), code=303)
    page = render_template("payouts/wrong_form.html", form=form, award=award)
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.route(f"{RECOVERIES}/<ref>", methods=["GET", "POST"])
@requires(P.SEE_MONEY)
def show_recovery(ref: str) -> Answer:
    """One recovery: what is out, and booking what came back."""
    form, actor = ReceiptForm(), current_actor()
    if form.send.data and form.validate_on_submit():
        try:
            current().transact(
                actor,
                recoveries.receive,
                recovery_ref=ref,
                amount_minor=form.amount.data,
                received_on=form.received_on.data,
                bank_ref=str(form.bank_ref.data),
            )
        except (BadInput, Refused) as error:
            said(form, error)
        else:
            flash("It is booked.")
            return redirect(url_for("comebacks.show_recovery", ref=ref), code=303)
    return _recovery_page(ref, form, WriteOffForm(formdata=None))


def _recovery_page(ref: str, form: ReceiptForm, write_off: WriteOffForm) -> Answer:
    with current().read() as session:
        row = recoveries.named(session, ref)
        receipts = recoveries.receipts_of(session, row.recovery)
    page = render_template(
        "payouts/recovery.html",
        row=row,
        receipts=receipts,
        form=form,
        write_off=write_off,
        S=RecoveryState,
        may=holds(current_actor(), P.RECONCILE),
        today=day_of(current().clock.now()),
    )
    wrong = form.errors or form.form_errors or write_off.errors or write_off.form_errors
    return page, 422 if wrong else 200


@blueprint.post(f"{RECOVERIES}/<ref>/write-off")
@requires(P.RECONCILE)
def write_off(ref: str) -> Answer:
    """Propose to write off what has not come back."""
    form = WriteOffForm()
    if form.validate_on_submit():
        try:
            made = current().transact(
                current_actor(), recoveries.propose_write_off, recovery_ref=ref, why=str(form.why.data)
            )
        except HardshipError as error:
            said(form, error)
        else:
            tell_proposed(made, "Writing off the rest")
            return redirect(url_for("comebacks.show_recovery", ref=ref), code=303)
    return _recovery_page(ref, ReceiptForm(formdata=None), form)
