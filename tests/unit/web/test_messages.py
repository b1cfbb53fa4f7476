"""Everything that applicants read is said in every language."""

import pytest

from hardship.web.language import ENGLISH, LANGUAGES, catalogue
from tools.messages import faults, messages

OTHERS = [code for code in LANGUAGES if code != ENGLISH]


@pytest.mark.parametrize("code", OTHERS)
def test_no_message_is_missing_fuzzy_left_over_or_fills_in_other_values(code: str) -> None:
    assert not faults(code), "run `python -m tools.messages`, then fill in what has no translation"


@pytest.mark.parametrize("code", OTHERS)
def test_no_message_is_said_twice_in_english_by_mistake(code: str) -> None:
    """A translation that is the English text of several words is one that was forgotten."""
    said = catalogue(code)
    same = [key for key in messages() if isinstance(key, str) and " " in key and said.ugettext(key) == key]
    assert not same


def test_the_pages_that_applicants_see_are_among_what_is_searched() -> None:
    found = messages()
    for wanted in (
        "What shall we call you?",
        "We said yes",
        "On its way",
        "Hello",
        "Page not found",
        "There is a problem",
    ):
        assert wanted in found
