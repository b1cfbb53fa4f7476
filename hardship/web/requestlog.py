"""One log line a request: which page, how it went, how long it took. No address, no reference, no visitor."""

import time

import structlog
from flask import Flask, Response, g, request

from hardship.core.logs import configure, log
from hardship.core.refs import new_key
from hardship.web.sessions import current_session


def install(app: Flask) -> None:
    """Set up the log and note every request but those for styles and scripts."""
    configure()
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=new_key()[:12])


def _finish(response: Response) -> Response:
    if request.path.startswith("/static/"):
        return response
    started = g.get("started")
    staff_id = current_session().staff_id
    log().info(
        "request",
        method=request.method,
        endpoint=request.endpoint or "none",
        status=response.status_code,
        milliseconds=round((time.perf_counter() - started) * 1000) if started is not None else None,
        actor_kind="staff" if staff_id is not None else "public",
        actor_id=staff_id,
    )
    return response
