"""The modulus check: the published cases with the lines of the table that they need, each exception, and reading tables."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.applications.bankdetails.modulus import Algorithm, Verdict, Weighting, check
from hardship.applications.bankdetails.tables import is_substitutes, read_substitutes, read_weights
from hardship.applications.identity import BankAccount, bank_account
from hardship.core.errors import BadInput

PLAIN = "0 0 0 0 0 0 7 1 3 7 1 3 7 1"
MOD11 = "0 0 0 0 0 0 8 7 6 5 4 3 2 1"
DOUBLE = "2 1 2 1 2 1 2 1 2 1 2 1 2 1"
EURO = "0 0 1 2 5 3 6 4 8 7 10 9 3 1"
MIXED = "0 0 0 0 0 0 0 0 7 3 4 9 2 1"
SIX = "0 0 0 0 0 0 0 7 6 5 4 3 2 1"
FIVE = ("7 6 5 4 3 2 7 6 5 4 3 2 0 0", "2 1 2 1 2 1 2 1 2 1 2 1 2 0")
TWELVE = ("0 0 7 6 5 8 9 4 5 6 7 8 9 -1", "0 3 2 4 5 8 9 4 5 6 7 8 9 -1")
LLOYDS = ("0 0 3 2 9 8 5 7 6 5 4 3 2 1", "0 0 3 2 9 8 1 7 6 5 4 3 2 1")
TEN = (EURO, "0 0 5 10 9 8 0 7 6 5 4 3 2 1")
SUBSTITUTES = {"938600": "938611"}

M10, M11, DBL = Algorithm.MOD10, Algorithm.MOD11, Algorithm.DBLAL


def lines(code: str, *rows: tuple[Algorithm, str, int]) -> list[Weighting]:
    """Lines for one sort code."""
    return [Weighting(code, code, kind, tuple(map(int, text.split())), number) for kind, text, number in rows]


# From Pay.UK's "Validating account numbers", test data; each with what the table says of its sort code.
OFFICIAL: tuple[tuple[str, str, bool, Sequence[tuple[Algorithm, str, int]]], ...] = (
    ("089999", "66374958", True, [(M10, PLAIN, 0)]),
    ("107999", "88837491", True, [(M11, MOD11, 0)]),
    ("202959", "63748472", True, [(M11, SIX, 6), (DBL, DOUBLE, 6)]),
    ("871427", "46238510", True, [(M11, TEN[0], 10), (M11, TEN[1], 11)]),
    ("872427", "46238510", True, [(M11, TEN[0], 10), (M11, TEN[1], 11)]),
    ("871427", "09123496", True, [(M11, TEN[0], 10), (M11, TEN[1], 11)]),
    ("871427", "99123496", True, [(M11, TEN[0], 10), (M11, TEN[1], 11)]),
    ("820000", "73688637", True, [(M11, MIXED, 0), (DBL, DOUBLE, 3)]),
    ("827999", "73988638", True, [(M11, MIXED, 0), (DBL, DOUBLE, 3)]),
    ("827101", "28748352", True, [(M11, MIXED, 0), (DBL, DOUBLE, 3)]),
    ("134020", "63849203", True, [(M11, "0 0 0 7 5 9 8 4 6 3 5 2 0 0", 4)]),
    ("118765", "64371389", True, [(DBL, "0 0 2 1 2 1 2 1 2 1 2 1 2 1", 1)]),
    ("200915", "41011166", True, [(M11, SIX, 6), (DBL, DOUBLE, 6)]),
    ("938611", "07806039", True, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("938600", "42368003", True, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("938063", "55065200", True, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("772798", "99345694", True, [(M11, EURO, 7)]),
    ("086090", "06774744", True, [(M10, "0 0 3 7 1 3 7 1 3 7 1 3 7 1", 8)]),
    ("309070", "02355688", True, [(M11, LLOYDS[0], 2), (M11, LLOYDS[1], 9)]),
    ("309070", "12345668", True, [(M11, LLOYDS[0], 2), (M11, LLOYDS[1], 9)]),
    ("309070", "12345677", True, [(M11, LLOYDS[0], 2), (M11, LLOYDS[1], 9)]),
    ("309070", "99345694", True, [(M11, LLOYDS[0], 2), (M11, LLOYDS[1], 9)]),
    ("938063", "15764273", False, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("938063", "15764264", False, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("938063", "15763217", False, [(M11, FIVE[0], 5), (DBL, FIVE[1], 5)]),
    ("118765", "64371388", False, [(DBL, "0 0 2 1 2 1 2 1 2 1 2 1 2 1", 1)]),
    ("203099", "66831036", False, [(M11, SIX, 6), (DBL, DOUBLE, 6)]),
    ("203099", "58716970", False, [(M11, SIX, 6), (DBL, DOUBLE, 6)]),
    ("089999", "66374959", False, [(M10, PLAIN, 0)]),
    ("107999", "88837493", False, [(M11, MOD11, 0)]),
    ("074456", "12345112", True, [(M11, TWELVE[0], 12), (M10, TWELVE[1], 13)]),
    ("070116", "34012583", True, [(M11, TWELVE[0], 12), (M10, TWELVE[1], 13)]),
    ("074456", "11104102", True, [(M11, TWELVE[0], 12), (M10, TWELVE[1], 13)]),
    ("180002", "00000190", True, [(M11, MOD11, 14)]),
)


@pytest.mark.parametrize(("code", "number", "good", "rows"), OFFICIAL)
def test_the_published_cases_come_out_as_published(
    code: str, number: str, good: bool, rows: Sequence[tuple[Algorithm, str, int]]
) -> None:
    assert len(OFFICIAL) == 34
    wanted = Verdict.PASSED if good else Verdict.FAILED
    assert check(BankAccount(code, number), lines(code, *rows), SUBSTITUTES) is wanted


def test_a_sort_code_that_the_table_does_not_name_is_not_checked() -> None:
    rows = lines("089999", (M10, PLAIN, 0))
    assert check(BankAccount("202959", "63748472"), rows) is Verdict.NOT_CHECKED
    assert check(BankAccount("202959", "63748472"), []) is Verdict.NOT_CHECKED


def test_two_checks_both_have_to_pass_unless_one_is_enough() -> None:
    both = lines("111111", (M10, PLAIN, 0), (M11, MOD11, 0))
    passes = [BankAccount("111111", f"{number:08}") for number in range(1, 4000)]
    first = {one for one in passes if check(one, both[:1]) is Verdict.PASSED}
    second = {one for one in passes if check(one, both[1:]) is Verdict.PASSED}
    assert {one for one in passes if check(one, both) is Verdict.PASSED} == first & second
    for pair in ((2, 9), (10, 11), (12, 13)):
        either = lines("111111", (M11, MOD11, pair[0]), (M10, PLAIN, pair[1]))
        if pair == (12, 13):  # the only pair whose exceptions change neither digits nor weights
            assert {one for one in passes if check(one, either) is Verdict.PASSED} == first | second


def test_a_coutts_number_may_lack_its_last_digit() -> None:
    rows = lines("180002", (M11, MOD11, 14))
    assert check(BankAccount("180002", "00000192"), rows) is Verdict.FAILED
    assert check(BankAccount("180002", "00000198"), rows) is Verdict.FAILED


@given(st.text("0123456789", min_size=6, max_size=6), st.text("0123456789", min_size=8, max_size=8))
def test_a_wrong_digit_never_passes_a_plain_modulus_eleven_check(code: str, number: str) -> None:
    rows = [Weighting("000000", "999999", M11, tuple(map(int, MOD11.split())), 0)]
    if check(BankAccount(code, number), rows) is not Verdict.PASSED:
        return
    for at, digit in enumerate(number):
        other = number[:at] + str((int(digit) + 1) % 10) + number[at + 1 :]
        assert check(BankAccount(code, other), rows) is Verdict.FAILED


# --- Digits as banks write them -----------------------------------------------------------------------------------


@given(
    st.text("0123456789", min_size=6, max_size=6).filter(lambda text: text.strip("0")),
    st.text("0123456789", min_size=6, max_size=8).filter(lambda text: text.strip("0")),
    st.lists(st.sampled_from([" ", "-", "–", "\u00a0", ".", "/", "\u200b"]), min_size=3, max_size=3),
    st.sampled_from(["0", "\uff10", "\u0660", "\u0966"]),
)
def test_blanks_dashes_and_digits_of_any_script_mean_the_same(
    code: str, number: str, between: list[str], zero: str
) -> None:
    def written(digits: str) -> str:
        chars = [chr(ord(zero) + int(digit)) for digit in digits]
        for at, mark in zip((2, 4, 6), between, strict=True):
            chars.insert(at, mark)
        return "".join(chars)

    plain = bank_account(code, number)
    assert bank_account(written(code), written(number)) == plain
    assert (len(plain.sort_code), len(plain.account_number)) == (6, 8)
    assert plain.account_number.endswith(number)
    assert bank_account(plain.sort_code, plain.account_number) == plain


@pytest.mark.parametrize(
    ("code", "number", "wanted"),
    [
        ("202959", "123456", BankAccount("202959", "00123456")),
        ("202959", "1234567", BankAccount("202959", "01234567")),
        ("090050", "123456789", BankAccount("090051", "23456789")),  # Santander
        ("080050", "0123456789", BankAccount("080050", "01234567")),  # the Co-operative Bank
        ("600050", "0123456789", BankAccount("600050", "23456789")),  # NatWest
    ],
)
def test_numbers_of_another_length_come_out_as_the_standard_says(
    code: str, number: str, wanted: BankAccount
) -> None:
    assert bank_account(code, number) == wanted


# --- The files ----------------------------------------------------------------------------------------------------

TABLE = f"""010004 016715 MOD11    {MOD11.replace(" ", "    ")}
070116 070116 MOD11    {TWELVE[0].replace(" ", "    ")}  12

070116 070116 MOD10    {TWELVE[1].replace(" ", "    ")}  13
"""


def test_a_table_is_read_as_it_is_published() -> None:
    found = read_weights(TABLE.replace("\n", "\r\n").encode(), "valacdos.txt")
    assert [(one.first, one.last, one.algorithm, one.exception) for one in found] == [
        ("010004", "016715", M11, 0),
        ("070116", "070116", M11, 12),
        ("070116", "070116", M10, 13),
    ]
    assert found[1].weights == tuple(map(int, TWELVE[0].split()))
    assert read_substitutes(b"938173 938017\n938289 938068\n", "scsubtab.txt") == {
        "938173": "938017",
        "938289": "938068",
    }
    assert is_substitutes(b"\r\n938173 938017\r\n")
    assert not is_substitutes(TABLE.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("   \n\n", "empty"),
        ("sort code,account\n1,2\n", "line 1: the line has"),
        (TABLE + "010004 016715 MOD12 " + MOD11, "line 5: not an algorithm"),
        ("016715 010004 MOD11 " + MOD11, "line 1: not a range"),
        ("010004 01671x MOD11 " + MOD11, "line 1: not a range"),
        ("010004 016715 MOD11 " + MOD11.replace("8", "x"), "line 1: not a weight"),
        ("010004 016715 MOD11 " + MOD11.replace("8", "8000"), "line 1: not a weight"),
        ("010004 016715 MOD11 " + MOD11 + " 15", "line 1: exception 15"),
        ("010004 016715 MOD11 " + MOD11 + " -1", "line 1: exception -1"),
        ("010004 016715 MOD11 ٣" + MOD11, "not plain text"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadInput, match="valacdos.txt") as refused:
        read_weights(text.encode(), "valacdos.txt")
    assert said in str(refused.value)


def test_a_table_of_substitutes_that_is_something_else_is_refused() -> None:
    for text in (b"938173 93801\n", b"938173 938017\n938173\n", b"938173 938017 1\n"):
        with pytest.raises(BadInput, match="not two sort codes"):
            read_substitutes(text, "scsubtab.txt")
    with pytest.raises(BadInput, match="larger"):
        read_weights(b"0" * (5 * 1024 * 1024), "valacdos.txt")
