"""Help by others in Chromium: a helper on a phone without JavaScript, and a colleague at the desk."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.models import Source
from hardship.applications.transitions import ApplicationState
from hardship.core.actor import Role, operator
from hardship.core.clock import SetClock
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from hardship.web import proof
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.applications.helpers import load, stored
from tests.integration.review.helpers import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, with fewer iterations: several browsers share this machine."""
    monkeypatch.setattr(proof, "COST", 100)


def fits(page: Page) -> None:
    """The page is no wider than its window, as far as can be seen without a script."""
    box, window = page.locator("main").bounding_box(), page.viewport_size
    assert box
    assert window
    assert box["x"] + box["width"] <= window["width"]


def read_slowly(site: Site) -> None:
    assert isinstance(site.runtime.clock, SetClock)
    site.runtime.clock.advance(dt.timedelta(seconds=proof.LONGEST))


@pytest.mark.parametrize("javascript", [True, False])
def test_a_helper_fills_it_in_on_a_small_phone(
    site: Site, open_page: OpenPage, accessible: Accessible, javascript: bool
) -> None:
    page = open_page(javascript=javascript, viewport=NARROW)
    look = accessible if javascript else fits  # axe is a script
    page.goto(site.at("/apply"))
    follow(page, page.get_by_role("link", name="I am helping somebody else"))
    look(page)
    read_slowly(site)
    page.get_by_label("I fill it in for the person").check()
    page.get_by_label("Name of your group").fill("The Lane Centre")
    press(page, "Start now")
    expect(page.get_by_role("link", name="Tick the box if the person has agreed")).to_be_visible()
    expect(page.get_by_label("Name of your group")).to_have_value("The Lane Centre")
    read_slowly(site)
    page.get_by_label("The person knows what we ask").check()
    press(page, "Start now")
    expect(page.get_by_text("“You” means the person you help.")).to_be_visible()
    look(page)
    press(page, "Continue")
    page.get_by_label("By e-mail").check()
    page.get_by_label("E-mail address").fill("info@lanecentre.org")
    press(page, "Continue")
    look(page)
    page.get_by_label("Do not contact me").check()
    press(page, "Continue")
    for label, text in (("first half of your postcode", "E8"), ("What year were you born?", "1990")):
        page.get_by_label(label).fill(text)
        press(page, "Continue")
    page.get_by_label("Each month before").fill("1200")
    page.get_by_label("Each month now").fill("0")
    press(page, "Continue")
    page.get_by_label("I would rather not say").check()
    press(page, "Continue")
    press(page, "Continue")
    press(page, "Continue")
    page.get_by_label("No", exact=True).check()
    press(page, "Continue")
    page.get_by_label("I cannot use a bank account").check()
    look(page)
    press(page, "Continue")
    expect(page.get_by_text("Another way than a bank")).to_be_visible()
    look(page)
    press(page, "Send")
    expect(page.get_by_text("belong to the person")).to_be_visible()
    look(page)
    case = stored(site.runtime, page.locator(".app-panel-code").inner_text())
    assert (case.source, case.other_way, case.has_bank) == (Source.ASSISTED, True, False)


@pytest.mark.parametrize(("javascript", "viewport"), [(True, WIDE), (False, NARROW)])
def test_a_colleague_enters_a_paper_and_hands_over_the_slip(
    sqlite_runtime: Runtime,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    load(sqlite_runtime)
    sqlite_runtime.transact(operator(), add, "clerk@example.org", [Role.REVIEWER], PASSWORD, is_demo=True)
    look = accessible if javascript else fits
    page: Page = open_page(javascript=javascript, viewport=viewport)
    with serve(sqlite_runtime) as site:  # type: ignore[attr-defined]
        sign_in(page, site.url, sqlite_runtime, "clerk")
        follow(page, page.get_by_role("link", name="Enter by hand").first)
        look(page)
        page.get_by_label("What we call them").fill("Mae")
        press(page, "Enter it")
        expect(page.get_by_role("link", name="Choose how it came")).to_be_visible()
        expect(page.get_by_label("What we call them")).to_have_value("Mae")
        page.get_by_label("On the paper form").check()
        page.get_by_label("They signed the paper").check()
        for part, text in (("Day", "25"), ("Month", "3"), ("Year", "2020")):
            page.get_by_label(part, exact=True).fill(text)
        page.get_by_label("Language they read").select_option("ro")
        page.get_by_label("No contact").check()
        page.get_by_label("They say later").check()
        press(page, "Enter it")
        look(page)
        slip = page.locator(".app-slip").inner_text()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", name="Entered")).to_be_hidden()
        expect(page.locator(".app-nav")).to_be_hidden()
    ref = slip.partition(": ")[2].split()[0]
    case = stored(sqlite_runtime, ref)
    assert (case.source, case.state) == (Source.PAPER, ApplicationState.CHECKING)
    assert "Cod: " in slip
    assert "Mae" not in slip
