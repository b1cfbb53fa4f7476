"""What Stripe's words mean: an error is a definite no only where it is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.payouts.rails.base import Status
from hardship.payouts.rails.meanings import LATER, SOON, descriptor, names, seconds, tidy, verdict

A = Status


@pytest.mark.parametrize(
    ("status", "kind", "code", "said", "problem"),
    [
        (None, "", "", A.NO_ANSWER, "no_connection"),
        (500, "api_error", "api_error", A.NO_ANSWER, "rail_error"),
        (503, "", "", A.NO_ANSWER, "rail_error"),
        (409, "idempotency_error", "idempotency_key_in_use", A.NO_ANSWER, "still_in_progress"),
        (400, "idempotency_error", "idempotency_key_reused", A.NO_ANSWER, "key_of_another_payment"),
        (429, "rate_limit", "rate_limit", A.BUSY, "rate_limited"),
        (400, "rate_limit", "", A.BUSY, "rate_limited"),
        (401, "authentication_error", "invalid_api_key", A.BUSY, "not_authorised"),
        (403, "", "", A.BUSY, "not_authorised"),
        (400, "insufficient_funds", "insufficient_funds", A.BUSY, "insufficient_funds"),
        (400, "financial_account_not_open", "", A.BUSY, "financial_account_not_open"),
        (400, "feature_not_enabled", "", A.BUSY, "feature_not_enabled"),
        (400, "invalid_payout_method", "invalid_payout_method", A.REFUSED, "invalid_payout_method"),
        (400, "blocked_by_stripe", "", A.REFUSED, "blocked_by_stripe"),
        (404, "", "not_found", A.REFUSED, "not_found"),
        (400, "", "Person Number1 has no such account", A.REFUSED, "refused"),
    ],
)
def test_what_an_error_says(status: int | None, kind: str, code: str, said: Status, problem: str) -> None:
    found = verdict(status, kind, code)
    assert (found.status, found.problem) == (said, problem)


@given(
    st.one_of(st.none(), st.integers(400, 599)),
    st.text(max_size=40),
    st.text(max_size=90),
    st.text(max_size=9),
)
def test_no_error_of_the_network_or_of_theirs_fails_a_payment(
    status: int | None, kind: str, code: str, retry_after: str
) -> None:
    found = verdict(status, kind, code, retry_after)
    if status is None or status >= 500 or status in {401, 403, 409, 429}:
        assert found.status is not A.REFUSED
    assert found.problem == tidy(found.problem)
    assert (found.wait > 0 or retry_after.strip("0") == "") if found.status is A.BUSY else found.wait == 0


@pytest.mark.parametrize(
    ("said", "wait"),
    [("0", 0), ("1", 1), ("120", 120), ("", SOON), ("soon", SOON), ("-1", SOON), ("999999", 3600)],
)
def test_how_long_a_busy_rail_is_left_alone(said: str, wait: int) -> None:
    assert seconds(said) == wait


def test_what_has_to_be_put_right_waits_longer() -> None:
    assert verdict(401, "", "").wait == LATER


@given(st.text(max_size=60))
def test_the_descriptor_is_always_one_that_is_allowed(public_name: str) -> None:
    said = descriptor(public_name)
    assert 3 <= len(said) <= 22
    assert said.isascii()
    assert said.replace(" ", "").isalnum()


def test_the_descriptor_is_the_public_name() -> None:
    assert descriptor("HF Support") == "HF Support"
    assert descriptor("A ⚡ B") == "A B"
    assert descriptor("The very long name of a fund indeed") == "The very long name of"
    assert descriptor("") == "Payment"
    assert descriptor("HF") == "HF Payment"


@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_a_name_has_a_surname_and_loses_nothing_but_space(legal_name: str) -> None:
    parts = names(legal_name)
    assert parts["surname"]
    assert "".join(parts.values()).replace(" ", "") == legal_name.strip().replace(" ", "")


def test_a_name_of_one_word_is_a_surname() -> None:
    assert names("Sukarno") == {"surname": "Sukarno"}
    assert names("Ada  Lovelace") == {"given_name": "Ada", "surname": "Lovelace"}
