"""/status: how far it is, with the reference and the claim code; bank details and taking it back."""

from flask import Blueprint, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications import tracker
from hardship.applications.forms import BankForm, StatusForm, WithdrawForm
from hardship.applications.models import Application
from hardship.applications.queries import by_claim, by_ref
from hardship.applications.service import give_bank_details, withdraw
from hardship.applications.transitions import MACHINE, ApplicationEvent, ApplicationState
from hardship.applications.views.common import fund_of, hold_forms_small, page_defaults
from hardship.core.actor import Actor, ActorKind
from hardship.core.errors import BadInput, Conflict, Refused
from hardship.core.runtime import current
from hardship.funds.models import Round
from hardship.web import limits, sessions
from hardship.web.access import applicant, public

blueprint = Blueprint("status", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)

TRIES = limits.Limit("status", 20, 600)
UNKNOWN = "This reference and claim code do not go together. Check both"
_OVER = frozenset({ApplicationState.DECLINED, ApplicationState.WITHDRAWN})


@blueprint.route("/status", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Reference and claim code. A wrong code and an unknown reference get one answer, in one way."""
    form = StatusForm()
    if form.validate_on_submit():
        limits.check(TRIES, limits.visitor())
        runtime = current()
        with runtime.read() as database:
            found = by_claim(database, runtime.vault, form.reference.data or "", form.claim_code.data or "")
        if found is not None:
            sessions.rotate()
            session["case"] = found.ref
            return redirect(url_for("status.show"))
        form.refuse("reference", UNKNOWN)
    return render_template(
        "applications/status_sign_in.html", form=form, step="Sign in"
    ), 422 if form.errors else 200


@blueprint.get("/status/case")
@applicant
def show() -> ResponseReturnValue:
    """Where it stands, in plain words with dates."""
    application, steps = _case()
    asks = any(step.asks_for_bank for step in steps)
    return render_template(
        "applications/status.html",
        application=application,
        steps=steps,
        now=next((step for step in steps if step.state in ("now", "stopped")), steps[-1]),
        asks_for_bank=asks or (not application.has_bank and application.state is ApplicationState.APPROVED),
        may_give_bank=application.state not in _OVER,
        may_withdraw=MACHINE.can(application.state, ApplicationEvent.WITHDRAW)
        or application.state is ApplicationState.APPROVED,
        step="Your page",
    )


@blueprint.route("/status/bank", methods=["GET", "POST"])
@applicant
def give_bank() -> ResponseReturnValue:
    """Where to send the money: given later, or corrected. What was given before is not shown."""
    application, _ = _case()
    form = BankForm()
    if application.state in _OVER:
        return redirect(url_for("status.show"))
    if form.validate_on_submit():
        try:
            current().transact(
                _applicant(), give_bank_details, application_id=application.id or 0, **form.answers()
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "account_number", error.what)
        except (Conflict, Refused) as error:
            flash(str(error), "error")
            return redirect(url_for("status.show"))
        else:
            flash("Thank you. We have your bank details.")
            return redirect(url_for("status.show"))
    return render_template(
        "applications/bank.html", form=form, step="Bank details"
    ), 422 if form.errors else 200


@blueprint.route("/status/withdraw", methods=["GET", "POST"])
@applicant
def take_back() -> ResponseReturnValue:
    """Take it back, after one more question."""
    application, _ = _case()
    form = WithdrawForm()
    if application.state in _OVER:
        return redirect(url_for("status.show"))
    if form.validate_on_submit():
        try:
            current().transact(_applicant(), withdraw, application_id=application.id or 0)
            flash("You took it back.")
        except (Conflict, Refused) as error:
            flash(str(error), "error")
        return redirect(url_for("status.show"))
    return render_template(
        "applications/withdraw.html", form=form, step="Take it back"
    ), 422 if form.errors else 200


@blueprint.post("/status/leave")
@applicant
def leave() -> ResponseReturnValue:
    """Close the page of this case on this device."""
    sessions.end()
    return redirect(url_for("status.sign_in"))


def _case() -> tuple[Application, list[tracker.Step]]:
    """This session's application and its steps."""
    with current().read() as database:
        application = by_ref(database, session["case"])
        fund = fund_of(database, database.get(Round, application.round_id))
        g.public_name = fund.public_name if fund else "Support"
        return application, tracker.steps(database, application)


def _applicant() -> Actor:
    return Actor(ActorKind.APPLICANT, session["case"])
