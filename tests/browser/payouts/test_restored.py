"""After a restore, in Chromium: why nothing is paid, what a debit paid, and two people who let money leave again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from hardship.awards.models import Award
from hardship.core.actor import Role, operator
from hardship.core.clock import SystemClock
from hardship.core.runtime import Runtime
from hardship.payouts.service.holding import hold_money
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.payouts.guarding import guarded_house
from tests.integration.payouts.helpers import GRANT, House, line
from tests.integration.review.helpers import PASSWORD

pytestmark = pytest.mark.browser

ASK = "Ask a second person to confirm it"


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A restored fund: one of its two awards was paid by a debit that nobody knows."""
    made = guarded_house(sqlite_runtime)
    for name, role in (("fay", Role.FINANCE), ("abe", Role.APPROVER)):
        sqlite_runtime.transact(operator(), add, f"{name}@example.org", [role], PASSWORD, is_demo=True)
    made.award("01", "01")
    sqlite_runtime.transact(operator(), hold_money, backup_made_at=sqlite_runtime.clock.now())
    made.reconcile(line("Somebody", GRANT, on="2020-04-01"))
    return made


def confirm(page: Page, name: str) -> None:
    """Open the proposal that waits, and approve it."""
    follow(page, page.get_by_role("link", name="Proposals", exact=True))
    follow(page, page.locator("th a.govuk-link").first)
    expect(page.get_by_text(name).first).to_be_visible()
    press(page, "Approve and do it")


@pytest.mark.parametrize(("javascript", "viewport"), [(True, NARROW), (False, WIDE)])
def test_from_why_nothing_is_paid_to_paying_again(
    house: House,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    with house.runtime.read() as session:
        award = session.exec(select(Award.ref).order_by(Award.ref)).first() or ""
    house.runtime.clock = SystemClock()
    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        look = accessible if javascript else lambda page: None
        page = open_page(javascript=javascript, viewport=viewport)
        sign_in(page, site.url, house.runtime, "fay")
        follow(page, page.get_by_role("link", name="backup was restored"))
        expect(page.get_by_text("1 debit is left")).to_be_visible()
        look(page)
        press(page, ASK)
        expect(page.get_by_role("link", name="Say what you compared")).to_be_visible()
        look(page)

        follow(page, page.get_by_role("link", name="each debit that fits nothing"))
        expect(page.get_by_text("Nothing is paid now")).to_be_visible()
        follow(page, page.get_by_role("link", name="Open"))
        look(page)
        follow(page, page.get_by_role("button", name="Say which awards it paid"))
        expect(page.get_by_role("rowheader", name=award)).to_be_visible()
        page.get_by_label("Which awards did it pay?").fill(award)
        page.get_by_label("How do you know?").fill("The bank's own list names them.")
        look(page)
        press(page, ASK)

        second = open_page(javascript=javascript, viewport=viewport)
        sign_in(second, site.url, house.runtime, "abe")
        confirm(second, "Paid after the backup")

        page.goto(site.at("/staff/payouts/hold"))
        expect(page.get_by_text("0 debits are left")).to_be_visible()
        day = page.get_by_role("group", name="Up to which day did you read in the statements?")
        for label, text in (("Day", "1"), ("Month", "4"), ("Year", "2020")):
            day.get_by_label(label, exact=True).fill(text)
        page.get_by_label("What did you compare?").fill("The account's statements, the sandbox's list.")
        press(page, ASK)
        expect(page.get_by_text("waits for a second person")).to_be_visible()
        look(page)
        confirm(second, "Pay again after a restore")
        page.goto(site.at("/staff/payouts"))
        expect(page.get_by_text("Nothing is paid now")).to_have_count(0)
        expect(page.get_by_text("1 award, £200.00")).to_be_visible()
