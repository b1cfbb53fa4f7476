"""Error pages: what happened and what to do, in our look, and never how the inside is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hardship.core.errors import HardshipError
from hardship.core.logs import log
from hardship.web.language import _, lazy


@dataclass(frozen=True)
class Message:
    """The words of an error page."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Visitor:
    """Who sees an error page outside of the staff's: the name that it bears, and whether it needs the way out."""

    public_name: str
    is_applicant: bool = False


def know_visitors(app: Flask, ask: Callable[[], Visitor]) -> None:
    """Let a later room say whose name error pages bear, and who is an applicant."""
    app.extensions["hardship_visitor"] = ask


MESSAGES = {
    400: Message(
        lazy("That did not work"),
        (lazy("Something in the request was not as it should be."), lazy("Go back and try again.")),
    ),
    401: Message(lazy("You need to sign in"), (lazy("Sign in, then open the page again."),)),
    403: Message(
        lazy("You cannot see this page"),
        (lazy("If you think you should, ask whoever looks after the fund."),),
    ),
    404: Message(
        lazy("Page not found"),
        (
            lazy("If you typed the address, check it is right."),
            lazy("If you followed a link, the page may have moved."),
        ),
    ),
    405: Message(
        lazy("That did not work"),
        (lazy("This page cannot be used in that way."), lazy("Go back and try again.")),
    ),
    409: Message(
        lazy("That is not possible now"), (lazy("Somebody may have changed it. Open the page again to see."),)
    ),
    413: Message(
        lazy("That is too much to send"),
        (
            lazy(
                "Go back and write less, or choose a smaller file. A photo can be taken at a lower quality."
            ),
            lazy("Nothing was sent."),
        ),
    ),
    429: Message(lazy("Too many tries"), (lazy("Wait a few minutes, then try again. Nothing is lost."),)),
    500: Message(
        lazy("Sorry, something went wrong"),
        (lazy("It is our fault. Try again in a few minutes."), lazy("Nothing was sent.")),
    ),
}
CSRF = Message(
    lazy("The page was open too long"),
    (
        lazy(
            "To keep you safe, a page stops working after a while, or when you sign in or out somewhere else."
        ),
        lazy("Nothing was sent, and nothing is lost. Go back, load the page again, and send it once more."),
        lazy(
            "If this happens again, your browser does not take cookies from us. Allow them for this page, or use another "
            "browser. We use one, which says nothing about you and is gone when you leave."
        ),
    ),
)
_APPLICANTS = ("/apply", "/status", "/leaving")
_PLAIN = "<!doctype html><html lang=en><title>Sorry</title><h1>Sorry, something went wrong</h1><p>Try again soon.</p>"


def page(status: int, message: Message | None = None) -> Response:
    """The error page for a status; plain words when not even the page can be drawn."""
    words = message or MESSAGES.get(status) or MESSAGES[400 if status < 500 else 500]
    try:
        html = render_template("web/error.html", status=status, message=words, step=words.title, **_frame())
    except Exception as error:  # whatever it is, the visitor still gets plain words
        log().error("the error page itself failed", exc_info=error)
        html = _PLAIN
    return make_response(html, status)


def _frame() -> dict[str, Any]:
    """Staff get their own frame, applicants theirs with the way out, everybody else the plain one, with the fund's name."""
    if request.path.startswith("/staff/"):
        return {"layout": "web/staff.html"}
    ask = cast("Callable[[], Visitor] | None", current_app.extensions.get("hardship_visitor"))
    visitor = ask() if ask else None
    leaves = request.path.startswith(_APPLICANTS) or (visitor is not None and visitor.is_applicant)
    named = {"public_name": visitor.public_name} if visitor else {}
    return {"layout": "web/applicant.html" if leaves else "web/public.html"} | named


def _on_http(error: HTTPException) -> Response:
    response = page(error.code or 500)
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _on_http_or_redirect(error: HTTPException) -> Response | HTTPException:
    # A redirect or a ready response raised as an exception is no error.
    if error.response is not None or error.code is None or 300 <= error.code < 400:
        return error
    return _on_http(error)


def _on_csrf(error: CSRFError) -> Response:
    return page(400, CSRF)


def _on_ours(error: HardshipError) -> Response:
    """Our own refusals say what is wrong and what to do; a fault of the system says nothing of itself."""
    if error.status >= 500:
        log().error("unfit to serve", exc_info=error)
        return page(error.status)
    known = MESSAGES.get(error.status, MESSAGES[400])
    lines = tuple(line for line in (_sentence(_(error.what)), _(error.fix) if error.fix else "") if line)
    title = known.title if error.status in {403, 404, 429} else _("That was not done")
    response = page(error.status, Message(title, lines))
    if retry := getattr(error, "retry_after", None):
        response.headers["Retry-After"] = str(retry)
    return response


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _on_anything(error: Exception) -> Response:
    log().error("unhandled", endpoint=request.endpoint, exc_info=error)
    return page(500)


def install(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(HardshipError, _on_ours)
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, _on_http_or_redirect)
    if not app.testing:
        app.register_error_handler(Exception, _on_anything)
