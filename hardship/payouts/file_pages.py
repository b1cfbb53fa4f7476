"""Pages of the files for the bank: handing out, voiding, the form, a preview, and test payments."""

from typing import Any, cast

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import Length

from hardship.core.errors import BadInput, HardshipError
from hardship.core.refs import new_key
from hardship.core.runtime import current
from hardship.funds.bankfiles import Debits, FileForm
from hardship.funds.queries import fund_by_slug, funds
from hardship.ledger import causes
from hardship.payouts import files, service, words
from hardship.payouts.forms import PressForm
from hardship.payouts.previewing import preview_file
from hardship.payouts.queries import batch_named
from hardship.payouts.service.trials import MAX_SAID, MOST_MINOR, trial_named, trials_of
from hardship.payouts.service.voiding import MAX_WHY
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.forms import (
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
)

blueprint = Blueprint("payouts_files", __name__)

P = Permission
Answer = str | Response | tuple[str, int]
FILES = "/staff/payouts/files"
TESTS = "/staff/payouts/test-payment"
_TYPES = {FileForm.PAIN_001: "application/xml", FileForm.CSV: "text/csv; charset=utf-8"}


@blueprint.record_once
def _lead_here(state: BlueprintSetupState) -> None:
    """Journals of a test payment lead to it, for those who may open it."""
    causes.link(
        cast(Flask, state.app),
        "trial_payment",
        lambda ref: (
            url_for("payouts_files.show_test", code=ref) if holds(current_actor(), P.MAKE_BATCH) else None
        ),
    )


class VoidForm(Form):
    """Why a file is to be voided."""

    why = LongTextField(
        "How do you know that the bank has not taken it?", required="Say how you know", max_length=MAX_WHY
    )
    send = SubmitField("Ask a second person to attest it")


class FormForm(Form):
    """Which form a batch's files have."""

    form = HiddenField(validators=[Length(min=1, max=20)])


class TestForm(Form):
    """A test payment to an account of the charity's own."""

    __test__ = False  # no case for pytest
    fund = SelectField("Fund", required="Choose the fund", blank=None)
    name = TextField("Name on the account", required="Enter the name on the account", max_length=70)
    sort_code = TextField("Sort code", required="Enter the sort code", max_length=12)
    account_number = TextField("Account number", required="Enter the account number", max_length=20)
    amount = MoneyField("Amount", required="Enter an amount", minimum=1, maximum=MOST_MINOR)
    request_key = HiddenField(validators=[Length(min=32, max=32)])
    send = SubmitField("Make the file")


class SaidForm(Form):
    """What the statement says of a test payment."""

    said = TextField("What does the statement say?", required="Copy what it says", max_length=MAX_SAID)
    as_expected = RadioField(
        "Is that what it should say?",
        choices=(("yes", "Yes, this and nothing more"), ("no", "No, it says something else")),
        required="Say whether it is",
    )
    send = SubmitField("Record it")


def _attached(file: files.Handed) -> Response:
    """A file to save; no page keeps a copy of it."""
    answer = make_response(file.data)
    answer.headers["Content-Type"] = _TYPES[file.form]
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pressed(form: Any) -> Any:
    if not form.validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
    return form


# --- A batch's files ----------------------------------------------------------------------------------------------


@blueprint.post(f"{FILES}/<ref>")
@requires(P.SUBMIT_BATCH)
def post_download(ref: str) -> Response:
    """Hand a file out; that it was is in the event log, so it takes a press and not a link."""
    _pressed(PressForm())
    return _attached(current().transact(current_actor(), files.hand_out, ref=ref))


@blueprint.post("/staff/payouts/<ref>/form")
@requires(P.MAKE_BATCH)
def post_form(ref: str) -> Response:
    """Choose the form of a batch's files."""
    given = str(_pressed(FormForm()).form.data)
    try:
        form = FileForm(given)
    except ValueError:
        raise BadInput("there is no such form", fix="Go back and load the page again.") from None
    batch = current().transact(current_actor(), files.choose_form, batch_ref=ref, form=form)
    flash(f"The files of batch {batch.ref} will be {words.FORMS[form]}.")
    return redirect(url_for("payouts.show_batch", ref=batch.ref), code=303)


@blueprint.route("/staff/payouts/<ref>/void", methods=["GET", "POST"])
@requires(P.SUBMIT_BATCH)
def void(ref: str) -> Answer:
    """Propose that a second person attests that the bank has not taken a batch's files, or one of them."""
    form = VoidForm()
    with current().read() as session:
        batch = batch_named(session, ref)
        rows = files.files_of(session, batch)
    chosen = request.args.get("file", "")[:20]
    if form.validate_on_submit():
        made = current().transact(
            current_actor(),
            service.propose_void,
            batch_ref=batch.ref,
            file_ref=chosen,
            why=str(form.why.data),
        )
        text = f"Proposal {made.ref} is made. Nothing changes until another person attests it."
        flash(text if not made.done else "The files are voided.")
        return redirect(url_for("payouts.show_batch", ref=batch.ref), code=303)
    shown = [one for one in rows if not chosen or one.ref == chosen]
    html = render_template("payouts/void.html", form=form, batch=batch, files=shown, chosen=chosen)
    return html, 422 if form.errors else 200


# --- What it will look like ---------------------------------------------------------------------------------------


@blueprint.get("/staff/payouts/bank-file")
@requires(P.SEE_MONEY)
def show_settings() -> str:
    """How each fund's files are written, with a preview of made-up payees."""
    shown: list[dict[str, Any]] = []
    with current().read() as session:
        for fund in funds(session):
            try:
                text, problem = preview_file(session, current().vault, fund).data.decode(), ""
            except HardshipError as error:
                text, problem = "", str(error)
            one = {"fund": fund, "settings": files.settings_of(fund), "text": text, "problem": problem}
            shown.append(one | {"told": service.trial_preview(fund)})
    return render_template(
        "payouts/bank_file.html",
        funds=shown,
        forms=words.FORMS,
        total=Debits.TOTAL,
        may_test=holds(current_actor(), P.MAKE_BATCH),
    )


# --- Test payments ------------------------------------------------------------------------------------------------


@blueprint.route(TESTS, methods=["GET", "POST"])
@requires(P.MAKE_BATCH)
def test_payment() -> Answer:
    """Make a test payment; below, those that were made."""
    form = TestForm(data={"amount": 1, "request_key": new_key()})
    with current().read() as session:
        every = list(funds(session))
        made = trials_of(session)
    form.fund.choices = [(one.slug, one.name) for one in every]
    if form.validate_on_submit():
        names = ("fund", "name", "sort_code", "account_number", "request_key")
        given: dict[str, Any] = {name: str(form[name].data) for name in names}
        try:
            done = current().transact(
                current_actor(), service.make_trial, amount_minor=form.amount.data, **given
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "name", str(error))
        else:
            return redirect(url_for("payouts_files.show_test", code=done.ref.removeprefix("T-")), code=303)
    previews = [(one.name, service.trial_preview(one)) for one in every]
    html = render_template("payouts/test_payments.html", form=form, made=made, previews=previews)
    return html, 422 if form.errors else 200


@blueprint.route(f"{TESTS}/<code>", methods=["GET", "POST"])
@requires(P.MAKE_BATCH)
def show_test(code: str) -> Answer:
    """A test payment: its file, what the statement should say, and recording what it says."""
    form = SaidForm()
    if form.validate_on_submit():
        row = current().transact(
            current_actor(),
            service.confirm_trial,
            code=code,
            said=str(form.said.data),
            as_expected=form.as_expected.data == "yes",
        )
        flash("It is recorded.")
        return redirect(url_for("payouts_files.show_test", code=row.ref), code=303)
    with current().read() as session:
        row = trial_named(session, code)
        slug = next(one.slug for one in funds(session) if one.id == row.fund_id)
        told = service.trial_preview(fund_by_slug(session, slug), row.ref)
    html = render_template("payouts/test_payment.html", form=form, row=row, told=told, fund=slug)
    return html, 422 if form.errors else 200


@blueprint.post(f"{TESTS}/<code>/file")
@requires(P.MAKE_BATCH)
def post_test_file(code: str) -> Response:
    """Hand the file of a test payment out."""
    _pressed(PressForm())
    return _attached(current().transact(current_actor(), service.hand_out_trial, code=code))
