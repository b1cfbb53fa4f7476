"""Response headers: nothing inline, nothing from elsewhere, nothing kept, nothing told to the next site."""

from urllib.parse import urlsplit

from flask import Flask, Response, g

from hardship.core.runtime import current

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def allow_form_to(address: str) -> None:
    """Let a form on this page lead to another origin, for instance a card checkout: a browser holds a redirect after
    a POST to the page's `form-action`."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("not a web address")
    g.form_to = f"{parts.scheme}://{parts.netloc}"


def allow_indexing() -> None:
    """Let search engines list this page (the fund's own front page, not an applicant's)."""
    g.indexed = True


def policy() -> str:
    """The content security policy of this response."""
    rules = dict(_POLICY)
    if extra := g.get("form_to"):
        rules["form-action"] += f" {extra}"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def add(response: Response) -> Response:
    """After each request: set every header that the response does not set itself."""
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    if g.get("indexed"):
        del response.headers["X-Robots-Tag"]
    response.headers.setdefault("Content-Security-Policy", policy())
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if current().settings.https:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response


def install(app: Flask) -> None:
    """Set the headers on every response of the application."""
    app.after_request(add)
