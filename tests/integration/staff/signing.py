"""Signing in as a browser does."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.staff import totp
from tests.integration.review.helpers import PASSWORD, SECRET

SIGN_IN = "/staff/sign-in"


def form_token(page: str) -> str:
    """The token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def post(
    client: FlaskClient, path: str, fields: dict[str, str] | None = None, *, page: str = ""
) -> TestResponse:
    """Send a form of the page at `page` (else of `path`)."""
    token = form_token(client.get(page or path).get_data(as_text=True))
    return client.post(path, data={"csrf_token": token, **(fields or {})})


def give_password(
    client: FlaskClient, email: str, password: str = PASSWORD, path: str = SIGN_IN
) -> TestResponse:
    """The first step."""
    start = f"{path}{'&' if '?' in path else '?'}again=1"
    return post(client, path, {"email": email, "password": password}, page=start)


def code_now(runtime: Runtime, ahead: int = 0) -> str:
    """The code that the authenticator shows."""
    return totp.code_of(SECRET, totp.step_of(runtime.clock.now()) + ahead)


def sign_in(client: FlaskClient, runtime: Runtime, email: str, path: str = SIGN_IN) -> TestResponse:
    """Both steps, a minute after the last time so that the code is a fresh one."""
    import datetime as dt

    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(seconds=60))
    assert give_password(client, email, path=path).status_code == 303
    return post(client, SIGN_IN, {"code": code_now(runtime)})
