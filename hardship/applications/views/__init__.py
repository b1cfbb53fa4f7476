"""The applicant's pages: asking for help at /apply, and looking how it goes at /status."""

from flask import Flask, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from hardship.applications.evidence import views as evidence
from hardship.applications.views import (
    apply,
    common,
    desk,
    entering,
    helping,
    messages,
    owndata,
    status,
    vouchers,
)
from hardship.web import errors
from hardship.web.access import Access, Kind, guard


def init_app(app: Flask) -> None:
    """Register both journeys and the guard of the applicant's pages."""
    app.register_blueprint(apply.blueprint)
    app.register_blueprint(helping.blueprint)
    app.register_blueprint(status.blueprint)
    app.register_blueprint(owndata.blueprint)
    app.register_blueprint(messages.blueprint)
    evidence.init_app(app)
    desk.init_app(app)
    entering.init_app(app)
    vouchers.init_app(app)
    guard(app, Kind.APPLICANT, applicants_only)
    errors.know_visitors(app, common.visitor)


def applicants_only(_access: Access) -> ResponseReturnValue | None:
    """Only whoever began a form here, or showed a reference and its claim code, sees the pages that follow; others
    go to the page where they can. Whoever sends a form after the session is over is told why; whoever only looks is
    not, so that a page asked for again by the Back button after the exit says nothing of a visit before."""
    mark, entrance = (
        ("case", "status.sign_in") if request.path.startswith("/status") else ("draft", "apply.start")
    )
    if session.get(mark) and (mark == "draft" or status.is_still_open()):
        return None
    if request.method == "POST":
        flash(str(apply.FORGOTTEN if mark == "draft" else status.SIGNED_OUT), "warning")
    return redirect(url_for(entrance))
