"""The rail of Stripe's Global Payouts, over the stand-in of its API: what is sent, what it remembers, and that nothing
that befalls a request makes anything twice."""

import datetime as dt
import logging
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from hardship.core.clock import SetClock
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime
from hardship.payouts import service
from hardship.payouts.doctor import once
from hardship.payouts.models import Attempt, Batch, Payment, RailName
from hardship.payouts.rails import rail_for
from hardship.payouts.rails import stripe as rail
from hardship.payouts.transitions import BatchState, PaymentState
from tests.integration.applications.helpers import everything_in
from tests.integration.payouts.helpers import House
from tests.integration.payouts.stripe_house import (
    a_stripe_house,
    again_and_again,
    befalls,
    change_details,
    impatient,
    point_at,
    serving,
)
from tests.support.stripe_v2 import CHECKS, PAYMENTS, RECIPIENTS, SETUPS, Fault, StripeV2

S = PaymentState
STEPS = {"recipient": RECIPIENTS, "method": SETUPS, "name check": CHECKS, "payment": PAYMENTS}
PASSING = [fault for fault in Fault if fault is not Fault.NONE]


@pytest.fixture
def bank(runtime: Runtime) -> Iterator[StripeV2]:
    """The stand-in, to which the runtime speaks."""
    with serving(runtime) as made:
        yield made


@pytest.fixture
def house(runtime: Runtime, bank: StripeV2) -> House:
    """A fund whose batches go by Stripe."""
    return a_stripe_house(runtime)


@pytest.fixture
def stripe(sqlite_runtime: Runtime) -> Iterator[StripeV2]:
    """The stand-in, for what does not depend on the database."""
    with serving(sqlite_runtime) as made:
        yield made


@pytest.fixture
def fund(sqlite_runtime: Runtime, stripe: StripeV2) -> House:
    """A fund whose batches go by Stripe, for what does not depend on the database."""
    return a_stripe_house(sqlite_runtime)


def attempts(house: House) -> list[Attempt]:
    """Every try, the oldest first."""
    with house.runtime.read() as session:
        return list(session.exec(select(Attempt).order_by(col(Attempt.id))).all())


def later(house: House, **by: float) -> None:
    """Time passes."""
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(**by))


def test_a_payment_is_sent_by_fps_under_the_public_name_without_telling_the_payee(
    house: House, bank: StripeV2
) -> None:
    done = house.submit(house.ready("01"))
    assert (done.submitted, done.failed, done.unknown) == (1, 0, 0)
    ((made,), (tried,)) = bank.payments(), attempts(house)
    assert (made["statement_descriptor"], made["amount"]) == (
        "Lane Support",
        {"value": 20_000, "currency": "gbp"},
    )
    assert made["recipient_notification"] == {"setting": "none"}
    assert made["to"]["payout_method_options"] == {"bank_account": {"preferred_networks": ["fps"]}}
    assert (made["metadata"], tried.provider_ref) == ({"attempt": tried.idem_key}, made["id"])
    keys = [headers["idempotency-key"] for method, path, headers in bank.seen if path == PAYMENTS]
    assert keys == [tried.idem_key]
    bank.advance()
    house.work()
    assert house.states() == {S.PAID: 1}
    assert house.books().clearing == 0


def test_stripe_gets_a_name_and_an_account_and_nothing_else_of_the_person(
    fund: House, stripe: StripeV2
) -> None:
    fund.submit(fund.ready("01"))
    sent = repr([headers for _, _, headers in stripe.seen]) + repr(list(stripe.things.values()))
    assert "@" not in sent.replace("payments@localhost", "")
    assert "telemetry_id" not in sent
    assert len(stripe.seen) == 4


def test_nobodys_details_are_in_the_database_or_the_logs(
    house: House, bank: StripeV2, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    caplog.set_level(logging.DEBUG)
    bank.faults = befalls(PAYMENTS, Fault.ERROR_AFTER)
    house.submit(house.ready("01", "90", "91"))
    house.work()
    everything = repr(everything_in(house.runtime)) + caplog.text
    for canary in ("Person Number", "20000101", "20000290", "202959", "20-29-59"):
        assert canary not in everything


def test_one_recipient_a_person_and_one_method_an_account(house: House, bank: StripeV2) -> None:
    house.submit(house.ready("94"))
    again_and_again(house, bank)
    assert house.states() == {S.RETURNED: 1}
    change_details(house, "20000001")
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    again_and_again(house, bank)
    assert house.states() == {S.PAID: 1}
    assert (bank.recipients(), bank.methods(), len(bank.payments())) == (1, 2, 2)


@pytest.mark.parametrize("step", STEPS)
def test_whatever_befalls_a_request_everything_is_made_once_and_each_award_is_paid(
    fund: House, stripe: StripeV2, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    impatient(monkeypatch, 0.15)
    stripe.silence = 0.25
    for fault in PASSING:
        ref = fund.ready("01")
        stripe.faults = befalls(STEPS[step], fault)
        fund.submit(ref)
        later(fund, minutes=20)
    again_and_again(fund, stripe)
    count = len(PASSING)
    assert fund.states() == {S.PAID: count}
    assert (stripe.recipients(), stripe.methods(), len(stripe.payments("posted"))) == (count, count, count)
    made = [one["metadata"]["attempt"] for one in stripe.payments()]
    assert sorted(made) == sorted(one.idem_key for one in attempts(fund))
    assert fund.books().clearing == 0


def test_one_that_is_taken_without_an_answer_is_unknown_until_it_is_found(
    fund: House, stripe: StripeV2, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    stripe.faults = befalls(PAYMENTS, Fault.SILENT_AFTER, Fault.ERROR_BEFORE, method="POST")
    done = fund.submit(fund.ready("01"))
    assert (done.unknown, fund.states()) == (1, {S.UNKNOWN: 1})
    assert len(stripe.payments()) == 1
    fund.work()
    assert fund.states() == {S.SUBMITTED: 1}
    assert len(stripe.payments()) == 1


def test_a_busy_rail_is_left_alone_as_long_as_it_asks_for(fund: House, stripe: StripeV2) -> None:
    stripe.patience = 120
    stripe.faults = befalls(PAYMENTS, Fault.TOO_MANY, method="POST")
    ref = fund.ready(*["01"] * 12)
    fund.submit(ref)
    asked = len(stripe.seen)
    with fund.runtime.read() as session:
        batch = session.exec(select(Batch)).one()
        states = set(session.exec(select(Payment.state)).all())
    assert (batch.state, batch.paused_for) == (BatchState.SUBMITTING, "rate_limited")
    assert batch.resume_at == fund.runtime.clock.now() + dt.timedelta(seconds=120)
    assert states == {S.SUBMITTING, S.APPROVED}
    later(fund, seconds=119)
    fund.work()
    assert len(stripe.seen) == asked
    later(fund, seconds=2)
    fund.work()
    assert len(stripe.payments()) == 12
    assert fund.states() == {S.SUBMITTED: 12}


@pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.NO_FUNDS])
def test_what_the_charity_has_to_put_right_fails_nobodys_payment(
    fund: House, stripe: StripeV2, fault: Fault
) -> None:
    stripe.faults = lambda method, path: fault if (method, path) == ("POST", PAYMENTS) else Fault.NONE
    fund.submit(fund.ready("01", "01"))
    later(fund, minutes=20)
    fund.work()
    assert fund.states() == {S.SUBMITTING: 2}
    stripe.faults = lambda method, path: Fault.NONE
    again_and_again(fund, stripe)
    assert (fund.states(), len(stripe.payments())) == ({S.PAID: 2}, 2)


def test_a_rail_that_has_fallen_silent_is_not_asked_for_the_rest(
    fund: House, stripe: StripeV2, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, 0.1)
    stripe.silence = 0.3
    stripe.faults = lambda method, path: (
        Fault.SILENT_AFTER if (method, path) == ("POST", PAYMENTS) else Fault.NONE
    )
    fund.submit(fund.ready(*["01"] * 8))
    assert fund.states() == {S.UNKNOWN: rail.PATIENCE, S.SUBMITTING: 8 - rail.PATIENCE}
    stripe.faults = lambda method, path: Fault.NONE
    again_and_again(fund, stripe)
    assert (fund.states(), len(stripe.payments())) == ({S.PAID: 8}, 8)


def test_refused_failed_and_stopped_payments_leave_the_award_to_be_paid_again(
    fund: House, stripe: StripeV2
) -> None:
    fund.submit(fund.ready("90", "91", "93", "95"))
    again_and_again(fund, stripe)
    assert fund.states() == {S.FAILED: 3, S.CANCELLED: 1}
    assert sorted(one.problem for one in attempts(fund)) == [
        "",
        "blocked_by_stripe",
        "invalid_payout_method",
        "payout_method_declined",
    ]
    books = fund.books()
    assert (books.clearing, books.funds[0].payable, books.funds[0].paid) == (0, 80_000, 0)


def test_a_name_that_differs_stops_the_payment_until_a_second_person_approves_it_knowing_that(
    house: House, bank: StripeV2
) -> None:
    bank.names[("202959", "20000101")] = "Somebody Else"
    house.submit(house.ready("01"))
    assert house.states() == {S.FAILED: 1}
    assert [(one.problem, one.name_check) for one in attempts(house)] == [("name_differs", "ANNM")]
    assert bank.payments() == []
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    again_and_again(house, bank)
    assert (house.states(), len(bank.payments())) == ({S.PAID: 1}, 1)
    assert "Somebody Else" not in repr(everything_in(house.runtime))


def test_other_details_after_a_name_that_differs_are_checked_anew(fund: House, stripe: StripeV2) -> None:
    stripe.names |= {("202959", "20000101"): "Somebody Else", ("202959", "30000001"): "A Third One"}
    fund.submit(fund.ready("01"))
    change_details(fund, "30000001")
    ref = fund.make()
    fund.approve(ref)
    fund.submit(ref)
    assert (fund.states(), stripe.payments()) == ({S.FAILED: 1}, [])


def test_where_name_checks_are_not_offered_it_pays_without(fund: House, stripe: StripeV2) -> None:
    stripe.checks_names = False
    fund.submit(fund.ready("01"))
    assert fund.states() == {S.SUBMITTED: 1}
    assert attempts(fund)[0].name_check == ""
    assert "recipient_verification" not in stripe.payments()[0]


def test_a_close_match_pays_and_is_noted(fund: House, stripe: StripeV2) -> None:
    stripe.names[("202959", "20000101")] = "P Number1"
    fund.submit(fund.ready("01"))
    assert (fund.states(), attempts(fund)[0].name_check) == ({S.SUBMITTED: 1}, "MBAM")


def test_a_payment_is_stopped_before_the_debit_and_not_after(fund: House, stripe: StripeV2) -> None:
    fund.submit(fund.ready("01", "01"))
    first, second = [one.reference for one in fund.payments()]
    assert service.stop_payment(fund.runtime, fund["finance"], first) is S.CANCELLED
    stripe.advance()
    assert service.stop_payment(fund.runtime, fund["finance"], second) is S.PAID
    assert fund.books().clearing == 0
    with pytest.raises(Refused, match="nothing of this payment"):
        service.stop_payment(fund.runtime, fund["finance"], first)
    ref = fund.make()
    assert fund.batch(ref).count == 1


def test_long_after_what_was_made_is_looked_for_and_not_made_again(
    fund: House, stripe: StripeV2, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the time in which a key is relied upon: recipient and method are found in the lists."""
    for path in (RECIPIENTS, SETUPS):
        impatient(monkeypatch)
        ref = fund.ready("01")
        stripe.faults = befalls(path, Fault.DROP_AFTER)
        fund.submit(ref)
        stripe.keys.clear()
        later(fund, hours=30)
        fund.work()
    again_and_again(fund, stripe, hours=12)
    assert fund.states() == {S.PAID: 2}
    assert (stripe.recipients(), stripe.methods(), len(stripe.payments())) == (2, 2, 2)


def test_without_its_settings_or_where_it_would_print_it_does_not_run(
    fund: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_LOG", "debug")
    with pytest.raises(Refused, match="STRIPE_LOG"):
        rail_for(fund.runtime, RailName.STRIPE)
    monkeypatch.delenv("STRIPE_LOG")
    fund.award("01")
    point_at(fund.runtime, "http://localhost:1", key="")
    with pytest.raises(Refused, match="Stripe is not set up"):
        fund.make()


def test_no_connection_is_no_answer_and_nothing_is_lost(fund: House, stripe: StripeV2) -> None:
    ref = fund.ready("01")
    address = fund.runtime.settings.stripe_api_base
    point_at(fund.runtime, "http://127.0.0.1:9")
    fund.submit(ref)
    assert fund.states() == {S.SUBMITTING: 1}
    point_at(fund.runtime, address)
    again_and_again(fund, stripe)
    assert fund.states() == {S.PAID: 1}
    with fund.runtime.read() as session:
        assert once(session, fund.runtime) == []
