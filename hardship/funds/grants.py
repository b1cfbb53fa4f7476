"""What a policy grants: one amount, or the amount of the first band whose condition holds. Values in, values out.

A band's condition is written `income_loss_percent >= 80`, several joined by `and`, or `otherwise`. A condition about
a fact that is not known does not hold, so that the next band is looked at. Amounts are pence.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hardship.core.errors import BadInput
from hardship.core.money import parse_minor
from hardship.funds.fields import Table

OTHERWISE = "otherwise"
_TEST = re.compile(r"(?P<field>[a-z][a-z0-9_]*)\s*(?P<op>==|!=|<=|>=|<|>)\s*(?P<value>.+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda here, there: here == there,
    "!=": lambda here, there: here != there,
    "<": lambda here, there: here < there,
    "<=": lambda here, there: here <= there,
    ">": lambda here, there: here > there,
    ">=": lambda here, there: here >= there,
}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a fact with a value: a whole number, true or false, a date, or a text (an amount in pounds
    for a fact that is money)."""

    field: str
    op: str
    value: int | bool | str | dt.date

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is known to hold. A fact known by its bounds has to hold at both."""
        bounds = [
            facts[name] for name in (f"{self.field}_at_least", f"{self.field}_at_most") if name in facts
        ]
        if self.field in facts:
            return self._compare([facts[self.field]], self.value)
        if f"{self.field}_minor" in facts and isinstance(self.value, str | int):
            return self._compare([facts[f"{self.field}_minor"]], parse_minor(str(self.value)))
        return len(bounds) == 2 and self._compare(bounds, self.value)

    def _compare(self, known: Sequence[Any], value: Any) -> bool:
        if any(type(one) is not type(value) for one in known):
            return False
        folded = [one.strip().casefold() if isinstance(one, str) else one for one in known]
        wanted = value.strip().casefold() if isinstance(value, str) else value
        return all(_COMPARE[self.op](one, wanted) for one in folded)


@dataclass(frozen=True, slots=True)
class Band:
    """An amount and the condition under which it is granted; no tests: always."""

    when: str
    tests: tuple[Test, ...]
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a policy grants. A fixed amount is one band without tests."""

    bands: tuple[Band, ...]

    def amount(self, facts: Mapping[str, Any]) -> int | None:
        """The amount for these facts, in pence; None when no band's condition holds."""
        for band in self.bands:
            if all(test.holds(facts) for test in band.tests):
                return band.amount_minor
        return None

    @property
    def largest_minor(self) -> int:
        """The most that may be granted."""
        return max(band.amount_minor for band in self.bands)

    def document(self) -> dict[str, Any]:
        """The grant as the policy's document holds it."""
        if len(self.bands) == 1 and not self.bands[0].when:
            return {"amount_minor": self.bands[0].amount_minor}
        return {"bands": [{"when": band.when, "amount_minor": band.amount_minor} for band in self.bands]}

    def conditions(self) -> list[dict[str, Any]]:
        """The tests as rule tables, for whoever knows the facts to check."""
        return [
            {
                "id": f"band-{at}-{number}",
                "field": test.field,
                "op": test.op,
                "value": test.value,
                "on_fail": "refer",
                "reason": band.when,
            }
            for at, band in enumerate(self.bands, 1)
            for number, test in enumerate(band.tests, 1)
        ]


def grant_from(document: Mapping[str, Any]) -> Grant:
    """The grant of a published policy."""
    if "amount_minor" in document:
        return Grant((Band("", (), int(document["amount_minor"])),))
    bands = document["bands"]
    return Grant(
        tuple(Band(band["when"], parse_when(band["when"]), int(band["amount_minor"])) for band in bands)
    )


def read_grant(table: Table) -> Grant:
    """The grant of a `[[round]]`: `grant = "200.00"`, or `bands` (also under `grant`); raises `BadInput`."""
    fixed = table.amount("grant", optional=True)
    bands = table.tables("bands")
    if (fixed is None) == (not bands):
        raise table.error(
            "", "a round grants a fixed amount or bands", 'Write grant = "200.00" or bands = [ … ].'
        )
    if fixed is not None:
        if fixed == 0:
            raise table.error("grant", "it has to be above 0.00", "Write an amount like 200.00.")
        return Grant((Band("", (), fixed),))
    return Grant(tuple(_band(band) for band in bands))


def _band(table: Table) -> Band:
    when = table.text("when", max_length=300)
    amount = table.amount("amount")
    if amount == 0:
        raise table.error("amount", "it has to be above 0.00", "Write an amount like 200.00.")
    table.done()
    try:
        return Band(when, parse_when(when), amount)
    except BadInput as error:
        raise table.error("when", error.what, error.fix) from None


def parse_when(when: str) -> tuple[Test, ...]:
    """The tests of a band's condition; raises `BadInput` for one that cannot be read."""
    if when.strip() == OTHERWISE:
        return ()
    return tuple(_test(part.strip()) for part in re.split(r"\s+and\s+", when))


def _test(text: str) -> Test:
    found = _TEST.fullmatch(text)
    if found is None:
        raise BadInput(
            f"{text[:60]!r} is no condition",
            fix="Write it like: income_loss_percent >= 80, several joined by `and`, or: otherwise.",
        )
    return Test(found["field"], found["op"], _read_value(found["value"].strip()))


def _read_value(text: str) -> int | bool | str | dt.date:
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise BadInput(f"{text} is no date", fix="Write it like 2020-03-31.") from None
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
