"""Somebody applies, with and without JavaScript, on a small phone and a large screen."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.queries import by_ref
from hardship.applications.service import payees
from hardship.core.clock import SetClock
from hardship.web import proof
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import follow, press

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Check = Callable[[Page], None]


def fits(page: Page) -> None:
    """The page is no wider than its window."""
    box, window = page.locator("main").bounding_box(), page.viewport_size
    assert box
    assert window
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, with fewer iterations: several browsers share this machine."""
    monkeypatch.setattr(proof, "COST", 100)


def start(page: Page, site: Site, look: Check | None = None) -> None:
    """The start page. Its reader takes a while, which is what opens the form without JavaScript."""
    page.goto(site.at("/apply"))
    if look:
        look(page)
    assert isinstance(site.runtime.clock, SetClock)
    site.runtime.clock.advance(dt.timedelta(seconds=proof.LONGEST))
    page.get_by_label("This is for me").check()
    press(page, "Start now")


def go_on(page: Page) -> None:
    press(page, "Continue")


def apply(page: Page, site: Site, look: Check) -> None:
    """The whole journey, looking at each page."""
    start(page, site, look)
    look(page)
    page.get_by_label("What shall we call you?").fill("Mae")
    go_on(page)
    page.get_by_label("By e-mail").check()
    look(page)
    page.get_by_label("E-mail address").fill("mae@example.org")
    go_on(page)
    look(page)
    page.get_by_label("What is the first half").fill("E8")
    go_on(page)
    look(page)
    page.get_by_label("What year were you born?").fill("1990")
    go_on(page)
    look(page)
    page.get_by_label("Each month before").fill("1,200")
    page.get_by_label("Each month now").fill("300")
    go_on(page)
    look(page)
    page.get_by_label("I lost my work").check()
    go_on(page)
    look(page)
    page.get_by_label("Is there anything else").fill("It stopped overnight.")
    go_on(page)
    look(page)
    go_on(page)
    look(page)
    page.get_by_label("No", exact=True).check()
    go_on(page)
    page.get_by_label("Now", exact=True).check()
    look(page)
    page.get_by_label("Name on the account").fill("Maya Example")
    page.get_by_label("Sort code").fill("20-29-59")
    page.get_by_label("Account number").fill("12345678")
    go_on(page)
    expect(page.get_by_role("heading", name="Check what you wrote")).to_be_visible()
    look(page)


def send(page: Page, look: Check) -> tuple[str, str]:
    press(page, "Send")
    expect(page.get_by_role("heading", name="We have it")).to_be_visible()
    look(page)
    return page.locator(".app-panel-code").inner_text(), page.locator("#claim-code").inner_text()


def sign_in(page: Page, site: Site, ref: str, code: str) -> None:
    page.goto(site.at("/status"))
    page.get_by_label("Reference").fill(ref)
    page.get_by_label("Claim code").fill(code)
    go_on(page)


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["phone", "screen"])
def test_somebody_applies_and_looks_how_it_goes(
    site: Site, open_page: Open, accessible: Check, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport)
    look = accessible if viewport is NARROW else fits  # the pages are the same, and axe takes its time
    apply(page, site, look)
    ref, code = send(page, look)
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="We have it")).to_be_visible()
    page.goto(site.at("/status"))
    accessible(page)
    sign_in(page, site, ref, code)
    expect(page.get_by_text("People read it")).to_be_visible()
    accessible(page)
    follow(page, page.get_by_role("link", name="Change your bank details"))
    accessible(page)
    follow(page, page.get_by_role("link", name="Back"))
    follow(page, page.get_by_role("link", name="Take it back"))
    accessible(page)
    with site.runtime.read() as session:
        application = by_ref(session, ref)
        paid = payees(session, site.runtime.vault, [application.id or 0])[application.id or 0]
        assert paid.account_number == "12345678"


def test_somebody_applies_without_javascript(site: Site, open_page: Open) -> None:
    page = open_page(javascript=False, viewport=NARROW)

    apply(page, site, fits)
    ref, code = send(page, fits)
    sign_in(page, site, ref, code)
    expect(page.get_by_text("People read it")).to_be_visible()
    follow(page, page.get_by_role("link", name="Take it back"))
    page.get_by_label("Yes, I take it back").check()
    press(page, "Take it back")
    expect(page.get_by_role("heading", name="You took it back")).to_be_visible()


def test_a_mistake_is_explained_where_it_is_and_nothing_typed_is_lost(
    site: Site, open_page: Open, accessible: Check
) -> None:
    page = open_page(viewport=NARROW)
    page.goto(site.at("/apply"))
    press(page, "Start now")
    accessible(page)
    assert page.title().startswith("Error: ")
    start(page, site)
    page.goto(site.at("/apply/5"))
    page.get_by_label("Each month before").fill("lots")
    go_on(page)
    accessible(page)
    expect(page.get_by_role("alert")).to_contain_text("Enter an amount in pounds")
    expect(page.get_by_label("Each month before")).to_have_value("lots")
    page.get_by_role("link", name=re.compile("Enter an amount in pounds")).click()
    expect(page.get_by_label("Each month before")).to_be_focused()


def test_coming_back_with_the_code_on_another_phone(site: Site, open_page: Open, accessible: Check) -> None:
    first = open_page(viewport=NARROW)
    start(first, site)
    first.get_by_label("What shall we call you?").fill("Mae")
    go_on(first)
    follow(first, first.get_by_role("link", name="Stop here and come back later"))
    accessible(first)
    code = first.locator("#return-code").inner_text()
    second = open_page(viewport=NARROW)
    second.goto(site.at("/apply/return"))
    accessible(second)
    second.get_by_label("Your code").fill(code)
    go_on(second)
    expect(second.get_by_role("heading", name="How may we safely tell you")).to_be_visible()


def test_pages_are_light(site: Site, open_page: Open) -> None:
    page = open_page()
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", "0"))))
    page.goto(site.at("/apply"), wait_until="networkidle")
    assert sum(sizes) <= 150_000
