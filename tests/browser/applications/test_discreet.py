"""Discretion in a real browser: by keyboard alone, in both languages, and the way out."""

import dataclasses
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hardship.web import proof
from tests.browser.applications.test_apply import apply, send, start
from tests.browser.conftest import NARROW, Site
from tests.browser.steps import follow

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Check = Callable[[Page], None]
HARMLESS = "/healthz"


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """The work is the same, with fewer iterations; the way out leads to a page of this machine."""
    monkeypatch.setattr(proof, "COST", 100)
    site.runtime.settings = dataclasses.replace(site.runtime.settings, leave_to=site.at(HARMLESS))


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until what has the focus matches the selector; fails when it is never reached."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"no way to {wanted} by keyboard on {page.url}")


def enter(page: Page) -> None:
    """Send the form from the field that has the focus."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def told(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.type(text)


def choose(page: Page, name: str, downs: int) -> None:
    """A radio button by the arrow keys: the first by Space, the others below it."""
    tab_to(page, f"input[type=radio][name={name}]")
    page.keyboard.press("Space")
    for _ in range(downs):
        page.keyboard.press("ArrowDown")


def go_on(page: Page) -> None:
    tab_to(page, "main form button")
    enter(page)


def test_somebody_applies_in_romanian_by_keyboard_alone_and_leaves(
    site: Site, open_page: Open, accessible: Check
) -> None:
    page = open_page(viewport=NARROW)
    page.goto(site.at("/apply"))
    tab_to(page, "a[hreflang=ro]")
    enter(page)
    accessible(page)
    tab_to(page, "[name=for_me]")
    page.keyboard.press("Space")
    go_on(page)
    told(page, "working_name", "Mae")
    enter(page)
    choose(page, "safe_contact", 2)
    accessible(page)
    go_on(page)
    told(page, "outward_postcode", "E8")
    enter(page)
    told(page, "birth_year", "1990")
    enter(page)
    told(page, "income_before", "1200")
    told(page, "income_now", "0")
    enter(page)
    choose(page, "reason", 0)
    go_on(page)
    accessible(page)
    go_on(page)
    go_on(page)
    choose(page, "connected", 0)
    go_on(page)
    choose(page, "when", 1)
    go_on(page)
    expect(page.get_by_role("heading", name="Verifică ce ai scris")).to_be_visible()
    accessible(page)
    go_on(page)
    expect(page.get_by_role("heading", name="Am primit cererea")).to_be_visible()
    accessible(page)
    ref, code = page.locator(".app-panel-code").inner_text(), page.locator("#claim-code").inner_text()
    page.goto(site.at("/status"))
    told(page, "reference", ref)
    told(page, "claim_code", code)
    enter(page)
    expect(page.get_by_role("heading", name="Pas cu pas")).to_be_visible()
    accessible(page)
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(f"**{HARMLESS}")


def test_back_after_the_exit_shows_nothing_of_the_person(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW)
    start(page, site)
    page.get_by_label("What shall we call you?").fill("Maebelline")
    follow(page, page.get_by_role("button", name="Continue"))
    page.goto(site.at("/apply/1"))
    expect(page.get_by_label("What shall we call you?")).to_have_value("Maebelline")
    page.get_by_role("button", name="Exit this page").click()
    page.wait_for_url(f"**{HARMLESS}")
    assert not page.context.cookies()
    page.go_back()
    expect(page.get_by_role("heading", name="Ask for help with money")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Maebelline")


def test_the_way_out_stays_in_sight_and_works_without_javascript(site: Site, open_page: Open) -> None:
    page = open_page(
        viewport={"width": 320, "height": 300}, javascript=False
    )  # as with a keyboard on the screen
    page.goto(site.at("/apply"))
    page.mouse.wheel(0, 1500)
    button = page.get_by_role("button", name="Exit this page")
    expect(button).to_be_in_viewport()
    button.click()
    page.wait_for_url(f"**{HARMLESS}")


def test_the_slip_is_copied_and_printed_alone(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW)
    apply(page, site, lambda _page: None)
    ref, code = send(page, lambda _page: None)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy both").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert ref in copied
    assert code in copied
    page.emulate_media(media="print")
    expect(page.locator(".app-slip")).to_be_visible()
    for hidden in (".app-header", ".app-footer", ".govuk-panel", "h2"):
        expect(page.locator(hidden).first).to_be_hidden()


def test_come_back_and_look_in_romanian_without_javascript(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW, javascript=False)
    start(page, site)
    follow(page, page.get_by_role("link", name="Stop here and come back later"))
    code = page.locator("#return-code").inner_text()
    other = open_page(viewport=NARROW, javascript=False)
    other.goto(site.at("/apply/return?lang=ro"))
    other.get_by_label("Codul tău").fill(code)
    follow(other, other.get_by_role("button", name="Continuă"))
    expect(other.get_by_role("heading", name=re.compile("Cum să îți spunem"))).to_be_visible()
    sign_in_page = open_page(viewport=NARROW, javascript=False)
    sign_in_page.goto(site.at("/status?lang=ro"))
    expect(sign_in_page.get_by_role("heading", name="Vezi cum merge")).to_be_visible()
