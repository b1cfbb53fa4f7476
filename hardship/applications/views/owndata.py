"""The applicant's pages about their own data: a lost code, a copy, erasure, complaints."""

from flask import Blueprint, flash, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications.models import Application
from hardship.applications.owndata import complaining, copying, erasing, recovering
from hardship.applications.owndata.forms import CollectForm, ComplainForm, CopyForm, EraseForm, LostForm
from hardship.applications.owndata.models import About, Complaint
from hardship.applications.owndata.transitions import ErasureState
from hardship.applications.queries import by_ref
from hardship.applications.views.common import hold_forms_small, page_defaults, told, waiting
from hardship.core.actor import PUBLIC, Actor, ActorKind
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import Transaction, current
from hardship.web import limits
from hardship.web.access import applicant, public
from hardship.web.language import _
from hardship.web.proof import Gate

blueprint = Blueprint("own", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)

LOST = Gate("status-lost", free=2)
COLLECT = Gate("status-collect", free=5)
MOST = limits.Limit("status-lost", 60, 3600)  # of one network; each request takes two people's time


@blueprint.route("/status/lost", methods=["GET", "POST"])
@public
def lost() -> ResponseReturnValue:
    """Ask for a new claim code. What fits and what does not get one answer, after the same steps."""
    form, wait = LostForm(), None
    if form.validate_on_submit() and (wait := LOST.passes()) is None:
        limits.check(MOST, limits.visitor())
        try:
            asked = current().transact(
                PUBLIC, recovering.ask, reference=form.reference.data or "", told=form.told()
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "reference", _(error.what))
        else:
            return render_template("applications/own/asked.html", asked=asked, step=_("Asked"))
    page = render_template("applications/own/lost.html", form=form, wait=wait, step=_("Lost code"))
    return waiting(page, wait) or (page, 422 if form.errors else 200)


@blueprint.route("/status/collect", methods=["GET", "POST"])
@public
def collect() -> ResponseReturnValue:
    """The new claim code, once, for whoever has the pickup code and the word. All that is wrong gets one answer."""
    form, wait = CollectForm(), None
    if form.validate_on_submit() and (wait := COLLECT.passes()) is None:
        limits.check(MOST, limits.visitor())
        typed = {
            "ref": form.number.data or "",
            "pickup": form.pickup.data or "",
            "word": form.word.data or "",
        }
        found = current().transact(PUBLIC, recovering.collect, **typed)
        if found is not None:
            ref, claim_code = found
            return render_template(
                "applications/own/code.html", ref=ref, claim_code=claim_code, step=_("Your code")
            )
        form.refuse(
            "number", _("There is nothing to collect with these. Check all three, or come again later")
        )
    page = render_template("applications/own/collect.html", form=form, wait=wait, step=_("Collect"))
    return waiting(page, wait) or (page, 422 if form.errors else 200)


@blueprint.get("/status/yours")
@applicant
def yours() -> ResponseReturnValue:
    """What somebody may do about their own data."""
    application = _case()
    with current().read() as database:
        erasure = erasing.erasure_of(database, application.id or 0)
        complaints = complaining.of_case(database, application.id or 0)
        gone = erasing.is_erased(database, application)
    waits = erasure is not None and erasure.state is ErasureState.REQUESTED
    return render_template(
        "applications/own/yours.html",
        gone=gone,
        waits=waits,
        complaints=complaints,
        copy=CopyForm(),
        step=_("Your data"),
    )


@blueprint.post("/status/copy")
@applicant
def make_copy() -> ResponseReturnValue:
    """A copy of everything, made now, kept nowhere."""
    application = _case()
    try:
        packed = current().transact(_applicant(), copying.copy, application_id=application.id or 0)
    except NotFound as error:
        flash(told(error), "error")
        return redirect(url_for("own.yours"))
    answer = make_response(packed)
    answer.headers["Content-Type"] = "application/zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{copying.FILE}"'
    return answer


@blueprint.route("/status/erase", methods=["GET", "POST"])
@applicant
def erase() -> ResponseReturnValue:
    """Ask for erasure, after one more question."""
    application, form = _case(), EraseForm()
    if form.validate_on_submit():
        erasure = current().transact(_applicant(), erasing.ask, application_id=application.id or 0)
        if erasure.state is ErasureState.DONE:
            flash(_("It is done. What you told us cannot be read any more, by anybody."))
        else:
            flash(
                _("We have it. Money is on its way to you: as soon as that is over, we erase what we hold.")
            )
        return redirect(url_for("own.yours"))
    with current().read() as database:
        complained = bool(complaining.of_case(database, application.id or 0))
    page = render_template("applications/own/erase.html", form=form, complained=complained, step=_("Erase"))
    return page, 422 if form.errors else 200


@blueprint.post("/status/keep")
@applicant
def keep() -> ResponseReturnValue:
    """Take a request for erasure back while it waits."""
    application = _case()
    try:
        current().transact(_applicant(), erasing.take_back, application_id=application.id or 0)
        flash(_("You took it back. We keep it for as long as we said."))
    except Conflict as error:
        flash(told(error), "error")
    return redirect(url_for("own.yours"))


@blueprint.route("/status/complain", methods=["GET", "POST"])
@applicant
def complain() -> ResponseReturnValue:
    """Complain."""
    application, form = _case(), ComplainForm()
    if form.validate_on_submit():
        try:
            made = current().transact(
                _applicant(),
                complaining.complain,
                application_id=application.id or 0,
                about=About(form.about.data),
                words=form.words.data or "",
                may_pass_on=bool(form.may_pass_on.data),
            )
        except BadInput as error:
            form.refuse(error.where if error.where in form else "words", _(error.what))
        else:
            flash(
                _(
                    "We have it. Its number is %(number)s. A person answers within thirty days.",
                    number=made.ref,
                )
            )
            return redirect(url_for("own.yours"))
    page = render_template("applications/own/complain.html", form=form, step=_("Complain"))
    return page, 422 if form.errors else 200


@blueprint.get("/status/answer/<ref>")
@applicant
def answered(ref: str) -> ResponseReturnValue:
    """One's own complaint and its answer; another's does not exist."""

    def mine(tx: Transaction) -> tuple[Complaint, dict[str, str]] | None:
        found = [one for one in complaining.of_case(tx.session, _case().id or 0) if one.ref == ref]
        return (found[0], complaining.opened(tx, found[0])) if found else None

    found = current().transact(_applicant(), mine)
    if found is None:
        raise NotFound("there is no such complaint", fix="Check the number.")
    return render_template(
        "applications/own/answer.html", complaint=found[0], told=found[1], step=_("Answer")
    )


def _case() -> Application:
    with current().read() as database:
        return by_ref(database, session["case"])


def _applicant() -> Actor:
    return Actor(ActorKind.APPLICANT, session["case"])
