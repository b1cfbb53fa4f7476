"""The front page: the fund, and what it has done so far."""

from flask import Blueprint, Flask, render_template

from hardship.contributions import desk, webhook_views
from hardship.contributions.donating import views as donating_views
from hardship.contributions.front import front
from hardship.core.runtime import current
from hardship.web.access import public

blueprint = Blueprint("contributions", __name__)


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(blueprint)
    donating_views.init_app(app)
    webhook_views.init_app(app)
    desk.init_app(app)


@blueprint.get("/")
@public
def show_front() -> str:
    """What the fund is, what it has raised and given, and where to apply."""
    runtime = current()
    with runtime.read() as session:
        found = front(session, runtime.clock.now())
    shown = {"public_name": found.fund.public_name} if found else {}
    return render_template("contributions/front.html", front=found, now=runtime.clock.now(), **shown)
