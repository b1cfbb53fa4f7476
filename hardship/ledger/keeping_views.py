"""Pages of what changes the books: opening balances, closes, losses, reversals. Each is proposed here and approved by a
second person among the proposals."""

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from hardship.core.clock import day_of
from hardship.core.csvfile import RowsRefused, rows_of
from hardship.core.errors import BadInput, HardshipError
from hardship.core.runtime import current
from hardship.ledger import closing, corrections, losslog, opening
from hardship.ledger.forms import CAUSES, CloseForm, LossForm, OpeningForm, ReverseForm
from hardship.ledger.models import LossCause
from hardship.ledger.moving import Asked
from hardship.ledger.pages import asked, blueprint, file_asked, kept
from hardship.ledger.periods import closed_through, closes_of
from hardship.ledger.reports.sums import fund_slugs, known_fund
from hardship.staff.permissions import Permission, holds
from hardship.staff.queries import addresses
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.forms import Form, as_choices

P = Permission
Answer = str | Response | Redirect | tuple[str, int]


def _said(done: Asked, what: str) -> None:
    flash(f"{what} waits for a second person, as proposal {done.proposal}.")


def refuse(form: Form, error: HardshipError, default: str) -> None:
    """Show what the service refused at the field it names, or at `default`."""
    what = error.what[:1].upper() + error.what[1:]
    form.refuse(error.where if error.where in form else default, f"{what}. {error.fix}".strip())


# --- Periods ------------------------------------------------------------------------------------------------------


@blueprint.get("/staff/ledger/periods")
@requires(P.SEE_MONEY)
def list_periods() -> str:
    """The funds with their closed periods."""
    with current().read() as session:
        found = [
            (slug, closes_of(session, slug), closing.waiting_close(session, slug))
            for slug in fund_slugs(session)
        ]
    return render_template("ledger/periods.html", found=found, may=holds(current_actor(), P.CLOSE_PERIOD))


@blueprint.route("/staff/ledger/periods/<fund>/close", methods=["GET", "POST"])
@requires(P.CLOSE_PERIOD)
def close_period(fund: str) -> Answer:
    """The checklist, and the proposal to close. Without a day in the address, the end of last month."""
    runtime, form = current(), CloseForm()
    with runtime.read() as session:
        known_fund(session, fund)
        before = closed_through(session, fund)
    if form.validate_on_submit():
        try:
            done = runtime.transact(
                current_actor(),
                closing.propose_close,
                fund_slug=fund,
                through=form.through.data,
                is_year=bool(form.year.data),
            )
        except HardshipError as error:
            refuse(form, error, "through")
        else:
            _said(done, "The close")
            return redirect(url_for("ledger.list_periods"), code=303)
    elif not form.is_submitted():
        form.through.data = last_month(day_of(runtime.clock.now()))
    through = form.through.data or last_month(day_of(runtime.clock.now()))
    with runtime.read() as session:
        items = closing.checklist(session, fund, through, day_of(runtime.clock.now()))
    html = render_template(
        "ledger/close.html", form=form, fund=fund, items=items, through=through, so_far=before
    )
    return html, 422 if form.errors else 200


def last_month(today: dt.date) -> dt.date:
    """The last day of the month before."""
    return today.replace(day=1) - dt.timedelta(days=1)


@blueprint.get("/staff/ledger/periods/<fund>/<through>")
@requires(P.SEE_MONEY)
def show_period(fund: str, through: str) -> str:
    """A closed period: its digest, and the checklist as it was."""
    with current().read() as session:
        row = next((one for one in closes_of(session, fund) if one.through.isoformat() == through), None)
        if row is None:
            raise BadInput("no period was closed through this day", fix="See the list of periods.")
        bent = [one for one in closing.bent(session) if one.startswith(f"{fund} closed through {through}:")]
    return render_template("ledger/period.html", row=row, items=closing.kept_items(row), bent=bent)


# --- Opening balances ---------------------------------------------------------------------------------------------


@blueprint.route("/staff/ledger/opening", methods=["GET", "POST"])
@requires(P.KEEP_BOOKS)
def enter_opening() -> Answer:
    """A file of opening balances."""
    form = OpeningForm()
    with current().read() as session:
        form.fund.choices = as_choices(fund_slugs(session))
    if form.validate_on_submit():
        if form.file.data is None:
            form.refuse("file", "Choose a file")
        else:
            try:
                done = _propose_opening(form)
            except HardshipError as error:
                refuse(form, error, "file")
            else:
                _said(done, "What you sent")
                return redirect(url_for("ledger.show_ledger"), code=303)
    html = render_template(
        "ledger/opening.html", form=form, columns=opening.COLUMNS, accounts=opening.MAY_OPEN
    )
    return html, 422 if form.errors else 200


def _propose_opening(form: OpeningForm) -> Asked:
    upload: Any = form.file.data
    name = Path(Path(str(upload.filename)).name[:80] or "opening.csv")
    rows = rows_of(upload.stream.read(), name, ("pot", "account"), ("debit", "credit"))
    good = rows.parse(opening.opening_in)
    if rows.problems:
        raise RowsRefused(rows.problems)
    use = partial(opening.propose_opening, fund_slug=str(form.fund.data), on=form.on.data, rows=good)
    return current().transact(current_actor(), use)


# --- Losses -------------------------------------------------------------------------------------------------------


@blueprint.get("/staff/ledger/losses")
@requires(P.SEE_MONEY)
def show_losses() -> str | Response:
    """The loss log, newest first; or as a file, with the reasons."""
    fund, actor = asked("fund"), current_actor()
    with current().read() as session:
        if fund:
            known_fund(session, fund)
        found, loose = losslog.log(session, fund), losslog.loose_recoveries(session, fund)
        people, funds = addresses(session), fund_slugs(session)
    if asked("format"):
        sheet = losslog.sheet(current().transact(actor, losslog.take_out, fund_slug=fund), people)
        return file_asked(sheet, "losses") or ""
    return render_template(
        "ledger/losses.html",
        found=found,
        loose=loose,
        people=people,
        funds=funds,
        args=kept("fund"),
        may=holds(actor, P.KEEP_BOOKS),
    )


@blueprint.get("/staff/ledger/losses/<ref>")
@requires(P.SEE_MONEY)
def show_loss(ref: str) -> str:
    """One loss with the reason that was written, whose reading is in the event log."""
    runtime = current()
    found = runtime.transact(current_actor(), losslog.read, ref=ref)
    with runtime.read() as session:
        people = addresses(session)
    return render_template("ledger/loss.html", found=found, loss=found.loss, people=people, causes=CAUSES)


@blueprint.route("/staff/ledger/losses/new", methods=["GET", "POST"])
@requires(P.KEEP_BOOKS)
def enter_loss() -> Answer:
    """Propose a line of the loss log."""
    form = LossForm()
    with current().read() as session:
        form.fund.choices = as_choices(fund_slugs(session))
    if form.validate_on_submit():
        account = str(form.account.data)
        new = losslog.NewLoss(
            fund_slug=str(form.fund.data),
            cause=LossCause(form.cause.data),
            amount_minor=int(form.amount.data),
            found_on=form.found_on.data,
            why=str(form.why.data),
            about=str(form.about.data or ""),
            account="" if account == "none" else account,
        )
        try:
            done = current().transact(current_actor(), losslog.propose_loss, new=new)
        except HardshipError as error:
            refuse(form, error, "amount")
        else:
            _said(done, "The loss")
            return redirect(url_for("ledger.show_losses"), code=303)
    return render_template("ledger/new_loss.html", form=form), 422 if form.errors else 200


# --- Reversals ----------------------------------------------------------------------------------------------------


@blueprint.post("/staff/ledger/journals/<int:number>/reverse")
@requires(P.KEEP_BOOKS)
def reverse_journal(number: int) -> Answer:
    """Propose to reverse a journal."""
    form = ReverseForm()
    if not form.validate_on_submit():
        raise BadInput("a reversal needs a reason", fix="Go back and say in a few words what was wrong.")
    done = current().transact(
        current_actor(), corrections.propose_reversal, journal_id=number, why=str(form.why.data)
    )
    _said(done, "The reversal")
    return redirect(url_for("ledger.show_journal", number=number), code=303)
