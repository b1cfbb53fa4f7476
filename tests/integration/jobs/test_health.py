"""Machines that watch this one learn whether it works, and nothing else."""

from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.keyring import generate
from hardship.core.runtime import Runtime
from hardship.core.vault import Vault


def client(runtime: Runtime) -> FlaskClient:
    """A browser's stand-in."""
    return create_app(runtime, testing=True).test_client()


def test_a_working_instance_says_so(runtime: Runtime) -> None:
    """Alive, ready, and the gauges are numbers."""
    web = client(runtime)
    assert web.get("/healthz").text == "ok\n"
    assert web.get("/readyz").status_code == 200
    lines = [line.split() for line in web.get("/metrics").text.splitlines() if not line.startswith("#")]
    assert lines
    assert all(name.startswith("hardship_") and value.isdigit() for name, value in lines)


def test_an_instance_with_a_wrong_keyring_is_not_ready(sqlite_runtime: Runtime) -> None:
    """Alive, but not ready, and no word about why."""
    web = client(sqlite_runtime)
    sqlite_runtime.vault = Vault(generate("demo"))
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == "not ready\n"
    assert web.get("/healthz").status_code == 200


def test_gauges_are_not_for_the_public(sqlite_runtime: Runtime) -> None:
    """Whoever comes through a proxy finds no such page."""
    web = client(sqlite_runtime)
    assert web.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    assert web.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
