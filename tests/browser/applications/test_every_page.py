"""Every page that an applicant can meet, in Chromium on a small phone, in both languages: what only a browser can tell.

The pages are those that `tests/integration/applications/walking.py` finds by itself.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hardship.web import proof
from tests.browser.conftest import NARROW, Site
from tests.browser.steps import follow
from tests.integration.applications.test_journey import app_over
from tests.integration.applications.walking import LANGUAGES, STAGES, Seen, everything

pytestmark = pytest.mark.browser

MEASURE = (Path(__file__).parent / "measure.js").read_text()
# What axe leaves out unless it is asked: that a finger finds the target (WCAG 2.5.8).
RULES = {"target-size": {"enabled": True}}
EVERYTHING = {"rules": RULES, "resultTypes": ["violations"]}
WORDS = {"rules": RULES | {"color-contrast": {"enabled": False}}, "resultTypes": ["violations"]}
EMPTY = """() => {
  for (const one of document.querySelectorAll('main input, main textarea')) {
    if (one.type === 'radio' || one.type === 'checkbox') one.checked = false
    else if (one.type !== 'hidden') one.value = ''
  }
}"""
OPEN_FORM = "main form[method=post]:not([action]) .govuk-button"


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same, with fewer iterations: several browsers share this machine."""
    monkeypatch.setattr(proof, "COST", 100)


@pytest.mark.parametrize(
    ("code", "rules"), [("en", EVERYTHING), ("ro", WORDS)], ids=LANGUAGES
)  # colours do not depend on the language
def test_every_page_suits_a_small_phone_a_keyboard_and_a_screen_reader(
    site: Site, open_page: Callable[..., Page], code: str, rules: dict[str, Any]
) -> None:
    page, faults = open_page(viewport=NARROW), list[str]()
    paths = []
    for where in opened(site, page, code):
        paths.append(where)
        faults += [f"{where}: {fault}" for fault in faults_of(page, rules)]
    assert not faults, "\n".join(faults)
    assert len(paths) > 35


def test_every_mistake_has_the_focus_and_leads_to_its_field(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page, faults, refused = open_page(viewport=NARROW), list[str](), 0
    for where in opened(site, page, "en", forms_only=True):
        page.evaluate(EMPTY)
        follow(page, page.locator(OPEN_FORM).last)
        summary = page.locator(".govuk-error-summary")
        if not summary.count():
            continue  # nothing need be filled in
        refused += 1
        expect(summary).to_be_focused()
        faults += [f"{where}, sent empty: {fault}" for fault in faults_of(page, EVERYTHING)]
        for link in summary.get_by_role("link").all():
            link.click()
            target = (link.get_attribute("href") or "#").removeprefix("#")
            expect(page.locator(f'[id="{target}"]')).to_be_focused()
    assert not faults, "\n".join(faults)
    assert refused > 15


def opened(site: Site, page: Page, code: str, *, forms_only: bool = False) -> Iterator[str]:
    """Open each page, at the first stage that has it, and the page of a case at each stage; says where we are."""
    app, known = app_over(site.runtime), set[str]()
    for name, stage in STAGES.items():
        client = app.test_client()
        client.get("/status", query_string={"lang": code})
        stage(client)
        client.get("/status", query_string={"lang": code})
        cookie = client.get_cookie("id")
        assert cookie
        page.context.add_cookies([{"name": "id", "value": cookie.value, "url": site.url, "httpOnly": True}])
        for seen in list(everything(client, name)):
            if not seen.is_page or (seen.path in known and seen.path not in ("/apply", "/status/case")):
                continue
            known.add(seen.path)
            if forms_only and not has_form(seen):
                continue
            page.goto(site.at(seen.path))
            yield str(seen)


def has_form(seen: Seen) -> bool:
    """Whether the page has a form that answers on the same page."""
    return any(form.get("method") == "post" and not form.get("action") for form in seen.tree.iter("form"))


def faults_of(page: Page, rules: dict[str, Any]) -> list[str]:
    """What is wrong with the page that is open."""
    found = Axe().run(page, options=rules)
    return [found.generate_report()] * bool(found.violations_count) + page.evaluate(MEASURE)


def test_the_measure_finds_what_is_wrong(site: Site, open_page: Callable[..., Page]) -> None:
    """Else the tests above would be pleased with anything."""
    page = open_page(viewport=NARROW)
    page.goto(site.at("/leaving"))
    page.evaluate(
        """() => {
          document.querySelector('main').insertAdjacentHTML('beforeend', '<h4>Odd</h4><p class="pale">Pale</p><a href="/x" class="bare">a</a><a href="/y" class="bare">b</a>')
          const add = (rule) => document.styleSheets[0].insertRule(rule, document.styleSheets[0].cssRules.length)
          add('.bare, .bare:focus { display: block; width: 400px; height: 5px; font-size: 4px; outline: 0; box-shadow: none; color: #eee; background: none; border: 0 }')
          add('.pale { color: #ccc }')
          localStorage.setItem('a', 'b')
        }"""
    )
    found = "\n".join(faults_of(page, EVERYTHING))
    for fault in (
        *("wider than the window", "sticks out", "does not show that it has the focus", "keeps something"),
        *("target-size", "color-contrast", "heading-order"),
    ):
        assert fault in found, found
