"""What names a payment on a bank statement, and how it is found again."""

from hypothesis import given
from hypothesis import strategies as st

from hardship.core.refs import ALPHABET
from hardship.payouts.references import STATEMENT_LENGTH, bank_text, batch_refs_in, codes_in

CODES = st.text(ALPHABET, min_size=10, max_size=10)


@given(st.text(max_size=60), CODES)
def test_the_code_is_whole_whatever_the_fund_is_called(name: str, code: str) -> None:
    text = bank_text(name, code)
    assert len(text) <= STATEMENT_LENGTH
    assert text.endswith(code)
    assert text.isascii()
    assert codes_in(text)[0] == code


@given(st.text(max_size=60), CODES, st.sampled_from(["{} {}", "{}{}", "FPS {} {} REF", "{}/{}/GB"]))
def test_the_code_is_found_however_the_bank_sets_it(name: str, code: str, pattern: str) -> None:
    assert code in codes_in(pattern.format(name, code))
    assert code in codes_in(pattern.format(name, code).lower())


def test_a_name_is_cut_and_the_code_is_not() -> None:
    assert bank_text("HF Support", "7K3M9Q2X1A") == "HF Supp 7K3M9Q2X1A"
    assert bank_text("", "7K3M9Q2X1A") == "7K3M9Q2X1A"
    assert bank_text("A ⚡ B", "7K3M9Q2X1A") == "A B 7K3M9Q2X1A"


def test_a_batch_is_found_in_the_words() -> None:
    assert "7K3M-9Q2X" in batch_refs_in("BULK PAYMENT 7k3m 9q2x")
    assert batch_refs_in("FEE") == []
    assert codes_in("") == []
