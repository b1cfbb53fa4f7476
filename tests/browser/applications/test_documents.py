"""A document in Chromium: shown by the applicant, looked at and destroyed by a reviewer; axe finds nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from hardship.applications.evidence.redraw import MAX_BYTES
from hardship.applications.service import Receipt
from hardship.core.actor import Role, operator
from hardship.core.clock import SystemClock
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from hardship.web import proof
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import Accessible, OpenPage, follow, press, sign_in
from tests.integration.applications.helpers import apply, person
from tests.integration.review.helpers import PASSWORD, a_panel
from tests.support import pictures

pytestmark = pytest.mark.browser


@pytest.fixture
def receipt(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Receipt:
    """A case before a panel, of which dee can sign in."""
    monkeypatch.setattr(proof, "COST", 100)
    a_panel(sqlite_runtime)
    sqlite_runtime.transact(operator(), add, "dee@example.org", [Role.REVIEWER], PASSWORD, is_demo=True)
    made = apply(sqlite_runtime, person(1))
    sqlite_runtime.run_due("checks")
    sqlite_runtime.clock = SystemClock()
    return made


def letter() -> bytes:
    """A photo of a letter, larger than a screen."""
    sheet = Image.new("RGB", (1500, 2100), "white")
    pen = ImageDraw.Draw(sheet)
    for line in range(100, 2000, 60):
        pen.line((120, line, 1300 - line % 350, line), fill="black", width=9)
    return pictures.packed(sheet, "JPEG")


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody asked for pictures."""
    if folder := os.environ.get("HARDSHIP_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def choose(page: Page, name: str, content: bytes, kind: str = "image/jpeg") -> None:
    """Choose a file and send it."""
    chooser = page.get_by_label("Choose a photo or a PDF")
    chooser.set_input_files({"name": name, "mimeType": kind, "buffer": content})
    press(page, "Send")


@pytest.mark.parametrize(("javascript", "viewport"), [(True, NARROW), (False, WIDE)])
def test_a_document_is_shown_looked_at_and_destroyed(
    sqlite_runtime: Runtime,
    receipt: Receipt,
    serve: Callable[..., object],
    open_page: OpenPage,
    accessible: Accessible,
    javascript: bool,
    viewport: dict[str, int],
) -> None:
    page = open_page(javascript=javascript, viewport=viewport)
    with serve(sqlite_runtime) as site:  # type: ignore[attr-defined]
        show(page, site, receipt, accessible if javascript else lambda _page: None)
        judge(open_page(javascript=javascript, viewport=viewport), site, accessible if javascript else None)
        page.goto(site.at("/status/case"))
        expect(page.get_by_text("A person looked at it on")).to_be_visible()
        shot(page, f"document-status-{viewport['width']}")


def show(page: Page, site: Site, receipt: Receipt, look: Accessible) -> None:
    """The applicant's side, with what is not taken first."""
    size = page.viewport_size["width"] if page.viewport_size else 0
    page.goto(site.at("/status"))
    page.get_by_label("Reference").fill(receipt.ref)
    page.get_by_label("Claim code").fill(receipt.claim_code)
    press(page, "Continue")
    follow(page, page.get_by_role("link", name="Show us a document"))
    look(page)
    shot(page, f"document-{size}")
    choose(page, "letter.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    expect(page.get_by_role("alert")).to_contain_text("We could not open this file")
    look(page)
    shot(page, f"document-refused-{size}")
    choose(page, "large.jpg", b"\xff" * (MAX_BYTES + 5_000_000))
    expect(page.get_by_role("alert")).to_contain_text("This file is too large")
    choose(page, "my letter.jpg", letter())
    expect(page.get_by_text("A person has not looked at it yet")).to_be_visible()
    look(page)
    shot(page, f"document-sent-{size}")


def judge(page: Page, site: Site, look: Accessible | None) -> None:
    """The reviewer's side."""
    size = page.viewport_size["width"] if page.viewport_size else 0
    sign_in(page, site.url, site.runtime, "dee")
    follow(page, page.get_by_role("link", name="document waits to be looked at"))
    shot(page, f"documents-{size}")
    if look:
        look(page)
    follow(page, page.locator("tbody th a"))
    picture = page.get_by_alt_text("Page 1 of 1")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 1500
    if look:
        look(page)
    press(page, "Note it and destroy the document")
    expect(page.get_by_role("alert")).to_contain_text("Choose what it shows")
    shot(page, f"document-judged-{size}")
    page.get_by_label("It supports what was told").check()
    page.get_by_label("I looked at every page, and it is destroyed now").check()
    press(page, "Note it and destroy the document")
    expect(page.get_by_text("by you, then destroyed.")).to_be_visible()
    if look:
        look(page)
    shot(page, f"document-case-{size}")
