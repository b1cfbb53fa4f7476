"""References and codes can be read aloud and typed badly."""

from hypothesis import given
from hypothesis import strategies as st

from hardship.core.refs import ALPHABET, new_claim_code, new_reference, tidy, tidy_reference


def test_a_claim_code_has_more_than_128_bits() -> None:
    """28 characters of 5 bits."""
    assert len(tidy(new_claim_code())) * 5 >= 128


def test_codes_do_not_repeat() -> None:
    """A thousand codes are a thousand codes."""
    assert len({new_claim_code() for _ in range(1000)}) == 1000


@given(st.data())
def test_a_reference_is_known_however_it_is_typed(data: st.DataObject) -> None:
    """Lower case, spaces, missing dashes, O for 0 and l for 1 are all the same reference."""
    ref = new_reference()
    typed = "".join(data.draw(st.sampled_from([c, c.lower(), c + " "])) for c in ref.replace("-", ""))
    typed = typed.replace("0", "o").replace("1", "l")
    assert tidy_reference(typed) == ref


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_code_characters_only(text: str) -> None:
    """Nothing but the alphabet and dashes gets through."""
    assert set(tidy_reference(text)) <= set(ALPHABET) | {"-"}
