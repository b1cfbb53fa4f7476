"""/status: how far it is, with the reference and the claim code; bank details and taking it back."""

import hashlib

from flask import Blueprint, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications import tracker
from hardship.applications.forms import CHANNELS, BankForm, ContactForm, StatusForm, WithdrawForm
from hardship.applications.models import Application
from hardship.applications.owndata.waiting import days, medians
from hardship.applications.queries import by_claim, by_ref
from hardship.applications.service import ask_other_way, give_bank_details, withdraw
from hardship.applications.service.reaching import is_asked_again, set_safe_contact, speak, still_safe
from hardship.applications.transitions import MACHINE, ApplicationEvent, ApplicationState
from hardship.applications.views.common import (
    NAMELESS,
    fund_of,
    hold_forms_small,
    page_defaults,
    told,
    waiting,
)
from hardship.applications.views.messages import on_status
from hardship.core.actor import Actor, ActorKind
from hardship.core.errors import BadInput, Conflict, NotFound, Refused
from hardship.core.runtime import current
from hardship.funds.models import Round
from hardship.web import limits, sessions
from hardship.web.access import applicant, public
from hardship.web.language import _, _n, choose, current_language, lazy, was_chosen
from hardship.web.proof import Gate

blueprint = Blueprint("status", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)

TRIES = Gate("status", free=5)
# A second look at how often, for a machine that solves and waits: then it is a page that says when to come again.
MOST = limits.Limit("status", 300, 600)
UNKNOWN = lazy("This reference and claim code do not go together. Check both")
SIGNED_OUT = lazy(
    "This device was not used for a while, so we closed your page. Nothing was sent. Sign in again, then send it once more."
)
_OVER = frozenset({ApplicationState.DECLINED, ApplicationState.WITHDRAWN})


@blueprint.route("/status", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Reference and claim code. A wrong code and an unknown reference get one answer, in one way."""
    form, wait = StatusForm(), None
    if form.validate_on_submit() and (wait := TRIES.passes()) is None:
        limits.check(MOST, limits.visitor())
        runtime = current()
        with runtime.read() as database:
            found = by_claim(database, runtime.vault, form.reference.data or "", form.claim_code.data or "")
        if found is not None:
            sessions.rotate()
            session["case"], session["code"] = found.ref, code_mark(found)
            if not was_chosen():
                choose(found.language)
            elif found.language != current_language():
                runtime.transact(
                    _applicant(), speak, application_id=found.id or 0, language=current_language()
                )
            return redirect(url_for("status.show"))
        form.refuse("reference", str(UNKNOWN))
    page = render_template("applications/status_sign_in.html", form=form, wait=wait, step=_("Sign in"))
    return waiting(page, wait) or (page, 422 if form.errors else 200)


def code_mark(application: Application) -> str:
    """What a session keeps of the claim code that opened it."""
    return hashlib.sha256(application.claim_token).hexdigest()[:32]


def is_still_open() -> bool:
    """Whether the claim code that opened this browser's page still is the case's. Somebody may have it from the person
    who lost it: with a new code the pages that the old one opened are closed too."""
    with current().read() as database:
        same = code_mark(by_ref(database, session["case"])) == session.get("code")
    if not same:
        session.pop("case")
    return same


@blueprint.get("/status/case")
@applicant
def show() -> ResponseReturnValue:
    """Where it stands, in plain words with dates."""
    application, steps = _case()
    asks, talk = any(step.asks_for_bank for step in steps), on_status(application)
    return render_template(
        "applications/status.html",
        application=application,
        steps=steps,
        now=next((step for step in steps if step.state in ("now", "stopped")), steps[-1]),
        asks_for_bank=not talk.erased and (asks or _waits_for_bank(application)),
        may_give_bank=application.state not in _OVER,
        may_withdraw=MACHINE.can(application.state, ApplicationEvent.WITHDRAW)
        or application.state is ApplicationState.APPROVED,
        ask_if_safe=not talk.erased and is_asked_again(application),
        talk=talk,
        channel=CHANNELS[application.safe_contact],
        medians=_medians(application),
        step=_("Your page"),
    )


def _waits_for_bank(application: Application) -> bool:
    """Approved, without bank details, and not to be paid another way."""
    approved = application.state is ApplicationState.APPROVED
    return approved and not application.has_bank and not application.other_way


@blueprint.route("/status/bank", methods=["GET", "POST"])
@applicant
def give_bank() -> ResponseReturnValue:
    """Where to send the money: given later, or corrected. What was given before is not shown."""
    application, _steps = _case()
    form = BankForm()
    if application.state in _OVER:
        return redirect(url_for("status.show"))
    if form.validate_on_submit():
        try:
            current().transact(
                _applicant(), give_bank_details, application_id=application.id or 0, **form.answers()
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "account_number", _(error.what))
        except (Conflict, NotFound, Refused) as error:
            flash(told(error), "error")
            return redirect(url_for("status.show"))
        else:
            flash(_("Thank you. We have your bank details."))
            return redirect(url_for("status.show"))
    return render_template(
        "applications/bank.html", form=form, other_way=application.other_way, step=_("Bank details")
    ), 422 if form.errors else 200


@blueprint.post("/status/other-way")
@applicant
def other_way() -> ResponseReturnValue:
    """Ask for another way than a bank."""
    application, _steps = _case()
    try:
        current().transact(_applicant(), ask_other_way, application_id=application.id or 0)
        flash(_("Thank you. We look for another way, and tell you here."))
    except Conflict as error:
        flash(told(error), "error")
    return redirect(url_for("status.show"))


@blueprint.route("/status/withdraw", methods=["GET", "POST"])
@applicant
def take_back() -> ResponseReturnValue:
    """Take it back, after one more question."""
    application, _steps = _case()
    form = WithdrawForm()
    if application.state in _OVER:
        return redirect(url_for("status.show"))
    if form.validate_on_submit():
        try:
            current().transact(_applicant(), withdraw, application_id=application.id or 0)
            flash(_("You took it back."))
        except (Conflict, Refused) as error:
            flash(told(error), "error")
        return redirect(url_for("status.show"))
    return render_template(
        "applications/withdraw.html", form=form, step=_("Take it back")
    ), 422 if form.errors else 200


@blueprint.route("/status/contact", methods=["GET", "POST"])
@applicant
def contact() -> ResponseReturnValue:
    """How there may be news from now on. The address given before is not shown."""
    application, _steps = _case()
    form = ContactForm()
    if form.validate_on_submit():
        try:
            current().transact(
                _applicant(), set_safe_contact, application_id=application.id or 0, **form.answers()
            )
        except NotFound as error:
            flash(told(error), "error")
        else:
            flash(_("Thank you. From now on we tell you there is news only in this way."))
        return redirect(url_for("status.show"))
    page = render_template("applications/contact.html", form=form, step=_("News"))
    return page, 422 if form.errors else 200


@blueprint.post("/status/still-safe")
@applicant
def contact_is_safe() -> ResponseReturnValue:
    """The channel is still safe."""
    application, _steps = _case()
    current().transact(_applicant(), still_safe, application_id=application.id or 0)
    flash(_("Thank you. We go on in the same way."))
    return redirect(url_for("status.show"))


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
        g.public_name = fund.public_name if fund else NAMELESS
        return application, tracker.steps(database, application)


def _medians(application: Application) -> list[str]:
    """How long it really took others of this round, where they are enough to say so."""
    with current().read() as database:
        found = medians(database, current(), application.round_id)
    said = []
    if found.to_decision is not None:
        said.append(
            _n(
                "Half of all answers came within %(num)d day.",
                "Half of all answers came within %(num)d days.",
                days(found.to_decision),
            )
        )
    if found.to_payment is not None:
        said.append(
            _n(
                "Half of all payments came within %(num)d day of the answer.",
                "Half of all payments came within %(num)d days of the answer.",
                days(found.to_payment),
            )
        )
    return said


def _applicant() -> Actor:
    return Actor(ActorKind.APPLICANT, session["case"])
