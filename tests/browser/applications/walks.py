"""Somebody goes all the way, with a pointer or with the keys alone; in either language, since fields are known by name."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from hardship.core.clock import SetClock
from hardship.web import proof
from tests.browser.conftest import Site
from tests.browser.steps import follow
from tests.integration.applications.test_journey import STEPS

HARMLESS = "/healthz"  # where the way out leads in these tests: a page of this machine


class Hands(ABC):
    """How somebody uses a page. Selectors are CSS; what opens a page waits until it is there."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @abstractmethod
    def write(self, name: str, text: str) -> None:
        """Write into the field, in place of what is there."""

    @abstractmethod
    def choose(self, name: str, value: str) -> None:
        """Choose one of several."""

    @abstractmethod
    def tick(self, name: str) -> None:
        """Tick a box."""

    @abstractmethod
    def go(self, selector: str) -> None:
        """Follow the first link, or press the first button, that the selector names."""

    @abstractmethod
    def keep(self, selector: str) -> str:
        """Follow a link that is a file; gives the file's name."""

    def send(self) -> None:
        """Press the button of the page's form."""
        self.go("main form .govuk-button")

    def fill(self, fields: dict[str, str]) -> None:
        """Fill in a form by the names of its fields; what is blank is left alone."""
        for name, value in fields.items():
            if not value:
                continue
            if self.page.locator(f"input[type=radio][name={name}]").count():
                self.choose(name, value)
            else:
                self.write(name, value)


class Pointer(Hands):
    """With a mouse or a finger."""

    def write(self, name: str, text: str) -> None:
        """Click and type."""
        self.page.locator(f"[name={name}]").fill(text)

    def choose(self, name: str, value: str) -> None:
        """Click it."""
        self.page.locator(f"input[name={name}][value={value}]").check()

    def tick(self, name: str) -> None:
        """Click it."""
        self.page.locator(f"[name={name}]").check()

    def go(self, selector: str) -> None:
        """Click it."""
        follow(self.page, self.page.locator(selector).first)

    def keep(self, selector: str) -> str:
        """Click it."""
        with self.page.expect_download() as started:
            self.page.locator(selector).first.click()
        return started.value.suggested_filename


class Keys(Hands):
    """With the keyboard alone: Tab, Space, arrows, Enter."""

    def _to(self, selector: str) -> None:
        """Tab until what has the focus matches; fails when it is never reached."""
        for _ in range(70):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {selector} by keyboard on {self.page.url}")

    def write(self, name: str, text: str) -> None:
        """Tab there, and type over what is there."""
        self._to(f"[name={name}]")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, value: str) -> None:
        """Tab to the group; the first by Space, the others by the arrow below it."""
        self._to(f"input[type=radio][name={name}]")
        self.page.keyboard.press("Space")
        wanted = f"input[name={name}][value={value}]"
        for _ in range(12):
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} of {name} is not reached by the arrows")

    def tick(self, name: str) -> None:
        """Tab there, and press Space."""
        self._to(f"[name={name}]")
        self.page.keyboard.press("Space")

    def go(self, selector: str) -> None:
        """Tab there, and press Enter."""
        self._to(selector)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")

    def keep(self, selector: str) -> str:
        """Tab there, and press Enter."""
        self._to(selector)
        with self.page.expect_download() as started:
            self.page.keyboard.press("Enter")
        return started.value.suggested_filename


@dataclass(frozen=True)
class Receipt:
    """What somebody takes away."""

    ref: str
    code: str


def wait_as_a_reader(site: Site) -> None:
    """The start page's reader takes a while, which is what opens the form without JavaScript."""
    assert isinstance(site.runtime.clock, SetClock)
    site.runtime.clock.advance(dt.timedelta(seconds=proof.LONGEST))


def begin(hands: Hands, site: Site, language: str = "en") -> None:
    """Read the start page in a language, tick, and start."""
    hands.page.goto(site.at("/apply"))
    if language != "en":
        hands.go(f"a[hreflang={language}]")
    wait_as_a_reader(site)
    hands.tick("for_me")
    hands.send()
    expect(hands.page).to_have_url(site.at("/apply/1"))


def answer(hands: Hands, *numbers: str) -> None:
    """Answer the questions in turn, as the steps of the journey's tests do."""
    for number in numbers:
        expect(hands.page).to_have_url(re.compile(f"/apply/{number}$"))
        hands.fill(dict(STEPS[number]))
        hands.send()


def received(page: Page) -> Receipt:
    """Reference and claim code of the page that says it was sent."""
    ref, code = page.locator(".app-panel-code"), page.locator("#claim-code")
    return Receipt(ref.inner_text(), code.inner_text())


def look_up(hands: Hands, site: Site, receipt: Receipt) -> None:
    """Open the page of the case with reference and claim code."""
    hands.page.goto(site.at("/status"))
    hands.write("reference", receipt.ref)
    hands.write("claim_code", receipt.code)
    hands.send()
    expect(hands.page).to_have_url(site.at("/status/case"))
