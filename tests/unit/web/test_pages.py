"""Headers, access, error pages, assets, limits, filters and the layouts."""

import datetime as dt
import gzip
import json
import subprocess
import sys
from pathlib import Path

import html5lib
import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlmodel import select

from hardship.core.clock import SetClock
from hardship.core.errors import Broken, Conflict, Forbidden, NotFound, Refused
from hardship.core.money import Money
from hardship.core.runtime import Runtime
from hardship.web import access, assets, filters, headers, limits
from hardship.web.access import Access, Kind, public, requires
from hardship.web.models import RateLimit
from hardship.web.setup import install
from tests.unit.web.conftest import add_pages, make_runtime


def live_app(folder: Path) -> Flask:
    """The application as it is in production: errors become pages."""
    app = Flask("sample", static_folder=None)
    install(app, make_runtime(folder))
    add_pages(app)
    return app


# --- Headers ---


def test_every_answer_carries_the_headers(client: FlaskClient) -> None:
    for address in ("/get", "/nowhere", "/form"):
        sent = client.get(address).headers
        assert sent["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'; style-src 'self'"
        )
        assert "unsafe" not in sent["Content-Security-Policy"]
        assert sent["Cache-Control"] == "no-store"
        assert sent["Referrer-Policy"] == "no-referrer"
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in sent


def test_a_checkout_may_be_a_forms_goal_on_its_own_page_only(app: Flask, client: FlaskClient) -> None:
    @app.get("/give")
    @public
    def give() -> str:
        headers.allow_form_to("https://checkout.example.com/pay?x=1")
        return "give"

    assert (
        "form-action 'self' https://checkout.example.com;"
        in client.get("/give").headers["Content-Security-Policy"]
    )
    assert "checkout" not in client.get("/get").headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https:", "'none'"])
def test_only_an_address_can_be_a_forms_goal(app: Flask, address: str) -> None:
    with app.test_request_context("/"), pytest.raises(ValueError, match="web address"):
        headers.allow_form_to(address)


# --- Access ---


def test_a_view_without_a_declaration_fails_loudly_in_tests(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/open", endpoint="open", view_func=lambda: "open")
    assert access.undeclared(app) == ["open"]
    with pytest.raises(RuntimeError, match="declares no access"):
        client.get("/open")


def test_a_view_without_a_declaration_is_shut_in_production(tmp_path: Path) -> None:
    app = live_app(tmp_path)
    app.add_url_rule("/open", endpoint="open", view_func=lambda: "open")
    assert app.test_client().get("/open").status_code == 403


def test_guards_decide(app: Flask, client: FlaskClient) -> None:
    @app.get("/money")
    @requires("see_money", "move_money")
    def see_money() -> str:
        return "money"

    assert client.get("/money").status_code == 403
    asked: list[Access] = []
    access.guard(app, Kind.PERMISSION, asked.append)
    assert client.get("/money").text == "money"
    assert asked == [Access(Kind.PERMISSION, ("see_money", "move_money"))]

    def refuse(_: Access) -> None:
        raise Forbidden("Only finance may see this")

    access.guard(app, Kind.PERMISSION, refuse)
    answer = client.get("/money")
    assert answer.status_code == 403
    assert "Only finance may see this." in answer.text


def test_requires_needs_a_permission() -> None:
    with pytest.raises(ValueError, match="at least one"):
        requires()


def test_a_change_asked_for_by_another_site_is_refused(client: FlaskClient) -> None:
    assert client.post("/form", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


# --- Error pages ---


def test_a_stale_form_says_what_to_do(client: FlaskClient) -> None:
    answer = client.post("/form", data={"name": "Maya"})
    assert answer.status_code == 400
    assert "open too long" in answer.text
    assert "nothing is lost" in answer.text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound("no such case"), 404, "No such case."),
        (Conflict("it was paid already", fix="Open it again."), 409, "Open it again."),
        (Refused("not enough money"), 409, "Not enough money."),
        (Broken("keyring of 0xBEEF missing"), 500, "something went wrong"),
    ],
)
def test_our_refusals_are_pages(
    app: Flask, client: FlaskClient, error: Exception, status: int, words: str
) -> None:
    @app.get("/refuse")
    @public
    def refuse() -> str:
        raise error

    answer = client.get("/refuse")
    assert answer.status_code == status
    assert words in answer.text
    assert "0xBEEF" not in answer.text


def test_statuses_have_pages(client: FlaskClient) -> None:
    assert client.get("/nowhere").status_code == 404
    assert "Page not found" in client.get("/nowhere").text
    answer = client.post("/get", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_crash_tells_nothing_to_the_page_or_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = live_app(tmp_path).test_client().get("/boom")
    logged = capsys.readouterr().err
    assert answer.status_code == 500
    assert "something went wrong" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    for text in (answer.text, logged):
        assert "Maya" not in text
    assert "KeyError" in logged


def test_a_page_that_cannot_be_drawn_is_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = live_app(tmp_path)
    monkeypatch.setattr("hardship.web.errors.render_template", lambda *a, **k: 1 / 0)
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert "Sorry" in answer.text


# --- Assets ---


def test_assets_are_named_by_content_and_kept(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        address = assets.asset("applicant.css")
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert gzip.decompress(answer.data) == client.get(address).data
    assert client.get("/static/manifest.json").status_code == 404
    assert client.get("/static/../assets.py").status_code == 404


def test_the_first_visit_is_small(client: FlaskClient) -> None:
    total = len(client.get("/form").data)
    total += sum(
        len(client.get(f"/static/{assets.manifest()[n]}").data) for n in ("applicant.css", "applicant.js")
    )
    assert total <= 150_000  # even uncompressed


def test_nothing_of_another_house_is_in_the_styles() -> None:
    for name in ("applicant.css", "staff.css"):
        text = (assets.FOLDER / assets.manifest()[name]).read_text()
        assert "GDS" not in text
        assert "@font-face" not in text


# --- Limits ---


def test_tries_are_counted_and_end_with_the_window(runtime: Runtime) -> None:
    limit = limits.Limit("sign-in", 3, 60)
    assert [limits.allowed(limit, "1.2.3.4", runtime=runtime) for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert limits.allowed(limit, "5.6.7.8", runtime=runtime)
    with pytest.raises(limits.TooMany) as caught:
        limits.check(limit, "1.2.3.4", runtime=runtime)
    assert 0 < caught.value.retry_after <= 60
    limits.forget(limit, "1.2.3.4", runtime=runtime)
    assert limits.allowed(limit, "1.2.3.4", runtime=runtime)
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(days=2))
    assert limits.allowed(limit, "5.6.7.8", runtime=runtime)
    assert limits.purge_old(runtime) == 1


def test_the_table_of_limits_names_nobody(runtime: Runtime) -> None:
    limits.allowed(limits.Limit("status", 3, 60), "203.0.113.9", runtime=runtime)
    with runtime.read() as database:
        (row,) = database.exec(select(RateLimit)).all()
    assert "203.0.113.9" not in row.key
    assert len(row.key) == 32


@pytest.mark.parametrize(
    ("remote", "key"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "unknown")],
)
def test_visitors_are_households(app: Flask, remote: str, key: str) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": remote}):
        assert limits.visitor() == key


def test_too_many_tries_are_a_page(app: Flask, client: FlaskClient) -> None:
    @app.get("/try")
    @public
    def try_it() -> str:
        limits.check(limits.Limit("try", 1, 60), limits.visitor())
        return "ok"

    assert client.get("/try").text == "ok"
    answer = client.get("/try")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 60


# --- Filters ---


def test_money_and_numbers_in_words() -> None:
    assert filters.money(123_450) == "£1,234.50"
    assert filters.money(Money(5)) == "£0.05"
    assert filters.money(None) == "–"
    assert filters.pounds(20_000) == "£200"
    assert filters.pounds(20_050) == "£200.50"
    assert filters.number(1255) == "1,255"
    assert filters.plural(1, "grant") == "1 grant"
    assert filters.plural(1255, "entry", "entries") == "1,255 entries"
    assert [filters.percent(part, 1000) for part in (0, 1, 500, 999, 1000)] == [
        "0%",
        "under 1%",
        "50%",
        "99%",
        "100%",
    ]
    assert filters.label("info_requested") == "Info requested"


def test_days_are_those_of_london() -> None:
    late = dt.datetime(2020, 3, 31, 23, 30, tzinfo=dt.UTC)
    assert filters.day(late) == "1 April 2020"
    assert filters.moment(late) == "1 April 2020 at 12:30am"
    assert filters.weekday(dt.date(2020, 4, 7)) == "Tuesday 7 April"
    assert filters.short_day(None) == "–"
    assert filters.clock_time(dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)) == "midday"


# --- Layouts and macros ---

EVERYTHING = """
{% extends layout %}
{% import "web/macros/ui.html" as ui %}
{% import "web/macros/charts.html" as charts %}
{% block title %}Everything{% endblock %}
{% block content %}
<h1 class="govuk-heading-l">Everything</h1>
{{ ui.stats([{"label": "Paid", "value": 25100000 | money, "note": "of £251,000.00"}]) }}
{{ ui.steps([{"name": "Received", "state": "done"}, {"name": "Review", "state": "now", "note": "Soon"}]) }}
{% call ui.card("Case", aside=ui.state_tag("in_review")) %}{{ ui.summary([{"key": "State", "value": "In review"}]) }}{% endcall %}
{{ ui.table("Gifts", [{"text": "Ref", "header": true}, {"text": "Amount", "numeric": true}], [["G-1", 500 | money]], foot=["All", "£5.00"]) }}
{{ ui.empty("No gifts yet") }}
{% call ui.empty("No gifts yet", "Import a file.") %}<a class="govuk-link" href="/">Import</a>{% endcall %}
{{ ui.timeline([{"text": "Sent", "at": at, "who": "the system"}]) }}
{{ ui.chips([{"text": "All", "href": "/", "active": true, "count": 3}, {"text": "Mine", "href": "/"}]) }}
{% call ui.filter_bar() %}<div class="govuk-form-group"><label class="govuk-label" for="q">Find</label><input class="govuk-input" id="q" name="q"></div>{% endcall %}
{{ charts.bars([{"label": "Community", "value": 15}, {"label": "Match", "value": 10}]) }}
{{ charts.progress(2, 6) }}
{{ charts.columns("Grants a week", [{"label": "March", "first": 3, "second": 4}], "Community", "Match") }}
{{ ui.panel("Sent", "Your reference", "7K3M-9Q2X") }}
{% endblock %}
"""


@pytest.mark.parametrize("layout", ["web/public.html", "web/applicant.html", "web/staff.html"])
def test_layouts_and_macros_are_good_html(app: Flask, layout: str) -> None:
    nav = [{"text": "Queue", "href": "/staff/queue", "active": True, "count": 1200}]
    with app.test_request_context("/"):
        at = dt.datetime(2020, 4, 3, tzinfo=dt.UTC)
        html = render_template_string(EVERYTHING, layout=layout, at=at, nav_items=nav, staff_name="Ada")
    html5lib.HTMLParser(strict=True).parse(html)
    assert ("Everything – " in html) is (layout != "web/applicant.html")
    assert ('href="/exit"' in html) is (layout == "web/applicant.html")
    assert "£251,000.00" in html


def test_notices_are_shown_once(app: Flask, client: FlaskClient) -> None:
    client.get("/flash")
    first = client.get("/form").text
    assert "Batch made" in first
    assert "app-notice--warning" in first
    assert "Batch made" not in client.get("/form").text


def test_the_manifest_names_both_bundles() -> None:
    names = json.loads((assets.FOLDER / "manifest.json").read_text())
    assert {"applicant.css", "applicant.js", "staff.css", "staff.js", "icon.svg"} <= set(names)


def test_starting_the_application_does_not_load_the_pdf_library() -> None:
    code = "import sys, hardship.app; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("address", ["/get%00", "/get?state=%00", "/get?%00=x"])
def test_an_address_with_a_nul_is_no_page(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404
