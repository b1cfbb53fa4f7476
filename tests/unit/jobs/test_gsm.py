"""Every text is one message: 160 septets of the GSM alphabet, whatever names and addresses there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.jobs import gsm
from hardship.jobs.texts import news
from hardship.web.language import LANGUAGES, speaking


@given(st.text(max_size=200))
def test_whatever_is_written_is_in_the_alphabet(text: str) -> None:
    assert set(gsm.plain(text)) <= gsm.BASIC | gsm.TWICE
    assert gsm.plain(gsm.plain(text)) == gsm.plain(text)


def test_letters_lose_marks_that_a_network_has_not_got() -> None:
    assert gsm.plain("Ai vești, și încă ț – “așa”…") == 'Ai vesti, si inca t - "asa"...'
    assert gsm.plain("à é ñ Ü £") == "à é ñ Ü £"
    assert gsm.plain("日") == "?"


def test_brackets_take_two_places() -> None:
    assert gsm.septets("a[b]€") == 8
    assert gsm.fits("a" * 160)
    assert not gsm.fits("a" * 159 + "€")


@pytest.mark.parametrize("code", LANGUAGES)
@given(st.text(max_size=40), st.text(max_size=200))
def test_news_is_one_message_in_every_language(code: str, name: str, address: str) -> None:
    with speaking(code):
        text = news(name, address)
    assert gsm.fits(text)
    assert set(text) <= gsm.BASIC | gsm.TWICE


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_usual_name_and_address_are_said(code: str) -> None:
    with speaking(code):
        text = news("Lane Support", "https://help.lane-support.example.org/status")
    assert text.startswith("Lane Support. ")
    assert text.endswith("https://help.lane-support.example.org/status")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("HF Support", "HF Support"),
        ("Lane Support Trust", "Lane"),
        ("Unterstützungsfonds", "Unterstutzu"),
        ("!!!", ""),
    ],
)
def test_a_sender_is_at_most_eleven_letters(name: str, shown: str) -> None:
    assert gsm.sender(name) == shown
