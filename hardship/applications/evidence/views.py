"""The applicant's page for showing a document: sent, how it stands, taken away."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from hardship.applications.evidence import queries, service
from hardship.applications.evidence.drawing import WHY, drawn
from hardship.applications.evidence.forms import UploadForm
from hardship.applications.evidence.models import Evidence
from hardship.applications.evidence.redraw import MAX_BYTES, Refusal
from hardship.applications.models import Application
from hardship.applications.queries import by_ref
from hardship.applications.views.common import page_defaults, told
from hardship.core.actor import Actor, ActorKind
from hardship.core.errors import BadInput, Conflict, NotFound
from hardship.core.runtime import current
from hardship.web import limits
from hardship.web.access import applicant
from hardship.web.language import _

blueprint = Blueprint("evidence", __name__)
blueprint.context_processor(page_defaults)

MOST = limits.Limit("document", 12, 3600)  # tries of one case: each costs a process and up to some seconds
TAKEN = (
    "image/jpeg,image/png,image/webp,application/pdf"  # told so, phones that take other photos send a JPEG
)
_FORM = 64 * 1024  # bytes of a request besides the file
_DRAIN = 64 * 1024 * 1024  # bytes of one that is too large, read and thrown away so that the answer is seen


def init_app(app: Flask) -> None:
    """Register the page, and what the page of status says of documents."""
    app.register_blueprint(blueprint)
    app.add_template_global(documents_of)
    app.add_template_global(may_show)


@blueprint.url_value_preprocessor
def _hold_small(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = MAX_BYTES + _FORM


@blueprint.route("/status/document", methods=["GET", "POST"])
@applicant
def upload() -> ResponseReturnValue:
    """Show a document. What cannot be drawn anew is told why, and nothing of it is kept."""
    application, form = _case(), UploadForm()
    if form.validate_on_submit():
        try:
            _take(application, form)
        except BadInput as error:
            form.refuse("file", told(error))
        except (Conflict, NotFound) as error:
            flash(told(error), "error")
            return redirect(url_for("evidence.upload"))
        else:
            flash(_("Thank you. We have it. A person looks at it, then it is destroyed."))
            return redirect(url_for("evidence.upload"))
    return _page(application, form, 422 if form.errors else 200)


@blueprint.post("/status/document/<ref>/remove")
@applicant
def take_away(ref: str) -> ResponseReturnValue:
    """Take a document away. Nobody looks at it any more."""
    application = _case()
    current().transact(_applicant(), service.remove, application_id=application.id or 0, ref=ref)
    flash(_("It is destroyed."))
    return redirect(url_for("evidence.upload"))


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The page again with what to do. What is sent is read first: a browser that is still sending sees no answer."""
    _read_to_the_end()
    form, (what, fix) = UploadForm(formdata=None), WHY[Refusal.TOO_LARGE]
    form.file.errors = [told(BadInput(str(what), fix=str(fix)))]
    return _page(_case(), form, 413)


def _read_to_the_end() -> None:
    left, stream = min(request.content_length or 0, _DRAIN), request.environ["wsgi.input"]
    if left <= MAX_BYTES + _FORM:
        return  # it was not refused for its length, and has been read in part: nobody knows how much is to come
    while left > 0 and (read := stream.read(min(left, 1024 * 1024))):
        left -= len(read)


def documents_of(application: Application) -> list[Evidence]:
    """The documents of a case, for its applicant's pages."""
    with current().read() as database:
        return queries.of_case(database, application.id or 0)


def may_show(application: Application) -> bool:
    """Whether a document can still help."""
    return application.state in service.OPEN


def _take(application: Application, form: UploadForm) -> None:
    number, once = application.id or 0, str(form.once.data)
    if current().transact(_applicant(), service.expect, application_id=number, once=once) is not None:
        return
    limits.check(MOST, application.ref)
    pages = drawn(form.file.data.stream.read())  # outside of any transaction: it takes a while
    current().transact(_applicant(), service.keep, application_id=number, pages=pages, once=once)


def _page(application: Application, form: UploadForm, status: int) -> ResponseReturnValue:
    page = render_template(
        "applications/evidence/upload.html",
        form=form,
        application=application,
        accept=TAKEN,
        has_errors=bool(form.errors),
        step=_("Document"),
    )
    return page, status


def _case() -> Application:
    with current().read() as database:
        return by_ref(database, session["case"])


def _applicant() -> Actor:
    return Actor(ActorKind.APPLICANT, session["case"])
