"""Money is counted in pence, read strictly and shown plainly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.errors import BadInput
from hardship.core.money import Money, display, parse_minor, plain, total

AMOUNTS = st.integers(min_value=0, max_value=99_999_999_999_999)


@given(AMOUNTS)
def test_what_is_written_plainly_reads_back(minor: int) -> None:
    """Writing and reading lose nothing."""
    assert parse_minor(plain(minor)) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "1e3",
        "NaN",
        "inf",
        "£5",
        "1,000",
        "1.234",
        "1.",
        ".5",
        "\u0663",
        "\uff15",
        "1" * 13,
        "1_000",
        "0x1",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    """Signs, symbols, exponents, other digits and too many digits are refused with a reason."""
    with pytest.raises(BadInput) as caught:
        parse_minor(text, where="line 3, amount")
    assert "line 3, amount" in str(caught.value)


def test_a_fraction_of_one_digit_is_tens_of_pence() -> None:
    """200.5 is two hundred pounds fifty."""
    assert parse_minor("200.5") == 20_050


def test_currencies_do_not_mix() -> None:
    """Adding or comparing two currencies is an error, never a number."""
    with pytest.raises(ValueError, match="do not add"):
        Money(1, "GBP") + Money(1, "EUR")
    with pytest.raises(ValueError, match="do not add"):
        _ = Money(1, "GBP") < Money(1, "EUR")


def test_a_fraction_of_a_penny_cannot_be_held() -> None:
    """There is no way to a float."""
    with pytest.raises(TypeError):
        Money(1.5)  # type: ignore[arg-type]


@given(st.lists(AMOUNTS, max_size=20))
def test_a_total_is_the_sum_of_its_parts(amounts: list[int]) -> None:
    """Totals are exact."""
    assert total(Money(minor) for minor in amounts).minor == sum(amounts)


@pytest.mark.parametrize(
    ("minor", "shown"), [(123_450, "£1,234.50"), (-20_000, "−£200.00"), (0, "£0.00"), (7, "£0.07")]
)
def test_amounts_are_shown_as_people_read_them(minor: int, shown: str) -> None:
    """Pounds, pence, thousands, and a real minus sign."""
    assert display(minor) == shown
