"""Discretion in a real browser: the way out in every state of a page, and what is taken away."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hardship.web import proof
from tests.browser.applications.walks import HARMLESS, Pointer, answer, begin, received
from tests.browser.conftest import NARROW, Site
from tests.browser.steps import press

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch, leads_away: None) -> None:
    """The work is the same, with fewer iterations; the way out leads to a page of this machine."""
    monkeypatch.setattr(proof, "COST", 100)


def test_back_after_the_exit_shows_nothing_of_the_person(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW)
    begin(Pointer(page), site)
    page.evaluate("localStorage.setItem('left', 'by somebody else'); sessionStorage.setItem('left', 'too')")
    page.get_by_label("What shall we call you?").fill("Maebelline")
    press(page, "Continue")
    page.goto(site.at("/apply/1"))
    expect(page.get_by_label("What shall we call you?")).to_have_value("Maebelline")
    page.get_by_role("button", name="Exit this page").click()
    page.wait_for_url(f"**{HARMLESS}")
    assert not page.context.cookies()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.go_back()
    expect(page.get_by_role("heading", name="Ask for help with money")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Maebelline")


def test_the_way_out_stays_in_sight_and_works_without_javascript(site: Site, open_page: Open) -> None:
    page = open_page(
        viewport={"width": 320, "height": 256}, javascript=False
    )  # 1280 by 1024 at 400 %, or a phone with its keyboard on the screen
    page.goto(site.at("/apply"))
    page.mouse.wheel(0, 1500)
    button = page.get_by_role("button", name="Exit this page")
    expect(button).to_be_in_viewport()
    box = page.locator(".govuk-exit-this-page").bounding_box()
    assert box
    assert box["height"] <= 256 / 3, "the way out leaves too little of the page to read"
    button.click()
    page.wait_for_url(f"**{HARMLESS}")


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_own_colours_and_no_motion_leave_everything_to_be_seen(
    site: Site, open_page: Open, media: dict[str, str]
) -> None:
    page = open_page(viewport=NARROW)
    page.emulate_media(**media)  # type: ignore[arg-type]
    begin(Pointer(page), site)
    page.goto(site.at("/apply/9"))
    press(page, "Continue")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.get_by_label("No", exact=True).focus()
    ring = "input => getComputedStyle(input.labels[0], '::before')"
    style = page.get_by_label("No", exact=True).evaluate(f"(input) => ({ring})(input).outlineStyle")
    assert style == "solid"  # boxes' shadows go with somebody's own colours, outlines stay
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_slip_is_copied_and_printed_alone(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW)
    hands = Pointer(page)
    begin(hands, site)
    answer(hands, *"123456789", "10")
    hands.send()
    receipt = received(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy both").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert receipt.ref in copied
    assert receipt.code in copied
    page.emulate_media(media="print")
    expect(page.locator(".app-slip")).to_be_visible()
    for hidden in (".app-header", ".app-footer", ".govuk-panel", "h2"):
        expect(page.locator(hidden).first).to_be_hidden()
