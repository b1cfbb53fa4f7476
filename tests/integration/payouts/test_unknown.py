"""What nobody can tell: found out by look-up, by the same key within its time, else by two people; never by a new key."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlmodel import select

from hardship.app import create_app
from hardship.core.actor import Role
from hardship.core.clock import SetClock
from hardship.core.errors import BadInput, Conflict, Forbidden, NotFound
from hardship.core.models import OutboxMail
from hardship.core.runtime import Runtime
from hardship.payouts import service
from hardship.payouts.models import Attempt
from hardship.payouts.service import Finding
from hardship.payouts.transitions import PaymentState
from hardship.payouts.trouble import NextStep, What, troubles
from hardship.staff import proposals
from tests.integration.applications.helpers import Command
from tests.integration.payouts.helpers import House
from tests.integration.payouts.stripe_house import (
    a_stripe_house,
    again_and_again,
    befalls,
    impatient,
    serving,
)
from tests.integration.review.helpers import PASSWORD
from tests.integration.staff.signing import post, sign_in
from tests.support.stripe_v2 import PAYMENTS, Fault, StripeV2

S = PaymentState
PAGE = "/staff/payouts/unknown"


@pytest.fixture
def bank(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeV2]:
    """The stand-in, to which the runtime speaks."""
    impatient(monkeypatch, 0.2)
    with serving(runtime) as made:
        yield made


@pytest.fixture
def house(runtime: Runtime, bank: StripeV2) -> House:
    """A fund whose batches go by Stripe."""
    return a_stripe_house(runtime)


@pytest.fixture
def stripe(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeV2]:
    """The stand-in, for what does not depend on the database."""
    impatient(monkeypatch, 0.2)
    with serving(sqlite_runtime) as made:
        yield made


@pytest.fixture
def fund(sqlite_runtime: Runtime, stripe: StripeV2) -> House:
    """A fund whose batches go by Stripe, for what does not depend on the database."""
    return a_stripe_house(sqlite_runtime)


def later(house: House, **by: float) -> None:
    """Time passes."""
    assert isinstance(house.runtime.clock, SetClock)
    house.runtime.clock.advance(dt.timedelta(**by))


def lose(house: House, bank: StripeV2, fault: Fault = Fault.DROP_BEFORE) -> str:
    """A payment that nobody knows of any more: no answer came, and it is too late to send it again."""
    bank.faults = befalls(PAYMENTS, fault)
    house.submit(house.ready("01"))
    assert house.states() == {S.UNKNOWN: 1}
    later(house, hours=24)
    return house.payments()[0].reference


def propose(house: House, ref: str, finding: Finding, who: str = "finance") -> str:
    """Somebody says what they found out."""
    done = house.runtime.transact(
        house[who], service.propose_finding, payment_ref=ref, finding=finding, why="Looked at their list."
    )
    return done.ref


def confirm(house: House, proposal: str, who: str = "approver") -> None:
    """A second person confirms it."""
    house.runtime.transact(house[who], proposals.approve, ref=proposal)


def wanted(house: House) -> list[tuple[What, NextStep, bool]]:
    """What wants a look."""
    with house.runtime.read() as session:
        found = troubles(session, house.runtime.clock.now())
    return [(one.what, one.step, one.told) for one in found]


def keys(bank: StripeV2) -> set[str]:
    """Every key with which a payment was asked for."""
    return {
        headers["idempotency-key"]
        for method, path, headers in bank.seen
        if (method, path) == ("POST", PAYMENTS)
    }


def test_within_its_time_the_same_key_is_sent_again_and_after_that_never(
    house: House, bank: StripeV2
) -> None:
    ref = lose(house, bank)
    assert wanted(house) == [(What.UNKNOWN, NextStep.ASKED_AGAIN, True)]
    house.work()
    later(house, days=3)
    house.work()
    assert (bank.payments(), len(keys(bank))) == ([], 1)
    assert wanted(house) == [(What.UNKNOWN, NextStep.PERSON, True)]
    assert service.resolve_unknown(house.runtime, house["finance"], ref) is S.UNKNOWN
    assert len([1 for method, path, _ in bank.seen if (method, path) == ("POST", PAYMENTS)]) == 1


def test_two_people_say_that_it_was_not_taken_and_a_new_approval_pays_it_once(
    house: House, bank: StripeV2
) -> None:
    ref = lose(house, bank)
    house.work()
    proposal = propose(house, ref, Finding.NOT_TAKEN)
    with pytest.raises(Forbidden):
        confirm(house, proposal, "finance")
    assert house.states() == {S.UNKNOWN: 1}
    confirm(house, proposal)
    assert house.states() == {S.FAILED: 1}
    batch = house.make()
    house.approve(batch)
    house.submit(batch)
    again_and_again(house, bank)
    assert (house.states(), len(bank.payments("posted"))) == ({S.PAID: 1}, 1)
    assert house.books().clearing == 0


def test_nobody_confirms_their_own_finding(fund: House, stripe: StripeV2) -> None:
    ref = lose(fund, stripe)
    proposal = propose(fund, ref, Finding.NOT_TAKEN, "both")
    with pytest.raises(Forbidden, match="yourself"):
        confirm(fund, proposal, "both")


def test_a_finding_is_void_once_the_rail_has_told(fund: House, stripe: StripeV2) -> None:
    ref = lose(fund, stripe, Fault.DROP_AFTER)
    proposal = propose(fund, ref, Finding.NOT_TAKEN)
    fund.work()
    assert fund.states() == {S.SUBMITTED: 1}
    with pytest.raises(Conflict, match="nothing is to be found out"):
        confirm(fund, proposal)
    assert fund.states() == {S.SUBMITTED: 1}


def test_what_is_found_taken_goes_on(fund: House, stripe: StripeV2) -> None:
    ref = lose(fund, stripe)
    confirm(fund, propose(fund, ref, Finding.TAKEN))
    assert fund.states() == {S.SUBMITTED: 1}
    later(fund, days=6)
    assert wanted(fund) == [(What.NOT_SEEN, NextStep.ASK_BANK, True)]


def test_what_the_rail_took_after_all_is_shown_and_not_paid_again(house: House, bank: StripeV2) -> None:
    """Two people were wrong: the payment turns up at the rail while its award waits in a new batch."""
    ref = lose(house, bank, Fault.DROP_AFTER)
    confirm(house, propose(house, ref, Finding.NOT_TAKEN))
    batch = house.make()
    house.approve(batch)
    deliver(house, bank)
    assert house.batch(batch).count == 0
    assert wanted(house) == [(What.CONTRADICTED, NextStep.RECORD, True)]
    with pytest.raises(Exception, match="nothing is ready"):
        house.make()
    assert len(bank.payments()) == 1
    confirm(house, propose(house, ref, Finding.SETTLED))
    assert wanted(house) == []


def deliver(house: House, bank: StripeV2) -> None:
    """Every event so far, through the rail's handler."""
    from hardship.contributions.webhooks import Delivered

    for event in bank.events:
        at = dt.datetime.fromisoformat(event["created"])
        service.on_outbound_payment(house.runtime, Delivered(event["id"], event["type"], event, at))


def test_a_finding_needs_a_reason_a_permission_and_a_payment(fund: House, stripe: StripeV2) -> None:
    ref = lose(fund, stripe)
    tell = service.propose_finding
    with pytest.raises(BadInput, match="how you know"):
        fund.runtime.transact(fund["finance"], tell, payment_ref=ref, finding=Finding.TAKEN, why=" ")
    with pytest.raises(Forbidden):
        fund.runtime.transact(fund["auditor"], tell, payment_ref=ref, finding=Finding.TAKEN, why="x")
    with pytest.raises(NotFound):
        fund.runtime.transact(fund["finance"], tell, payment_ref="NOSUCH", finding=Finding.TAKEN, why="x")
    with pytest.raises(Conflict):
        fund.runtime.transact(fund["finance"], tell, payment_ref=ref, finding=Finding.SETTLED, why="x")


# --- Telling ------------------------------------------------------------------------------------------------------


def test_finance_is_told_by_a_mail_that_says_nothing_once_a_day(fund: House, stripe: StripeV2) -> None:
    stripe.faults = befalls(PAYMENTS, *[Fault.ERROR_BEFORE] * 50)
    fund.submit(fund.ready("01"))
    assert fund.runtime.run_due("payouts-alarm") == 0
    later(fund, hours=2)
    told = fund.runtime.run_due("payouts-alarm")
    assert told == 2  # finance and both
    assert fund.runtime.run_due("payouts-alarm") == 0
    later(fund, hours=25)
    assert fund.runtime.run_due("payouts-alarm") == told
    with fund.runtime.read() as session:
        mail = session.exec(select(OutboxMail)).first()
        assert mail is not None
        letter = fund.runtime.vault.person(session, mail.data_key_id).open(
            "outbox_mail", "letter", mail.ref, mail.letter
        )
    assert letter is not None
    for word in ("payment", "grant", "fund", "Lane", "200"):
        assert word not in letter.replace("/staff", "")


# --- Page and commands --------------------------------------------------------------------------------------------


def test_the_page_says_since_when_and_what_comes_next_and_two_people_settle_it(
    fund: House, stripe: StripeV2
) -> None:
    fund.join("mia", Role.FINANCE, password=PASSWORD)
    app = create_app(fund.runtime, testing=True)
    mia = app.test_client()
    sign_in(mia, fund.runtime, "mia@example.org")
    assert "Nothing is unknown" in mia.get(PAGE).text
    ref = lose(fund, stripe)
    sign_in(mia, fund.runtime, "mia@example.org")
    shown = mia.get(PAGE).text
    assert ref in shown
    assert "1 April 2020" in shown
    assert "The rail is asked again by itself" in shown
    assert ref in mia.get(f"{PAGE}?what=unknown").text
    assert ref not in mia.get(f"{PAGE}?what=paused").text
    assert "payment is unknown" in mia.get("/staff/").text
    assert post(mia, f"{PAGE}/{ref}/ask", page=PAGE).status_code == 303
    assert "Look for it at the rail" in mia.get(PAGE).text
    empty = post(mia, f"{PAGE}/{ref}", {"why": "  "})
    assert (empty.status_code, "Say what you found out" in empty.text) == (422, True)
    sent = post(mia, f"{PAGE}/{ref}", {"finding": "not-taken", "why": "Not on their list."})
    assert sent.status_code == 303
    assert fund.states() == {S.UNKNOWN: 1}
    with fund.runtime.read() as session:
        (waits,) = proposals.waiting(session)
    confirm(fund, waits.ref)
    assert fund.states() == {S.FAILED: 1}


def test_the_page_of_a_payment_that_is_not_there_is_not_found(fund: House) -> None:
    fund.join("mia", Role.FINANCE, password=PASSWORD)
    mia = create_app(fund.runtime, testing=True).test_client()
    sign_in(mia, fund.runtime, "mia@example.org")
    assert mia.get(f"{PAGE}/NOSUCH").status_code == 404


def test_the_commands_list_what_is_unknown_and_take_a_finding(
    fund: House,
    stripe: StripeV2,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Command(fund.runtime, capsys, monkeypatch)
    assert run("payouts", "unknown")[:2] == (0, "Nothing is unknown.\n")
    ref = lose(fund, stripe)
    fund.work()
    status, out, _ = run("payouts", "unknown", "--json")
    assert (status, '"next_step": "person"' in out) == (1, True)
    finance = ("--as", "finance@example.org")
    for given, what in (
        ((ref, "--finding", "perhaps", "--why", "x", *finance), "no such finding"),
        ((ref, "--finding", "taken", "--why", " ", *finance), "how you know"),
        (("NOSUCH", "--finding", "taken", "--why", "x", *finance), "no such payment"),
    ):
        status, _, err = run("payouts", "found", *given)
        assert (status, what in err) == (2, True), err
    assert run("payouts", "stop", ref, *finance)[0] == 1
    assert run("payouts", "found", ref, "--finding", "taken", "--why", "Seen.", *finance)[0] == 0
    assert fund.states() == {S.UNKNOWN: 1}
    with fund.runtime.read() as session:
        (waits,) = proposals.waiting(session)
        assert session.exec(select(Attempt.problem)).one() == "not_found"
    assert run("proposals", "approve", waits.ref, "--as", "approver@example.org")[0] == 0
    assert fund.states() == {S.SUBMITTED: 1}
