"""For the machines that watch this one: alive, ready, and how much waits. Nothing here says anything of anybody."""

from flask import Blueprint, Flask, Response, abort, request
from sqlalchemy import func
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.transitions import ApplicationState
from hardship.audit.models import AuditHead
from hardship.core.errors import Broken
from hardship.core.models import Channel, OutboxMail
from hardship.core.runtime import current
from hardship.jobs.setup_checks import schema
from hardship.payouts.models import Payment
from hardship.payouts.transitions import PaymentState
from hardship.web.access import public

blueprint = Blueprint("jobs", __name__)
_LOCAL = {"127.0.0.1", "::1"}


def init_app(app: Flask) -> None:
    """Register the addresses."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@public
def show_health() -> Response:
    """This process answers."""
    return _text("ok\n")


@blueprint.get("/readyz")
@public
def show_readiness() -> Response:
    """The database is there, of this version, and opens with this keyring; 503 when not."""
    runtime = current()
    try:
        ready, _ = schema(runtime)
        with runtime.read() as session:
            runtime.vault.check(session)
    except Broken:
        ready = False
    return _text("ready\n" if ready else "not ready\n", 200 if ready else 503)


@blueprint.get("/metrics")
@public
def show_metrics() -> Response:
    """What waits, in the Prometheus text format; only for a request from this machine that no proxy passed on."""
    if (
        request.remote_addr not in _LOCAL
        or "X-Forwarded-For" in request.headers
        or "Forwarded" in request.headers
    ):
        abort(404)
    with current().read() as session:
        figures = _figures(session)
    return _text("".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in figures.items()))


def _figures(session: Session) -> dict[str, int]:
    waiting = select(func.count()).select_from(Application)
    payments = select(func.count()).select_from(Payment)
    unsent = select(func.count()).select_from(OutboxMail).where(col(OutboxMail.sent_at).is_(None))
    return {
        "hardship_checks_waiting": session.exec(
            waiting.where(Application.state == ApplicationState.CHECKING)
        ).one(),
        "hardship_cases_in_review": session.exec(
            waiting.where(Application.state == ApplicationState.IN_REVIEW)
        ).one(),
        "hardship_payments_unknown": session.exec(
            payments.where(Payment.state == PaymentState.UNKNOWN)
        ).one(),
        "hardship_payments_in_flight": session.exec(
            payments.where(Payment.state == PaymentState.SUBMITTED)
        ).one(),
        "hardship_mails_waiting": session.exec(unsent.where(OutboxMail.kind == Channel.MAIL)).one(),
        "hardship_texts_waiting": session.exec(unsent.where(OutboxMail.kind == Channel.TEXT)).one(),
        "hardship_events": session.exec(select(func.max(AuditHead.seq))).one() or 0,
    }


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")
