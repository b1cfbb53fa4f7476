"""Pages for finance: what is ready to pay, batches, what is unknown or came back, the bank's statement, exceptions."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.refs import new_key
from hardship.core.runtime import current
from hardship.payouts import (
    comeback_pages,
    file_pages,
    files,
    guard_pages,
    hold_pages,
    payment_page,
    queries,
    service,
    statement_pages,
    statements_in,
    trouble_pages,
    words,
)
from hardship.payouts.forms import ApproveForm, MakeForm, PressForm
from hardship.payouts.held import is_held
from hardship.payouts.models import Batch, RailName
from hardship.payouts.rails import RAILS, rail_for
from hardship.payouts.rails.sandbox import OTHERWISE, RULES
from hardship.payouts.sanctions import pages as sanctions_pages
from hardship.payouts.transitions import BatchState, PaymentState
from hardship.payouts.trouble import troubles
from hardship.review.queries import conflicts_of
from hardship.staff.home import Waiting, add_place, add_waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.filters import plural

blueprint = Blueprint("payouts", __name__)

AT_ONCE = 200
"""Batches up to this many payments are handed over while the page loads; the worker does larger ones."""
PAGE = 100
Answer = str | Response | tuple[str, int]
P = Permission


def init_app(app: Flask) -> None:
    """Register the pages, their place in the navigation, and what waits for whom."""
    app.register_blueprint(blueprint)
    for pages in (
        trouble_pages,
        guard_pages,
        comeback_pages,
        sanctions_pages,
        statement_pages,
        file_pages,
        hold_pages,
    ):
        app.register_blueprint(pages.blueprint)
    payment_page.init_app(app)
    add_place(app, "Payouts", "/staff/payouts", P.SEE_MONEY)
    add_place(app, "Sanctions", sanctions_pages.PAGE, P.CLEAR_SANCTIONS)
    add_waiting(app, P.SEE_MONEY, hold_pages.waiting)
    add_waiting(app, P.MAKE_BATCH, _ready_to_pay)
    add_waiting(app, P.APPROVE_BATCH, _to_approve)
    add_waiting(app, P.MAKE_BATCH, guard_pages.waiting)
    add_waiting(app, P.RESOLVE_PAYMENT, comeback_pages.waiting)
    add_waiting(app, P.CLEAR_SANCTIONS, sanctions_pages.waiting)
    add_waiting(app, P.RESOLVE_PAYMENT, trouble_pages.waiting)
    add_waiting(app, P.RECONCILE, statement_pages.waiting)


def _ready_to_pay(session: Session, _actor: Actor) -> Iterable[Waiting]:
    count = sum(ready.count for _, _, ready in queries.ready_by_fund(session))
    yield Waiting("awards are ready to be paid", count, "/staff/payouts")


def _to_approve(session: Session, actor: Actor) -> Iterable[Waiting]:
    count = queries.drafts_of_others(session, actor.staff_id or 0)
    yield Waiting("batches wait for your approval", count, "/staff/payouts")


# --- Overview -----------------------------------------------------------------------------------------------------


@blueprint.get("/staff/payouts")
@requires(P.SEE_MONEY)
def overview() -> str:
    """What is ready, the batches, what went wrong, and whether clearing is at zero."""
    first = statement_pages.first_asked()
    with current().read() as session:
        batches = queries.batch_rows(session, limit=PAGE + 1, after=first)
        figures = {
            "ready": queries.ready_by_fund(session),
            "batches": batches[:PAGE],
            "waiting": queries.waiting_for_money(session),
            "clearing": queries.clearing(session),
            "in_flight": queries.in_flight(session),
            "exceptions": queries.exception_count(session),
            "troubles": len(troubles(session, current().clock.now())),
        }
    may_make = holds(current_actor(), P.MAKE_BATCH)
    return render_template(
        "payouts/overview.html",
        **figures,
        **statement_pages.turns(first, PAGE, more=len(batches) > PAGE),
        rails=_usable_rails() if may_make else [],
        may_make=may_make,
        may_reconcile=holds(current_actor(), P.RECONCILE),
        request_key=new_key(),
        production=current().settings.production,
        S=PaymentState,
    )


def _usable_rails() -> list[str]:
    """The rails that can be used here, by name."""
    return [name.value for name in RAILS if not _shut(name)]


@blueprint.post("/staff/payouts")
@requires(P.MAKE_BATCH)
def post_make() -> Response:
    """Make a batch of what is ready."""
    form = _sent(MakeForm())
    try:
        rail = RailName(form.rail.data)
    except ValueError:
        raise BadInput("there is no such rail", fix="Go back and load the page again.") from None
    made = service.make(
        current(),
        current_actor(),
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
    return _batch_page(ref)


def _batch_page(ref: str, refused: str = "") -> str:
    """The page of a batch; `refused` says why what somebody pressed was not done."""
    actor = current_actor()
    with current().read() as session:
        batch = queries.batch_named(session, ref)
        first = statement_pages.first_asked()
        rows = queries.payment_rows(session, batch=batch, limit=PAGE + 1, after=first)
        handed = queries.handed_over(session, batch.id or 0)
        page = {
            "row": queries.batch_rows(session, batch)[0],
            "batch": batch,
            "by_state": queries.by_state(session, batch),
            "handed": handed,
            "why_not": _why_not(session, actor, batch),
            "files": files.files_of(session, batch),
            "unwritten": statements_in.unwritten(session, batch),
            "clearing": statements_in.clearing_of(session, batch),
            "form": batch.file_form or files.settings_of(queries.fund_of(session, batch)).form,
            "guarded": guard_pages.guarded(session, batch),
        }
    return render_template(
        "payouts/batch.html",
        **page,
        refused=refused,
        payments=rows[:PAGE],
        first=first,
        **statement_pages.turns(first, PAGE, more=len(rows) > PAGE),
        may_approve=holds(actor, P.APPROVE_BATCH),
        may_submit=holds(actor, P.SUBMIT_BATCH),
        may_make=holds(actor, P.MAKE_BATCH),
        forms=words.FORMS,
        is_file=batch.rail is RailName.BANK_FILE,
        steps=words.BATCH_STEPS,
        problems=words.PROBLEMS,
        B=BatchState,
    )


def _why_not(session: Session, actor: Actor, batch: Any) -> str:
    """Why this person may not approve a batch, or "" when they may."""
    if not holds(actor, P.APPROVE_BATCH):
        return "It takes somebody who is an approver."
    if is_held(session):
        return "Nothing is approved while money waits."
    if shut := _shut(batch.rail):
        return f"It cannot be approved: {shut}."
    if batch.made_by == actor.staff_id:
        return "You made this batch, so another person has to approve it."
    if conflicts_of(session, actor.staff_id or 0, queries.cases_in(session, batch)):
        return "You declared a conflict with a case in this batch, or entered it: another person has to approve it."
    return ""


def _shut(rail: RailName) -> str:
    """Why a rail cannot be used here, or "" when it can."""
    try:
        rail_for(current(), rail)
    except Refused as error:
        return error.what
    return ""


@blueprint.post("/staff/payouts/<ref>/approve")
@requires(P.APPROVE_BATCH)
def post_approve(ref: str) -> Answer:
    """Approve what the page showed."""
    form = _sent(ApproveForm())
    try:
        done = service.approve(current(), current_actor(), batch_ref=ref, seen=str(form.seen.data))
    except (Conflict, Refused) as error:
        return _batch_page(ref, str(error)), error.status
    flash(f"Batch {done.ref} is approved.")
    return redirect(url_for("payouts.show_batch", ref=done.ref), code=303)


@blueprint.post("/staff/payouts/<ref>/submit")
@requires(P.SUBMIT_BATCH)
def post_submit(ref: str) -> Answer:
    """Hand a batch over: a small one now, a large one by the worker."""
    _sent(PressForm())
    with current().read() as session:
        batch = queries.batch_named(session, ref)
    try:
        _hand_over(ref, batch)
    except (Conflict, Refused) as error:
        return _batch_page(ref, str(error)), error.status
    return redirect(url_for("payouts.show_batch", ref=ref), code=303)


def _hand_over(ref: str, batch: Batch) -> None:
    large = batch.count > min(AT_ONCE, rail_for(current(), batch.rail).portion)
    if large:
        service.start_submitting(current(), current_actor(), ref)
        flash(
            "The batch is being handed over. It goes on by itself; load the page again to see how far it is."
        )
    else:
        done = service.submit_batch(current(), current_actor(), ref)
        files.export_made(current(), current_actor(), ref)
        flash(f"{plural(done.submitted, 'payment')} submitted, {done.failed} failed, {done.unknown} unknown.")


@blueprint.post("/staff/payouts/<ref>/cancel")
@requires(P.SUBMIT_BATCH)
def post_cancel(ref: str) -> Answer:
    """Undo a batch that was not submitted."""
    _sent(PressForm())
    try:
        done = current().transact(current_actor(), service.cancel_batch, batch_ref=ref)
    except (Conflict, Refused) as error:
        return _batch_page(ref, str(error)), error.status
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
    first = statement_pages.first_asked()
    with current().read() as session:
        rows = queries.payment_rows(session, states=[state], limit=PAGE + 1, after=first)
        sums = queries.by_state(session)
    return render_template(
        "payouts/payments.html",
        rows=rows[:PAGE],
        **statement_pages.turns(first, PAGE, more=len(rows) > PAGE),
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
