"""The stand-in bank, and what the applicant sees of the way of the money."""

import dataclasses
import datetime as dt

import pytest
from sqlmodel import select

from hardship.applications import tracker
from hardship.applications.models import Application
from hardship.core.clock import SetClock
from hardship.core.errors import Refused
from hardship.core.runtime import Runtime
from hardship.payouts import queries
from hardship.payouts.models import Attempt, RailName
from hardship.payouts.rails import rail_for
from hardship.payouts.rails.base import Instruction, Status
from hardship.payouts.rails.sandbox import OTHERWISE, RULES, fate_of
from tests.integration.applications.helpers import everything_in
from tests.integration.payouts.helpers import House, a_house


def instruction(key: str = "k1", account: str = "20000001", minor: int = 20_000) -> Instruction:
    """A payment to make."""
    return Instruction(key, "Lane 7K3M9Q2X1A", minor, "GBP", "Canary Person", "202959", account)


def test_the_same_key_is_the_same_payment_and_another_payment_under_it_is_not_taken(runtime: Runtime) -> None:
    bank = rail_for(runtime, RailName.SANDBOX)
    assert bank.send([instruction()])[0].status is Status.ACCEPTED
    assert bank.send([instruction(), instruction("k2")])[0].status is Status.ACCEPTED
    other = bank.send([instruction(minor=1)])[0]
    assert (other.status, other.problem) == (Status.NO_ANSWER, "key_of_another_payment")
    with runtime.read() as session:
        book = queries.sandbox_book(session)
    assert [(one.key, one.amount_minor) for one in book] == [("k1", 20_000), ("k2", 20_000)]
    assert bank.look_up(["k3"])[0].status is Status.NOT_KNOWN


def test_it_does_what_its_rules_say(runtime: Runtime) -> None:
    bank = rail_for(runtime, RailName.SANDBOX)
    A = Status
    ways = {
        "91": [A.REFUSED, A.REFUSED],
        "92": [A.NO_ANSWER, A.ACCEPTED, A.POSTED, A.POSTED],
        "93": [A.ACCEPTED, A.FAILED, A.FAILED],
        "94": [A.ACCEPTED, A.POSTED, A.RETURNED, A.RETURNED],
        "95": [A.ACCEPTED, A.POSTED, A.POSTED],
    }
    for ending, (first, *later) in ways.items():
        assert bank.send([instruction(ending, f"200000{ending}")])[0].status is first
        assert [bank.look_up([ending])[0].status for _ in later] == later
    assert {rule.ending for rule in RULES} == {"91", "92", "93", "94"}
    assert fate_of("20000095") is OTHERWISE.fate


def test_it_does_not_run_in_production(sqlite_runtime: Runtime) -> None:
    house = a_house(sqlite_runtime)
    ref = house.ready("01")
    house.award("01")
    draft = house.make()
    house.runtime.settings = dataclasses.replace(sqlite_runtime.settings, production=True)
    with pytest.raises(Refused, match="does not run in production"):
        house.approve(draft)
    with pytest.raises(Refused, match="does not run in production"):
        house.submit(ref)
    with pytest.raises(Refused, match="does not run in production"):
        house.make()
    assert house.work() == 0


def test_nobodys_details_are_in_plain_form_anywhere(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    house = a_house(runtime)
    house.submit(house.ready("01", "91", "92"))
    house.work()
    everything = repr(everything_in(runtime)) + caplog.text
    for canary in ("Person Number1", "20000101", "202959", "20-29-59"):
        assert canary not in everything
    assert "Canary" not in repr(instruction())
    with runtime.read() as session:
        assert all(attempt.payload for attempt in session.exec(select(Attempt)))


def shown(house: House) -> list[str]:
    """The applicant's steps after the decision."""
    with house.runtime.read() as session:
        application = session.exec(select(Application)).one()
        return [step.name for step in tracker.steps(session, application)][3:]


def test_the_applicant_sees_where_the_money_is(runtime: Runtime) -> None:
    assert isinstance(runtime.clock, SetClock)
    house = a_house(runtime)
    house.award("94")
    assert shown(house)[-1] == "We send the money"
    ref = house.make()
    assert shown(house)[-1] == "We send the money"
    house.approve(ref)
    house.submit(ref)
    assert shown(house)[-1] == "On its way"
    house.work()
    assert shown(house)[-1] == "Sent on 1 April"
    runtime.clock.advance(dt.timedelta(minutes=5))
    house.work()
    assert "The bank sent it back" in shown(house)
    with runtime.read() as session:
        application = session.exec(select(Application)).one()
        assert any(step.asks_for_bank for step in tracker.steps(session, application))
