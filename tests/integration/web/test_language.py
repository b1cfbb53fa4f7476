"""Pages speak the language that was chosen, and staff's pages English."""

import datetime as dt

import pytest
from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.core.runtime import Runtime
from hardship.web import filters
from hardship.web.language import _, _n, lazy, speaking
from tests.integration.applications.helpers import load

EXIT = "Exit this page"
IESI = "Ieși din această pagină"


@pytest.fixture
def client(sqlite_runtime: Runtime) -> FlaskClient:
    """A browser at a fund whose round is open."""
    load(sqlite_runtime)
    return create_app(sqlite_runtime, testing=True).test_client()


def page(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_a_choice_is_kept_and_leaves_the_address_clean(client: FlaskClient) -> None:
    assert '<html lang="en-GB"' in page(client, "/apply")
    answer = client.get("/apply?from=check&lang=ro")
    assert (answer.status_code, answer.location) == (303, "/apply?from=check")
    for path in ("/apply", "/status", "/"):
        assert '<html lang="ro"' in page(client, path), path
    client.get("/status?lang=en")
    assert '<html lang="en-GB"' in page(client, "/apply")


def test_every_public_page_offers_the_other_language_in_its_own_words(client: FlaskClient) -> None:
    assert 'href="/apply?lang=ro" lang="ro" hreflang="ro"' in page(client, "/apply")
    client.get("/apply?lang=ro")
    assert 'href="/status?lang=en" lang="en" hreflang="en"' in page(client, "/status")


def test_what_is_no_language_of_ours_is_english(client: FlaskClient) -> None:
    for code in ("xx", "", "../../etc", "ro-RO", "%00", "r" * 5000):
        assert client.get("/apply", query_string={"lang": code}).status_code in {303, 404}
        assert '<html lang="en-GB"' in page(client, "/apply")


def test_staff_pages_stay_english(client: FlaskClient) -> None:
    client.get("/apply?lang=ro")
    assert '<html lang="en-GB"' in page(client, "/staff/sign-in")
    assert client.get("/staff/sign-in?lang=ro").status_code == 200


def test_leaving_forgets_the_choice(client: FlaskClient) -> None:
    client.get("/apply?lang=ro")
    client.get("/exit")
    assert '<html lang="en-GB"' in page(client, "/apply")


def test_outside_a_request_it_is_english_unless_somebody_speaks() -> None:
    label = lazy(EXIT)
    assert (_(EXIT), str(label)) == (EXIT, EXIT)
    with speaking("ro"):
        assert (_(EXIT), str(label)) == (IESI, IESI)
        with speaking("xx"):
            assert _(EXIT) == EXIT
    assert _(EXIT) == EXIT
    assert _n("%(num)d grant", "%(num)d grants", 2) == "2 grants"


def test_days_are_written_in_the_language_spoken() -> None:
    at = dt.datetime(2020, 4, 3, 9, 5, tzinfo=dt.UTC)
    said = [(filters.day(at), filters.short_day(at), filters.weekday(at), filters.moment(at))]
    with speaking("ro"):
        said.append((filters.day(at), filters.short_day(at), filters.weekday(at), filters.moment(at)))
    assert said == [
        ("3 April 2020", "3 Apr 2020", "Friday 3 April", "3 April 2020 at 10:05am"),
        ("3 aprilie 2020", "3 apr. 2020", "vineri, 3 aprilie", "3 aprilie 2020, 10:05"),
    ]
