"""What people do in several of the browser's tests."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from hardship.core.actor import operator
from hardship.core.runtime import Runtime
from hardship.staff.service import demo_code
from tests.integration.review.helpers import PASSWORD

OpenPage = Callable[..., Page]
Accessible = Callable[[Page], None]


def follow(page: Page, control: Locator) -> None:
    """Click a link or button that opens a page (or the same one again) and wait until that page is there.

    A click by itself returns before the next page has come: whoever looks then may see the old one.
    """
    with page.expect_navigation(wait_until="load"):
        control.click()


def press(page: Page, name: str) -> None:
    """Press the button of this name and wait for the page that it opens."""
    follow(page, page.get_by_role("button", name=name, exact=True))


def sign_in(page: Page, url: str, runtime: Runtime, name: str, look: Accessible | None = None) -> None:
    """Password, then code, as people do."""
    page.goto(f"{url}/staff/sign-in")
    if look:
        look(page)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue")
    if look:
        look(page)
    page.get_by_label("Code").fill(runtime.transact(operator(), demo_code, email=f"{name}@example.org"))
    press(page, "Sign in")
    page.wait_for_url("**/staff/")
