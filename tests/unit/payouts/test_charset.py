"""Names in the bank's characters: safe whatever was typed, never empty, and still somebody's name."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.payouts.rails.bank_file.charset import ALLOWED, MAX_NAME, NOBODY, bank_name, plain

_EPC = frozenset(string.ascii_letters + string.digits + "/-?:().,'+ ")


def test_the_characters_are_among_those_of_every_iso_20022_credit_transfer() -> None:
    assert ALLOWED <= _EPC


@given(st.text(max_size=300), st.integers(1, 140))
def test_any_text_comes_out_safe_short_and_not_empty(text: str, length: int) -> None:
    name = bank_name(text, length)
    assert set(name) <= ALLOWED
    assert 0 < len(name) <= length
    assert name[0].isalnum()
    assert name == name.strip()
    assert "  " not in name
    assert bank_name(name, length) == name


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Maya O’Brien-Smith", "Maya O'Brien-Smith"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Søren Ægir Þórsson", "Soren AEgir Thorsson"),
        ("Дмитро Щербак", "Dmitro Shcherbak"),
        ("Λένα Παπαδοπούλου", "Lena Papadopoyloy"),
        ("김민수", "GimMinSu"),
        ("たなか", "TaNaKa"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "FULL width"),
        ("=HYPERLINK(1)", "HYPERLINK1"),
        ("+441234", "441234"),
        ("-2+3", "23"),
        ("@SUM", "SUM"),
        ("a</Nm><Evil>&amp;", "a NmEvil and amp"),
        ("one\r\ntwo\x00three", "one twothree"),
        ("\u202eevil\u202c", "evil"),
        ("Tom & Jo", "Tom and Jo"),
        ("👩‍🦰", NOBODY),
        ("李小龙", NOBODY),
        ("", NOBODY),
        ("...---'''", NOBODY),
    ],
)
def test_known_names(typed: str, written: str) -> None:
    assert bank_name(typed) == written


def test_right_to_left_names_are_spelt_out_from_their_first_letter() -> None:
    assert bank_name("محمد علي") == "mhmd aly"
    assert bank_name("דוד כהן") == "dvd khn"


def test_a_long_name_is_cut_and_a_huge_one_read_no_further() -> None:
    assert len(bank_name("A" * 5_000)) == MAX_NAME
    assert plain("x" * 5_000) == "x" * 1_000
