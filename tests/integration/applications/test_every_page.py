"""What holds on every page that an applicant can meet, at every stage and in both languages (`walking.py` finds them).

The same pages are looked at in a real browser by `tests/browser/applications/test_every_page.py`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask import Flask

from hardship.core.actor import SYSTEM
from hardship.core.clock import SetClock
from hardship.core.keyring import generate, save
from hardship.core.runtime import Runtime
from hardship.web import assets
from hardship.wiring import build
from tests.conftest import START, settings_for
from tests.integration.applications.helpers import load
from tests.integration.applications.test_journey import app_over
from tests.integration.applications.walking import FUND_NAME, LANGUAGES, Seen, unclaimed, unseen, walk
from tests.support.reading import text_of

pytestmark = pytest.mark.xdist_group("every-page")

TELLING = re.compile(
    r"hardship|grant|money|\bhelp\b|fund\b|emergency|\bbani|ajutor|\bfond|sex|loss|poverty|benefit|venitul|venituri|criz",
    re.IGNORECASE,
)
"""Words that would tell what the pages are about, in either language."""

UNCACHED = 150_000  # bytes over the wire of a first visit, with styles, scripts and icon
CACHED = 15_000  # bytes of every page after it
WORDS_A_SENTENCE = 11
LONGEST_SENTENCE = 18
LONG_WORDS = 0.08
GRADE = 5.0  # years at school

Walked = dict[str, list[Seen]]


@pytest.fixture(scope="module")
def small(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Runtime]]:
    """A runtime with the small fund for each language: both go through the same days."""
    made = []
    for code in LANGUAGES:
        folder = tmp_path_factory.mktemp(code)
        path = folder / "walked.db"
        path.write_bytes(sqlite_template.read_bytes())
        settings = settings_for(f"sqlite:///{path}", folder)
        save(generate("demo"), settings.keyring_path)
        runtime = build(settings, SetClock(START), check=False)
        runtime.transact(SYSTEM, lambda tx: tx.vault.install(tx.session, tx.at))
        load(runtime)
        made.append(runtime)
    yield made
    for runtime in made:
        runtime.database.dispose()


@pytest.fixture(scope="module")
def app(small: list[Runtime]) -> Flask:
    """The application of the English walk."""
    return app_over(small[0])


@pytest.fixture(scope="module")
def walked(small: list[Runtime], app: Flask) -> Walked:
    """Everything that was seen, by language."""
    apps = [app, *(app_over(runtime) for runtime in small[1:])]
    return {
        code: list(walk(runtime, code, one))
        for code, runtime, one in zip(LANGUAGES, small, apps, strict=True)
    }


@pytest.fixture
def pages(walked: Walked) -> list[Seen]:
    """Every page in every language."""
    return [seen for seen_in in walked.values() for seen in seen_in if seen.is_page]


# --- The walk itself ---


def test_every_address_for_applicants_is_walked_and_every_public_one_has_somebody_it_is_for(
    app: Flask, walked: Walked
) -> None:
    assert not unclaimed(app), "say in walking.ELSEWHERE whose pages these are"
    for code, seen in walked.items():
        assert not unseen(app, seen), f"no stage of the walk reaches these ({code})"


def test_the_walk_meets_errors_questions_and_every_end_of_a_case(walked: Walked) -> None:
    for seen in walked.values():
        assert {one.path for one in seen if one.tried} >= {"/apply", "/apply/2", "/status", "/status/lost"}
        assert all(one.answer.status_code == 422 for one in seen if one.tried)
        ends = {one.stage: one.text for one in seen if one.path == "/status/case"}
        assert (
            len({re.sub(r"(?s).*<main|</main>.*|[0-9A-Z]{4}-[0-9A-Z]{4}", "", end) for end in ends.values()})
            >= 5
        )


# --- What holds on each ---


def test_every_page_is_strict_html_in_its_language_with_a_way_out_and_to_what_it_does_not_erase(
    walked: Walked,
) -> None:
    for code, seen in walked.items():
        for page in (one for one in seen if one.is_page):
            assert page.tree.get("lang") == ("en-GB" if code == "en" else code), page
            links = {link.get("href") for link in page.tree.iter("a")}
            assert {"/exit", "/leaving", "/"} <= links, page
            assert "style=" not in page.text, page
            assert "<script>" not in page.text, page


def test_titles_are_unique_neutral_and_say_when_something_is_wrong(walked: Walked) -> None:
    for seen in walked.values():
        named: dict[str, str] = {}
        for page in (one for one in seen if one.is_page):
            assert page.title.endswith(f"– {FUND_NAME}"), page
            assert not TELLING.search(page.title), (str(page), page.title)
            wrong = re.match(r"(Error|Eroare): ", page.title)
            assert bool(wrong) == page.tried, page
            place = page.endpoint + re.sub(r"/[0-9A-Z]{4}-[0-9A-Z]{4}", "", page.path)
            if page.stage != "closed":
                said = page.title[wrong.end() :] if wrong else page.title
                assert named.setdefault(said, place) == place, f"{page} is called as {named[said]}: {said}"


def test_addresses_and_file_names_say_nothing(walked: Walked) -> None:
    for seen in walked["en"]:
        assert not TELLING.search(seen.path), seen
        held = seen.answer.headers.get("Content-Disposition", "")
        assert seen.is_page != held.startswith("attachment"), seen
        assert not TELLING.search(held), seen
        if not seen.is_page:
            assert not TELLING.search(seen.text), seen


def test_every_answer_is_light_kept_nowhere_and_asks_nobody_else(walked: Walked, pages: list[Seen]) -> None:
    first = weight_of_the_bundle(pages[0].tree)
    for seen in (one for seen_in in walked.values() for one in seen_in):
        assert len(seen.answer.data) <= CACHED, f"{seen}: {len(seen.answer.data)} bytes"
        assert len(seen.answer.data) + first <= UNCACHED, seen
        assert seen.answer.headers["Cache-Control"] == "no-store", seen
        assert seen.answer.headers["Referrer-Policy"] == "no-referrer", seen
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', seen.text), f"{seen} asks elsewhere"
        cookies = seen.answer.headers.getlist("Set-Cookie")
        assert all(re.match("id=[^;]*; ", one) and "Max-Age" not in one for one in cookies), seen


def weight_of_the_bundle(tree: Element) -> int:
    """What the browser asks for besides the page, as it goes over the wire."""
    named = [one.get("href") or one.get("src") for one in (*tree.iter("link"), *tree.iter("script"))]
    files = [assets.FOLDER / Path(name).name for name in named if name and name.startswith("/static/")]
    assert len(files) == 3
    return sum(file.with_name(file.name + ".gz").stat().st_size for file in files)


def test_headings_are_in_order_and_there_is_one_first(pages: list[Seen]) -> None:
    for page in pages:
        levels = [int(part.tag[1]) for part in page.tree.iter() if re.fullmatch("h[1-6]", str(part.tag))]
        after_errors = levels[1:] if page.tried and levels[0] == 2 else levels
        assert after_errors[0] == 1, page
        assert levels.count(1) == 1, page
        assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:], strict=False)), page


def test_every_mistake_is_listed_on_top_with_a_link_to_its_field(pages: list[Seen]) -> None:
    for page in (one for one in pages if one.tried):
        listed = next(
            part for part in page.tree.iter("div") if "govuk-error-summary" in (part.get("class") or "")
        )
        targets = [link.get("href") for link in listed.iter("a")]
        assert targets, page
        ids = {f"#{part.get('id')}" for part in page.tree.iter() if part.get("id")}
        assert set(targets) <= ids, page


# --- Words ---


def test_nothing_is_left_in_english_on_a_romanian_page(walked: Walked) -> None:
    """Whatever stands on both versions of a page is a name, a code, or what somebody typed."""
    same = {FUND_NAME, f"Document – {FUND_NAME}"}
    english = {key(page): set(told(page.tree)) for page in walked["en"] if page.is_page}
    for page in (one for one in walked["ro"] if one.is_page):
        left = {bit for bit in told(page.tree) if bit in english[key(page)]} - same
        assert not {bit for bit in left if re.search("[^\\W\\d_]{3}", bit)}, (str(page), left)


def key(page: Seen) -> tuple[str, str, bool]:
    """The same page in another language."""
    return page.stage, re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", page.path), page.tried


def told(part: Element) -> Iterator[str]:
    """Every text that a person sees or hears, each bit by itself; not what somebody typed, nor what says its language."""
    if part.tag in {"script", "style", "code", "pre", "bdi", "textarea"} or (
        part.get("lang") and part.tag != "html"
    ):
        return
    yield from (
        said
        for name, said in part.attrib.items()
        if name in {"aria-label", "title", "alt", "placeholder"} or name.startswith("data-i18n")
    )
    if part.text and part.text.strip():
        yield " ".join(part.text.split())
    for child in part:
        yield from told(child)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split())


def test_every_page_can_be_read_at_nine(walked: Walked) -> None:
    for page in (one for one in walked["en"] if one.is_page):
        text = text_of(page.tree)
        longest = text.longest
        assert len(longest) <= LONGEST_SENTENCE, (str(page), " ".join(longest))
        if len(text.words) < 40:
            continue  # a heading and a button: no measure of sentences means anything
        assert text.words_a_sentence <= WORDS_A_SENTENCE, (str(page), text.words_a_sentence)
        assert text.long_words <= LONG_WORDS, (str(page), text.long_words)
        assert text.grade <= GRADE, (str(page), text.grade)
