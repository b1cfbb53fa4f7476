"""Pages of the web layer itself: the way out."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from hardship.core.runtime import current
from hardship.web import sessions
from hardship.web.access import public

blueprint = Blueprint("web", __name__)


@blueprint.get("/exit")
@public
def leave() -> Response:
    """Forget everything about this visit, here and in the browser, and go somewhere harmless."""
    sessions.end()
    response = redirect(current().settings.leave_to, code=303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
