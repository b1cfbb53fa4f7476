"""The measure of how hard a page is to read finds hard words and long sentences, and reads what is shown."""

from typing import cast
from xml.etree.ElementTree import Element

import html5lib

from tests.support.reading import syllables, text_of

PLAIN = "<p>You can ask for help. It takes five minutes. You need no papers.</p>"
OFFICIAL = (
    "<p>Applications demonstrating insufficient eligibility documentation necessitate supplementary "
    "substantiation prior to consideration by the administrative committee.</p>"
)


def read(body: str) -> Element:
    """A page with this in its main part."""
    page = f"<!doctype html><html><head><title>t</title></head><body><main>{body}</main><p>outside</p></body></html>"
    return cast(Element, html5lib.parse(page, namespaceHTMLElements=False))


def test_plain_words_are_for_a_child_and_an_offices_are_not() -> None:
    plain, official = text_of(read(PLAIN)), text_of(read(OFFICIAL))
    assert plain.grade < 4 < 15 < official.grade
    assert plain.long_words == 0
    assert official.long_words > 0.5
    assert (plain.words_a_sentence, official.words_a_sentence) == (13 / 3, 15)


def test_each_block_ends_a_sentence_and_inline_parts_do_not() -> None:
    told = text_of(
        read("<h1>Ask us</h1><ul><li>Come <b>in</b> now</li><li>Go</li></ul><label>Your code</label>")
    )
    assert told.sentences == (("Ask", "us"), ("Come", "in", "now"), ("Go",), ("Your", "code"))


def test_what_is_typed_or_in_another_language_is_not_read() -> None:
    told = text_of(read('<textarea>Some very long words</textarea><p lang="en">In English</p><p>Here</p>'))
    assert told.words == ["Here"]


def test_syllables_are_counted_about_right() -> None:
    words = {
        "cat": 1,
        "money": 2,
        "code": 1,
        "income": 2,
        "people": 2,
        "erased": 2,
        "decided": 3,
        "benefits": 3,
    }
    assert {word: syllables(word) for word in words} == words
