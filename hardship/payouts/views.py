"""Pages for finance: what is ready to pay, batches, what is unknown or came back, the bank's statement, exceptions."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.csvfile import RowsRefused, rows_of
from hardship.core.errors import BadInput
from hardship.core.refs import new_key
from hardship.core.runtime import current
from hardship.payouts import queries, service, words
from hardship.payouts.forms import ApproveForm, MakeForm, PressForm, SetAsideForm, StatementForm
from hardship.payouts.models import RailName
from hardship.payouts.rails import RAILS, rail_for
from hardship.payouts.rails.sandbox import OTHERWISE, RULES
from hardship.payouts.statement import COLUMNS, parse_line
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.review.queries import conflicts_of
from hardship.staff.home import Waiting, add_place, add_waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.filters import plural
from hardship.web.forms import Form

blueprint = Blueprint("payouts", __name__)

AT_ONCE = 200
"""Batches up to this many payments are handed over while the page loads; the worker does larger ones."""
PAGE = 100
Answer = str | Response | tuple[str, int]
P = Permission


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and what waits for whom."""
    app.register_blueprint(blueprint)
    add_place(app, "Payouts", "/staff/payouts", P.SEE_MONEY)
    add_waiting(app, P.MAKE_BATCH, _ready_to_pay)
    add_waiting(app, P.APPROVE_BATCH, _to_approve)
    add_waiting(app, P.RESOLVE_PAYMENT, _to_resolve)
    add_waiting(app, P.RECONCILE, _exceptions)


def _ready_to_pay(session: Session, _actor: Actor) -> Iterable[Waiting]:
    count = sum(ready.count for _, _, ready in queries.ready_by_fund(session))
    yield Waiting("awards are ready to be paid", count, "/staff/payouts")


def _to_approve(session: Session, actor: Actor) -> Iterable[Waiting]:
    count = queries.drafts_of_others(session, actor.staff_id or 0)
    yield Waiting("batches wait for your approval", count, "/staff/payouts")


def _to_resolve(session: Session, _actor: Actor) -> Iterable[Waiting]:
    count = queries.waiting_for_money(session).get(PaymentState.UNKNOWN, queries.Sum()).count
    yield Waiting("payments are unknown", count, "/staff/payouts/payments?state=unknown")


def _exceptions(session: Session, _actor: Actor) -> Iterable[Waiting]:
    yield Waiting("bank lines want a look", queries.exception_count(session), "/staff/payouts/exceptions")


# --- Overview -----------------------------------------------------------------------------------------------------


@blueprint.get("/staff/payouts")
@requires(P.SEE_MONEY)
def overview() -> str:
    """What is ready, the batches, what went wrong, and whether clearing is at zero."""
    with current().read() as session:
        figures = {
            "ready": queries.ready_by_fund(session),
            "batches": queries.batch_rows(session, limit=PAGE),
            "waiting": queries.waiting_for_money(session),
            "clearing": queries.clearing(session),
            "in_flight": queries.in_flight(session),
            "exceptions": queries.exception_count(session),
        }
    may_make = holds(current_actor(), P.MAKE_BATCH)
    return render_template(
        "payouts/overview.html",
        **figures,
        rails=_usable_rails() if may_make else [],
        may_make=may_make,
        may_reconcile=holds(current_actor(), P.RECONCILE),
        request_key=new_key(),
        production=current().settings.production,
        S=PaymentState,
    )


def _usable_rails() -> list[str]:
    """The rails that can be used here, by name."""
    if current().settings.production:
        return [name.value for name in RAILS if name is not RailName.SANDBOX]
    return [name.value for name in RAILS]


@blueprint.post("/staff/payouts")
@requires(P.MAKE_BATCH)
def post_make() -> Response:
    """Make a batch of what is ready."""
    form = _sent(MakeForm())
    try:
        rail = RailName(form.rail.data)
    except ValueError:
        raise BadInput("there is no such rail", fix="Go back and load the page again.") from None
    made = current().transact(
        current_actor(),
        service.make_batch,
        fund=str(form.fund.data),
        rail=rail,
        request_key=str(form.request_key.data),
    )
    flash(f"Batch {made.ref} is made. Another person has to approve it.")
    return redirect(url_for("payouts.show_batch", ref=made.ref), code=303)


def _sent(form: Any) -> Any:
    """A form that only a page of ours fills in; anything else is refused."""
    if not form.validate_on_submit():
        raise BadInput("the form is not as the page made it", fix="Go back and load the page again.")
    return form


# --- A batch ------------------------------------------------------------------------------------------------------


@blueprint.get("/staff/payouts/<ref>")
@requires(P.SEE_MONEY)
def show_batch(ref: str) -> str:
    """One batch: what is in it, where it stands, and what this person may do with it."""
    actor = current_actor()
    with current().read() as session:
        batch = queries.batch_named(session, ref)
        first = max(0, request.args.get("from", 0, type=int))
        rows = queries.payment_rows(session, batch=batch, limit=PAGE + 1, after=first)
        handed = queries.handed_over(session, batch.id or 0)
        page = {
            "row": queries.batch_rows(session, batch)[0],
            "batch": batch,
            "by_state": queries.by_state(session, batch),
            "handed": handed,
            "why_not": _why_not(session, actor, batch),
        }
    return render_template(
        "payouts/batch.html",
        **page,
        payments=rows[:PAGE],
        first=first,
        next_from=first + PAGE if len(rows) > PAGE else None,
        previous_from=max(0, first - PAGE) if first else None,
        may_approve=holds(actor, P.APPROVE_BATCH),
        may_submit=holds(actor, P.SUBMIT_BATCH),
        steps=words.BATCH_STEPS,
        problems=words.PROBLEMS,
        B=BatchState,
    )


def _why_not(session: Session, actor: Actor, batch: Any) -> str:
    """Why this person may not approve a batch, or "" when they may."""
    if not holds(actor, P.APPROVE_BATCH):
        return "It takes somebody who is an approver."
    if batch.made_by == actor.staff_id:
        return "You made this batch, so another person has to approve it."
    if conflicts_of(session, actor.staff_id or 0, queries.cases_in(session, batch)):
        return "You declared a conflict with a case in this batch, so another person has to approve it."
    return ""


@blueprint.post("/staff/payouts/<ref>/approve")
@requires(P.APPROVE_BATCH)
def post_approve(ref: str) -> Response:
    """Approve what the page showed."""
    form = _sent(ApproveForm())
    done = current().transact(current_actor(), service.approve_batch, batch_ref=ref, seen=str(form.seen.data))
    flash(f"Batch {done.ref} is approved.")
    return redirect(url_for("payouts.show_batch", ref=done.ref), code=303)


@blueprint.post("/staff/payouts/<ref>/submit")
@requires(P.SUBMIT_BATCH)
def post_submit(ref: str) -> Response:
    """Hand a batch over: a small one now, a large one by the worker."""
    _sent(PressForm())
    with current().read() as session:
        large = queries.batch_named(session, ref).count > AT_ONCE
    if large:
        service.start_submitting(current(), current_actor(), ref)
        flash(
            "The batch is being handed over. It goes on by itself; load the page again to see how far it is."
        )
    else:
        done = service.submit_batch(current(), current_actor(), ref)
        flash(f"{plural(done.submitted, 'payment')} submitted, {done.failed} failed, {done.unknown} unknown.")
    return redirect(url_for("payouts.show_batch", ref=ref), code=303)


@blueprint.post("/staff/payouts/<ref>/cancel")
@requires(P.SUBMIT_BATCH)
def post_cancel(ref: str) -> Response:
    """Undo a batch that was not submitted."""
    _sent(PressForm())
    done = current().transact(current_actor(), service.cancel_batch, batch_ref=ref)
    flash(f"Batch {done.ref} is cancelled. What was in it is ready to be paid again.")
    return redirect(url_for("payouts.overview"), code=303)


# --- Payments that want something ---------------------------------------------------------------------------------


@blueprint.get("/staff/payouts/payments")
@requires(P.SEE_MONEY)
def list_payments() -> str:
    """Payments in one state, the longest waiting first, with the next step."""
    try:
        state = PaymentState(request.args.get("state", PaymentState.UNKNOWN.value))
    except ValueError:
        raise BadInput("there is no such state", fix="Choose one on the page of payouts.") from None
    with current().read() as session:
        rows = queries.payment_rows(session, states=[state], limit=PAGE)
        sums = queries.by_state(session)
    return render_template(
        "payouts/payments.html",
        rows=rows,
        state=state,
        sums=sums,
        next_steps=words.NEXT_STEPS,
        problems=words.PROBLEMS,
        may_resolve=holds(current_actor(), P.RESOLVE_PAYMENT),
        S=PaymentState,
    )


@blueprint.post("/staff/payouts/payments/<reference>/look")
@requires(P.RESOLVE_PAYMENT)
def post_look(reference: str) -> Response:
    """Ask the rail about one payment, with its own key."""
    _sent(PressForm())
    state = service.resolve_unknown(current(), current_actor(), reference)
    flash(
        f"Payment {reference} is {words.STATES[state]}.",
        "" if state is not PaymentState.UNKNOWN else "warning",
    )
    return redirect(url_for("payouts.list_payments", state="unknown"), code=303)


@blueprint.get("/staff/payouts/sandbox")
@requires(P.SEE_MONEY)
def show_sandbox() -> str:
    """The stand-in bank: its rules and the newest entries of its book."""
    rail_for(current(), RailName.SANDBOX)
    with current().read() as session:
        book = queries.sandbox_book(session)
    return render_template("payouts/sandbox.html", rules=RULES, otherwise=OTHERWISE, book=book)


# --- The bank's statement -----------------------------------------------------------------------------------------


@blueprint.route("/staff/payouts/statement", methods=["GET", "POST"])
@requires(P.RECONCILE)
def read_statement() -> Answer:
    """Send in a bank statement."""
    form = StatementForm()
    if not form.validate_on_submit():
        return _statement_page(form, 200 if request.method == "GET" else 422)
    if form.file.data is None:
        form.refuse("file", "Choose a file")
        return _statement_page(form, 422)
    try:
        done = _reconcile(form.file.data)
    except BadInput as error:
        form.refuse("file", str(error))
        return _statement_page(form, 422)
    flash(
        f"{plural(done.imported, 'new line')}, {done.unchanged} known already: {done.matched} payments matched,"
        f" {done.returned} returned, {done.exceptions} for you to look at."
    )
    where = "payouts.list_exceptions" if done.exceptions else "payouts.overview"
    return redirect(url_for(where), code=303)


def _statement_page(form: Form, status: int) -> tuple[str, int]:
    return render_template("payouts/statement.html", form=form, columns=COLUMNS), status


def _reconcile(upload: Any) -> service.Reconciled:
    """Read an uploaded file, whole or not at all."""
    rows = rows_of(upload.stream.read(), Path(Path(upload.filename).name[:80] or "statement.csv"), COLUMNS)
    lines = rows.parse(partial(parse_line, today=day_of(current().clock.now())))
    if rows.problems:
        raise RowsRefused(rows.problems)
    return current().transact(current_actor(), service.reconcile, lines=[one.value for one in lines])


@blueprint.get("/staff/payouts/exceptions")
@requires(P.SEE_MONEY)
def list_exceptions() -> str:
    """Bank lines that want a person, the oldest first."""
    with current().read() as session:
        lines = queries.exceptions(session)
    may_open = holds(current_actor(), P.RECONCILE)
    return render_template("payouts/exceptions.html", lines=lines, reasons=words.REASONS, may_open=may_open)


@blueprint.route("/staff/payouts/exceptions/<int(max=2147483647):line_id>", methods=["GET", "POST"])
@requires(P.RECONCILE)
def show_exception(line_id: int) -> Answer:
    """One bank line with its words, whose reading is in the event log; set it aside with a reason."""
    form = SetAsideForm()
    if form.validate_on_submit():
        current().transact(current_actor(), service.set_aside, line_id=line_id, note=str(form.note.data))
        flash("The line is set aside.")
        return redirect(url_for("payouts.list_exceptions"), code=303)
    told = current().transact(current_actor(), service.read_words, line_id=line_id)
    with current().read() as session:
        line = queries.line_row(session, line_id)
    html = render_template(
        "payouts/exception.html", form=form, line=line, told=told, reasons=words.REASONS, advice=words.ADVICE
    )
    return html, 422 if form.errors else 200
