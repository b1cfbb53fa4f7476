"""Finance in Chromium: a batch is made, approved by another, sent and seen; a statement is issued and downloaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role, operator
from hardship.core.clock import SystemClock
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE
from tests.browser.steps import Accessible, OpenPage, press, sign_in
from tests.integration.applications.helpers import stored
from tests.integration.awards.test_awards import LATE_SPONSOR
from tests.integration.review.helpers import PASSWORD, Panel, a_panel

pytestmark = pytest.mark.browser


@pytest.fixture
def house(sqlite_runtime: Runtime) -> Panel:
    """A fund with two awards ready to be paid, matched money, and demo logins for finance and approver."""
    made = a_panel(sqlite_runtime, gifts=100_000, more=LATE_SPONSOR)
    for name, role in (("fay", Role.FINANCE), ("abe", Role.APPROVER)):
        sqlite_runtime.transact(operator(), add, f"{name}@example.org", [role], PASSWORD, is_demo=True)
    for ending in ("01", "02"):
        ref = made.case(sort_code="20-29-59", account_number=f"123456{ending}")
        made.approve(ref)
        assert stored(sqlite_runtime, ref).state is ApplicationState.APPROVED
    sqlite_runtime.clock = SystemClock()
    return made


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)])
def test_two_people_pay_a_batch_and_nobody_pays_alone(
    house: Panel,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    def look(page: Page) -> None:
        if javascript:
            accessible(page)

    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        maker = open_page(javascript=javascript, viewport=viewport)
        sign_in(maker, site.url, house.runtime, "fay")
        maker.goto(site.at("/staff/payouts"))
        look(maker)
        press(maker, "Make a batch for the sandbox")
        look(maker)
        assert maker.get_by_role("button", name="Approve").count() == 0
        batch = maker.url

        checker = open_page(javascript=javascript, viewport=viewport)
        sign_in(checker, site.url, house.runtime, "abe")
        checker.goto(batch)
        look(checker)
        press(checker, "Approve 2 payments")

        maker.goto(batch)
        press(maker, "Submit 2 payments")
        look(maker)
        house.runtime.run_due("payouts")
        maker.goto(batch)
        expect(maker.get_by_text("Settled").first).to_be_visible()
        expect(maker.get_by_text("2 payments, £400.00").first).to_be_visible()
        maker.goto(site.at("/staff/payouts"))
        expect(maker.get_by_text("Reconciled: everything sent was seen")).to_be_visible()


def test_finance_issues_a_statement_and_anybody_can_check_it(
    house: Panel, serve: Callable[..., object], open_page: OpenPage, accessible: Accessible, tmp_path: Path
) -> None:
    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        page = open_page()
        sign_in(page, site.url, house.runtime, "fay")
        page.goto(site.at("/staff/statements/new"))
        accessible(page)
        page.get_by_label("Agreement", exact=True).select_option("LATE")
        for group, (day, month, year) in (
            ("First day", ("20", "3", "2020")),
            ("Last day", ("30", "6", "2020")),
        ):
            fields = page.get_by_role("group", name=group)
            for label, text in (("Day", day), ("Month", month), ("Year", year)):
                fields.get_by_label(label, exact=True).fill(text)
        press(page, "Issue statement")
        page.wait_for_url("**/staff/statements/ST-*")
        accessible(page)
        with page.expect_download() as started:
            page.get_by_role("link", name="PDF").first.click()
        saved = tmp_path / "statement.pdf"
        started.value.save_as(saved)
        assert saved.read_bytes().startswith(b"%PDF-")

        anybody = open_page(viewport=NARROW)
        anybody.goto(site.at("/verify"))
        accessible(anybody)
        anybody.locator("input[type=file]").set_input_files(saved)
        press(anybody, "Check")
        accessible(anybody)
        expect(anybody.get_by_text("20 March 2020").first).to_be_visible()
