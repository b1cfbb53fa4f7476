"""Forms: exact amounts, dates that cannot crash a page, errors that lead to their field, nothing typed lost."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.money import display
from hardship.web.fields import read_amount

GOOD = {
    "name": "Maya",
    "amount": "£1,000.00",
    "day": ["3", "4", "2020"],
    "contact": "none",
    "kind": "b",
    "story": "",
    "sure": "y",
}


def send(client: FlaskClient, **changes: Any) -> BeautifulSoup:
    """The page that answers the sample form, sent with these changes."""
    page = BeautifulSoup(client.get("/form").text, "html.parser")
    token = page.select_one("input[name=csrf_token]")
    assert token is not None
    answer = client.post("/form", data={**GOOD, **changes, "csrf_token": token["value"]})
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("250", 25_000),
        ("£1,250.50", 125_050),
        ("£ 5", 500),
        ("1.5", 150),
        ("0", 0),
        ("２５０", 25_000),  # noqa: RUF001
        ("999999999999", 99_999_999_999_900),
        ("1,000,000.01", 100_000_001),
    ],
)
def test_amounts_as_people_write_them(typed: str, pence: int) -> None:
    assert read_amount(typed) == pence


@pytest.mark.parametrize(
    "typed",
    [
        "12.345",
        "NaN",
        "1e3",
        "-5",
        "−5",
        "(5)",
        "12,50",
        "1,2345",
        "",
        "£",
        "5 000",
        ".5",
        "5.",
        "1" * 13,
        "Infinity",
        "10²",
    ],
)
def test_amounts_that_cannot_be_meant_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Enter an amount"):
        read_amount(typed)


@given(st.integers(0, 99_999_999_999_999))
def test_every_amount_shown_is_read_back(pence: int) -> None:
    assert read_amount(display(pence)) == pence


def test_a_good_form_goes_through(client: FlaskClient) -> None:
    assert send(client).get_text() == "Maya|100000|2020-04-03|none|b"


def test_errors_are_summed_up_and_lead_to_their_fields(client: FlaskClient) -> None:
    page = send(client, name="", amount="12.345", day=["", "4", "2020"], contact="", sure="")
    links = {a["href"]: a.get_text() for a in page.select(".govuk-error-summary a")}
    assert links == {
        "#name": "Enter your name",
        "#amount": "Enter an amount in pounds and pence, like 250 or 1,250.50",
        "#day": "The date must include a day",
        "#contact": "Choose one",
        "#sure": "Tick the box",
    }
    for target in links:
        found = page.select(target)
        assert len(found) == 1
        assert found[0].name == "input"
    assert page.title is not None
    assert page.title.get_text().startswith("Error: ")


def test_what_was_typed_stays(client: FlaskClient) -> None:
    page = send(client, name="Maya " * 10, amount="12.345", day=["31", "2", "2020"], kind="b")
    values = {field.get("id"): field.get("value") for field in page.select("input")}
    assert values["name"] == ("Maya " * 10).strip()
    assert values["amount"] == "12.345"
    assert [values["day"], values["day-month"], values["day-year"]] == ["31", "2", "2020"]
    chosen = page.select_one("option[selected]")
    assert chosen is not None
    assert chosen["value"] == "b"


@pytest.mark.parametrize(
    "parts", [[], ["3"], ["3", "4"], ["3", "4", "2020", "5"], ["x", "y", "z"], ["3", "4", "20"]]
)
def test_a_date_of_any_number_of_parts_is_answered(client: FlaskClient, parts: list[str]) -> None:
    page = send(client, day=parts)
    assert "2020-04-03" in page.get_text() or page.select_one(".govuk-error-summary") is not None


@pytest.mark.parametrize("value", ["other", "None2", "<script>"])
def test_a_choice_that_was_not_on_offer_is_refused(client: FlaskClient, value: str) -> None:
    assert "Choose one of the answers" in send(client, contact=value).get_text()


def test_control_characters_and_long_texts_are_refused(client: FlaskClient) -> None:
    page = send(client, name="Ma\x00ya", story="x" * 51)
    assert "Remove the characters that cannot be shown" in page.get_text()
    assert "50 characters or fewer" in page.get_text()


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x85", "\ufffe", "\U0001ffff", "\ufdd0"])
def test_what_no_page_may_hold_is_refused_and_not_said_back(client: FlaskClient, char: str) -> None:
    page = send(client, name=f"Ma{char}ya", amount=f"1{char}x", day=[char, "4", "2020"])
    assert "Remove the characters that cannot be shown" in page.get_text()
    assert char not in str(page)
    field = page.select_one("[name=name]")
    assert field is not None
    assert field["value"] == "Maya"


def test_no_empty_hints_and_no_double_ids(client: FlaskClient) -> None:
    html = client.get("/form").text
    page = BeautifulSoup(html, "html.parser")
    assert all(
        hint.get_text(strip=True) for hint in page.select(".govuk-hint:not(.govuk-character-count__message)")
    )
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "You look at the page yourself" in html


def test_nothing_is_inline(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/form").text, "html.parser")
    assert not page.select("[style], style, script:not([src])")
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]


def test_the_tab_says_only_the_public_name(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/form").text, "html.parser")
    assert page.title is not None
    assert page.title.get_text() == "Step 1 of 2 – Support"
