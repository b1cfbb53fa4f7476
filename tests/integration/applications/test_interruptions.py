"""Forms left open, sessions that are over, two tabs, a browser that takes no cookies: nothing that was kept is lost."""

import datetime as dt
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.applications.owndata.models import Recovery
from hardship.applications.service import Receipt
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.web.filters import moment
from tests.integration.applications.helpers import apply, hidden, load, person
from tests.integration.applications.test_journey import STEPS, app_over, begin, page, post, send, write
from tests.integration.applications.walking import signed_in

FORGOTTEN = "not used for a while"


@pytest.fixture
def app(sqlite_runtime: Runtime) -> Flask:
    load(sqlite_runtime)
    return app_over(sqlite_runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def receipt(app: Flask, sqlite_runtime: Runtime) -> Receipt:
    return apply(sqlite_runtime, person(1, safe_contact="email"))


def later(runtime: Runtime, hours: float) -> None:
    """So many hours go by."""
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(hours=hours))


def test_a_browser_without_cookies_is_told_what_to_do(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    for path, fields in (("/apply", {"for_me": "y"}), ("/status", {"reference": "A", "claim_code": "B"})):
        answer = client.post(path, data=hidden(client, path) | fields)
        assert answer.status_code == 400
        text = page(answer)
        assert "Allow them for this page, or use another browser" in text
        assert 'href="/exit"' in text


def test_whoever_saves_late_is_told_the_day_until_which_it_is_kept(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    """Seven days count from the start: on the fourth day "for 7 days" would be a promise nobody keeps."""
    write(client, {"1": STEPS["1"]})
    for _day in range(4):
        later(sqlite_runtime, 20)
        client.get("/apply/2")
    kept_until = sqlite_runtime.clock.now() + dt.timedelta(days=7, hours=-80)
    text = page(client.get("/apply/save"))
    assert f"until {moment(kept_until)}. After that we delete" in text
    assert "7 days" not in text
    later(sqlite_runtime, 7 * 24 - 80)
    assert client.get("/apply/2").location == "/apply"


def test_a_form_left_open_for_hours_is_taken(client: FlaskClient, sqlite_runtime: Runtime) -> None:
    write(client, {"1": STEPS["1"], "2": STEPS["2"]})
    unseen = hidden(client, "/apply/3")
    later(sqlite_runtime, 5)
    assert client.post("/apply/3", data=unseen | STEPS["3"]).location == "/apply/4"


def test_a_form_sent_after_the_session_is_over_says_so_and_the_code_goes_on(
    client: FlaskClient, sqlite_runtime: Runtime
) -> None:
    write(client, {"1": STEPS["1"], "2": STEPS["2"]})
    code = re.search('id="return-code">([^<]+)<', page(client.get("/apply/save")))
    assert code
    unseen = hidden(client, "/apply/3")
    later(sqlite_runtime, 25)
    answer = client.post("/apply/3", data=unseen | STEPS["3"])
    assert answer.location == "/apply"
    assert FORGOTTEN in page(client.get("/apply"))
    assert FORGOTTEN not in page(client.get("/apply"))
    assert post(client, "/apply/return", {"code": code[1]}).location == "/apply/check"
    assert client.get("/apply/check").location == "/apply/3"
    assert 'value="Mae"' in page(client.get("/apply/1"))


def test_whoever_only_looks_after_the_exit_is_told_nothing_of_a_visit(client: FlaskClient) -> None:
    begin(client)
    client.get("/exit")
    assert client.get("/apply/1").location == "/apply"
    assert FORGOTTEN not in page(client.get("/apply"))
    assert client.get("/status/case").location == "/status"
    assert FORGOTTEN not in page(client.get("/status"))


def test_a_page_of_a_case_left_open_says_that_it_was_closed_and_nothing_was_sent(
    client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt
) -> None:
    signed_in(client, receipt)
    unseen = hidden(client, "/status/withdraw")
    later(sqlite_runtime, 25)
    assert client.post("/status/withdraw", data=unseen | {"sure": "y"}).location == "/status"
    text = page(client.get("/status"))
    assert FORGOTTEN in text
    assert "Nothing was sent" in text
    signed_in(client, receipt)
    assert "You took it back" not in page(client.get("/status/case"))


def test_two_tabs_write_one_form(client: FlaskClient) -> None:
    begin(client)
    first, second = hidden(client, "/apply/1"), hidden(client, "/apply/3")
    assert client.post("/apply/3", data=second | STEPS["3"]).status_code == 302
    assert client.post("/apply/1", data=first | {"working_name": "Mae"}).status_code == 302
    assert client.post("/apply/1", data=first | {"working_name": "May"}).status_code == 302
    assert 'value="May"' in page(client.get("/apply/1"))
    assert 'value="e8 1aa"' in page(client.get("/apply/3"))


def test_a_second_form_begun_in_another_tab_does_not_send_the_first(client: FlaskClient) -> None:
    write(client)
    ref, _code = send(client)
    begin(client)
    assert client.get("/apply/sent").location == "/apply/check"
    assert client.get("/apply/check").location == "/apply/1"
    assert 'value="Mae"' not in page(client.get("/apply/1"))
    assert ref not in page(client.get("/apply/1"))


def test_asking_for_the_slip_too_early_loses_nothing(client: FlaskClient) -> None:
    write(client, {"1": STEPS["1"]})
    assert client.get("/apply/slip").location == "/apply/check"
    assert 'value="Mae"' in page(client.get("/apply/1"))


@pytest.mark.parametrize(
    "told", [{}, {"reference": "AAAA-BBBB"}, {"email": "maya@example.org", "phone": " "}]
)
def test_a_lost_code_is_not_looked_for_by_fewer_than_two_things(
    client: FlaskClient, sqlite_runtime: Runtime, receipt: Receipt, told: dict[str, str]
) -> None:
    answer = post(client, "/status/lost", told)
    assert answer.status_code == 422
    text = page(answer)
    assert "Fill in two things or more" in text
    assert all(f'value="{one.strip()}"' in text for one in told.values() if one.strip())
    with sqlite_runtime.read() as session:
        assert not session.exec(select(Recovery)).all()
