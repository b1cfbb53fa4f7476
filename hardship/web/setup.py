"""Puts the web layer into a Flask application: `install(app)`, once, before the rooms' blueprints."""

from typing import Any

from flask import Flask, request
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from hardship.config import TEMPLATES
from hardship.core.runtime import Runtime, current
from hardship.web import access, assets, errors, filters, headers, language, proof, requestlog, views
from hardship.web.forms import csrf
from hardship.web.sessions import DatabaseSessions
from hardship.web.uploads import Request

MAX_BODY = 12 * 1024 * 1024
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def install(app: Flask, runtime: Runtime) -> None:
    """Sessions, access, forgery protection, templates, headers, error pages and the way out.

    `runtime` becomes the application's runtime. Set `app.testing` before, so that an undeclared page fails loudly.
    """
    app.extensions["hardship"] = runtime
    app.request_class = Request
    _configure(app, runtime)
    _behind_proxies(app, runtime.settings.proxies)
    _templates(app)
    app.session_interface = DatabaseSessions(runtime)
    requestlog.install(app)
    app.before_request(access.enforce)
    app.before_request(_no_nul)
    app.before_request(_same_site_only)
    csrf.init_app(app)
    assets.install(app)
    filters.install(app)
    headers.install(app)
    errors.install(app)
    app.context_processor(_defaults)
    app.register_blueprint(views.blueprint)
    language.install(app)
    app.add_template_global(proof.for_page, "proof_for_page")


def _configure(app: Flask, runtime: Runtime) -> None:
    app.secret_key = runtime.vault.mac(b"web:form-tokens")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=500,
        # A form lives as long as the session it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        # Browsers are told to send no Referer; Sec-Fetch-Site says the same thing without the address.
        WTF_CSRF_SSL_STRICT=False,
    )


def _behind_proxies(app: Flask, count: int) -> None:
    """Take a visitor's address from what the last `count` proxies said; what a visitor wrote before that is not
    believed. Host and scheme are never taken from a header: they are settings."""
    if count:
        told = ProxyFix(app.wsgi_app, x_for=count, x_proto=0, x_host=0)
        app.wsgi_app = told  # type: ignore[method-assign]


def _templates(app: Flask) -> None:
    ready_made = PrefixLoader(
        {
            "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
            "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
        }
    )
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), ready_made])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _no_nul() -> None:
    """No reference, filter or page holds a NUL, and PostgreSQL refuses one as a fault instead of finding nothing."""
    if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise NotFound


def _same_site_only() -> None:
    """Refuse a change that another site asks a browser for; servers and old browsers send no such header."""
    if request.method in _UNSAFE and request.headers.get("Sec-Fetch-Site", "none") not in {
        "same-origin",
        "none",
    }:
        raise Forbidden


def _defaults() -> dict[str, Any]:
    """What every layout needs; rooms that come later say more by context processors of their own."""
    return {
        "public_name": "Support",
        "nav_items": [],
        "staff_name": "",
        "product_name": "Lantern",
        "production": current().settings.production,
    }
