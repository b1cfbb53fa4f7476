"""What guards payments and what comes back, in Chromium: a limit, a possible hit, cash, a recall, a return, lines that name several."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from hardship.applications.models import Source
from hardship.applications.service import submit
from hardship.awards.service import grant
from hardship.core.actor import PUBLIC, SYSTEM, Role, operator
from hardship.core.clock import SystemClock
from hardship.core.runtime import Runtime
from hardship.funds.queries import round_by_slug
from hardship.payouts import queries
from hardship.payouts.models import Attempt, Direction, RailName
from hardship.payouts.sanctions.queries import hits
from hardship.payouts.transitions import PaymentState
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE
from tests.browser.steps import Accessible, OpenPage, press, sign_in
from tests.integration.applications.helpers import person
from tests.integration.payouts.guarding import award_to, guarded_house, import_list, limited, payment_of
from tests.integration.payouts.helpers import GRANT, House, line
from tests.integration.review.helpers import PASSWORD

pytestmark = pytest.mark.browser

HOME = "/staff/payouts"


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A fund whose finance, approver and officer can sign in."""
    made = guarded_house(sqlite_runtime, money=1_000_000)
    for name, role in (("fay", Role.FINANCE), ("abe", Role.APPROVER), ("lea", Role.LEAD)):
        sqlite_runtime.transact(operator(), add, f"{name}@example.org", [role], PASSWORD, is_demo=True)
    return made


def typed(page: Page, group: str, day: str, month: str, year: str) -> None:
    """Fill in a date."""
    fields = page.get_by_role("group", name=group)
    for label, text in (("Day", day), ("Month", month), ("Year", year)):
        fields.get_by_label(label, exact=True).fill(text)


@pytest.mark.parametrize(("javascript", "viewport"), [(True, NARROW), (False, WIDE)])
def test_limits_and_a_possible_hit_stop_a_payment_until_the_officer_has_decided(
    house: House,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    limited(house.runtime, per_person_daily="300.00")
    award_to(house, "Person Fine")
    held = award_to(house, "Viktor Sanktionov", birth_year="1952")
    ref = house.make()
    house.runtime.clock = SystemClock()
    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        look = accessible if javascript else lambda page: None
        checker = open_page(javascript=javascript, viewport=viewport)
        sign_in(checker, site.url, house.runtime, "abe")
        checker.goto(site.at(f"{HOME}/{ref}"))
        press(checker, "Approve 2 payments")
        expect(
            checker.get_by_text("of the £300.00 that you may approve in a day £300.00 is left")
        ).to_be_visible()
        look(checker)
        assert house.batch(ref).approved_by is None

        import_list(house, ("RUS0001", "Viktor", "Sanktionov", "07/10/1952"))
        checker.goto(site.at(f"{HOME}/{ref}"))
        expect(checker.get_by_role("button", name="Approve 1 payment")).to_be_visible()
        press(checker, "Approve 1 payment")
        expect(checker.get_by_text("£400.00 of it was tried today, which counts")).to_be_visible()

        officer = open_page(javascript=javascript, viewport=viewport)
        sign_in(officer, site.url, house.runtime, "lea")
        with house.runtime.read() as session:
            hit = hits(session)[0].hit.ref
        officer.goto(site.at(f"/staff/sanctions/{hit}"))
        look(officer)
        officer.get_by_label("It is somebody else, or a licence allows the payment: clear it").check()
        officer.get_by_label("Why?").fill("Another year of birth on the passport")
        press(officer, "Decide")
        expect(officer.get_by_text(f"{hit} is cleared.")).to_be_visible()
        limited(house.runtime)
        house.approve(ref)
        assert house.batch(ref).count == 1
        again = house.make()
        assert (
            payment_of(house, held).batch_id == house.batch(again).id
        )  # who was cleared is paid by the next


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)])
def test_finance_calls_back_and_tells_which_of_two_a_line_means(
    house: House,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    look = accessible if javascript else lambda page: None
    house.rail = RailName.BANK_FILE
    house.submit(house.ready("01", "01"))
    with house.runtime.read() as session:
        first, second = session.exec(select(Attempt.reference).order_by(col(Attempt.id))).all()
    house.reconcile(line(f"FPO {first} {second}", GRANT))
    house.runtime.clock = SystemClock()
    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        page = open_page(javascript=javascript, viewport=viewport)
        sign_in(page, site.url, house.runtime, "fay")
        page.goto(site.at(f"{HOME}/exceptions"))
        look(page)
        with house.runtime.read() as session:
            number = queries.exceptions(session)[0].id
        page.goto(site.at(f"{HOME}/exceptions/{number}"))
        look(page)
        press(page, f"It is payment {second}")
        expect(page.get_by_text(f"The line is about payment {second}.")).to_be_visible()
        assert [one.state for one in house.payments()] == [PaymentState.SUBMITTED, PaymentState.PAID]

        page.goto(site.at(f"{HOME}/payments/{house.payments()[1].reference}/recall"))
        page.get_by_label("What went wrong?").fill("Sent by mistake")
        press(page, "The bank was asked to call it back")
        look(page)
        expect(page.get_by_text("waits for the bank's answer")).to_be_visible()
        press_link(page, "The bank said no")
        page.get_by_label("What did the bank say?").fill("The recipient did not agree")
        press(page, "It does not come back")
        expect(page.get_by_text("It stays paid.")).to_be_visible()
        assert house.payments()[1].state is PaymentState.PAID


def press_link(page: Page, name: str) -> None:
    """Follow the first link of this name."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name=name).first.click()


def test_the_applicant_reads_that_the_bank_sent_it_back_and_is_paid_with_other_details(
    house: House, serve: Callable[..., object], open_page: OpenPage, accessible: Accessible
) -> None:
    runtime = house.runtime
    with runtime.read() as session:
        round_ = round_by_slug(session, "spring")
    answers = person(7, account_number="20000701", sort_code="20-29-59")
    receipt = runtime.transact(PUBLIC, submit, round_=round_, answers=answers, source=Source.WEB)
    runtime.transact(SYSTEM, grant, application_id=receipt.application_id, decided_at=runtime.clock.now())
    pay(house)
    house.reconcile(house.line(0), house.line(0, "2020-04-03", Direction.IN))
    with serve(runtime) as site:  # type: ignore[attr-defined]
        page = open_page(viewport=NARROW)
        page.goto(site.at("/status"))
        page.get_by_label("Reference").fill(receipt.ref)
        page.get_by_label("Claim code").fill(receipt.claim_code)
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("main").get_by_role("button").first.click()
        expect(page.get_by_text("The bank sent it back").first).to_be_visible()
        accessible(page)
        page.goto(site.at("/status/bank"))
        page.locator("[name=legal_name]").fill("Person Seven")
        page.locator("[name=sort_code]").fill("20 29 59")
        page.locator("[name=account_number]").fill("20000801")
        accessible(page)
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("main").get_by_role("button").first.click()
        again = house.make()
        assert house.batch(again).approved_by is None  # other details need a new approval
        house.approve(again)
        house.submit(again)
        house.work()
        page.goto(site.at("/status/case"))
        expect(page.get_by_text("Sent on").first).to_be_visible()
    assert house.states() == {PaymentState.PAID: 1}
    assert house.books().funds[0].paid == GRANT


def pay(house: House) -> None:
    """A batch from made to paid."""
    ref = house.make()
    house.approve(ref)
    house.submit(ref)
    house.work()
