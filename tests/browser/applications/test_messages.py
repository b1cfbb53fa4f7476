"""A question is put, seen, answered; details are corrected; after a no somebody asks again: both sides in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.models import SafeContact
from hardship.core.actor import Role, operator
from hardship.review.models import Outcome
from hardship.staff.service import add
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.applications.helpers import apply, person
from tests.integration.messages.helpers import Talk
from tests.integration.review.helpers import PASSWORD, Panel

pytestmark = pytest.mark.browser


def a_case(site: Site) -> tuple[Talk, str]:
    """A case in review with its claim code, and dee of the panel, who can sign in."""
    panel = Panel(site.runtime)
    for name in ("ash", "bryn"):
        panel.join(name, Role.REVIEWER)
    site.runtime.transact(operator(), add, "dee@example.org", [Role.REVIEWER], PASSWORD, is_demo=True)
    receipt = apply(site.runtime, person(1), safe_contact=SafeContact.EMAIL)
    site.runtime.run_due("checks")
    return Talk(panel, receipt.ref), receipt.claim_code


def look_in(page: Page, site: Site, ref: str, claim_code: str) -> None:
    """Open one's own page with reference and claim code."""
    page.goto(site.at("/status"))
    page.get_by_label("Reference").fill(ref)
    page.get_by_label("Claim code").fill(claim_code)
    press(page, "Continue")


def fits(page: Page) -> None:
    """The page is no wider than its window."""
    box, window = page.locator("main").bounding_box(), page.viewport_size
    assert box
    assert window
    assert box["x"] + box["width"] <= window["width"]


@pytest.mark.parametrize(("javascript", "viewport"), [(False, NARROW), (True, WIDE)])
def test_a_question_goes_to_and_fro(
    site: Site, open_page: OpenPage, accessible: Accessible, javascript: bool, viewport: dict[str, int]
) -> None:
    look = accessible if javascript else fits
    talk, claim_code = a_case(site)
    staff = open_page(javascript=javascript, viewport=viewport)
    sign_in(staff, site.url, site.runtime, "dee")
    staff.goto(site.at(f"/staff/cases/{talk.ref}"))
    follow(staff, staff.get_by_role("link", name="Put a question to the applicant"))
    look(staff)
    press(staff, "Ask")
    expect(staff.get_by_role("alert")).to_contain_text("Write your question")
    staff.get_by_label("Your question").fill("Please look at your incomes.\nIs it each month?")
    staff.get_by_label("That they check what they told").check()
    press(staff, "Ask")
    expect(staff.locator("#conversation")).to_contain_text("waits for an answer until")
    look(staff)

    page = open_page(javascript=javascript, viewport=viewport)
    look_in(page, site, talk.ref, claim_code)
    expect(page.get_by_role("heading", name="We have a question for you", exact=True)).to_be_visible()
    expect(page.get_by_text("Is it each month?")).to_be_visible()
    look(page)
    follow(page, page.get_by_role("button", name="Answer it"))
    look(page)
    follow(page, page.get_by_role("button", name="Look at what you told us"))
    look(page)
    follow(page, page.locator("a[href='/status/details/5']"))
    look(page)
    page.get_by_label("Each month now").fill("350")
    press(page, "Continue")
    expect(page.get_by_text("£350.00")).to_be_visible()
    page.goto(site.at("/status/messages"))
    page.get_by_label("Your message").fill("Yes, each month.")
    press(page, "Send")
    expect(page.get_by_text("Yes, each month.")).to_be_visible()

    staff.goto(site.at("/staff/queue"))
    expect(staff.get_by_text("New message")).to_be_visible()
    staff.goto(site.at(f"/staff/cases/{talk.ref}"))
    expect(staff.locator("#conversation")).to_contain_text("Yes, each month.")
    staff.get_by_label("Your message").fill("Thank you.")
    press(staff, "Send the message")
    page.goto(site.at("/status/case"))
    expect(page.get_by_role("heading", name="You have 1 new message")).to_be_visible()


def test_after_a_no_somebody_asks_again_by_keyboard_alone(
    site: Site, open_page: OpenPage, accessible: Accessible
) -> None:
    talk, claim_code = a_case(site)
    for who in ("ash", "bryn"):
        talk.panel.vote(who, talk.ref, Outcome.DECLINE)
    page = open_page(viewport=NARROW)
    look_in(page, site, talk.ref, claim_code)
    accessible(page)
    button = page.get_by_role("button", name="Ask again")
    button.focus()
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check what you wrote")).to_be_visible()
    expect(page.get_by_text("The bookings stopped overnight.")).to_be_visible()
    press(page, "Send")
    expect(page.get_by_text("Your claim code").first).to_be_visible()
