"""Everything that applicants read is said in every language."""

import re

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


POLITE = re.compile(
    r"dumneavoastr|\b(?:vă|v-a|v-ați|aveți|puteți|scrieți|alegeți|trimiteți|verificați|deschideți|așteptați"
    r"|acoperiți|bifați|apăsați|completați|notați|folosiți|primiți)\b",
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(r"\b(?:I|me|my)\b")


def test_the_romanian_speaks_to_everybody_as_a_friend_does() -> None:
    """Pages say "tu" throughout; only what the person says to us ("Do not contact me") is in the plural."""
    said = catalogue("ro")
    plain = [key for key in messages() if isinstance(key, str) and not FIRST_PERSON.search(key)]
    assert len(plain) > 200
    assert not {key: said.ugettext(key) for key in plain if POLITE.search(said.ugettext(key))}
