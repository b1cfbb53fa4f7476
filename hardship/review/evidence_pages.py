"""Pages for documents that applicants show: the list, a document and its pages, its part of the case page."""

from collections.abc import Iterable

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, url_for
from markupsafe import Markup
from sqlmodel import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from hardship.applications.evidence import queries as documents
from hardship.applications.evidence.models import Evidence, Shows
from hardship.applications.evidence.service import MAX_NOTE
from hardship.applications.evidence.transitions import EvidenceState
from hardship.applications.models import Application
from hardship.core.actor import Actor
from hardship.core.errors import Conflict, NotFound
from hardship.core.refs import tidy_reference
from hardship.core.runtime import current
from hardship.review import evidence, queries
from hardship.review.casepage import add_panel
from hardship.staff import home
from hardship.staff.permissions import Permission, holds
from hardship.staff.session import current_actor, deny
from hardship.web.access import requires
from hardship.web.forms import CheckboxField, Form, LongTextField, RadioField, SubmitField

blueprint = Blueprint("documents", __name__)

Answer = str | Response | tuple[str, int]
SHOWS = {
    Shows.SUPPORTS: "It supports what was told",
    Shows.DOES_NOT_SUPPORT: "It does not support what was told",
    Shows.UNREADABLE: "It cannot be read",
}
# A picture that we drew ourselves still gets no chance to be anything else.
_PICTURE = {
    "Content-Type": "image/jpeg",
    "Content-Disposition": 'inline; filename="page.jpg"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


class JudgeForm(Form):
    """What a document shows."""

    shows = RadioField(
        "What does it show?",
        choices=[SelectChoice(value.value, text) for value, text in SHOWS.items()],
        required="Choose what it shows",
    )
    note = LongTextField("What others need to know of it", max_length=MAX_NOTE)
    sure = CheckboxField(
        "I looked at every page, and it is destroyed now",
        required="Tick the box once you looked at every page",
    )
    submit = SubmitField("Note it and destroy the document")


def init_app(app: Flask) -> None:
    """Register the pages, what waits, and the documents' part of the case page."""
    app.register_blueprint(blueprint)
    home.add_waiting(app, Permission.SEE_EVIDENCE, _waiting)
    add_panel(app, panel)


def _waiting(session: Session, actor: Actor) -> Iterable[home.Waiting]:
    count = len(evidence.waiting(session, actor.staff_id or 0))
    yield home.Waiting(
        "documents wait to be looked at",
        count,
        "/staff/documents",
        capped=count == evidence.AT_ONCE,
        one="document waits to be looked at",
    )


def panel(session: Session, actor: Actor, application: Application) -> "Markup | str":
    """The documents of a case; nothing where there are none."""
    found = evidence.of_case(session, current().vault, application, actor)
    if not found:
        return ""
    may_see = holds(actor, Permission.SEE_EVIDENCE)
    shown = render_template("review/evidence/panel.html", documents=found, shows=SHOWS, may_see=may_see)
    return Markup(shown)  # noqa: S704 — a template of ours, which escapes what it shows


@blueprint.get("/staff/documents")
@requires(Permission.SEE_EVIDENCE)
def show_waiting() -> str:
    """The documents that wait, oldest first."""
    with current().read() as session:
        found = evidence.waiting(session, current_actor().staff_id or 0)
    return render_template("review/evidence/list.html", documents=found)


@blueprint.route("/staff/documents/<ref>", methods=["GET", "POST"])
@requires(Permission.SEE_EVIDENCE)
def show_document(ref: str) -> Answer:
    """A document that waits, and what somebody says of it. One that is destroyed leads to its case."""
    found, application = _document(ref)
    form = JudgeForm()
    if found.state is not EvidenceState.WAITING and not form.is_submitted():
        return redirect(url_for("review.show_case", ref=application.ref))
    if form.validate_on_submit():
        try:
            shows = Shows(form.shows.data)
            current().transact(
                current_actor(), evidence.judge, ref=found.ref, shows=shows, note=form.note.data or ""
            )
        except Conflict as error:
            flash(f"{error.what[:1].upper()}{error.what[1:]}. {error.fix}", "warning")
        else:
            flash(f"Noted. The document {found.ref} is destroyed.")
        return redirect(url_for("review.show_case", ref=application.ref), code=303)
    html = render_template("review/evidence/document.html", document=found, case=application, form=form)
    return html, 422 if form.errors else 200


@blueprint.get("/staff/documents/<ref>/<int:number>.jpg")
@requires(Permission.SEE_EVIDENCE)
def show_page(ref: str, number: int) -> Response:
    """A page as a picture. Each time it is asked for is an event."""
    found, _application = _document(ref)
    answer = make_response(current().transact(current_actor(), evidence.look, ref=found.ref, number=number))
    answer.headers.update(_PICTURE)
    return answer


def _document(ref: str) -> tuple[Evidence, Application]:
    """The document and its case for somebody who may see them; to somebody with a conflict it does not exist."""
    actor = current_actor()
    with current().read() as session:
        found = documents.by_ref(session, tidy_reference(ref[:20]))
        application = evidence.case_of(session, found)
        conflicted = queries.has_conflict(session, found.application_id, actor.staff_id or 0)
    if conflicted:
        deny(actor, f"evidence:{found.ref}")
        raise NotFound("there is no such document", fix="Go back to the case.")
    return found, application
