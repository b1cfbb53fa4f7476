"""Money: integer minor units with a currency. Never a float."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import total_ordering

from hardship.core.errors import BadInput

MAX_MINOR = 99_999_999_999_99  # twelve digits of pounds; more is a typing error, and overflows nothing
_PLAIN = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,12})(?:\.(?P<part>[0-9]{1,2}))?")
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}


@total_ordering
@dataclass(frozen=True)
class Money:
    """An amount in minor units (pence) of one currency (ISO 4217). Mixing currencies raises `ValueError`."""

    minor: int
    currency: str = "GBP"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("money is counted in whole minor units")

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return display(self.minor, self.currency)

    @classmethod
    def parse(cls, text: str, currency: str = "GBP", *, where: str = "") -> "Money":
        """A plain decimal (`200`, `200.5`, `200.00`) as `Money`; see `parse_minor`."""
        return cls(parse_minor(text, where=where), currency)


def parse_minor(text: str, *, where: str = "", negative: bool = False) -> int:
    """Pence from a plain decimal. No sign (unless `negative`), symbol, comma, exponent or third decimal.

    Raises `BadInput` naming what was wrong.
    """
    found = _PLAIN.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"{_shown(text)} is not an amount", where=where, fix="Write it like 200.00.")
    if found["sign"] and not negative:
        raise BadInput(f"{_shown(text)} is negative", where=where, fix="Write an amount of 0.00 or more.")
    minor = int(found["whole"]) * 100 + int((found["part"] or "0").ljust(2, "0"))
    return -minor if found["sign"] else minor


def _shown(text: str) -> str:
    """The text as it can be shown on one line: short, printable."""
    clean = "".join(c if unicodedata.category(c)[0] != "C" else "?" for c in text)
    return repr(clean if len(clean) <= 40 else clean[:37] + "...")


def display(minor: int, currency: str = "GBP") -> str:
    """Pence as people read them: £1,234.50; a minus sign in front when negative."""
    symbol = _SYMBOLS.get(currency, currency + " ")
    sign = "−" if minor < 0 else ""
    return f"{sign}{symbol}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def plain(minor: int) -> str:
    """Pence as a plain decimal for files: 1234.50."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def decimal(minor: int) -> Decimal:
    """Pence as an exact `Decimal` of the major unit."""
    return Decimal(minor).scaleb(-2)


def total(amounts: Iterable[Money], currency: str = "GBP") -> Money:
    """The sum of amounts in one currency; zero of `currency` when there are none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
