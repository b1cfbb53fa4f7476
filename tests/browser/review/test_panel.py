"""The panel in Chromium: sign in, vote, and what a lead does; axe finds nothing, at 320 and 1280 pixels."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role, operator
from hardship.core.runtime import Runtime
from hardship.review.models import Outcome
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.applications.helpers import stored
from tests.integration.review.helpers import PASSWORD, Panel, a_panel

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(sqlite_runtime: Runtime) -> Panel:
    """A panel with demo logins for a reviewer and a lead, on the machine's own clock."""
    from hardship.core.clock import SystemClock

    made = a_panel(sqlite_runtime, gifts=100_000)
    for name, roles in (("dee", [Role.REVIEWER]), ("chief", [Role.LEAD, Role.APPROVER])):
        sqlite_runtime.transact(operator(), add, f"{name}@example.org", roles, PASSWORD, is_demo=True)
    for _ in range(3):
        made.case()
    sqlite_runtime.clock = SystemClock()
    return made


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody asked for pictures."""
    import os

    if folder := os.environ.get("HARDSHIP_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)])
def test_a_reviewer_signs_in_finds_the_oldest_case_and_votes(
    panel: Panel,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    page = open_page(javascript=javascript, viewport=viewport)
    look = accessible if javascript else None
    size = viewport["width"]
    with serve(panel.runtime) as site:  # type: ignore[attr-defined]
        sign_in(page, site.url, panel.runtime, "dee", look)
        expect(page.get_by_text("cases wait for your vote")).to_be_visible()
        shot(page, f"staff-home-{size}")
        follow(page, page.get_by_role("link", name="Queue").first)
        shot(page, f"queue-{size}")
        ref = page.locator("tbody th a").first.inner_text()
        follow(page, page.locator("tbody th a").first)
        shot(page, f"case-{size}")
        press(page, "Continue")
        expect(page.get_by_text("Choose approve or decline").first).to_be_visible()
        shot(page, f"case-errors-{size}")
        page.get_by_label("Approve", exact=True).check()
        page.get_by_label("It meets the policy").check()
        press(page, "Continue")
        shot(page, f"vote-confirm-{size}")
        press(page, "Approve")
        expect(page.get_by_text("your vote is kept")).to_be_visible()
        panel.vote("ash", ref)
        assert stored(panel.runtime, ref).state is ApplicationState.APPROVED


def test_every_page_of_the_panel_is_accessible_and_fits_a_small_screen(
    panel: Panel, serve: Callable[..., object], open_page: OpenPage, accessible: Accessible
) -> None:
    account = {"sort_code": "20-29-59", "account_number": "12345678"}
    first, second = panel.case(**account), panel.case(**account, statement="The bookings stopped overnight.")
    panel.approve(first)
    panel.approve(second)
    split = panel.case()
    panel.vote("ash", split)
    panel.vote("bryn", split, Outcome.DECLINE)
    with serve(panel.runtime) as site:  # type: ignore[attr-defined]
        for viewport in (NARROW, WIDE):
            page = open_page(viewport=viewport)
            sign_in(page, site.url, panel.runtime, "chief")
            size = viewport["width"]
            for name, path in {
                "home": "/staff/",
                "lead-queue": "/staff/queue?state=in_review",
                "empty-queue": "/staff/queue?state=withdrawn",
                "lead-case": f"/staff/cases/{second}",
                "split-case": f"/staff/cases/{split}",
                "conflict": f"/staff/cases/{split}/conflict",
                "override": f"/staff/cases/{second}/override",
                "awards": "/staff/awards",
                "cancel": f"/staff/awards/{panel.award(first).ref}/cancel",
            }.items():
                page.goto(site.url + path)
                accessible(page)
                shot(page, f"{name}-{size}")
