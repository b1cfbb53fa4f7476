"""Pages of what follows a restore: why nothing is paid, what a debit from after the backup paid, and paying again."""

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.actor import Actor
from hardship.core.clock import day_of
from hardship.core.errors import BadInput, Conflict, HardshipError, NotFound, Refused
from hardship.core.runtime import current
from hardship.payouts import held
from hardship.payouts.guard_pages import said, tell_proposed
from hardship.payouts.queries import line_row
from hardship.payouts.service import holding, lost
from hardship.payouts.tables import PaymentHold
from hardship.staff.home import Waiting
from hardship.staff.permissions import Permission, holds
from hardship.staff.proposals import waiting as waiting_proposals
from hardship.staff.session import current_actor
from hardship.web.access import requires
from hardship.web.forms import DateField, Form, LongTextField, SubmitField

blueprint = Blueprint("payouts_hold", __name__)

P = Permission
Answer = str | Response | tuple[str, int]
PAGE = "/staff/payouts/hold"
_REFUSALS = (BadInput, Conflict, NotFound, Refused)


class LiftForm(Form):
    """What was compared with the bank."""

    through = DateField("Up to which day did you read in the statements?", required="Enter the day")
    words = LongTextField(
        "What did you compare?", required="Say what you compared", max_length=holding.MAX_WORDS
    )
    send = SubmitField("Ask a second person to confirm it")


class LostForm(Form):
    """Which awards a debit paid."""

    awards = LongTextField("Which awards did it pay?", required="Name at least one award", max_length=8_000)
    why = LongTextField("How do you know?", required="Say how you know", max_length=lost.MAX_WHY)
    send = SubmitField("Ask a second person to confirm it")


@blueprint.app_context_processor
def _held() -> dict[str, object]:
    """For the templates of payouts: `money_held()`, asked only where it is shown."""
    return {"money_held": _what_holds}


def _what_holds() -> PaymentHold | None:
    with current().read() as session:
        return next(iter(held.holds(session)), None)


def waiting(session: Session, _actor: Actor) -> Iterable[Waiting]:
    """What waits after a restore, for the first page."""
    yield Waiting(
        "backups were restored: nothing is paid until two people have found out what was paid since",
        len(held.holds(session)),
        PAGE,
        one="backup was restored: nothing is paid until two people have found out what was paid since",
    )


@blueprint.route(PAGE, methods=["GET", "POST"])
@requires(P.SEE_MONEY)
def show() -> Answer:
    """Why nothing is paid, what is to be done, and proposing that it goes on."""
    form = LiftForm()
    if form.validate_on_submit():
        try:
            given = {"through": form.through.data, "words": str(form.words.data)}
            made = current().transact(current_actor(), holding.propose_lift, **given)
        except _REFUSALS as error:
            said(form, error)
        else:
            tell_proposed(made, "That money may leave again")
            return redirect(url_for("payouts_hold.show"), code=303)
    return _page(form)


def _page(form: LiftForm) -> tuple[str, int]:
    with current().read() as session:
        found = held.holds(session)
        waits = next(iter(waiting_proposals(session, holding.KIND)), None)
        shown = {
            "held": found,
            "newest": held.newest_line(session),
            "debits": len(held.open_debits(session, day_of(found[0].backup_made_at))) if found else 0,
            "unsure": held.unsure(session),
            "waits": waits.ref if waits else "",
        }
    html = render_template("payouts/hold.html", form=form, **shown, may=holds(current_actor(), P.RECONCILE))
    return html, 422 if form.errors or form.form_errors else 200


@blueprint.route("/staff/payouts/exceptions/<int(max=2147483647):line_id>/paid", methods=["GET", "POST"])
@requires(P.RECONCILE)
def show_lost(line_id: int) -> Answer:
    """Propose which awards a debit from after the backup paid; the reading of its words is in the event log."""
    form = LostForm()
    if form.validate_on_submit():
        awards = str(form.awards.data).replace(",", "\n").splitlines()
        try:
            made = current().transact(
                current_actor(), lost.propose_lost, line_id=line_id, awards=awards, why=str(form.why.data)
            )
        except _REFUSALS as error:
            _show(form, error)
        else:
            tell_proposed(made, "What the debit paid")
            return redirect(url_for("payouts_bank.list_exceptions"), code=303)
    told, likely = current().transact(current_actor(), lost.likely, line_id=line_id)
    if not form.is_submitted():
        form.awards.data = "\n".join(one.award for one in likely if one.named)
    with current().read() as session:
        line = line_row(session, line_id)
        left = line.amount_minor - held.shown_by(session, line_id)
    html = render_template("payouts/lost.html", form=form, line=line, left=left, told=told, likely=likely)
    return html, 422 if form.errors or form.form_errors else 200


def _show(form: LostForm, error: HardshipError) -> None:
    """A refusal at its field; what is about an award, at the awards."""
    if error.where in form or isinstance(error, Conflict):
        said(form, error)
    else:
        form.refuse("awards", str(error))
