"""Gifts entered by hand, the second person above the limit, and paying in."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import select

from hardship.contributions.by_hand import HandGift, enter_gift, pay_in
from hardship.contributions.hand_models import GiftProof, ProofKind
from hardship.contributions.models import Channel, Contribution, Donor, DonorType, Held
from hardship.contributions.unidentified import Booking
from hardship.core.actor import Actor, Role
from hardship.core.errors import BadInput, Conflict, Forbidden, Refused
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from hardship.staff.models import Proposal
from hardship.staff.proposals import refuse
from tests.integration.contributions.desk import (
    approves,
    arrives,
    balance,
    balances,
    somebody,
    sound,
    two_people,
)
from tests.integration.matching.helpers import (
    Shell,
    books,
    everything_in,
    fund_toml,
    load,
    pounds,
    status_of,
    why,
)

K = AccountKind
DAY = dt.date(2020, 3, 30)


def by_hand(ref: str = "H-1", amount: str = "100", **more: Any) -> HandGift:
    """Cash from somebody who gave no name."""
    fields: dict[str, Any] = {"kind": ProofKind.CASH, "received_on": DAY}
    return HandGift(ref, amount_minor=pounds(amount), **(fields | more))


def enters(runtime: Runtime, actor: Actor, gift: HandGift) -> Any:
    """Somebody enters a gift."""
    return runtime.transact(actor, enter_gift, fund_slug="f", gift=gift)


def test_cash_up_to_the_limit_is_in_hand_and_matched_by_its_day(runtime: Runtime) -> None:
    """£500.00 takes one person; it is income, in hand, spendable, and matched by the day it was received."""
    load(runtime, {"closes": dt.datetime(2020, 3, 31, tzinfo=dt.UTC)})
    finance, _ = two_people(runtime)
    done = enters(runtime, finance, by_hand(amount="500"))
    assert done.proposal == ""
    assert done.received.matched == (("M", pounds("500")),)
    assert balances(runtime) == {"cash_in_hand": pounds("500"), "donations": -pounds("500")}
    gift = why(runtime, "H-1").contribution
    assert (gift.channel, gift.received_on, gift.donor_id) == (Channel.CASH, DAY, None)
    sound(runtime)


def test_above_the_limit_another_person_has_to_approve(runtime: Runtime) -> None:
    """Nothing is in the books until somebody else, who is an approver, says yes."""
    load(runtime)
    finance, approver = two_people(runtime)
    both = somebody(runtime, "both@example.org", Role.FINANCE, Role.APPROVER)
    done = enters(
        runtime, both, by_hand(amount="500.01", donor_type=DonorType.PERSON, donor_name="Ann Example")
    )
    assert done.received is None
    assert balances(runtime) == {}
    with pytest.raises(Forbidden):
        approves(runtime, both, done.proposal)
    with pytest.raises(Forbidden):
        approves(runtime, finance, done.proposal)
    assert balances(runtime) == {}
    assert approves(runtime, approver, done.proposal).ref == "H-1"
    with runtime.read() as session:
        proposal = session.exec(select(Proposal)).one()
        house = runtime.vault.house(session)
        payload = house.open("proposal", "payload", proposal.ref, proposal.payload) or ""
        donor = session.exec(select(Donor)).one()
        own = runtime.vault.person(session, donor.data_key_id)
        assert own.open("donor", "name", donor.data_key_id, donor.name) == "Ann Example"
    assert "Ann" not in payload, "the name is under the donor's own key, and dies with it"
    assert books(runtime).income == books(runtime).matched == 50_001
    with pytest.raises(Conflict):
        approves(runtime, approver, done.proposal)
    assert "Example" not in repr(everything_in(runtime)).replace("Example charity", "").replace(
        "example.org", ""
    )
    sound(runtime)


def test_what_a_second_person_refuses_never_was(runtime: Runtime) -> None:
    """No gift, no journal, no match."""
    load(runtime)
    finance, approver = two_people(runtime)
    done = enters(runtime, finance, by_hand(amount="501"))
    runtime.transact(approver, refuse, ref=done.proposal, why="no such cash")
    assert balances(runtime) == {}
    assert status_of(runtime).agreement.allocated_minor == 0
    sound(runtime)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_limit_is_the_funds_own(runtime: Runtime) -> None:
    """`second_person_above` of fund.toml; loading it again is no change."""
    from hardship.core.actor import SYSTEM
    from hardship.funds.document import read_document
    from hardship.funds.service import load_fund

    toml = fund_toml({}).replace('name = "Fund"', 'name = "Fund"\nsecond_person_above = "20.00"')
    runtime.transact(SYSTEM, load_fund, document=read_document(toml.encode()))
    assert runtime.transact(SYSTEM, load_fund, document=read_document(toml.encode())).changes == []
    finance, _ = two_people(runtime)
    assert enters(runtime, finance, by_hand("H-1", "20")).proposal == ""
    assert enters(runtime, finance, by_hand("H-2", "20.01")).proposal
    with pytest.raises(BadInput, match="amount"):
        read_document(toml.replace('"20.00"', '"lots"').encode())


def test_a_gift_held_elsewhere_brings_match_and_is_not_our_cash(runtime: Runtime) -> None:
    """However small, it takes two people and says who attests it; no journal but the match."""
    load(runtime)
    finance, approver = two_people(runtime)
    gift = by_hand(
        kind=ProofKind.HELD_ELSEWHERE, amount="10", body="Crowd page", document="L-7", channel=Channel.CARD
    )
    done = enters(runtime, finance, gift)
    approves(runtime, approver, done.proposal)
    stored = why(runtime, "H-1").contribution
    assert (stored.held, stored.channel) == (Held.ELSEWHERE, Channel.CARD)
    assert books(runtime).matched == pounds("10")
    assert books(runtime).income == books(runtime).cash == 0
    with runtime.read() as session:
        proof = session.exec(select(GiftProof)).one()
        opened = runtime.vault.house(session).open("gift_proof", "body", "H-1", proof.body)
    assert opened == "Crowd page"
    sound(runtime)


def test_an_anonymous_gift_keeps_no_name_anywhere(runtime: Runtime) -> None:
    """Even when somebody wrote one into the form."""
    load(runtime)
    finance, _ = two_people(runtime)
    enters(runtime, finance, by_hand(donor_name="Secret Donor"))
    assert why(runtime, "H-1").contribution.donor_id is None
    assert "Secret" not in repr(everything_in(runtime))


def test_a_gift_sent_twice_is_one_gift(runtime: Runtime) -> None:
    """The page's form pressed twice, also above the limit, also across midday."""
    load(runtime)
    finance, _ = two_people(runtime)
    today = dt.date(2020, 4, 1)
    enters(runtime, finance, by_hand(received_on=today))
    runtime.clock.advance(dt.timedelta(hours=5))  # type: ignore[attr-defined]
    assert enters(runtime, finance, by_hand(received_on=today)).received.unchanged
    with pytest.raises(Conflict):
        enters(runtime, finance, by_hand(amount="99", received_on=today))
    enters(runtime, finance, by_hand("H-2", "600"))
    with pytest.raises(Conflict):
        enters(runtime, finance, by_hand("H-2", "600"))
    with runtime.read() as session:
        assert len(session.exec(select(Contribution)).all()) == 1
    sound(runtime)


WRONG: dict[str, dict[str, Any]] = {
    "nothing": {"amount": "0"},
    "a fee above the gift": {"fee_minor": pounds("101")},
    "a day to come": {"received_on": dt.date(2020, 4, 2)},
    "a day long gone": {"received_on": dt.date(1, 1, 1)},
    "a person without a name": {"donor_type": DonorType.PERSON},
    "a cheque without its number": {"kind": ProofKind.CHEQUE},
    "held elsewhere, attested by nobody": {"kind": ProofKind.HELD_ELSEWHERE, "document": "1"},
    "a long name": {"donor_type": DonorType.PERSON, "donor_name": "A" * 201},
    "a control character": {"document": "1\x00"},
    "no ref": {"ref": " "},
}


def test_what_cannot_be_is_refused_and_changes_nothing(runtime: Runtime) -> None:
    """Each with the field; and nobody but finance may."""
    load(runtime)
    finance, approver = two_people(runtime)
    before = everything_in(runtime)
    for name, more in WRONG.items():
        with pytest.raises(BadInput) as refused:
            enters(runtime, finance, by_hand(**more))
        assert refused.value.where, name
    with pytest.raises(Forbidden):
        enters(runtime, approver, by_hand())
    assert everything_in(runtime) == before


def test_cash_is_paid_in_once_and_the_bank_line_claims_it(runtime: Runtime) -> None:
    """Dr bank / Cr cash in hand; the line with the slip's number books nothing again; a second such line stands open."""
    load(runtime)
    finance, _ = two_people(runtime)
    enters(runtime, finance, by_hand("H-1", "100"))
    enters(runtime, finance, by_hand("H-2", "50", kind=ProofKind.CHEQUE, document="000123"))
    with pytest.raises(Refused, match=r"£150\.00"):
        runtime.transact(
            finance, pay_in, fund_slug="f", amount_minor=pounds("150.01"), paid_in_on=DAY, slip="S-1001"
        )
    paid = runtime.transact(
        finance, pay_in, fund_slug="f", amount_minor=pounds("150"), paid_in_on=DAY, slip="500123"
    )
    assert (balance(runtime, K.BANK), balance(runtime, K.CASH_IN_HAND)) == (pounds("150"), 0)
    booked = arrives(runtime, "L-1", pounds("150"), reference="CREDIT 500123", on=dt.date(2020, 4, 1))
    assert (booked.kind, booked.about) == (Booking.PAYING_IN, f"paying_in:{paid.ref}")
    assert balance(runtime, K.BANK) == pounds("150")
    again = arrives(runtime, "L-2", pounds("150"), reference="CREDIT 500123", on=dt.date(2020, 4, 1))
    assert again.kind is Booking.UNIDENTIFIED
    sound(runtime)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_commands_enter_pay_in_list_show_and_export(runtime: Runtime, shell: Shell) -> None:
    """`hardship gifts …`, as the operator and as finance."""
    load(runtime)
    two_people(runtime)
    made = shell.json(
        "gifts", "record", "--fund", "f", "--amount", "40.00", "--kind", "cash", "--on", "2020-03-30",
        "--as", "finance@example.org",
    )  # fmt: skip
    assert made["matched"] == {"M": pounds("40")}
    waits = shell.json(
        "gifts", "record", "--fund", "f", "--amount", "900.00", "--kind", "transfer", "--document", "T-9",
        "--as", "finance@example.org", "--ref", "H-9",
    )  # fmt: skip
    assert waits["proposal"]
    alone = shell.json(
        "gifts", "record", "--fund", "f", "--amount", "900.00", "--kind", "cash", "--ref", "=1+1"
    )
    assert alone["matched"] == {"M": pounds("900")}
    assert (
        shell.json("gifts", "pay-in", "--fund", "f", "--amount", "40.00", "--slip", "S1")["amount"] == 4_000
    )
    found = shell.json("gifts", "list", "--fund", "f", "--channel", "cash")
    assert found["totals"]["count"] == 2
    assert found["totals"]["matched"] == pounds("940")
    one = shell.json("gifts", "show", made["ref"])
    assert [line["account"] for line in one["journals"][0]["lines"]][:2] == ["cash_in_hand", "donations"]
    out = shell.folder / "gifts.csv"
    assert shell.json("gifts", "export", "--fund", "f", "--out", str(out))["rows"] == 2
    assert out.stat().st_mode & 0o077 == 0
    assert "'=1+1" in out.read_text()
    assert "there already" in shell.line("gifts", "export", "--fund", "f", "--out", str(out))


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_commands_refuse_what_cannot_be(runtime: Runtime, shell: Shell) -> None:
    """One line, status 2 (1 for what does not hold), nothing changed."""
    load(runtime)
    two_people(runtime)
    record = ("gifts", "record", "--fund", "f", "--kind", "cash")
    for args in (
        (*record, "--amount", "1.234"),
        (*record, "--amount", "-1.00"),
        (*record, "--amount", "1.00", "--on", "2020-13-01"),
        (*record, "--amount", "1.00", "--on", "2031-01-01"),
        (*record, "--amount", "1.00", "--fee", "2.00"),
        (*record, "--amount", "1.00", "--donor-type", "person"),
        (*record, "--amount", "1.00", "--as", "approver@example.org"),
        ("gifts", "record", "--fund", "g", "--kind", "cash", "--amount", "1.00"),
        ("gifts", "record", "--fund", "f", "--kind", "gold", "--amount", "1.00"),
        ("gifts", "pay-in", "--fund", "f", "--amount", "0.00", "--slip", "S1"),
        ("gifts", "pay-in", "--fund", "f", "--amount", "1.00", "--slip", " "),
        ("gifts", "list", "--fund", "f", "--from", "yesterday"),
        ("gifts", "list", "--fund", "f", "--after", "x"),
        ("gifts", "show", "none"),
        ("gifts", "export", "--fund", "f", "--out", "/nowhere/x.csv"),
        ("gifts", "export", "--fund", "f", "--out", "/nowhere/x.csv", "--as", "nobody@example.org"),
    ):
        shell.refused(*args)
    shell.refused("gifts", "pay-in", "--fund", "f", "--amount", "1.00", "--slip", "S1", code=1)
