"""Driving our own pages in this process, as a browser would."""

from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.staff import totp
from hardship.staff.service import add
from hardship.wiring import settled
from tests.bench.baselines.pages import token_in

_PASSWORD = "walk-home-safe-2020"  # noqa: S105 — an account of a database that lives for a minute
_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 — the same
_SIGN_IN = "/staff/sign-in"


def signed_in(runtime: Runtime, *roles: Role) -> FlaskClient:
    """A client with which a new member of staff has signed in."""
    runtime.transact(operator(), add, "reader@example.org", roles, _PASSWORD, _SECRET)
    client = settled(create_app(runtime)).test_client()
    code = totp.code_of(_SECRET, totp.step_of(runtime.clock.now()))
    for fields in ({"email": "reader@example.org", "password": _PASSWORD}, {"code": code}):
        token = token_in(client.get(_SIGN_IN).text)
        answer = client.post(_SIGN_IN, data={"csrf_token": token, **fields})
        assert answer.status_code == 303, answer.text[:500]
    return client
