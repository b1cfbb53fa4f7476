"""The applicant's pages: asking for help at /apply, and looking how it goes at /status."""

from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications.views import apply, desk, owndata, status
from hardship.web.access import Access, Kind, guard


def init_app(app: Flask) -> None:
    """Register both journeys and the guard of the applicant's pages."""
    app.register_blueprint(apply.blueprint)
    app.register_blueprint(status.blueprint)
    app.register_blueprint(owndata.blueprint)
    desk.init_app(app)
    guard(app, Kind.APPLICANT, applicants_only)


def applicants_only(_access: Access) -> ResponseReturnValue | None:
    """Only whoever began a form here, or showed a reference and its claim code, sees the pages that follow; others
    go to the page where they can."""
    if request.path.startswith("/status"):
        return None if session.get("case") else redirect(url_for("status.sign_in"))
    return None if session.get("draft") else redirect(url_for("apply.start"))
