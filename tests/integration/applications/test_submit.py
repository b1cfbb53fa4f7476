"""Submitting: what is stored, what is witnessed, and what is refused."""

from sqlmodel import select

from hardship.applications.models import ApplicationToken, SafeContact
from hardship.applications.service import bank_token_of, case_facts, payees
from hardship.core.runtime import Runtime
from hardship.eligibility.queries import outcomes_of
from hardship.eligibility.rules import Result
from tests.integration.applications.helpers import ANSWERS, apply, bodies, load, person, stored


def test_an_application_waits_for_its_checks_and_both_steps_are_witnessed(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, ANSWERS)
    application = stored(runtime, receipt.ref)
    assert application.state.value == "checking"
    assert application.has_bank
    with runtime.read() as session:
        events = bodies(session, f"application:{receipt.ref}")
        assert [(one["kind"], one["facts"]["state"]) for one in events] == [
            ("application.submitted", "submitted"),
            ("application.checks_started", "checking"),
        ]
        assert len(session.exec(select(ApplicationToken)).all()) == 4
        paid = payees(session, runtime.vault, [receipt.application_id])[receipt.application_id]
        assert (paid.name, paid.sort_code, paid.account_number) == ("Maya Example", "202959", "12345678")
        assert bank_token_of(session, application)
        facts = case_facts(session, runtime.vault, application)
        assert facts.income_before_minor == 120_000
        assert application.safe_contact is SafeContact.NONE


def test_the_checks_put_a_plain_case_before_the_panel_unreferred(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1))
    other = apply(runtime, person(2))
    assert runtime.run_due("checks") == 2
    for ref in (receipt.ref, other.ref):
        assert stored(runtime, ref).state.value == "in_review"
        assert not stored(runtime, ref).referred
    with runtime.read() as session:
        assert [one.result for one in outcomes_of(session, receipt.application_id)] == [Result.MET]
