"""The part of the case page that says what vouches for an applicant, and the page on which a person records it."""

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from hardship.applications.models import Application
from hardship.applications.queries import by_ref
from hardship.applications.vouching.recording import MAX_NOTE
from hardship.applications.vouching.transitions import VouchingEvent
from hardship.core.actor import Actor
from hardship.core.errors import Conflict, NotFound
from hardship.core.runtime import current
from hardship.review import queries, vouching
from hardship.review.casepage import add_panel
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor, deny
from hardship.web.access import requires
from hardship.web.forms import Form, LongTextField, RadioField, SubmitField

blueprint = Blueprint("vouching", __name__)

Answer = str | Response | tuple[str, int]
FOUND = {
    VouchingEvent.CONFIRM: "Confirmed",
    VouchingEvent.DENY: "Not confirmed",
    VouchingEvent.MISS: "Could not reach anybody",
}


class RecordForm(Form):
    """What a person found out."""

    found = RadioField(
        "What did you find out?",
        choices=[SelectChoice(value.value, text) for value, text in FOUND.items()],
        required="Choose what you found out",
    )
    note = LongTextField("What others need to know of it", max_length=MAX_NOTE)
    submit = SubmitField("Record it")


def init_app(app: Flask) -> None:
    """Register the page, and the part of the case page."""
    app.register_blueprint(blueprint)
    add_panel(app, panel)


def panel(session: Session, actor: Actor, application: Application) -> "Markup | str":
    """What vouches for this applicant; nothing where nothing was given."""
    found = vouching.vouching_for(session, current().vault, application)
    if found is None:
        return ""
    shown = render_template(
        "review/vouching/panel.html",
        found=found,
        application=application,
        sentence=vouching.SENTENCES[found.state],
        way=vouching.WAYS.get(found.way) if found.way else "",
        read=vouching.READ.get(found.way) if found.way and found.may_record else "",
        may_record=found.may_record and holds(actor, Permission.CONFIRM_VOUCHING),
    )
    return Markup(shown)  # noqa: S704 — a template of ours, which escapes what it shows


@blueprint.route("/staff/cases/<ref>/vouching", methods=["GET", "POST"])
@requires(Permission.CONFIRM_VOUCHING)
def record(ref: str) -> Answer:
    """Record whether somebody really vouches. It decides nothing."""
    application, form = _case(ref), RecordForm()
    back = url_for("review.show_case", ref=application.ref)
    if form.validate_on_submit():
        try:
            current().transact(
                current_actor(),
                vouching.record,
                application_id=application.id or 0,
                found=VouchingEvent(form.found.data),
                note=form.note.data or "",
            )
        except (Conflict, NotFound) as error:
            form.form_errors.append(f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}".strip())
        else:
            flash("Recorded. It decides nothing: the votes do.")
            return redirect(back, code=303)
    html = render_template("review/vouching/record.html", form=form, ref=application.ref, back=back)
    return html, 422 if form.errors or form.form_errors else 200


def _case(ref: str) -> Application:
    """The case for somebody who may see it; to somebody with a conflict it does not exist."""
    actor = current_actor()
    with current().read() as session:
        application = by_ref(session, ref)
        conflicted = queries.has_conflict(session, application.id or 0, actor.staff_id or 0)
    if conflicted:
        deny(actor, f"application:{application.ref}")
        raise NotFound("no application has this reference", fix="Check the reference.")
    return application
