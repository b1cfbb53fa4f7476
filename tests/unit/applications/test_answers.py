"""The one form in which each answer is kept, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.applications.answers import FIELDS, one_line, safe_contact, tidy, visible
from hardship.core.errors import BadInput

BANK = {"legal_name": "Maya Example", "sort_code": "20-29-59", "account_number": "12345678"}


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("birth_year", "1990-05-01", "1990"),
        ("outward_postcode", "e8 1aa", "E8"),
        ("phone", "07700 900123", "+447700900123"),
        ("income_now", "300", "300.00"),
        ("working_name", " Mae\u200b  \u202eB ", "Mae B"),
        ("connected", "No", "no"),
        ("statement", "One.\r\nTwo.\x00", "One.\nTwo."),
    ],
)
def test_an_answer_is_kept_in_one_form(field: str, typed: str, kept: str) -> None:
    assert tidy({field: typed}) == {field: kept}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("birth_year", "ninety"),
        ("birth_year", "9" * 50),
        ("outward_postcode", "nowhere"),
        ("phone", "55"),
        ("email", "maya"),
        ("email", "a" * 300 + "@example.org"),
        ("income_now", "-177"),
        ("income_now", "1e308"),
        ("income_now", "NaN"),
        ("income_now", "٣"),
        ("income_now", "1000000.01"),
        ("reason", "greed"),
        ("connected", "perhaps"),
        ("statement", "x" * 5_001),
        ("legal_name", "x" * 71),
        ("nationality", "none of your business"),
        ("account_number", "12345678"),
    ],
)
def test_a_wrong_answer_names_its_field_and_not_what_was_typed(field: str, typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        tidy({field: typed})
    assert refused.value.where in (field, "sort_code")
    assert typed not in str(refused.value)


def test_bank_details_are_kept_as_six_and_eight_digits() -> None:
    kept = tidy(BANK | {"sort_code": "２０２９５９", "account_number": "1234567"})
    assert (kept["sort_code"], kept["account_number"]) == ("202959", "01234567")


@pytest.mark.parametrize("missing", BANK)
def test_bank_details_are_all_three_or_none(missing: str) -> None:
    if missing == "legal_name":
        with pytest.raises(BadInput, match="needed with the bank details"):
            tidy(BANK | {missing: ""})
    else:
        with pytest.raises(BadInput) as refused:
            tidy(BANK | {missing: " "})
        assert refused.value.where == missing


def test_a_safe_channel_needs_its_address() -> None:
    assert safe_contact({}).value == "none"
    assert safe_contact({"safe_contact": "sms", "phone": "07700 900123"}).value == "sms"
    for wrong in (
        {"safe_contact": "email"},
        {"safe_contact": "sms", "email": "a@example.org"},
        {"safe_contact": "owl"},
    ):
        with pytest.raises(BadInput):
            safe_contact(wrong)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=80)))
def test_any_text_is_kept_tidy_or_refused_by_name_and_tidying_again_changes_nothing(
    answers: dict[str, str],
) -> None:
    try:
        kept = tidy(answers)
    except BadInput as error:
        refused_at = error.where
        kept = {}
    else:
        refused_at = FIELDS[0]
    assert refused_at in FIELDS
    assert tidy(kept) == kept
    assert set(kept) <= set(answers)


@given(st.text(max_size=200))
def test_shown_text_has_no_hidden_characters(text: str) -> None:
    assert not set(visible(text)) & set("\x00\x07\u202e\u2066")
    assert "\n" not in one_line(text)
