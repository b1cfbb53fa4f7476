"""Attacks on the pages that anybody can reach, and on forms in general: see docs/threat-model.md for all of them."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.applications.helpers import apply, everything_in, hidden, load, person
from tests.integration.applications.test_journey import STEPS, app_over, post, send, write
from tests.integration.review.helpers import PASSWORD, SECRET
from tests.integration.staff.signing import sign_in

MARKUP = '<script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'
INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE application; --",
    '" OR 1=1 --',
    "%' ESCAPE '!",
    "\\' UNION SELECT body FROM audit_event --",
)


@pytest.fixture
def app(sqlite_runtime: Runtime) -> Flask:
    load(sqlite_runtime)
    return app_over(sqlite_runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def staff(app: Flask, sqlite_runtime: Runtime) -> FlaskClient:
    """Somebody who may do everything that one person may."""
    sqlite_runtime.transact(operator(), add, "all@example.org", list(Role), PASSWORD, SECRET)
    client = app.test_client()
    assert sign_in(client, sqlite_runtime, "all@example.org").status_code == 303
    return client


def test_attack_14_markup_of_an_applicant_is_text_to_whoever_reads_it(
    client: FlaskClient, staff: FlaskClient, sqlite_runtime: Runtime
) -> None:
    write(client, {**STEPS, "1": {"working_name": MARKUP[:60]}, "7": {"statement": MARKUP}})
    ref, _ = send(client)
    sqlite_runtime.run_due("checks")
    seen = staff.get(f"/staff/cases/{ref}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen.text
    assert "{{7*7}}" in seen.text
    assert "<script>alert" not in seen.text
    policy = seen.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy


@pytest.mark.parametrize("words", INJECTIONS)
def test_attack_16_sql_in_any_search_or_address_finds_and_changes_nothing(
    client: FlaskClient, staff: FlaskClient, sqlite_runtime: Runtime, words: str
) -> None:
    receipt = apply(sqlite_runtime, person(1))
    kept = {
        name: rows for name, rows in everything_in(sqlite_runtime).items() if name in ("application", "staff")
    }
    assert post(client, "/status", {"reference": words, "claim_code": words}).status_code == 422
    assert post(client, "/apply/return", {"code": words}).status_code == 422
    for path, field in (
        ("/staff/gifts", "ref"),
        ("/staff/ledger/journals", "cause"),
        ("/staff/queue", "round"),
    ):
        answer = staff.get(path, query_string={field: words})
        assert answer.status_code < 500, path
        assert receipt.ref not in answer.text
        assert (
            "audit_event" not in answer.text.replace(str(words), "").replace("UNION SELECT body FROM", "x")
            or path
        )
    assert staff.get(f"/staff/cases/{words}").status_code == 404
    for name, rows in kept.items():
        assert everything_in(sqlite_runtime)[name] == rows


class Statements:
    """Counts what is asked of the database."""

    def __init__(self, runtime: Runtime) -> None:
        self.engines = (runtime.database.writer, runtime.database.reader)
        self.asked: list[str] = []

    def __enter__(self) -> "Statements":
        for engine in self.engines:
            event.listen(engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self.engines:
            event.remove(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.asked.append(statement)


def test_attack_17_a_wrong_code_and_an_unknown_reference_cost_the_same_work(
    app: Flask, sqlite_runtime: Runtime
) -> None:
    """The same statements in the same order: nothing to tell them apart by time."""
    receipt = apply(sqlite_runtime, person(1))
    work = []
    for reference in (receipt.ref, "ZZZZ-ZZZZ"):
        client = app.test_client()
        unseen = hidden(client, "/status")
        with Statements(sqlite_runtime) as statements:
            answer = client.post("/status", data=unseen | {"reference": reference, "claim_code": "0" * 28})
        assert answer.status_code == 422
        work.append(statements.asked)
    assert work[0] == work[1]


def rules_that_change(app: Flask) -> Iterator[tuple[str, str]]:
    """Every address that takes a POST, with something in place of its parts."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/webhooks/"):
            yield str(rule.endpoint), re.sub(r"<[^>]+>", "1", rule.rule)


def test_attack_19_every_form_without_its_token_is_refused_and_changes_nothing(
    app: Flask, client: FlaskClient, staff: FlaskClient, sqlite_runtime: Runtime
) -> None:
    """Every address that takes a POST, also those that come later; the processor's events bear a signature instead."""
    receipt = apply(sqlite_runtime, person(1))
    write(client)
    given = {"reference": receipt.ref, "claim_code": receipt.claim_code}
    assert post(client, "/status", given).location == "/status/case"
    before = everything_in(sqlite_runtime)
    found = dict(rules_that_change(app))
    assert len(found) > 40
    for endpoint, path in found.items():
        asking = staff if path.startswith("/staff/") else client
        answer = asking.post(path, data={"sure": "y", "go": "y"})
        assert answer.status_code == 400, (endpoint, path, answer.location)
    after = everything_in(sqlite_runtime)
    assert {name for name in before if after[name] != before[name]} <= {"web_session"}


def test_a_session_begun_by_somebody_else_is_not_the_one_that_signs_in(
    app: Flask, sqlite_runtime: Runtime
) -> None:
    """Fixation: signing in at /status gives a new id, and the old one opens nothing."""
    receipt = apply(sqlite_runtime, person(1))
    client = app.test_client()
    unseen = hidden(client, "/status")
    planted = client.get_cookie("id")
    assert planted is not None
    given = unseen | {"reference": receipt.ref, "claim_code": receipt.claim_code}
    assert client.post("/status", data=given).location == "/status/case"
    own = client.get_cookie("id")
    assert own is not None
    assert own.value != planted.value
    assert client.get("/status/case").status_code == 200
    attacker = app.test_client()
    attacker.set_cookie("id", planted.value)
    assert attacker.get("/status/case").location == "/status"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Server", "Forwarded"])
def test_a_forged_host_is_in_no_link_and_no_redirect(client: FlaskClient, header: str) -> None:
    """Links in mails come from HARDSHIP_BASE_URL; those on pages name no host at all."""
    forged = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    for path in (
        "/",
        "/apply",
        "/status",
        "/donate",
        "/status/case",
        "/staff/queue",
        "/apply/1",
        "/exit",
        "/nowhere",
    ):
        answer = client.get(path, headers=forged)
        said = answer.text + "".join(value for name, value in answer.headers.items() if name != "Set-Cookie")
        assert "evil.example" not in said, path


@pytest.mark.parametrize("path", ["/status", "/apply", "/exit", "/leaving", "/apply/return"])
def test_no_page_of_applicants_follows_an_address_that_it_is_given(client: FlaskClient, path: str) -> None:
    """An open redirect would lend our name to somebody else's page."""
    for name in ("next", "url", "return", "to", "back", "lang"):
        answer = client.get(path, query_string={name: "https://evil.example/"})
        assert "evil.example" not in (answer.location or "")


@pytest.mark.parametrize("typed", ["-1", "NaN", "1e308", "inf", "0x10", "12,34,56.7.8", "٣", "1200.001"])
def test_attack_23_an_amount_that_cannot_be_meant_is_an_error_at_its_field(
    client: FlaskClient, typed: str
) -> None:
    write(client, {number: fields for number, fields in STEPS.items() if number < "5"})
    answer = post(client, "/apply/5", {"income_before": typed, "income_now": "0"})
    assert answer.status_code == 422
    assert 'href="#income_before"' in answer.text
    assert f'value="{typed}"' in answer.text
