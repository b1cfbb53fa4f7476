"""Another way than a bank: asked in the journey or afterwards, recorded without bank details, found and paid by hand."""

import pytest
from flask.testing import FlaskClient

from hardship.applications import tracker
from hardship.applications.queries import by_ref
from hardship.applications.service import case_facts
from hardship.applications.transitions import ApplicationState
from hardship.awards.transitions import AwardState
from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from hardship.payouts.guard_pages import waiting
from tests.integration.applications.helpers import bodies, hidden, load, stored
from tests.integration.applications.test_journey import STEPS, app_over, begin, page, post, send, write
from tests.integration.review.helpers import PASSWORD, Panel, a_panel
from tests.integration.staff.signing import sign_in

TYPED = {"legal_name": "Maya Example", "sort_code": "20-29-59", "account_number": "12345678"}
OTHER = {**STEPS, "10": {"when": "other"} | TYPED}


def client_of(runtime: Runtime) -> FlaskClient:
    return app_over(runtime).test_client()


@pytest.mark.parametrize("bank_details", ["choice", "with_application"])
def test_no_bank_is_a_choice_and_nothing_typed_of_an_account_is_kept(
    sqlite_runtime: Runtime, bank_details: str
) -> None:
    load(sqlite_runtime, bank_details)
    client = client_of(sqlite_runtime)
    write(client, OTHER)
    assert "Another way than a bank" in page(client.get("/apply/check"))
    again = page(client.get("/apply/10?from=check"))
    assert 'value="other" checked' in again
    assert 'value="12345678"' not in again
    assert 'value="Maya Example"' not in again
    ref, _ = send(client)
    case = stored(sqlite_runtime, ref)
    assert (case.other_way, case.has_bank) == (True, False)
    with sqlite_runtime.read() as session:
        sent = next(
            one for one in bodies(session, f"application:{ref}") if one["kind"] == "application.submitted"
        )
        assert case_facts(session, sqlite_runtime.vault, case).has_bank is False
        assert tracker.steps(session, case)[-1].name == "We look for another way to send it"
    assert sent["facts"]["other_way"] is True


def test_a_choice_that_was_changed_is_the_last_one(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime)
    client = client_of(sqlite_runtime)
    write(client, OTHER)
    assert post(client, "/apply/10?from=check", {"when": "later"}).status_code == 302
    assert 'value="later" checked' in page(client.get("/apply/10"))
    ref, _ = send(client)
    assert not stored(sqlite_runtime, ref).other_way


def test_where_details_come_with_the_application_a_bank_is_what_is_meant(sqlite_runtime: Runtime) -> None:
    """The usual way costs no tick; without the details there is an error at each."""
    load(sqlite_runtime, "with_application")
    client = client_of(sqlite_runtime)
    begin(client)
    assert 'value="now" checked' in page(client.get("/apply/10"))
    answer = post(client, "/apply/10", {"when": "now"})
    assert answer.status_code == 422
    assert "Enter the sort code" in page(answer)


def test_after_an_approval_it_can_be_asked_for_as_well(sqlite_runtime: Runtime) -> None:
    load(sqlite_runtime, "after_approval")
    client = client_of(sqlite_runtime)
    write(client, {number: fields for number, fields in STEPS.items() if number != "10"})
    ref, code = send(client)
    assert post(client, "/status", {"reference": ref, "claim_code": code}).location == "/status/case"
    assert "I cannot use a bank account" in page(client.get("/status/bank"))
    unseen = hidden(client, "/status/bank")
    assert client.post("/status/other-way", data=unseen).location == "/status/case"
    assert stored(sqlite_runtime, ref).other_way
    assert "I cannot use a bank account" not in page(client.get("/status/bank"))


def test_an_award_of_somebody_without_a_bank_waits_for_finance_and_is_not_asked_for_details(
    sqlite_runtime: Runtime,
) -> None:
    """It does not lapse, the tracker says what happens, and the page for paying by hand leads to it."""
    panel: Panel = a_panel(sqlite_runtime, gifts=100_000)
    panel.join("fin", Role.FINANCE, password=PASSWORD)
    client = client_of(sqlite_runtime)
    write(client, OTHER)
    ref, code = send(client)
    sqlite_runtime.run_due("checks")
    assert panel.approve(ref).state is ApplicationState.APPROVED
    award = panel.award(ref)
    assert award.state is AwardState.OFFERED
    post(client, "/status", {"reference": ref, "claim_code": code})
    text = page(client.get("/status/case"))
    assert "We look for another way to send it" in text
    assert "We need your bank details before we can send it." not in text
    with sqlite_runtime.read() as session:
        assert [one.count for one in waiting(session, panel["fin"])] == [1]
        assert by_ref(session, ref).other_way
    with app_over(sqlite_runtime).test_client() as staff:
        sign_in(staff, sqlite_runtime, "fin@example.org")
        listed = page(staff.get("/staff/payouts/by-hand"))
        assert award.ref in listed
        leads = f'href="/staff/payouts/by-hand/{award.ref}"'
        assert leads in listed
        assert staff.get(f"/staff/payouts/by-hand/{award.ref}").status_code == 200
