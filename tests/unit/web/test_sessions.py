"""Sessions: only a hash is stored, old ids are dead, they end in time, and they can be ended from here."""

import datetime as dt
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlmodel import select

from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime, Transaction
from hardship.web import sessions
from hardship.web.models import WebSession
from hardship.web.service import wire
from hardship.web.setup import install
from tests.unit.web.conftest import add_pages, make_runtime


def sid(client: FlaskClient) -> str:
    """The id in the browser's cookie."""
    cookie = client.get_cookie("id")
    return cookie.value if cookie else ""


def rows(runtime: Runtime) -> list[WebSession]:
    """Every stored session."""
    with runtime.read() as database:
        return list(database.exec(select(WebSession)).all())


def forward(runtime: Runtime, **by: float) -> None:
    """Let time pass."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(**by))


def test_a_page_that_stores_nothing_sets_no_cookie(client: FlaskClient, runtime: Runtime) -> None:
    assert "Set-Cookie" not in client.get("/get").headers
    assert rows(runtime) == []


def test_only_the_hash_is_stored(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/set/blue")
    (row,) = rows(runtime)
    assert client.get("/get").text == "blue|-"
    assert row.id_hash == sessions.hashed(sid(client))
    assert sid(client) not in str(row.model_dump())


def test_what_a_session_bears_is_noise_to_whoever_reads_the_table(
    client: FlaskClient, runtime: Runtime
) -> None:
    client.get("/set/blue")
    (row,) = rows(runtime)
    assert b"blue" not in row.data
    client.get("/set/green")
    assert client.get("/get").text == "green|-"
    assert b"green" not in rows(runtime)[0].data


@pytest.mark.parametrize("data", [b'{"colour":"blue"}', b"{}", b"", b"x" * 200])
def test_a_session_that_does_not_open_is_none(client: FlaskClient, runtime: Runtime, data: bytes) -> None:
    client.get("/set/blue")

    def spoil(tx: Transaction) -> None:
        tx.session.connection().execute(update(WebSession).values(data=data))

    runtime.transact(SYSTEM, spoil)
    assert client.get("/get").text == "-|-"
    client.get("/set/red")
    assert client.get("/get").text == "red|-"


def test_an_id_that_was_not_given_out_is_never_taken_up(client: FlaskClient, runtime: Runtime) -> None:
    client.set_cookie("id", "A" * 43)
    client.get("/set/blue")
    assert sid(client) != "A" * 43


def test_signing_in_gives_a_new_id_and_kills_the_old(
    client: FlaskClient, app: Flask, runtime: Runtime
) -> None:
    client.get("/set/blue")
    old = sid(client)
    client.get("/sign-in/7")
    assert sid(client) != old
    assert client.get("/get").text == "blue|7"
    thief = app.test_client()
    thief.set_cookie("id", old)
    assert thief.get("/get").text == "-|-"
    assert [row.staff_id for row in rows(runtime)] == [7]


def test_all_sessions_of_a_person_can_be_ended(app: Flask, runtime: Runtime) -> None:
    phone, desk, other = (app.test_client() for _ in range(3))
    phone.get("/sign-in/7")
    desk.get("/sign-in/7")
    other.get("/sign-in/8")
    assert runtime.transact(SYSTEM, lambda tx: sessions.revoke_all(tx.session, 7)) == 2
    assert phone.get("/get").text == "-|-"
    assert desk.get("/get").text == "-|-"
    assert other.get("/get").text == "-|8"


def test_a_revoked_session_is_not_brought_back_by_a_late_save(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    with app.test_request_context("/get", headers={"Cookie": f"id={sid(client)}"}):
        state = sessions.current_session()
        assert state.staff_id == 7
        runtime.transact(SYSTEM, lambda tx: sessions.revoke_all(tx.session, 7))
        state["value"] = "late"
        app.session_interface.save_session(app, state, app.response_class())
    assert rows(runtime) == []


def test_staff_idle_and_absolute_ends(app: Flask, runtime: Runtime) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    forward(runtime, minutes=29)
    assert client.get("/get").text == "-|7"
    for _ in range(23):
        forward(runtime, minutes=29)
        client.get("/get")
    assert client.get("/get").text == "-|7"
    forward(runtime, minutes=29)
    assert client.get("/get").text == "-|-"


def test_an_idle_session_ends(app: Flask, runtime: Runtime) -> None:
    staff, applicant = app.test_client(), app.test_client()
    staff.get("/sign-in/7")
    applicant.get("/set/blue")
    forward(runtime, minutes=31)
    assert staff.get("/get").text == "-|-"
    assert applicant.get("/get").text == "blue|-"
    forward(runtime, hours=24)
    assert applicant.get("/get").text == "-|-"
    wire(runtime)
    assert runtime.run_due() == 2
    assert runtime.run_due() == 0
    assert rows(runtime) == []


def test_use_is_noted_at_most_every_five_minutes(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/set/blue")
    first = rows(runtime)[0].last_seen_at
    forward(runtime, minutes=4)
    client.get("/get")
    assert rows(runtime)[0].last_seen_at == first
    forward(runtime, minutes=1)
    client.get("/get")
    assert rows(runtime)[0].last_seen_at == first + dt.timedelta(minutes=5)


def test_the_way_out_forgets_everything(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/set/blue")
    old = sid(client)
    answer = client.get("/exit")
    assert answer.status_code == 303
    assert answer.location == "https://www.bbc.co.uk/weather"
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert sid(client) == ""
    client.set_cookie("id", old)
    assert client.get("/get").text == "-|-"
    assert rows(runtime) == []


def test_the_cookie_is_out_of_reach(client: FlaskClient) -> None:
    cookie = SimpleCookie(client.get("/set/blue").headers["Set-Cookie"])["id"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""
    assert cookie["expires"] == ""


def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    app = Flask("sample", static_folder=None)
    app.testing = True
    install(app, make_runtime(tmp_path, "https://help.example.org"))
    add_pages(app)
    answer = app.test_client().get("/set/blue", base_url="https://help.example.org")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-id"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
