"""Question 8 and the codes' pages in Chromium: by keyboard, with and without JavaScript, on a phone and a screen."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hardship.core.actor import Role, operator
from hardship.core.clock import SetClock, SystemClock
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from hardship.web import proof
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.applications.vouchers import a_group, codes
from tests.integration.review.helpers import PASSWORD, a_panel

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, with fewer iterations."""
    monkeypatch.setattr(proof, "COST", 100)


def start(page: Page, site: Site) -> None:
    """Begin. Whoever reads the page takes a while, which is what opens the form without JavaScript."""
    page.goto(site.at("/apply"))
    assert isinstance(site.runtime.clock, SetClock)
    site.runtime.clock.advance(dt.timedelta(seconds=proof.LONGEST))
    page.get_by_label("This is for me").check()
    press(page, "Start now")


def go_on(page: Page) -> None:
    press(page, "Continue")


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody asked for pictures."""
    if folder := os.environ.get("HARDSHIP_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)], ids=["screen", "plain"])
def test_a_slip_in_a_code_is_mended_and_each_way_has_its_fields(
    site: Site, open_page: OpenPage, accessible: Accessible, javascript: bool, viewport: dict[str, int]
) -> None:
    (code,) = codes(site.runtime, 1).codes
    page = open_page(javascript=javascript, viewport=viewport)
    start(page, site)
    page.goto(site.at("/apply/8"))
    look = accessible if javascript else lambda _page: None
    look(page)
    shot(page, f"vouch-question-{viewport['width']}")
    box = page.get_by_label("Your code", exact=True)
    if javascript:  # only the chosen way's fields are there
        expect(box).to_be_hidden()
        page.get_by_label("I have a code").focus()
        page.keyboard.press("Space")
        expect(box).to_be_visible()
        expect(page.get_by_label("Number we may ring")).to_be_hidden()
        look(page)
    else:
        expect(page.get_by_label("Number we may ring")).to_be_visible()
    box.fill(code[:-1] + ("0" if code[-1] != "0" else "2"))
    go_on(page)
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_label("Go on with this code as it is")).to_be_visible()
    look(page)
    shot(page, f"vouch-wrong-{viewport['width']}")
    page.get_by_label("Your code", exact=True).fill(code.lower())
    go_on(page)
    page.wait_for_url("**/apply/9")
    page.goto(site.at("/apply/8"))
    expect(page.get_by_label("I have a code")).to_be_checked()
    page.get_by_label("You may call me back").check()
    page.get_by_label("Number we may ring").fill("07700 900777")
    page.get_by_label("When is it safe to ring?").fill("weekdays after 6pm")
    look(page)
    shot(page, f"vouch-call-{viewport['width']}")
    go_on(page)
    page.wait_for_url("**/apply/9")


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)], ids=["screen", "plain"])
def test_a_lead_issues_codes_and_a_case_says_who_vouches(
    sqlite_runtime: Runtime,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    panel = a_panel(sqlite_runtime)
    sqlite_runtime.transact(operator(), add, "chief@example.org", [Role.LEAD], PASSWORD, is_demo=True)
    ref = panel.case(vouching="person", voucher_name="Vera", voucher_contact="vera@example.org")
    codes(sqlite_runtime, 12, group=a_group(sqlite_runtime, "Night shelter").ref)
    page = open_page(javascript=javascript, viewport=viewport)
    look, size = accessible if javascript else lambda _page: None, viewport["width"]
    sqlite_runtime.clock = SystemClock()
    with serve(sqlite_runtime) as site:  # type: ignore[attr-defined]
        sign_in(page, site.url, sqlite_runtime, "chief")
        page.goto(site.at("/staff/vouchers"))
        look(page)
        shot(page, f"vouch-groups-{size}")
        follow(page, page.get_by_role("link", name="Night shelter"))
        look(page)
        shot(page, f"vouch-group-{size}")
        page.get_by_label("How many codes").fill("12")
        for label, part in (("Day", "31"), ("Month", "12"), ("Year", str(sqlite_runtime.clock.now().year))):
            page.get_by_label(label, exact=True).fill(part)
        press(page, "Issue and show them once")
        expect(page.get_by_role("heading", name="Codes, shown once")).to_be_visible()
        look(page)
        shot(page, f"vouch-once-{size}")
        if javascript and (folder := os.environ.get("HARDSHIP_SHOTS")):
            page.pdf(path=str(Path(folder) / "vouch-once.pdf"))
        with page.expect_download() as download:
            page.get_by_role("button", name="Keep as a file").click()
        assert download.value.suggested_filename == "list.csv"
        assert download.value.path().read_text().count("Lane Support,") == 12
        page.goto(site.at(f"/staff/cases/{ref}"))
        look(page)
        shot(page, f"vouch-case-{size}")
        follow(page, page.get_by_role("button", name="Record what you found out"))
        look(page)
        page.get_by_label("Confirmed", exact=True).check()
        shot(page, f"vouch-record-{size}")
        press(page, "Record it")
        expect(page.get_by_text("A person confirmed it.")).to_be_visible()
        look(page)
