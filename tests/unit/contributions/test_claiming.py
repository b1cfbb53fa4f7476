"""Which booked thing a bank line is: only what is sure."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from hardship.contributions.claiming import BankWords, Candidate, claimed_by, names, same_person

DAY = dt.date(2020, 4, 1)


def line(reference: str = "", counterparty: str = "", minor: int = 7_500, on: dt.date = DAY) -> BankWords:
    """A bank line."""
    return BankWords(on, minor, reference, counterparty)


def gift(ref: str, minor: int = 7_500, on: dt.date = DAY, name: str = "") -> Candidate:
    """A booked gift."""
    return Candidate(f"contribution:{ref}", minor, on, (ref,), name)


def test_a_line_that_names_a_gift_is_that_gift() -> None:
    """However the bank punctuates the ref, on whatever day; only with the same amount."""
    for words in ("GIFT G-1234", "g 1234", "xx/G-1234/yy", "G1234"):
        assert claimed_by(line(words), [gift("G-1234"), gift("G-99")]) == gift("G-1234"), words
    assert claimed_by(line("G-1234", minor=7_501), [gift("G-1234")]) is None
    assert claimed_by(line("G-12345"), [gift("G-1234")]) is None
    assert claimed_by(line("AG-1234"), [gift("G-1234")]) is None


def test_a_short_ref_names_nothing() -> None:
    """`G-1` stands in other words by chance."""
    assert not names("pay g 1 thing", "G-1")
    assert names("pay g 100 thing", "G-100")


def test_two_that_are_named_are_left_to_a_person() -> None:
    """Nothing is guessed."""
    assert claimed_by(line("G-1234 and G-5678"), [gift("G-1234"), gift("G-5678")]) is None


def test_without_a_ref_it_takes_one_candidate_near_and_the_name() -> None:
    """One of the amount within five days, and the words fit the donor's name."""
    ann = gift("G-1", name="Ann Example")
    assert claimed_by(line(counterparty="MS A EXAMPLE"), [ann]) == ann
    assert claimed_by(line(counterparty="EXAMPLE ANN M"), [ann]) == ann
    assert claimed_by(line(counterparty="B EXAMPLE"), [ann]) is None
    assert claimed_by(line(counterparty="ANN OTHER"), [ann]) is None
    assert claimed_by(line(counterparty="A EXAMPLE", on=DAY + dt.timedelta(days=6)), [ann]) is None
    assert claimed_by(line(counterparty="A EXAMPLE"), [ann, gift("G-2")]) is None
    assert claimed_by(line(counterparty="A EXAMPLE"), [gift("G-1")]) is None


def test_names_are_compared_without_accents_and_case() -> None:
    """As banks write them."""
    assert same_person("MR Z MULLER", "Zoë Müller")
    assert not same_person("", "Zoë Müller")
    assert same_person("STRIPE PAYMENTS UK LTD", "stripe")


@settings(max_examples=30)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_words_of_a_bank_break_it(reference: str, counterparty: str, name: str) -> None:
    """It answers whatever is written."""
    found = claimed_by(line(reference, counterparty), [gift("G-1234", name=name)])
    assert found is None or found.about == "contribution:G-1234"
