"""Gift Aid: scenario 10, declarations, claims, what goes back; never matched."""

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from sqlmodel import select

from hardship.contributions.giftaid.claims import make_claim, read_schedule, received, repay
from hardship.contributions.giftaid.declaring import Covers, declare_online, leave_out, use, withdraw
from hardship.contributions.giftaid.models import Claim, ClaimState, Declaration, How
from hardship.contributions.giftaid.schedule import Who
from hardship.contributions.models import Channel, DonorType, Held
from hardship.core.actor import PUBLIC, SYSTEM
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound, Refused
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from tests.integration.contributions.desk import ANN, arrives, balance, balances, declares, sound, two_people
from tests.integration.matching.helpers import (
    Shell,
    assert_sound,
    books,
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    set_clock,
    status_of,
    why,
)

K = AccountKind
TODAY = dt.date(2020, 4, 30)


def card_gift(runtime: Runtime) -> None:
    """A card gift of £100.00, fee £1.70."""
    load(runtime)
    give(
        runtime,
        new_gift("G-1", "100", channel=Channel.CARD, fee_minor=170, into=K.CARD_CLEARING),
    )


def test_scenario_10_a_declared_gift_brings_tax_and_match(runtime: Runtime) -> None:
    """Income £100.00, cost £1.70, Gift Aid receivable £25.00, match £100.00: the tax is never matched."""
    card_gift(runtime)
    assert declares(runtime, "G-1").changed == {"G-1": pounds("25")}
    assert books(runtime).income == pounds("100")
    assert books(runtime).matched == pounds("100")
    assert balances(runtime) == {
        "card_clearing": 9_830,
        "fees": 170,
        "donations": -pounds("100"),
        "gift_aid_receivable": pounds("25"),
        "gift_aid": -pounds("25"),
    }
    assert_sound(runtime)
    sound(runtime)


def test_scenario_10_refunded_after_the_claim(runtime: Runtime) -> None:
    """£25.00 is owed to HMRC, match and income nil, the fee stays a cost."""
    card_gift(runtime)
    declares(runtime, "G-1")
    set_clock(runtime, "2020-04-30T10:00:00Z")
    claim = runtime.transact(SYSTEM, make_claim, fund_slug="f", through=TODAY)
    assert (claim.gifts, claim.donations_minor, claim.tax_minor) == (1, pounds("100"), pounds("25"))
    runtime.transact(
        SYSTEM, received, claim_ref=claim.ref, amount_minor=pounds("25"), paid_on=TODAY, bank_ref="HMRC 1"
    )
    give_back(runtime, "G-1", "100", at="2020-04-30T11:00:00Z")
    assert books(runtime).income == 0
    assert books(runtime).matched == 0
    assert status_of(runtime).agreement.allocated_minor == 0
    assert balances(runtime) == {
        "card_clearing": -170,
        "fees": 170,
        "bank": pounds("25"),
        "gift_aid_due": -pounds("25"),
    }
    assert events(runtime, "contribution:G-1")[-1]["facts"]["gift_aid_minor"] == -pounds("25")
    runtime.transact(SYSTEM, repay, fund_slug="f", amount_minor=pounds("25"), paid_on=TODAY, bank_ref="back")
    assert balance(runtime, K.GIFT_AID_DUE) == balance(runtime, K.BANK) == 0
    assert_sound(runtime)
    sound(runtime)


def test_scenario_10_refunded_before_the_claim(runtime: Runtime) -> None:
    """The receivable is reversed, nothing is owed, and there is nothing to claim."""
    card_gift(runtime)
    declares(runtime, "G-1")
    give_back(runtime, "G-1", "100")
    assert balances(runtime) == {"card_clearing": -170, "fees": 170}
    with pytest.raises(Exception, match="nothing to claim"):
        runtime.transact(SYSTEM, make_claim, fund_slug="f", through=TODAY)
    assert_sound(runtime)
    sound(runtime)


def test_the_schedule_names_the_donor_and_its_reading_is_an_event(runtime: Runtime) -> None:
    """HMRC's columns; the name nowhere else."""
    card_gift(runtime)
    declares(runtime, "G-1")
    claim = runtime.transact(SYSTEM, make_claim, fund_slug="f", through=TODAY)
    found = runtime.transact(SYSTEM, read_schedule, claim_ref=claim.ref)
    assert found.lines[0].cells == ("Ms", "Ann", "Example", "1", "S1 9BD", "", "", "01/04/20", "100.00")
    assert events(runtime, f"gift_aid_claim:{claim.ref}")[-1]["kind"] == "gift_aid.schedule_read"
    assert "Example" not in str(events(runtime))


def claims(runtime: Runtime, **more: Any) -> Claim:
    """A claim of everything."""
    return runtime.transact(SYSTEM, make_claim, **({"fund_slug": "f", "through": TODAY} | more))


def paid(runtime: Runtime, claim: Claim, minor: int, **more: Any) -> None:
    """HMRC pays."""
    fields = {"amount_minor": minor, "paid_on": dt.date(2020, 4, 1), "bank_ref": "HMRC 77"}
    runtime.transact(SYSTEM, received, claim_ref=claim.ref, **(fields | more))


def test_no_tax_on_gifts_that_cannot_bring_any(runtime: Runtime) -> None:
    """Anonymous, of an organisation, held elsewhere, or where the tax has been dealt with."""
    load(runtime)
    give(
        runtime,
        new_gift("G-1", "100", donor_type=DonorType.ANONYMOUS),
        new_gift("G-2", "100", donor_type=DonorType.ORGANISATION),
        new_gift("G-3", "100", held=Held.ELSEWHERE),
        new_gift("G-4", "100", channel=Channel.OTHER),
    )
    before = everything_in(runtime)
    for ref in ("G-1", "G-2", "G-3", "G-4"):
        with pytest.raises(Conflict, match="no tax"):
            declares(runtime, ref)
    assert everything_in(runtime) == before


def test_a_declaration_covers_the_donors_gifts_it_was_made_for(runtime: Runtime) -> None:
    """Of the four years before and those to come; another donor's never; one for this gift covers no other."""
    load(runtime)
    give(
        runtime,
        new_gift("OLD", "4", at="2016-03-31T10:00:00Z"),
        new_gift("PAST", "8", at="2016-04-02T10:00:00Z"),
        new_gift("NOW", "12"),
        new_gift("OTHER", "100", donor_name="Bob Example"),
    )
    assert declares(runtime, "NOW").changed == {"NOW": 300}
    assert declares(runtime, "NOW", covers=Covers.ALL).changed == {"PAST": 200}
    give(
        runtime,
        new_gift("NEXT", "16", at="2020-04-02T10:00:00Z"),
        new_gift("MORE", "1", donor_name="Bob Example"),
    )
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == 300 + 200 + 400
    assert events(runtime, "contribution:NEXT")[0]["facts"]["gift_aid_minor"] == 400
    assert books(runtime).matched == sum(map(pounds, ("12", "100", "16", "1"))), "tax is never matched"
    sound(runtime)


def test_a_withdrawn_declaration_brings_no_more_and_what_was_claimed_is_owed(runtime: Runtime) -> None:
    """From the day on which it was withdrawn."""
    load(runtime)
    give(runtime, new_gift("A", "40", at="2020-03-20T10:00:00Z"), new_gift("B", "80"), new_gift("C", "4"))
    made = declares(runtime, "A", covers=Covers.ALL, declared_on=dt.date(2020, 3, 20))
    claim = claims(runtime, through=dt.date(2020, 4, 1))
    assert claim.tax_minor == 3_100
    give(runtime, new_gift("D", "8", at="2020-04-01T12:00:00+01:00"))
    changed = runtime.transact(SYSTEM, withdraw, ref=made.ref, from_on=dt.date(2020, 4, 1))
    assert changed == {"B": -2_000, "C": -100, "D": -200}
    assert (balance(runtime, K.GIFT_AID_RECEIVABLE), balance(runtime, K.GIFT_AID_DUE)) == (3_100, -2_100)
    assert runtime.transact(SYSTEM, withdraw, ref=made.ref, from_on=dt.date(2020, 4, 1)) == {}
    give(runtime, new_gift("E", "8", at="2020-04-02T10:00:00Z"))
    assert balance(runtime, K.GIFT_AID) == -1_000
    sound(runtime)


def test_a_gift_may_be_left_out_and_taken_in_again(runtime: Runtime) -> None:
    """Somebody else of the same name; and the right one after all."""
    load(runtime)
    give(runtime, new_gift("A", "40"))
    made = declares(runtime, "A", covers=Covers.FUTURE)
    assert runtime.transact(SYSTEM, leave_out, gift_ref="A") == -1_000
    assert runtime.transact(SYSTEM, leave_out, gift_ref="A") == 0
    with pytest.raises(Refused):
        claims(runtime)
    assert declares(runtime, "A").changed == {"A": 1_000}
    give(runtime, new_gift("B", "40", donor_name="Bob Example"))
    with pytest.raises(NotFound):
        runtime.transact(SYSTEM, leave_out, gift_ref="B")
    with pytest.raises(Conflict):
        runtime.transact(SYSTEM, use, gift_ref="B", declaration_ref=made.ref)
    sound(runtime)


def test_a_declaration_made_online_waits_for_a_person_before_it_covers_the_past(runtime: Runtime) -> None:
    """A name may be two people's: gifts that had come before are taken in one by one."""
    load(runtime)
    give(runtime, new_gift("PAST", "40", at="2020-03-20T10:00:00Z"))
    number = runtime.transact(PUBLIC, declare_online, who=ANN, covers=Covers.ALL)
    give(runtime, new_gift("NOW", "100", declaration_id=number))
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == pounds("25")
    with runtime.read() as session:
        made = session.exec(select(Declaration)).one()
    assert (made.how, made.covers_from) == (How.ONLINE, dt.date(2016, 4, 1))
    assert runtime.transact(SYSTEM, use, gift_ref="PAST", declaration_ref=made.ref) == pounds("10")
    sound(runtime)


def test_a_partial_refund_takes_its_part_of_the_tax(runtime: Runtime) -> None:
    """Before the claim the receivable falls; after it the part is owed, and the next claim takes it off."""
    load(runtime)
    give(runtime, new_gift("A", "100"), new_gift("B", "40"), new_gift("C", "40", at="2020-04-05T10:00:00Z"))
    declares(runtime, "A")
    give_back(runtime, "A", "0.01")
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == 2_499
    first = claims(runtime)
    give_back(runtime, "A", "19.99", at="2020-04-06T10:00:00Z")
    assert balance(runtime, K.GIFT_AID_DUE) == -499
    declares(runtime, "B", who=ANN)
    second = claims(runtime)
    assert (second.tax_minor, second.adjusted_minor, second.asked_minor) == (1_000, 499, 501)
    assert balance(runtime, K.GIFT_AID_DUE) == 0
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == 2_499 + 501
    paid(runtime, first, 2_499)
    paid(runtime, second, 501)
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == 0
    assert balance(runtime, K.GIFT_AID) == -(2_000 + 1_000)
    with pytest.raises(Refused, match="paid already"):
        paid(runtime, second, 1)
    sound(runtime)


def test_what_hmrc_pays_is_held_to_the_claim(runtime: Runtime) -> None:
    """In parts; a few pence above, since it reckons over the whole; no more; and what is missing in the end is no income."""
    load(runtime)
    give(runtime, new_gift("A", 9_999), new_gift("B", 9_999), new_gift("C", "40"))
    for ref in "AB":
        declares(runtime, ref)
    claim = claims(runtime)
    assert claim.tax_minor == 2_499 * 2
    with pytest.raises(BadInput):
        paid(runtime, claim, 5_000)
    paid(runtime, claim, 4_000)
    assert balance(runtime, K.GIFT_AID_RECEIVABLE) == 998
    paid(runtime, claim, 999)
    assert (balance(runtime, K.GIFT_AID_RECEIVABLE), balance(runtime, K.GIFT_AID)) == (0, -4_999)
    declares(runtime, "C")
    last = claims(runtime)
    for wrong in ({"bank_ref": " "}, {"paid_on": dt.date(2020, 4, 2)}, {"paid_on": dt.date(2020, 3, 2)}):
        with pytest.raises(BadInput):
            paid(runtime, last, 1_000, **wrong)
    paid(runtime, last, 900, final=True)
    assert (balance(runtime, K.GIFT_AID_RECEIVABLE), balance(runtime, K.GIFT_AID)) == (0, -5_899)
    with runtime.read() as session:
        assert {one.state for one in session.exec(select(Claim))} == {ClaimState.RECEIVED}
    sound(runtime)


def test_a_claim_that_is_all_taken_off_waits_for_no_payment(runtime: Runtime) -> None:
    """£25.00 was claimed and is owed; a claim of £5.00 is settled by it, £20.00 stays owed."""
    load(runtime)
    give(runtime, new_gift("G-1", "100"), new_gift("G-2", "20", donor_name="Bo Example"))
    declares(runtime, "G-1")
    runtime.transact(SYSTEM, make_claim, fund_slug="f", through=TODAY)
    give_back(runtime, "G-1", "100")
    declares(runtime, "G-2")
    claim = runtime.transact(SYSTEM, make_claim, fund_slug="f", through=TODAY)
    assert (claim.asked_minor, claim.state) == (0, ClaimState.RECEIVED)
    assert balance(runtime, K.GIFT_AID_DUE) == -pounds("20")
    sound(runtime)


def test_hmrcs_payment_is_claimed_by_the_bank_line(runtime: Runtime) -> None:
    """Booked once."""
    load(runtime)
    give(runtime, new_gift("A", "100"))
    declares(runtime, "A")
    paid(runtime, claims(runtime), 2_500)
    line = arrives(runtime, "L-1", 2_500, reference="HMRC CHARITIES", counterparty="HMRC")
    assert line.about.startswith("gift_aid_payment:")
    assert balance(runtime, K.BANK) == pounds("125")
    sound(runtime)


def test_no_more_goes_back_to_hmrc_than_is_owed(runtime: Runtime) -> None:
    """And nothing when nothing is."""
    load(runtime)
    before = everything_in(runtime)
    for minor in (0, -1, 1):
        with pytest.raises(BadInput):
            runtime.transact(
                SYSTEM, repay, fund_slug="f", amount_minor=minor, paid_on=dt.date(2020, 4, 1), bank_ref="x"
            )
    assert everything_in(runtime) == before


BAD_WHO = {
    "first_name": Who("", "", "Example", "1", "S1 9BD"),
    "last_name": Who("", "Ann", " ", "1", "S1 9BD"),
    "house": Who("", "Ann", "Example", "", "S1 9BD"),
    "postcode": Who("", "Ann", "Example", "1", "12345"),
    "title": Who("Professor", "Ann", "Example", "1", "S1 9BD"),
}


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_details_that_hmrc_could_not_use_are_refused_at_their_field(runtime: Runtime) -> None:
    """And nobody but finance may record a declaration, make a claim, or see a schedule."""
    load(runtime)
    _, approver = two_people(runtime)
    give(runtime, new_gift("A", "100"))
    before = everything_in(runtime)
    for field, who in BAD_WHO.items():
        with pytest.raises(BadInput) as refused:
            declares(runtime, "A", who=who)
        assert refused.value.where == field
    with pytest.raises(BadInput, match="still to come"):
        declares(runtime, "A", declared_on=dt.date(2020, 4, 2))
    assert everything_in(runtime) == before
    declares(runtime, "A", who=Who("", "Zoë", "Müller", "Lane 1", ""), abroad=True)
    with pytest.raises(Forbidden):
        runtime.transact(approver, make_claim, fund_slug="f", through=TODAY)
    claim = claims(runtime)
    with pytest.raises(Forbidden):
        runtime.transact(approver, read_schedule, claim_ref=claim.ref)
    assert why(runtime, "A").contribution.donor_id is not None


def test_names_and_addresses_are_nowhere_in_plain_form(runtime: Runtime) -> None:
    """Not in the database, not in the log."""
    load(runtime)
    give(runtime, new_gift("A", "100", donor_name="Canary Qwertyuiop"))
    declares(runtime, "A", who=Who("", "Canary", "Qwertyuiop", "Zxcvb House", "ZE1 0AA"))
    runtime.transact(SYSTEM, read_schedule, claim_ref=claims(runtime).ref)
    stored = repr(everything_in(runtime))
    for secret in ("Canary", "Qwertyuiop", "Zxcvb", "ZE1"):
        assert secret not in stored


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_commands_declare_claim_and_write_the_schedule(
    runtime: Runtime, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hardship gift-aid …`; the donor's details come on standard input, the file is for its owner's eyes only."""
    load(runtime)
    two_people(runtime)
    give(runtime, new_gift("A", "100"))
    me = ("--as", "finance@example.org")

    def says(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    declare = ("gift-aid", "declare", "A", "--how", "paper", "--covers", "this", "--on", "2020-04-01", *me)
    for text in ("", "[]", "{}", '{"first_name": 1}', '{"nickname": "A"}'):
        says(text)
        code, _, err = shell.run(*declare)
        assert code == 2
        assert len(err.strip().split("\n")) == 1
    details = {"first_name": "Ann", "last_name": "=cmd|x", "house": "1", "postcode": "s19bd"}
    says(json.dumps(details))
    assert shell.json(*declare)["gifts"] == {"A": 2_500}
    assert shell.json("gift-aid", "status", "--fund", "f")["unclaimed"] == 2_500
    claim = shell.json("gift-aid", "claim", "--fund", "f", *me)
    out = shell.folder / "schedule.csv"
    assert shell.json("gift-aid", "schedule", claim["ref"], "--out", str(out), *me)["lines"] == 1
    assert out.stat().st_mode & 0o077 == 0
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[1][1:3] == ["Ann", "'=cmd|x"]
    sheet = shell.folder / "schedule.xlsx"
    shell.json("gift-aid", "schedule", claim["ref"], "--format", "xlsx", "--out", str(sheet), *me)
    assert sheet.read_bytes()[:2] == b"PK"
    shell.json("gift-aid", "received", claim["ref"], "--amount", "25.00", "--bank-ref", "HMRC", *me)
    give_back(runtime, "A", "100")
    assert shell.json("gift-aid", "status", "--fund", "f")["owed"] == 2_500
    shell.json("gift-aid", "repaid", "--fund", "f", "--amount", "25.00", "--bank-ref", "back", *me)
    for args in (
        ("gift-aid", "status", "--fund", "none"),
        ("gift-aid", "withdraw", "0000-0000"),
        ("gift-aid", "leave-out", "none"),
        ("gift-aid", "schedule", "0000-0000", "--out", str(shell.folder / "x.csv")),
        ("gift-aid", "schedule", claim["ref"], "--out", str(out)),
        ("gift-aid", "received", "0000-0000", "--amount", "1.00", "--bank-ref", "x"),
        ("gift-aid", "repaid", "--fund", "f", "--amount", "1.00", "--bank-ref", "x"),
        ("gift-aid", "claim", "--fund", "f", "--through", "soon"),
        ("gift-aid", "claim", "--fund", "f", "--as", "approver@example.org"),
    ):
        shell.refused(*args)
    assert not (shell.folder / "x.csv").exists()
    shell.refused("gift-aid", "claim", "--fund", "f", code=1)
    shell.refused("gift-aid", "received", claim["ref"], "--amount", "1.00", "--bank-ref", "x", code=1)
    sound(runtime)
