"""How hard a page is to read: how long its sentences are, and how many of its words are long.

Measured on what is shown in `main`, sentence by sentence. The measures are the two that every readability formula is
made of; the grade is Flesch-Kincaid's (years at school: 4 is a child of nine), with syllables counted by groups of
vowels, which is near enough for English.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

BLOCKS = frozenset(
    [
        "p",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "label",
        "legend",
        "dt",
        "dd",
        "summary",
        "th",
        "td",
        "div",
        "pre",
        "section",
        "main",
        "ol",
        "ul",
    ]
)
UNREAD = frozenset({"script", "style", "input", "textarea", "code"})
LONG = 9  # letters
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_END = re.compile(r"[.!?:;]+(?:[”)]|\s|$)|\n")


@dataclass(frozen=True)
class Text:
    """The sentences of a page, each as its words."""

    sentences: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> list[str]:
        """All words, in order."""
        return [word for sentence in self.sentences for word in sentence]

    @property
    def longest(self) -> tuple[str, ...]:
        """The sentence of most words."""
        return max(self.sentences, key=len, default=())

    @property
    def words_a_sentence(self) -> float:
        """The mean length of a sentence; headings and labels are left out, they would flatter it."""
        told = [len(sentence) for sentence in self.sentences if len(sentence) > 3]
        return sum(told) / len(told) if told else 0.0

    @property
    def long_words(self) -> float:
        """The share of words of `LONG` letters or more."""
        words = self.words
        return sum(len(word) >= LONG for word in words) / len(words) if words else 0.0

    @property
    def grade(self) -> float:
        """Years at school that it takes to read it."""
        told = [sentence for sentence in self.sentences if len(sentence) > 3]
        words = [word for sentence in told for word in sentence]
        if not words:
            return 0.0
        return 0.39 * len(words) / len(told) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """About how many syllables an English word has."""
    plain = word.lower()
    groups = len(re.findall(r"[aeiouy]+", plain))
    if (
        plain.endswith(("e", "es", "ed"))
        and not plain.endswith(("le", "ted", "ded", "ses", "ches"))
        and groups > 1
    ):
        groups -= 1
    return max(1, groups)


def text_of(tree: Element) -> Text:
    """What somebody reads in the page's `main`."""
    main = next(tree.iter("main"))
    told = "".join(_told(main))
    sentences = (tuple(_WORD.findall(one)) for one in _END.split(told))
    return Text(tuple(one for one in sentences if one))


def _told(part: Element) -> Iterator[str]:
    """The text, each block on a line of its own."""
    if part.tag in UNREAD or part.get("lang"):
        return
    edge = "\n" if part.tag in BLOCKS else ""
    yield edge + " ".join((part.text or "").split("\n"))
    for child in part:
        yield from _told(child)
        yield " ".join((child.tail or "").split("\n"))
    yield edge
