"""/apply/helping: one page more for somebody who helps; then the form is the same, and speaks of the person."""

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications import drafts
from hardship.applications.helping.forms import HelpingForm
from hardship.applications.helping.models import Consent, Help, Helped
from hardship.applications.views.apply import GATE
from hardship.applications.views.common import hold_forms_small, page_defaults, waiting
from hardship.core.actor import PUBLIC
from hardship.core.runtime import current
from hardship.funds.queries import open_round
from hardship.web import sessions
from hardship.web.access import public
from hardship.web.language import _, current_language

blueprint = Blueprint("helping", __name__)
blueprint.context_processor(page_defaults)
hold_forms_small(blueprint)


@blueprint.route("/apply/helping", methods=["GET", "POST"])
@public
def start() -> ResponseReturnValue:
    """How somebody helps, and that the person agreed. Who the helper is is not asked."""
    runtime = current()
    with runtime.read() as database:
        round_ = open_round(database, runtime.clock.now())
    if round_ is None:
        return render_template("applications/closed.html", step=_("Closed now"))
    form, wait = HelpingForm(), None
    if form.validate_on_submit() and (wait := GATE.passes()) is None:
        sessions.rotate()
        helped = Help(Helped(form.how.data), Consent.AGREED, " ".join((form.group.data or "").split()))
        session["draft"] = runtime.transact(
            PUBLIC, drafts.begin, round_id=round_.id or 0, language=current_language(), helped=helped
        )
        return redirect(url_for("apply.ask", number="1"))
    page = render_template("applications/helping.html", form=form, wait=wait, step=_("Before you start"))
    return waiting(page, wait) or (page, 422 if form.errors else 200)
