"""Values that can't be mistaken, to be planted wherever somebody can type, and the search for them in whatever leaves."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MARK = "Qzxjvkwy"
"""What every canary begins with: eight letters that no word, key or reference of ours holds by chance."""

FIXED = {
    "phone": "+447911999777",
    "call_phone": "+447911999777",
    "sort_code": "918273",
    "account_number": "64738291",
    "income_before": "7777.31",
    "income_now": "3131.77",
    "birth_year": "1937",
    "outward_postcode": "ZE3",
    "who_postcode": "ZE3 9XJ",
    "postcode": "ZE3 9XJ",
}
"""Values of fields that take no words. The short ones are looked for as whole values of columns alone."""

_SOUGHT = (
    "64738291",
    "7911999777",
    "918273",
    "91-82-73",
    "7777.31",
    "777731",
    "3131.77",
    "313177",
    "ZE3 9XJ",
)
SHORT = frozenset({"1937", "ZE3"})


class Aviary:
    """Hands out a canary for each name, always the same one."""

    def __init__(self) -> None:
        self.out: dict[str, str] = {}

    def canary(self, name: str) -> str:
        """A word of letters alone, that is this name's and no other's."""
        if name not in self.out:
            number, tail = len(self.out), ""
            for _ in range(3):
                number, digit = divmod(number, 26)
                tail += "abcdefghijklmnopqrstuvwxyz"[digit]
            self.out[name] = MARK + tail
        return self.out[name]

    def value(self, name: str) -> str:
        """What to type into a field of this name."""
        field = name.rpartition(".")[2]
        if field in FIXED:
            return FIXED[field]
        return f"{self.canary(name)}@example.org" if "email" in field else self.canary(name)

    def whose(self, word: str) -> str:
        """Where a canary was planted."""
        return next((name for name, given in self.out.items() if given.lower() == word.lower()), word)


def _forms(word: str) -> Iterator[bytes]:
    """A word as it may lie somewhere: plain, in two bytes a letter, in hexadecimal, in base64 at each of its three places,
    percent-encoded."""
    plain = word.encode()
    yield plain
    yield quote(word, safe="").encode()
    for data in (plain, word.encode("utf-16-le"), word.encode("utf-16-be")):
        yield data
        yield data.hex().encode()
        yield data.hex().upper().encode()
        for skip in range(3):
            code = base64.b64encode(b"\0" * skip + data)
            start = (0, 2, 3)[skip]  # the letters that the bytes before it have a part in
            end = len(code) - (0 if (skip + len(data)) % 3 == 0 else 4 if (skip + len(data)) % 3 == 1 else 4)
            yield code[start:end]
            yield code[start:end].replace(b"+", b"-").replace(b"/", b"_")


_PATTERN = re.compile(
    b"|".join(
        sorted(
            {
                re.escape(form)
                for word in (MARK, MARK.lower(), MARK.upper(), *_SOUGHT)
                for form in _forms(word)
            }
        )
    )
)


def found_in(data: bytes) -> list[str]:
    """The canaries in some bytes, in whatever form, with what follows them."""
    return sorted(
        {data[one.start() : one.end() + 12].decode("utf-8", "replace") for one in _PATTERN.finditer(data)}
    )


def told(aviary: Aviary, found: Iterable[str]) -> list[str]:
    """The same by where they were planted, as far as they can be read."""
    return sorted({aviary.whose(one[: len(MARK) + 3]) for one in found})
