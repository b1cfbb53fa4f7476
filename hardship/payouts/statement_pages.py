"""Pages of the bank's word: sending in a statement, its own columns, and the lines that fit nothing."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlmodel import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import Length

from hardship.core.actor import Actor
from hardship.core.canonical import sha256_hex
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict
from hardship.core.runtime import current
from hardship.funds.queries import funds
from hardship.ledger import causes
from hardship.payouts import queries, service, shapes, words
from hardship.payouts.forms import SetAsideForm
from hardship.payouts.models import BankLine, Direction, LineReason, LineState
from hardship.payouts.service.lost import may_show
from hardship.payouts.service.reconciling.resolving import MAX_CHARGE_MINOR
from hardship.payouts.statement import COLUMNS
from hardship.payouts.statement_csv import DATE_FORMATS, Shape
from hardship.payouts.statement_files import read_statement
from hardship.payouts.statement_xml import MAX_BYTES
from hardship.payouts.statements_in import PAGE, imports, waiting_lines
from hardship.payouts.suggesting import look_at
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.filters import plural
from hardship.web.forms import FileField, Form, RadioField, SelectField, SubmitField, TextField, as_choices

blueprint = Blueprint("payouts_bank", __name__)

P = Permission
Answer = str | Response | tuple[str, int]
_BY_ACCOUNT = ("", "The account on the statement tells")
STATEMENT = "/staff/payouts/statement"
EXCEPTIONS = "/staff/payouts/exceptions"


@blueprint.record_once
def _lead_here(state: BlueprintSetupState) -> None:
    """Journals of a bank line lead to it, for those who may open it."""
    causes.link(
        cast(Flask, state.app),
        "bank_line",
        lambda ref: (
            url_for("payouts_bank.show_exception", line_id=int(ref))
            if ref.isdigit() and holds(current_actor(), P.RECONCILE)
            else None
        ),
    )


class StatementForm(Form):
    """A bank statement to read."""

    fund = SelectField("Whose account is it?", blank=None)
    file = FileField("Bank statement")
    send = SubmitField("Read the statement")


class ColumnsForm(Form):
    """Which of a bank's own columns hold what."""

    name = TextField("The bank's name, for you", required="Give it a name", max_length=60)
    date = TextField("Column of the date", required="Name the column of the date", max_length=60)
    date_format = SelectField(
        "How the date is written",
        choices=DATE_FORMATS,
        required="Choose how",
        blank=None,
        default="DD/MM/YYYY",
    )
    amount = TextField("Column of the amount", max_length=60)
    out_sign = RadioField(
        "In that column, money out is",
        choices=(("minus", "below zero"), ("plus", "above zero")),
        default="minus",
    )
    direction = TextField("Column that says in or out", max_length=60)
    out_words = TextField("Words for money out", max_length=200)
    paid_in = TextField("Column of money in", max_length=60)
    paid_out = TextField("Column of money out", max_length=60)
    reference = TextField(
        "Columns of the reference", required="Name at least one column of the reference", max_length=300
    )
    counterparty = TextField("Columns of the other side's name", max_length=300)
    save = SubmitField("Save the columns")

    def shape(self) -> Shape:
        """The mapping that was typed; several columns are parted by commas."""
        given = {name: str(self[name].data or "") for name in ("date", "date_format", "amount", "direction")}
        given |= {name: str(self[name].data or "") for name in ("paid_in", "paid_out")}
        several = {name: _several(self[name].data) for name in ("out_words", "reference", "counterparty")}
        return Shape(**given, **several, out_sign=self.out_sign.data or "minus")  # type: ignore[arg-type]  # each name has its own kind


class ChoiceForm(Form):
    """One of the things a line could be: a payment's code, a file's name, a fund."""

    value = HiddenField(validators=[Length(min=1, max=60)])


class CodeForm(Form):
    """A payment that a line is about, named by a person."""

    value = TextField("Code of the payment, or name of the file", required="Enter a code", max_length=40)
    send = SubmitField("Match the line")


def waiting(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits for whoever reconciles, for the first page."""
    count = queries.exception_count(session)
    yield Waiting("bank lines want a look", count, EXCEPTIONS, one="bank line wants a look")


def _several(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


# --- Statements ---------------------------------------------------------------------------------------------------


@blueprint.route(STATEMENT, methods=["GET", "POST"])
@requires(P.RECONCILE)
def read() -> Answer:
    """Send in a bank statement; below, those that were."""
    form = StatementForm()
    with current().read() as session:
        form.fund.choices = as_choices([_BY_ACCOUNT, *((one.slug, one.name) for one in funds(session))])
    if not form.validate_on_submit():
        return _statement_page(form)
    if form.file.data is None:
        form.refuse("file", "Choose a file")
        return _statement_page(form)
    try:
        done = _take_in(form.file.data, str(form.fund.data or ""))
    except BadInput as error:
        form.refuse("fund" if error.where == "fund" else "file", str(error))
        return _statement_page(form)
    flash(
        f"{plural(done.imported, 'new line')}, {done.unchanged} known already: {done.matched} payments matched,"
        f" {done.returned} returned, {done.booked} booked, {done.exceptions} for you to look at."
    )
    where = "payouts_bank.list_exceptions" if done.exceptions else "payouts_bank.read"
    return redirect(url_for(where), code=303)


def _statement_page(form: StatementForm) -> tuple[str, int]:
    with current().read() as session:
        known, taken = shapes.shapes(session), imports(session)
        several = len(funds(session)) > 1
    html = render_template(
        "payouts/statement.html", form=form, columns=COLUMNS, shapes=known, imports=taken, several=several
    )
    return html, 422 if form.errors else 200


def _take_in(upload: Any, fund: str) -> service.Reconciled:
    """Read an uploaded file, whole or not at all."""
    with closing(upload):  # a large one lies in a file of its own
        data = upload.stream.read(MAX_BYTES + 1)
    name = Path(Path(upload.filename).name[:80] or "statement")
    with current().read() as session:
        known = shapes.shapes(session)
    found = read_statement(data, name, today=day_of(current().clock.now()), shapes=known)
    given: dict[str, Any] = {"lines": found.lines, "sha256": sha256_hex(data), "about": found.about}
    return current().transact(current_actor(), service.reconcile, **given, fund=fund)


@blueprint.route(f"{STATEMENT}/columns", methods=["GET", "POST"])
@requires(P.RECONCILE)
def map_columns() -> Answer:
    """Say once which columns of a bank's own file hold what."""
    form = ColumnsForm()
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(), shapes.save_shape, name=str(form.name.data), shape=form.shape()
            )
        except BadInput as error:
            field = error.where if error.where in form else "amount"
            form.refuse(field, str(type(error)(error.what, fix=error.fix)).capitalize())
        else:
            flash("The columns are saved. Statements that have them are read with them.")
            return redirect(url_for("payouts_bank.read"), code=303)
    with current().read() as session:
        known = shapes.shapes(session)
    html = render_template("payouts/columns.html", form=form, shapes=known)
    return html, 422 if form.errors else 200


# --- Lines that fit nothing ---------------------------------------------------------------------------------------


@blueprint.get(EXCEPTIONS)
@requires(P.SEE_MONEY)
def list_exceptions() -> str:
    """Bank lines that want a person, the oldest first."""
    direction = _choice(Direction, request.args.get("direction", ""))
    reason = _choice(LineReason, request.args.get("reason", ""))
    first = first_asked()
    with current().read() as session:
        lines, more = waiting_lines(session, direction=direction, reason=reason, first=first)
        count = queries.exception_count(session)
    kept = {name: request.args[name] for name in ("direction", "reason") if request.args.get(name)}
    return render_template(
        "payouts/exceptions.html",
        lines=lines,
        count=count,
        reasons=words.REASONS,
        kept=kept,
        direction=direction,
        reason=reason,
        **turns(first, PAGE, more=more),
        may_open=holds(current_actor(), P.RECONCILE),
        D=Direction,
    )


def first_asked() -> int:
    """With which line of a list the page begins, as the address asks."""
    return min(max(0, request.args.get("from", 0, type=int)), 1_000_000)


def turns(first: int, size: int, *, more: bool) -> dict[str, int | None]:
    """Where the next page begins and the previous one, None where there is none."""
    return {
        "next_from": first + size if more else None,
        "previous_from": max(0, first - size) if first else None,
    }


def _choice(kind: Any, text: str) -> Any:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise BadInput("there is no such filter", fix="Choose one on the page of bank lines.") from None


@blueprint.route(f"{EXCEPTIONS}/<int(max=2147483647):line_id>", methods=["GET", "POST"])
@requires(P.RECONCILE)
def show_exception(line_id: int) -> Answer:
    """One bank line with its words, whose reading is in the event log; set it aside with a reason."""
    form = SetAsideForm()
    if form.validate_on_submit():
        return _done(line_id, service.set_aside, "The line is set aside.", note=str(form.note.data))
    return _line_page(line_id, form, CodeForm(formdata=None))


def _line_page(line_id: int, form: SetAsideForm, code_form: CodeForm) -> tuple[str, int]:
    looked = current().transact(current_actor(), look_at, line_id=line_id)
    with current().read() as session:
        line = queries.line_row(session, line_id)
        row = session.get(BankLine, line_id)
        may_be_lost = row is not None and may_show(session, row)
        slugs = [(one.slug, one.name) for one in funds(session)]
    html = render_template(
        "payouts/exception.html",
        form=code_form if code_form.errors else form,  # whose errors stand on top of the page
        note_form=form,
        code_form=code_form,
        line=line,
        told=looked.words,
        suggestions=looked.suggestions,
        may_be_lost=may_be_lost,
        funds=slugs,
        charge_at_most=MAX_CHARGE_MINOR,
        reasons=words.REASONS,
        advice=words.ADVICE,
    )
    return html, 422 if form.errors or code_form.errors else 200


@blueprint.post(f"{EXCEPTIONS}/<int(max=2147483647):line_id>/match")
@requires(P.RECONCILE)
def post_match(line_id: int) -> Answer:
    """The line is about the payment, or the file, that a person names."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _line_page(line_id, SetAsideForm(formdata=None), form)
    value = str(form.value.data)
    try:
        if value.count("-") > 1:
            return _done(line_id, service.match_to_file, f"The line settles file {value}.", file_ref=value)
        return _done(line_id, service.match_to_payment, f"The line is about payment {value}.", code=value)
    except BadInput as error:
        form.refuse("value", str(error))
        return _line_page(line_id, SetAsideForm(formdata=None), form)


@blueprint.post(f"{EXCEPTIONS}/<int(max=2147483647):line_id>/receipt")
@requires(P.RECONCILE)
def post_receipt(line_id: int) -> Answer:
    """The line is money received for a fund."""
    return _done(line_id, service.book_receipt, "The receipt is in the books.", fund=_value())


@blueprint.post(f"{EXCEPTIONS}/<int(max=2147483647):line_id>/charge")
@requires(P.RECONCILE)
def post_charge(line_id: int) -> Answer:
    """The line is the bank's own charge."""
    return _done(line_id, service.book_charge, "The bank's charge is in the books.", fund=_value())


def _value() -> str:
    form = ChoiceForm()
    if not form.validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
    return str(form.value.data)


def _done(line_id: int, use_case: Callable[..., Any], text: str, **given: str) -> Response:
    """Do it; a second press, when the line does not wait any more, changes nothing and says so."""
    try:
        current().transact(current_actor(), use_case, line_id=line_id, **given)
    except Conflict:
        with current().read() as session:
            if queries.line_row(session, line_id).state is LineState.EXCEPTION:
                raise
        text = "The line does not wait for anybody any more."
    flash(text)
    return redirect(url_for("payouts_bank.list_exceptions"), code=303)
