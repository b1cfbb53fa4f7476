"""Pages of the web layer itself: the way out."""

import datetime as dt
from collections.abc import Callable
from typing import cast

from flask import Blueprint, redirect
from sqlmodel import Session
from werkzeug.wrappers import Response

from hardship.core.runtime import current
from hardship.web import sessions
from hardship.web.access import public

blueprint = Blueprint("web", __name__)

WAY_OUT = "web.exit_to"
"""The runtime's extension that says where "Exit this page" leads: a function of a reading session and the instant."""

Where = Callable[[Session, dt.datetime], str]


@blueprint.get("/exit")
@public
def leave() -> Response:
    """Forget everything about this visit, here and in the browser, and go somewhere harmless."""
    sessions.end()
    response = redirect(_harmless(), code=303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _harmless() -> str:
    """The page that the fund named, or the instance's own."""
    runtime = current()
    where = cast("Where | None", runtime.extensions.get(WAY_OUT))
    if where is None:
        return runtime.settings.leave_to
    with runtime.read() as session:
        return where(session, runtime.clock.now()) or runtime.settings.leave_to
