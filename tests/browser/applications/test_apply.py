"""Somebody applies, comes back, looks, and leaves: with and without JavaScript, on a small phone and a large screen, in
both languages, with a pointer and with the keys alone. The four walks meet every pair of these."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hardship.applications.queries import by_ref
from hardship.applications.service import payees
from hardship.applications.transitions import ApplicationState
from hardship.web import proof
from hardship.web.models import WebSession
from hardship.web.sessions import hashed
from tests.browser.applications.walks import (
    HARMLESS,
    Hands,
    Keys,
    Pointer,
    answer,
    begin,
    look_up,
    received,
)
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.steps import follow, press

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch, leads_away: None) -> None:
    """The work is the same, with fewer iterations: several browsers share this machine."""
    monkeypatch.setattr(proof, "COST", 100)


@pytest.mark.parametrize(
    ("javascript", "viewport", "language", "hands_of"),
    [
        pytest.param(True, WIDE, "en", Pointer, id="script-screen-english-pointer"),
        pytest.param(True, NARROW, "ro", Keys, id="script-phone-romanian-keys"),
        pytest.param(False, NARROW, "en", Keys, id="plain-phone-english-keys"),
        pytest.param(False, WIDE, "ro", Pointer, id="plain-screen-romanian-pointer"),
    ],
)
def test_somebody_goes_all_the_way(
    site: Site,
    open_page: Open,
    javascript: bool,
    viewport: dict[str, int],
    language: str,
    hands_of: type[Hands],
) -> None:
    page = open_page(javascript=javascript, viewport=viewport)
    hands = hands_of(page)
    begin(hands, site, language)
    answer(hands, "1", "2", "3")
    comes_back_later(hands, site, language)
    answer(hands, "4", "5", "6", "7", "8", "9")
    hands.fill({"when": "later"})
    hands.send()
    changes_the_name(hands, site)
    hands.send()
    expect(page).to_have_url(site.at("/apply/sent"))
    receipt = received(page)
    for button in page.locator("[data-app-print], [data-app-copy]").all():  # dead without their script
        expect(button).to_be_visible(visible=javascript)
    assert hands.keep("a[href='/apply/slip']") == "note.txt"
    leaves(hands, site, in_a_hurry=javascript)
    nothing_comes_back(page, receipt.ref)
    look_up(hands, site, receipt)
    expect(page.locator("html")).to_have_attribute("lang", "en-GB" if language == "en" else language)
    gives_bank_details(hands, site, receipt.ref)
    takes_it_back(hands, site, receipt.ref)
    leaves(hands, site, in_a_hurry=False)
    nothing_comes_back(page, receipt.ref)


def comes_back_later(hands: Hands, site: Site, language: str) -> None:
    """Stop with a code, and go on with it on another phone, which knows no language yet."""
    hands.go("a[href='/apply/save']")
    code = hands.page.locator("#return-code").inner_text()
    hands.page.context.clear_cookies()
    hands.page.goto(site.at("/apply/return"))
    hands.write("code", code)
    hands.send()
    expect(hands.page).to_have_url(site.at("/apply/4"))
    expect(hands.page.locator("html")).to_have_attribute("lang", "en-GB" if language == "en" else language)


def changes_the_name(hands: Hands, site: Site) -> None:
    """From the check page to a question and back, with everything kept."""
    expect(hands.page).to_have_url(site.at("/apply/check"))
    expect(hands.page.locator("main")).to_contain_text("Mae")
    hands.go("a[href='/apply/1?from=check']")
    hands.write("working_name", "Maebelline")
    hands.send()
    expect(hands.page).to_have_url(site.at("/apply/check"))
    for kept in ("Maebelline", "1990", "It stopped overnight."):
        expect(hands.page.locator("main")).to_contain_text(kept)


def leaves(hands: Hands, site: Site, *, in_a_hurry: bool) -> None:
    """By Shift, three times, or by the button: no cookie and no session is left."""
    (cookie,) = hands.page.context.cookies()
    if in_a_hurry:
        for _ in range(3):
            hands.page.keyboard.press("Shift")
        hands.page.wait_for_url(f"**{HARMLESS}")
    else:
        hands.go(".govuk-exit-this-page__button")
    expect(hands.page).to_have_url(site.at(HARMLESS))
    assert not hands.page.context.cookies()
    with site.runtime.read() as session:
        assert session.get(WebSession, hashed(cookie.get("value", ""))) is None


def nothing_comes_back(page: Page, ref: str) -> None:
    """Back shows nothing of the person."""
    page.go_back()
    expect(page.locator("body")).not_to_contain_text(re.compile(f"{ref}|Maebelline|12345678"))


def gives_bank_details(hands: Hands, site: Site, ref: str) -> None:
    """On the page of the case, since they were left for later."""
    hands.go("a[href='/status/bank']")
    hands.fill({"legal_name": "Maya Example", "sort_code": "20-29-59", "account_number": "12345678"})
    hands.send()
    expect(hands.page).to_have_url(site.at("/status/case"))
    with site.runtime.read() as session:
        number = by_ref(session, ref).id or 0
        assert payees(session, site.runtime.vault, [number])[number].account_number == "12345678"


def takes_it_back(hands: Hands, site: Site, ref: str) -> None:
    """After one more question."""
    hands.go("a[href='/status/withdraw']")
    hands.tick("sure")
    hands.send()
    expect(hands.page).to_have_url(site.at("/status/case"))
    with site.runtime.read() as session:
        assert by_ref(session, ref).state is ApplicationState.WITHDRAWN


def test_a_mistake_is_explained_where_it_is_and_nothing_typed_is_lost(
    site: Site, open_page: Open, accessible: Check
) -> None:
    page = open_page(viewport=NARROW)
    begin(Pointer(page), site)
    page.goto(site.at("/apply/5"))
    page.get_by_label("Each month before").fill("lots")
    press(page, "Continue")
    accessible(page)
    assert page.title().startswith("Error: ")
    alert = page.get_by_role("alert")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(alert).to_contain_text("Enter an amount in pounds")
    expect(page.get_by_label("Each month before")).to_have_value("lots")
    page.get_by_role("link", name=re.compile("Enter an amount in pounds")).click()
    expect(page.get_by_label("Each month before")).to_be_focused()


def test_back_refresh_and_a_second_tab_lose_nothing_and_send_once(site: Site, open_page: Open) -> None:
    page = open_page(viewport=NARROW)
    hands = Pointer(page)
    begin(hands, site)
    answer(hands, *"123456789", "10")
    page.go_back()
    page.reload()
    expect(page.get_by_label("Account number")).to_have_value("12345678")
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(site.at("/apply/check"))
    press(page, "Send")
    receipt = received(page)
    press(other, "Send")
    assert received(other) == receipt
    page.go_back()
    page.reload()
    expect(page).to_have_url(site.at("/apply/sent"))
    assert received(page) == receipt


def test_what_is_shown_when_one_is_chosen_is_there_without_javascript_too(
    site: Site, open_page: Open, accessible: Check
) -> None:
    page, plain = open_page(viewport=NARROW), open_page(viewport=NARROW, javascript=False)
    for tab in (page, plain):
        begin(Pointer(tab), site)
        tab.goto(site.at("/apply/2"))
    expect(page.get_by_label("E-mail address")).to_be_hidden()
    expect(plain.get_by_label("E-mail address")).to_be_visible()
    page.get_by_label("By e-mail").check()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    accessible(page)


def test_pages_are_light_at_the_first_visit_and_after_it(site: Site, open_page: Open) -> None:
    page = open_page()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.goto(site.at("/apply"), wait_until="networkidle")
    assert 5_000 < sum(sizes) <= 150_000, sizes
    sizes.clear()
    page.goto(site.at("/status"), wait_until="networkidle")
    follow(page, page.get_by_role("link", name="Lost your claim code"))
    assert 2_000 < sum(sizes) <= 2 * 15_000, sizes
