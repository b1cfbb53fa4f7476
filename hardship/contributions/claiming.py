"""Which of the things that stand in the books already an incoming bank line is. Values in, values out.

A line is claimed when it can be nothing else: it names the thing, or it is the only one of its amount within a few days and
the names fit. Whatever is less sure is left to a person.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

NEAR = dt.timedelta(days=5)
"""How far apart a bank's day and ours may lie for the same money."""
SHORTEST_REF = 4
"""A ref of fewer letters and digits stands in other words by chance."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class BankWords:
    """An incoming line as the bank tells it."""

    received_on: dt.date
    amount_minor: int
    reference: str
    counterparty: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that is in the books as money that came into the bank: `about` names it, `refs` are what a bank line may
    call it, `name` is whom it came from ("" when that is not known)."""

    about: str
    amount_minor: int
    on: dt.date
    refs: tuple[str, ...]
    name: str = ""


def claimed_by(line: BankWords, candidates: Sequence[Candidate]) -> Candidate | None:
    """The one thing that the line is, or None when that is not sure."""
    fitting = [one for one in candidates if one.amount_minor == line.amount_minor]
    named = [one for one in fitting if any(names(line.reference, ref) for ref in one.refs)]
    if named:
        return named[0] if len(named) == 1 else None
    near = [one for one in fitting if abs(one.on - line.received_on) <= NEAR]
    if len(near) != 1:
        return None
    words = f"{line.counterparty} {line.reference}"
    return near[0] if same_person(words, near[0].name) else None


def names(reference: str, ref: str) -> bool:
    """Whether a bank line's reference holds `ref` as words of its own, however it is punctuated."""
    wanted, said = _words(ref), _words(reference)
    if len("".join(wanted)) < SHORTEST_REF:
        return False
    joined = "".join(wanted)
    return any(
        "".join(said[start:end]) == joined
        for start in range(len(said))
        for end in range(start + 1, len(said) + 1)
    )


def same_person(words: str, name: str) -> bool:
    """Whether a bank's words hold a name: the last of its words, and the first one or its initial."""
    parts, said = _words(name), _words(words)
    if len(parts) < 2:
        return bool(parts) and len(parts[0]) >= SHORTEST_REF and parts[0] in said
    first, last = parts[0], parts[-1]
    return last in said and any(word in {first, first[0]} for word in said if word != last)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text)
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())
