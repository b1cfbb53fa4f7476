"""Refunds by hand: a reason, the power to refund, a second person, and the way by which the gift came."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import select

from hardship.contributions.by_hand import HandGift, enter_gift, pay_in
from hardship.contributions.hand_models import ProofKind, RefundOrder, Way
from hardship.contributions.models import Channel, Dispute
from hardship.contributions.refund_orders import ask_refund, ask_return, paid_out, read_order
from hardship.contributions.steps import OrderState
from hardship.contributions.transitions import CardRefundState, DisputeState
from hardship.core.actor import SYSTEM, Actor, Role
from hardship.core.errors import BadInput, Conflict, Forbidden
from hardship.core.runtime import Runtime, Transaction
from hardship.core.states import IllegalTransition
from hardship.ledger.models import AccountKind
from tests.integration.contributions.cards import cards_on
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
    events,
    everything_in,
    give,
    give_back,
    load,
    new_gift,
    pounds,
    status_of,
    why,
)

K = AccountKind
DAY = dt.date(2020, 4, 1)


def asks(
    runtime: Runtime, actor: Actor, ref: str = "G-1", amount: str = "100", reason: str = "sent twice"
) -> str:
    """Somebody asks for a refund; the proposal's ref."""
    done = runtime.transact(actor, ask_refund, gift_ref=ref, amount_minor=pounds(amount), reason=reason)
    return str(done.ref)


def pays(runtime: Runtime, actor: Actor, order: RefundOrder, **more: Any) -> RefundOrder:
    """Finance has paid it."""
    fields: dict[str, Any] = {"paid_on": DAY, "bank_ref": "FP 123"}
    return runtime.transact(actor, paid_out, order_ref=order.ref, **(fields | more))


def test_a_bank_gift_goes_back_by_bank_after_two_people_and_a_payment(runtime: Runtime) -> None:
    """Approved: Dr donations / Cr refunds due, the match by the refund rule. Paid: Dr refunds due / Cr bank. Once."""
    load(runtime)
    finance, approver = two_people(runtime)
    give(runtime, new_gift("G-1", "300", at="2020-04-01T08:00:00Z"))
    ref = asks(runtime, finance)
    assert books(runtime).income == pounds("300")
    with pytest.raises(Forbidden):
        approves(runtime, finance, ref)
    order = approves(runtime, approver, ref)
    assert (order.way, order.state) == (Way.BANK, OrderState.DUE)
    assert books(runtime).income == books(runtime).matched == pounds("200")
    assert balances(runtime) == {
        "bank": pounds("300"),
        "refunds_due": -pounds("100"),
        "donations": -pounds("200"),
    }
    assert books(runtime).spendable == pounds("200"), "what is owed back is not spendable"
    with pytest.raises(BadInput):
        pays(runtime, finance, order, paid_on=DAY + dt.timedelta(days=1))
    with pytest.raises(BadInput):
        pays(runtime, finance, order, bank_ref=" ")
    pays(runtime, finance, order)
    assert balance(runtime, K.REFUNDS_DUE) == 0
    assert balance(runtime, K.BANK) == pounds("200")
    with pytest.raises(IllegalTransition):
        pays(runtime, finance, order)
    assert status_of(runtime).agreement.allocated_minor == pounds("200")
    assert "twice" not in str(events(runtime))
    assert runtime.transact(finance, read_order, order_ref=order.ref).reason == "sent twice"
    sound(runtime)


def test_one_who_holds_both_roles_is_still_one_person(runtime: Runtime) -> None:
    """Asking and approving takes two people; and asking takes the power to refund."""
    load(runtime)
    finance, approver = two_people(runtime)
    both = somebody(runtime, "both@example.org", Role.FINANCE, Role.APPROVER)
    give(runtime, new_gift("G-1", "300", at="2020-04-01T08:00:00Z"))
    ref = asks(runtime, both)
    with pytest.raises(Forbidden):
        approves(runtime, both, ref)
    with pytest.raises(Forbidden):
        asks(runtime, approver)
    with pytest.raises(Conflict):
        asks(runtime, finance)
    assert books(runtime).income == pounds("300")


def test_cash_goes_back_from_what_is_in_hand(runtime: Runtime) -> None:
    """Dr refunds due / Cr cash in hand."""
    load(runtime)
    finance, approver = two_people(runtime)
    gift = HandGift("G-1", ProofKind.CASH, pounds("100"), dt.date(2020, 3, 31))
    runtime.transact(finance, enter_gift, fund_slug="f", gift=gift)
    order = approves(runtime, approver, asks(runtime, finance, amount="40"))
    assert order.way is Way.CASH
    pays(runtime, finance, order, bank_ref="receipt 7")
    assert balances(runtime) == {"cash_in_hand": pounds("60"), "donations": -pounds("60")}
    sound(runtime)


def test_cash_that_was_paid_in_meanwhile_goes_back_from_the_bank(runtime: Runtime) -> None:
    """Cash in hand never falls below what is there."""
    load(runtime)
    finance, approver = two_people(runtime)
    gift = HandGift("G-1", ProofKind.CASH, pounds("100"), dt.date(2020, 3, 31))
    runtime.transact(finance, enter_gift, fund_slug="f", gift=gift)
    order = approves(runtime, approver, asks(runtime, finance, amount="40"))
    runtime.transact(finance, pay_in, fund_slug="f", amount_minor=pounds("80"), paid_in_on=DAY, slip="S-1")
    assert pays(runtime, finance, order).way is Way.BANK
    expected = {"cash_in_hand": pounds("20"), "bank": pounds("40"), "donations": -pounds("60")}
    assert balances(runtime) == expected
    sound(runtime)


def test_a_gift_held_elsewhere_is_given_back_by_whoever_holds_it(runtime: Runtime) -> None:
    """Its match goes; our books have no cash to move."""
    load(runtime)
    finance, approver = two_people(runtime)
    gift = HandGift(
        "G-1", ProofKind.HELD_ELSEWHERE, pounds("100"), dt.date(2020, 3, 31), body="Crowd", document="1"
    )
    approves(runtime, approver, runtime.transact(finance, enter_gift, fund_slug="f", gift=gift).proposal)
    assert books(runtime).matched == pounds("100")
    order = approves(runtime, approver, asks(runtime, finance, amount="40"))
    assert (order.way, order.state) == (Way.ELSEWHERE, OrderState.PAID)
    assert books(runtime).matched == pounds("60")
    assert balances(runtime) == {}
    sound(runtime)


def test_a_card_gift_goes_back_to_the_card(runtime: Runtime) -> None:
    """The processor is asked once two people agree; the gift's net falls when it has done it; the fee stays a cost."""
    with cards_on(runtime) as cards:
        ref = cards.give("100")
        finance, approver = two_people(runtime)
        order = approves(runtime, approver, asks(runtime, finance, ref, "30"))
        assert (order.way, order.state) == (Way.CARD, OrderState.AT_CARD)
        with pytest.raises(Conflict, match="not through"):
            asks(runtime, finance, ref, "10")
        cards.work()
        cards.deliver()
        assert [one.state for one in cards.refunds()] == [CardRefundState.DONE]
        assert [one.reason_ref for one in cards.refunds()] == [order.ref]
        assert why(runtime, ref).contribution.net_minor == pounds("70")
        assert balance(runtime, K.REFUNDS_DUE) == 0
        assert asks(runtime, finance, ref, "10")
        sound(runtime)


def test_too_much_a_dispute_and_an_open_refund_are_refused(runtime: Runtime) -> None:
    """When it is asked for, and again when it is approved: what was true then may not be any more."""
    load(runtime)
    finance, approver = two_people(runtime)
    give(runtime, new_gift("G-1", "100", at="2020-04-01T08:00:00Z"))
    before = everything_in(runtime)
    for amount, reason in (("100.01", "x"), ("0", "x"), ("1", " "), ("1", "x" * 501)):
        with pytest.raises(BadInput):
            asks(runtime, finance, amount=amount, reason=reason)
    assert everything_in(runtime) == before
    ref = asks(runtime, finance, amount="60")
    give_back(runtime, "G-1", "50")
    with pytest.raises(BadInput, match=r"£50\.00"):
        approves(runtime, approver, ref)
    give(runtime, new_gift("G-2", "100", at="2020-04-01T08:00:00Z"))
    order = approves(runtime, approver, asks(runtime, finance, "G-2", "10"))
    with pytest.raises(Conflict, match="not through"):
        asks(runtime, finance, "G-2", "10")
    pays(runtime, finance, order)
    runtime.transact(SYSTEM, _dispute, ref="G-2")
    with pytest.raises(Conflict, match="disputed"):
        asks(runtime, finance, "G-2", "10")


def _dispute(tx: Transaction, *, ref: str) -> None:
    """The payer's bank asks about a gift."""
    from hardship.contributions.queries import gift_by_ref

    gift = gift_by_ref(tx.session, ref)
    tx.session.add(
        Dispute(
            ref="D-1",
            provider_ref="dp_1",
            contribution_id=gift.id or 0,
            state=DisputeState.OPEN,
            amount_minor=100,
            opened_at=tx.at,
        )
    )


def test_a_bank_line_that_is_nobodys_goes_back(runtime: Runtime) -> None:
    """Dr unidentified receipts / Cr refunds due, then Cr bank; it is never anybody's income."""
    load(runtime)
    finance, approver = two_people(runtime)
    booked = arrives(runtime, "L-1", pounds("75"), reference="oops")
    done = runtime.transact(finance, ask_return, receipt_ref=booked.ref, reason="a mistake")
    order = approves(runtime, approver, done.ref)
    assert balances(runtime) == {"bank": pounds("75"), "refunds_due": -pounds("75")}
    pays(runtime, finance, order)
    assert balances(runtime) == {}
    assert books(runtime).income == 0
    assert [one["facts"]["state"] for one in events(runtime, f"receipt:{booked.ref}")] == [
        "unidentified",
        "return_due",
        "returned",
    ]
    with pytest.raises(IllegalTransition):
        runtime.transact(finance, ask_return, receipt_ref=booked.ref, reason="again")
    sound(runtime)


def test_a_refund_that_the_cards_bank_sends_back_is_due_another_way(runtime: Runtime) -> None:
    """It stands among the refunds to be paid, and is settled from the bank."""
    from hardship.contributions.events import CardRefundReturned
    from hardship.funds.service import lock_fund
    from hardship.ledger.journal import JournalDraft, transfer
    from hardship.ledger.service import post

    load(runtime)
    finance, _ = two_people(runtime)
    (got,) = give(
        runtime, new_gift("G-1", "100", at="2020-04-01T08:00:00Z", channel=Channel.CARD, into=K.CARD_CLEARING)
    )

    def came_back(tx: Transaction) -> None:
        fund = lock_fund(tx, "f")
        lines = transfer(fund.community_pot_id, K.CARD_CLEARING, K.REFUNDS_DUE, 1_000)
        post(tx, [JournalDraft("back", "gift.refund_returned", "f", "contribution:G-1", DAY, lines)])
        tx.publish(CardRefundReturned(fund, got.contribution_id, "G-1", 1_000))

    runtime.transact(SYSTEM, came_back)
    with runtime.read() as session:
        order = session.exec(select(RefundOrder)).one()
    assert (order.way, order.state, order.amount_minor) == (Way.BANK, OrderState.DUE, 1_000)
    pays(runtime, finance, order)
    assert balance(runtime, K.REFUNDS_DUE) == 0
    sound(runtime)


@pytest.mark.parametrize("runtime", ["sqlite"], indirect=True)
def test_the_commands_ask_list_and_record(runtime: Runtime, shell: Shell) -> None:
    """`hardship gifts refund`, `proposals approve`, `gifts refunds`, `gifts refund-paid`; and what they refuse."""
    load(runtime)
    two_people(runtime)
    give(runtime, new_gift("G-1", "100", at="2020-04-01T08:00:00Z"))
    asked = shell.json(
        "gifts", "refund", "G-1", "--amount", "40.00", "--reason", "sent twice", "--as", "finance@example.org"
    )
    shell.json("proposals", "approve", asked["proposal"], "--as", "approver@example.org")
    (row,) = shell.json("gifts", "refunds")["refunds"]
    assert (row["gift"], row["state"], row["amount"]) == ("G-1", "due", 4_000)
    done = shell.json(
        "gifts",
        "refund-paid",
        row["ref"],
        "--on",
        "2020-04-01",
        "--bank-ref",
        "FP1",
        "--as",
        "finance@example.org",
    )
    assert done["state"] == "paid"
    for args in (
        ("gifts", "refund-paid", row["ref"], "--bank-ref", "FP1"),
        ("gifts", "refund-paid", "0000-0000", "--bank-ref", "FP1"),
        ("gifts", "refund", "none", "--amount", "1.00", "--reason", "x"),
        ("gifts", "refund", "G-1", "--amount", "60.01", "--reason", "x"),
        ("gifts", "refund", "G-1", "--amount", "x", "--reason", "x"),
        ("gifts", "refund", "G-1", "--amount", "1.00", "--reason", " "),
        ("gifts", "refund", "G-1", "--amount", "1.00", "--reason", "x", "--as", "approver@example.org"),
        ("gifts", "refunds", "--after", "nonsense"),
    ):
        shell.refused(*args)
