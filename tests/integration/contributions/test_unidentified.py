"""Incoming bank lines: scenario 11, what claims what, and what becomes of the rest."""

import datetime as dt
import io

import pytest

from hardship.contributions.clearing import record_payout
from hardship.contributions.models import DonorType
from hardship.contributions.unidentified import (
    Booking,
    Giver,
    identify,
    identify_as_booked,
    identify_as_card_payout,
    identify_as_sponsor_payment,
)
from hardship.core.actor import SYSTEM
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.core.states import IllegalTransition
from hardship.ledger.models import AccountKind
from tests.integration.contributions.desk import arrives, balance, balances, sound, two_people
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    books,
    events,
    everything_in,
    give,
    load,
    new_gift,
    pounds,
    set_clock,
    sponsor_pays,
    status_of,
    why,
)

K = AccountKind


def test_scenario_11_a_line_that_fits_nobody_is_no_ones_income(runtime: Runtime) -> None:
    """£75.00 stands in unidentified receipts: not income, not matched, not spendable."""
    load(runtime)
    give(runtime, new_gift("G-1", "75"))
    booked = arrives(runtime, "L-1", pounds("75"), reference="thank you", counterparty="MR SOMEBODY")
    assert booked.kind is Booking.UNIDENTIFIED
    assert balance(runtime, K.UNIDENTIFIED_RECEIPTS) == -pounds("75")
    figures = books(runtime)
    assert (figures.income, figures.matched) == (pounds("75"), pounds("75"))
    assert (figures.cash, figures.spendable) == (pounds("150"), pounds("75"))
    assert arrives(runtime, "L-1", pounds("75"), reference="thank you", counterparty="MR SOMEBODY").unchanged
    assert balance(runtime, K.UNIDENTIFIED_RECEIPTS) == -pounds("75")
    assert "SOMEBODY" not in str(events(runtime))


def test_scenario_11_once_identified_it_is_matched_by_the_date_it_arrived(runtime: Runtime) -> None:
    """The agreement has closed by the time somebody finds out; the gift came while it was open."""
    load(runtime, {"closes": dt.datetime(2020, 4, 30, tzinfo=dt.UTC)})
    booked = arrives(runtime, "L-1", pounds("75"), on=dt.date(2020, 4, 2))
    set_clock(runtime, "2020-06-01T10:00:00Z")
    done = runtime.transact(
        SYSTEM, identify, receipt_ref=booked.ref, giver=Giver("Ann Example", DonorType.PERSON)
    )
    assert done.matched == (("M", pounds("75")),)
    assert balances(runtime) == {"bank": pounds("75"), "donations": -pounds("75")}
    assert books(runtime).matched == pounds("75")
    gift = why(runtime, f"B-{booked.ref}").contribution
    assert gift.received_on == dt.date(2020, 4, 2)
    assert status_of(runtime).contributions == 1
    assert [one["facts"]["state"] for one in events(runtime, f"receipt:{booked.ref}")] == [
        "unidentified",
        "identified",
    ]
    assert_sound(runtime)
    sound(runtime)


def test_a_line_that_names_a_booked_gift_claims_it_without_a_second_journal(runtime: Runtime) -> None:
    """Once: the same words again, under another key, are another payment that nobody knows."""
    load(runtime)
    give(runtime, new_gift("G-1001", "75"), new_gift("G-1002", "75"))
    booked = arrives(runtime, "L-1", pounds("75"), reference="Gift G-1001")
    assert (booked.kind, booked.about) == (Booking.CLAIMED_GIFT, "contribution:G-1001")
    assert balances(runtime) == {"bank": pounds("150"), "donations": -pounds("150")}
    assert arrives(runtime, "L-2", pounds("75"), reference="Gift G-1001").kind is Booking.UNIDENTIFIED
    assert [one["kind"] for one in events(runtime, f"receipt:{booked.ref}")] == ["receipt.claimed"]
    sound(runtime)


def test_a_line_is_compared_with_the_donors_name_when_one_gift_is_near(runtime: Runtime) -> None:
    """The only one of its amount within five days whose donor fits; a card gift is never a bank line."""
    load(runtime)
    give(runtime, new_gift("G-1001", "75"), new_gift("C-1001", "76", into=K.CARD_CLEARING))
    assert arrives(runtime, "L-0", pounds("76"), reference="C-1001").kind is Booking.UNIDENTIFIED
    far = dt.date(2020, 4, 7)
    assert (
        arrives(runtime, "L-1", pounds("75"), counterparty="A EXAMPLE", on=far).kind is Booking.UNIDENTIFIED
    )
    assert arrives(runtime, "L-2", pounds("75"), counterparty="A EXAMPLE").about == "contribution:G-1001"
    sound(runtime)


def test_the_fee_that_a_bank_kept_is_apart(runtime: Runtime) -> None:
    """A gift of £10.00 of which £9.75 came: the line of £9.75 is it; identified, the gift is the line and the fee."""
    load(runtime)
    give(runtime, new_gift("G-1001", "10", fee_minor=25))
    assert arrives(runtime, "L-1", 975, reference="G-1001").kind is Booking.CLAIMED_GIFT
    booked = arrives(runtime, "L-2", 1_975, reference="hello")
    runtime.transact(SYSTEM, identify, receipt_ref=booked.ref, giver=Giver(), fee_minor=25)
    gift = why(runtime, f"B-{booked.ref}").contribution
    assert (gift.amount_minor, gift.fee_minor) == (2_000, 25)
    assert balances(runtime) == {"bank": 975 + 1_975, "fees": 50, "donations": -3_000}
    sound(runtime)


def test_a_line_taken_for_nobodys_may_turn_out_to_be_booked(runtime: Runtime) -> None:
    """The file of gifts came after the statement: the money was in the books twice, and is once again."""
    load(runtime)
    booked = arrives(runtime, "L-1", pounds("75"), counterparty="MR B NOBODY")
    other = arrives(runtime, "L-2", pounds("75"))
    give(runtime, new_gift("G-1001", "75"))
    assert balance(runtime, K.BANK) == pounds("225")
    about = "contribution:G-1001"
    runtime.transact(SYSTEM, identify_as_booked, receipt_ref=booked.ref, about=about)
    assert balance(runtime, K.BANK) == pounds("150")
    with pytest.raises(Conflict, match="another bank line"):
        runtime.transact(SYSTEM, identify_as_booked, receipt_ref=other.ref, about=about)
    for wrong in ("contribution:none", "contribution", "staff:1", "paying_in:0000-0000"):
        with pytest.raises(BadInput):
            runtime.transact(SYSTEM, identify_as_booked, receipt_ref=other.ref, about=wrong)
    sound(runtime)


def test_a_line_may_be_a_sponsors_payment(runtime: Runtime) -> None:
    """Claimed when it is booked; identified when it is not: in the agreement's pot, by the day it came."""
    load(runtime)
    give(runtime, new_gift("G-1", "300"))
    sponsor_pays(runtime, "100", ref="SP-2020-1")
    claimed = arrives(runtime, "L-1", pounds("100"), reference="SP-2020-1", on=dt.date(2020, 4, 2))
    assert (claimed.kind, claimed.about) == (Booking.SPONSOR_PAYMENT, "sponsor_payment:SP-2020-1")
    booked = arrives(runtime, "L-2", pounds("50"), reference="match money")
    done = runtime.transact(SYSTEM, identify_as_sponsor_payment, receipt_ref=booked.ref, agreement="M")
    assert done.about == f"sponsor_payment:B-{booked.ref}"
    assert status_of(runtime).received_minor == pounds("150")
    assert balances(runtime) == {"bank": pounds("300"), "donations": -pounds("300")}
    assert balance(runtime, K.BANK) == pounds("450")
    with pytest.raises(IllegalTransition):
        runtime.transact(SYSTEM, identify_as_sponsor_payment, receipt_ref=booked.ref, agreement="M")
    third = arrives(runtime, "L-3", pounds("1"))
    with pytest.raises(NotFound):
        runtime.transact(SYSTEM, identify_as_sponsor_payment, receipt_ref=third.ref, agreement="none")
    assert balance(runtime, K.UNIDENTIFIED_RECEIPTS) == -pounds("1")
    sound(runtime)


def test_a_line_may_be_what_the_card_processor_paid_out(runtime: Runtime) -> None:
    """Card clearing becomes bank, never more than it holds; a payout that is recorded already is claimed."""
    load(runtime)
    give(runtime, new_gift("G-1", "100", into=K.CARD_CLEARING))
    booked = arrives(runtime, "L-1", pounds("60"), counterparty="PROCESSOR LTD")
    runtime.transact(SYSTEM, identify_as_card_payout, receipt_ref=booked.ref)
    assert balances(runtime) == {
        "bank": pounds("60"),
        "card_clearing": pounds("40"),
        "donations": -pounds("100"),
    }
    too_much = arrives(runtime, "L-2", pounds("41"))
    with pytest.raises(Refused):
        runtime.transact(SYSTEM, identify_as_card_payout, receipt_ref=too_much.ref)
    runtime.transact(
        SYSTEM,
        record_payout,
        fund_slug="f",
        ref="po_123",
        received_on=dt.date(2020, 4, 1),
        amount_minor=pounds("40"),
    )
    assert arrives(runtime, "L-3", pounds("40"), counterparty="STRIPE").kind is Booking.CARD_PAYOUT
    assert balance(runtime, K.CARD_CLEARING) == 0
    sound(runtime)


def test_a_named_gift_needs_a_name_and_a_ref_of_its_own(runtime: Runtime) -> None:
    """What is refused leaves the line as it was."""
    load(runtime)
    give(runtime, new_gift("G-1", "10"))
    booked = arrives(runtime, "L-1", pounds("75"))
    before = everything_in(runtime)
    for wrong in ({"giver": Giver("", DonorType.PERSON)}, {"giver": Giver(), "gift_ref": "G-1"}):
        with pytest.raises((BadInput, Conflict)):
            runtime.transact(SYSTEM, identify, receipt_ref=booked.ref, **wrong)
    with pytest.raises(NotFound):
        runtime.transact(SYSTEM, identify, receipt_ref="0000-0000", giver=Giver())
    assert everything_in(runtime) == before
    runtime.transact(SYSTEM, identify, receipt_ref=booked.ref, giver=Giver())
    with pytest.raises(IllegalTransition):
        runtime.transact(SYSTEM, identify, receipt_ref=booked.ref, giver=Giver())


def test_what_could_not_be_kept_of_a_gift_is_refused_at_its_field(runtime: Runtime) -> None:
    """A ref or a name that is too long or not to be shown, and a fee above what came: the line stays as it was."""
    load(runtime)
    booked = arrives(runtime, "L-1", pounds("75"))
    before = everything_in(runtime)
    for wrong, field in (
        ({"gift_ref": "x" * 81}, "ref"),
        ({"gift_ref": "a\x00b"}, "ref"),
        ({"giver": Giver("n" * 201, DonorType.PERSON)}, "donor_name"),
        ({"giver": Giver("\ud800", DonorType.PERSON)}, "donor_name"),
        ({"fee_minor": pounds("75") + 1}, "fee"),
    ):
        with pytest.raises(BadInput) as refused:
            runtime.transact(SYSTEM, identify, receipt_ref=booked.ref, **{"giver": Giver(), **wrong})
        assert refused.value.where == field
    with pytest.raises(BadInput):
        runtime.transact(SYSTEM, identify_as_booked, receipt_ref=booked.ref, about="contribution:a\x00b")
    with pytest.raises(NotFound):
        runtime.transact(SYSTEM, identify_as_sponsor_payment, receipt_ref=booked.ref, agreement="M\x00")
    assert everything_in(runtime) == before


def test_a_line_of_nothing_and_a_key_with_other_content_are_refused(runtime: Runtime) -> None:
    """And nobody but who reconciles may take lines in."""
    load(runtime)
    arrives(runtime, "L-1", 100)
    before = everything_in(runtime)
    for key, minor in (("L-2", 0), ("L-2", -1), ("L-1", 101)):
        with pytest.raises((BadInput, Conflict)):
            arrives(runtime, key, minor)
    assert everything_in(runtime) == before
    _, approver = two_people(runtime)
    with pytest.raises(Forbidden):
        arrives(runtime, "L-3", 100, actor=approver)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_commands_list_identify_and_give_back(
    runtime: Runtime, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hardship receipts …`: a donor's name comes on standard input."""
    load(runtime)
    two_people(runtime)
    first, second, third = (arrives(runtime, f"L-{at}", 1_000 * at) for at in (1, 2, 3))
    found = shell.json("receipts", "list", "--fund", "f")
    assert [one["amount"] for one in found["receipts"]].count(1_000) == 1
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Zoë Müller\n".encode())))
    done = shell.json(
        "receipts",
        "identify",
        first.ref.lower(),
        "--donor-type",
        "person",
        "--name-stdin",
        "--as",
        "finance@example.org",
    )
    assert done["matched"] == {"M": 1_000}
    shell.json("receipts", "identify", second.ref, "--sponsor", "M")
    back = shell.json(
        "receipts", "give-back", third.ref, "--reason", "not ours", "--as", "finance@example.org"
    )
    assert back["proposal"]
    for args in (
        ("receipts", "list", "--fund", "none"),
        ("receipts", "identify", "0000-0000"),
        ("receipts", "identify", first.ref),
        ("receipts", "identify", third.ref, "--sponsor", "M", "--card-payout"),
        ("receipts", "identify", third.ref, "--booked-as", "x"),
        ("receipts", "identify", third.ref, "--fee", "x"),
        ("receipts", "identify", third.ref, "--donor-type", "person"),
        ("receipts", "identify", third.ref, "--as", "approver@example.org"),
        ("receipts", "give-back", third.ref, "--reason", " "),
        ("receipts", "give-back", third.ref, "--reason", "again", "--as", "finance@example.org"),
    ):
        shell.refused(*args)
    shell.refused("receipts", "identify", third.ref, "--card-payout", code=1)
    assert "Müller" not in repr(everything_in(runtime))
