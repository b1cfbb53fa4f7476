"""What people do in several of the browser's tests."""

from collections.abc import Callable

from playwright.sync_api import Page

from hardship.core.actor import operator
from hardship.core.runtime import Runtime
from hardship.staff.service import demo_code
from tests.integration.review.helpers import PASSWORD

OpenPage = Callable[..., Page]
Accessible = Callable[[Page], None]


def sign_in(page: Page, url: str, runtime: Runtime, name: str, look: Accessible | None = None) -> None:
    """Password, then code, as people do."""
    page.goto(f"{url}/staff/sign-in")
    if look:
        look(page)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    if look:
        look(page)
    page.get_by_label("Code").fill(runtime.transact(operator(), demo_code, email=f"{name}@example.org"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/staff/")
