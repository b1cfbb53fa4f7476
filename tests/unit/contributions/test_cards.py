"""What a card statement says, what the processor is told, what is read of an event: pure parts of gifts by card."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.contributions.card_models import Checkout
from hardship.contributions.checkout import Forged, session_terms, statement_suffix, verified
from hardship.contributions.receipts import registration
from hardship.contributions.transitions import CARD_REFUNDS, CHECKOUTS, DISPUTES, CheckoutState
from hardship.contributions.webhooks import created_of
from hardship.funds.models import Fund
from tests.support.stripe_api import SECRET, StripeApi, nested

AT = dt.datetime(2020, 4, 1, 9, 0, tzinfo=dt.UTC)


@given(st.text(max_size=60))
def test_a_statement_suffix_is_always_one_that_the_processor_takes(name: str) -> None:
    """Latin, at most twelve characters, a letter among them; or none."""
    suffix = statement_suffix(name)
    assert suffix == "" or re.fullmatch(r"(?=.*[A-Z])[A-Z0-9][A-Z0-9 ]{0,11}", suffix)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("HF Support", "HF SUPPORT"),
        ("Café Æther “Help”", "CAFE THER HE"),
        ("2020", ""),
        ("Помощь", ""),
        ("a*b<c>", "A B C"),
    ],
)
def test_statement_suffixes(name: str, suffix: str) -> None:
    """Accents go, what cannot be said is left out."""
    assert statement_suffix(name) == suffix


def a_checkout() -> Checkout:
    """A checkout of £50.00."""
    return Checkout(
        ref="AAAA-BBBB", token_hash="h", fund_id=1, state=CheckoutState.OPEN, amount_minor=5000, currency="GBP",
        idem_key="k", opened_at=AT, expires_at=AT + dt.timedelta(minutes=45), look_at=AT,
    )  # fmt: skip


def test_the_same_checkout_is_asked_for_in_the_same_terms() -> None:
    """Otherwise the processor would refuse the key."""
    asked = [session_terms(a_checkout(), "HF Support", "http://x/y") for _ in range(2)]
    assert asked[0] == asked[1]
    assert asked[0]["line_items"][0]["price_data"]["unit_amount"] == 5000
    assert asked[0]["payment_intent_data"]["statement_descriptor_suffix"] == "HF SUPPORT"


@given(st.binary(max_size=200), st.text(max_size=80))
def test_nothing_passes_without_a_signature_of_ours(raw: bytes, signature: str) -> None:
    """Whatever is sent: refused, never a crash."""
    with pytest.raises(Forged):
        verified(raw, signature, (SECRET, "whsec_second"))


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4))
def test_a_signed_event_passes_and_a_changed_byte_does_not(event: dict[str, object]) -> None:
    """The signature is over the raw bytes."""
    api = StripeApi()
    body, signature = api.raw(event)
    assert verified(body, signature, ("whsec_first", SECRET)) == event
    with pytest.raises(Forged):
        verified(body + b" ", signature, (SECRET,))


@given(st.none() | st.integers() | st.floats() | st.text(max_size=30) | st.booleans())
def test_the_time_of_an_event_is_read_or_left_out(created: object) -> None:
    """Nonsense is no time, and no crash."""
    found = created_of({"created": created})
    assert found is None or found.tzinfo is dt.UTC or found.utcoffset() == dt.timedelta(0)


def test_both_kinds_of_time_are_read() -> None:
    """Seconds, and a text with an offset."""
    assert created_of({"created": 1585731600}) == AT
    assert created_of({"created": "2020-04-01T10:00:00+01:00"}) == AT
    assert created_of({"created": "2020-04-01T10:00:00"}) is None


@pytest.mark.parametrize(
    ("name", "org_id", "lines"),
    [
        ("", "", []),
        ("Lane", "GB-CHC-1000000", ["Lane", "Registered charity in England and Wales, number 1000000"]),
        ("Lane", "GB-SC-SC001", ["Lane", "Registered charity in Scotland, number SC001"]),
        ("Lane", "XX-ODD-7", ["Lane", "Identifier: XX-ODD-7"]),
        ("Lane", "", ["Lane"]),
    ],
)
def test_registration_details(name: str, org_id: str, lines: list[str]) -> None:
    """From the publisher's identifier."""
    fund = Fund.model_construct(publisher_name=name, publisher_org_id=org_id)
    assert registration(fund) == lines


@pytest.mark.parametrize("machine", [CHECKOUTS, CARD_REFUNDS, DISPUTES])
def test_every_state_can_be_reached_and_left_or_is_final(machine: object) -> None:
    """No state is a trap."""
    reached = {machine.initial} | set(machine.table.values())  # type: ignore[attr-defined]
    for state in machine.states():  # type: ignore[attr-defined]
        assert state in reached
        assert machine.allowed(state) or state in machine.final  # type: ignore[attr-defined]


def test_the_stand_in_reads_what_the_client_sends() -> None:
    """Branches and numbered branches."""
    pairs = [("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("d", "3"), ("expand[0]", "x")]
    assert nested(pairs) == {"a": {"b": [{"c": "1"}, {"c": "2"}]}, "d": "3", "expand": ["x"]}
