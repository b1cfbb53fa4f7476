"""Rules give reasons, never verdicts; policies about facts that do not exist are refused; facts are kept sealed."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import select

from hardship.applications.models import SafeContact
from hardship.applications.service import lock_application
from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.eligibility.events import PastAward, PastAwardsAsked
from hardship.eligibility.models import Assessment
from hardship.eligibility.queries import facts_of, outcomes_of
from hardship.eligibility.rules import Result
from hardship.eligibility.service import assess
from hardship.funds.document import read_document
from hardship.funds.service import load_fund
from tests.integration.applications.helpers import ANSWERS, FUND, apply, everything_in, load, person, stored

AGE = """
[[round.rule]]
id = "adult"
field = "age"
op = ">="
value = 18
on_fail = "ask"
reason = "The fund is for people of 18 and over."
"""
ONCE = """
[[round.rule]]
id = "once"
field = "previous_awards_in_round"
op = "=="
value = 0
on_fail = "ineligible-recommendation"
reason = "One grant a person in a round."
"""

CASES: dict[str, tuple[dict[str, str], Result, bool]] = {
    "a loss of three quarters": ({}, Result.MET, False),
    "a loss of a third": ({"income_now": "800.00"}, Result.NOT_MET, True),
    "an income that is not told": ({"income_before": ""}, Result.UNKNOWN, True),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_gives_a_reason_and_nobody_is_refused(runtime: Runtime, case: str) -> None:
    load(runtime)
    changed, result, referred = CASES[case]
    receipt = apply(runtime, ANSWERS | changed)
    runtime.run_due("checks")
    application = stored(runtime, receipt.ref)
    assert application.state.value == "in_review"
    assert application.referred is referred
    with runtime.read() as session:
        (outcome,) = outcomes_of(session, receipt.application_id)
    assert (outcome.rule, outcome.result) == ("lost-income", result)
    assert outcome.reason == "Your income has to have fallen by half or more."


def test_the_facts_are_kept_sealed_and_open_again(runtime: Runtime) -> None:
    load(runtime, more=AGE)
    receipt = apply(runtime, ANSWERS, safe_contact=SafeContact.EMAIL)
    runtime.run_due("checks")
    with runtime.read() as session:
        kept = session.exec(select(Assessment)).one()
        assert kept.facts
        assert b"income" not in kept.facts
        facts = facts_of(session, runtime.vault, stored(runtime, receipt.ref))
    assert facts["income_loss_percent"] == 75
    assert facts["applied_on"] == dt.date(2020, 4, 1)
    assert facts["safe_contact"] == "email"
    assert facts["is_connected"] is False


def awarded(runtime: Runtime) -> dict[str, Any]:
    """What the second application of one person is told of the first."""
    first = apply(runtime, person(1))
    runtime.run_due("checks")
    runtime.listeners[PastAwardsAsked] = []
    day = dt.date(2020, 4, 1)
    runtime.listen(
        PastAwardsAsked,
        lambda tx, asked: [
            PastAward(number, 1, day) for number in asked.application_ids if number == first.application_id
        ],
    )
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(days=9))
    second = apply(runtime, person(1))
    runtime.run_due("checks")
    with runtime.read() as session:
        facts = facts_of(session, runtime.vault, stored(runtime, second.ref))
        outcomes = {one.rule: one.result for one in outcomes_of(session, second.application_id)}
    return {"facts": facts, "outcomes": outcomes, "second": stored(runtime, second.ref)}


def test_an_earlier_award_to_the_same_person_is_known_and_refers(runtime: Runtime) -> None:
    load(runtime, more=ONCE)
    told = awarded(runtime)
    assert told["facts"]["previous_awards_in_round"] == told["facts"]["previous_awards"] == 1
    assert told["facts"]["days_since_last_award"] == 9
    assert told["outcomes"]["once"] is Result.NOT_MET
    assert told["second"].state.value == "in_review"
    assert told["second"].referred


def test_without_account_or_person_earlier_awards_are_unknown(runtime: Runtime) -> None:
    load(runtime, more=ONCE)
    receipt = apply(runtime, {"income_before": "100.00", "income_now": "0.00"})
    runtime.run_due("checks")
    with runtime.read() as session:
        outcomes = {one.rule: one.result for one in outcomes_of(session, receipt.application_id)}
    assert outcomes == {"lost-income": Result.MET, "once": Result.UNKNOWN}


def test_a_later_assessment_wins(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, ANSWERS)
    for _ in range(2):
        runtime.transact(SYSTEM, lambda tx: assess(tx, lock_application(tx, receipt.application_id)))
    with runtime.read() as session:
        assert len(session.exec(select(Assessment)).all()) == 2
        assert len(outcomes_of(session, receipt.application_id)) == 1


BAD = {
    "a fact that does not exist": ('field = "income_los_percent"', "did you mean income_loss_percent"),
    "an operation that does not fit": ('field = "reason"', "does not fit"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_policy_about_what_does_not_exist_is_refused(runtime: Runtime, case: str) -> None:
    field, said = BAD[case]
    text = FUND.format(bank_details="choice").replace('field = "income_loss_percent"', field)
    document = read_document(text.encode(), "fund.toml")
    before = everything_in(runtime)
    with pytest.raises(BadInput, match=said) as refused:
        runtime.transact(SYSTEM, load_fund, document=document)
    assert "lost-income" in str(refused.value)
    assert everything_in(runtime) == before


def test_a_band_about_a_fact_that_does_not_exist_is_refused(sqlite_runtime: Runtime) -> None:
    bands = 'bands = [{when = "shoe_size > 40", amount = "300.00"}, {when = "otherwise", amount = "200.00"}]'
    text = FUND.format(bank_details="choice").replace('grant = "200.00"', bands)
    with pytest.raises(BadInput, match="shoe_size"):
        document = read_document(text.encode(), "fund.toml")
        sqlite_runtime.transact(SYSTEM, load_fund, document=document)
