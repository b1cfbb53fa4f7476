"""The pages for the bank in Chromium: files, statements, lines that fit nothing and test payments, wide and narrow."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from hardship.core.actor import Role, operator
from hardship.core.clock import SystemClock
from hardship.core.runtime import Runtime
from hardship.payouts import queries, service
from hardship.payouts.models import Direction
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE
from tests.browser.steps import Accessible, OpenPage, press, sign_in
from tests.integration.payouts.helpers import House, a_house, line
from tests.integration.payouts.test_bank_files import sent, settings
from tests.integration.review.helpers import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def house(sqlite_runtime: Runtime) -> House:
    """A batch in two files, a line that fits nothing each way, and somebody in finance who can sign in."""
    made = a_house(sqlite_runtime, money=2_000_000)
    settings(made, "[fund.bank_file]\nsize = 2\n")
    sqlite_runtime.transact(operator(), add, "fay@example.org", [Role.FINANCE], PASSWORD, is_demo=True)
    sent(made, 3)
    made.reconcile(made.line(0), line("CHEQUE 12", 20_000), line("BANK FEE", 650))
    made.reconcile(line("A GIFT", 5_000, direction=Direction.IN))
    sqlite_runtime.clock = SystemClock()
    return made


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (True, NARROW), (False, NARROW)])
def test_finance_finds_its_way_from_the_files_to_the_last_bank_line(
    house: House,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    with house.runtime.read() as session:
        ref = queries.batch_rows(session)[0].ref
        number = queries.exceptions(session)[0].id
    made = house.runtime.transact(
        house["finance"],
        service.make_trial,
        fund="small",
        name="Own",
        sort_code="200000",
        account_number="12345678",
    )
    with serve(house.runtime) as site:  # type: ignore[attr-defined]
        page = open_page(javascript=javascript, viewport=viewport)
        sign_in(page, site.url, house.runtime, "fay")
        for path in (
            *("", f"/{ref}", f"/{ref}/void?file={ref}-002", "/bank-file", "/statement", "/statement/columns"),
            *("/exceptions", "/test-payment", f"/test-payment/{made.ref.removeprefix('T-')}"),
        ):
            page.goto(site.at(f"/staff/payouts{path}"))
            if javascript:
                accessible(page)
        page.goto(site.at(f"/staff/payouts/{ref}"))
        with page.expect_download() as started:
            page.get_by_role("button", name=f"Download {ref}-001").click()
        assert started.value.suggested_filename == f"{ref}-001.xml"
        page.goto(site.at(f"/staff/payouts/exceptions/{number}"))
        if javascript:
            accessible(page)
        press(page, f"It is payment {house.line(2).reference[-10:]}")
        page.wait_for_url("**/staff/payouts/exceptions")
        expect(page.get_by_text("The line is about payment").first).to_be_visible()
