"""Facts that a policy's rules may look at: their names and kinds, and how they follow from an application's answers.

A fact that can't be told is absent, so that a rule about it is unknown, which is never a fail. Money is
integer pence, ages and per cents whole numbers, never a float. Values in, values out; nothing here raises on
odd answers.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

Fact = int | str | bool | date
"""What a fact can be. A fact that is not known is absent, never None."""

Facts = Mapping[str, Fact]


class Kind(StrEnum):
    """What sort of value a fact is, and so which operations fit it."""

    MONEY = "money"  # in rules an amount in pounds, quoted: "1500.00"; as a fact integer pence
    NUMBER = "number"  # a whole number; for `_minor` facts, pence
    YES_NO = "yes_no"
    TEXT = "text"  # compared without regard to case and spaces at the ends
    CHOICE = "choice"  # one of the fact's `choices`
    DATE = "date"  # `YYYY-MM-DD`


@dataclass(frozen=True, slots=True)
class FactType:
    """A fact that rules may name.

    `sources` are the entries of the facts it is read from, if not its own name: one, or two that bound it
    (then a rule is met or not only if both ends agree).
    """

    name: str
    kind: Kind
    label: str
    choices: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()


REASONS = frozenset(
    {"livelihood", "emergency", "financial_hardship", "homelessness", "health", "family", "other"}
)
SAFE_CONTACTS = frozenset({"email", "sms", "none"})

_FACT_TYPES = (
    FactType("income_before", Kind.MONEY, "income before", sources=("income_before_minor",)),
    FactType("income_now", Kind.MONEY, "income now", sources=("income_now_minor",)),
    FactType("income_before_minor", Kind.NUMBER, "income before, in pence"),
    FactType("income_now_minor", Kind.NUMBER, "income now, in pence"),
    FactType("income_loss_percent", Kind.NUMBER, "how much of the income is lost, in whole per cent"),
    FactType("birth_year", Kind.NUMBER, "year of birth"),
    FactType("age", Kind.NUMBER, "age on the day of applying", sources=("age_at_least", "age_at_most")),
    FactType("age_at_least", Kind.NUMBER, "the least age the year of birth allows on the day of applying"),
    FactType("outward_postcode", Kind.TEXT, "first half of the postcode"),
    FactType("reason", Kind.CHOICE, "reason for applying", REASONS),
    FactType("safe_contact", Kind.CHOICE, "safe way to be contacted", SAFE_CONTACTS),
    FactType("has_statement", Kind.YES_NO, "whether the applicant wrote a statement"),
    FactType("has_voucher", Kind.YES_NO, "whether the applicant gave something that can vouch for them"),
    FactType("vouched_for", Kind.YES_NO, "whether a code that counts, or somebody we asked, vouches"),
    FactType("voucher_code_valid", Kind.YES_NO, "whether a trusted group's code was given that counts"),
    FactType("has_bank_details", Kind.YES_NO, "whether bank details were given"),
    FactType("evidence_seen", Kind.YES_NO, "whether a person saw a document that supports what was told"),
    FactType("is_connected", Kind.YES_NO, "whether the applicant is connected with the fund's people"),
    FactType("applied_on", Kind.DATE, "day of applying"),
    FactType("income_lost_on", Kind.DATE, "day the income stopped"),
    FactType("previous_awards_in_round", Kind.NUMBER, "awards to this person in the round so far"),
    FactType("previous_awards", Kind.NUMBER, "awards to this person ever"),
    FactType("days_since_last_award", Kind.NUMBER, "whole days since the person's last award"),
    FactType("waiting_days", Kind.NUMBER, "whole days since the application was sent"),
)
FACTS: Mapping[str, FactType] = {fact.name: fact for fact in _FACT_TYPES}
"""Every fact a rule may name."""


def is_whole(value: object) -> bool:
    """Whether it is an int, and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_day(value: object) -> bool:
    """Whether it is a day, and no instant."""
    return isinstance(value, date) and not isinstance(value, datetime)


def fits(fact: FactType, known: object) -> bool:
    """Whether a fact is there, and of its kind."""
    if fact.kind in (Kind.MONEY, Kind.NUMBER):
        return is_whole(known)
    if fact.kind is Kind.YES_NO:
        return isinstance(known, bool)
    if fact.kind is Kind.DATE:
        return is_day(known)
    return isinstance(known, str) and bool(known.strip())


_LONDON = ZoneInfo("Europe/London")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_ASKED_AS_THEY_ARE = ("previous_awards_in_round", "previous_awards", "days_since_last_award", "waiting_days")
_SAY_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def pence(text: str) -> int | None:
    """Pence from a plain decimal of pounds (`1500`, `1500.5`, `1500.00`), or None if it is not one."""
    if not _AMOUNT.fullmatch(text.strip()):
        return None
    return int(Decimal(text.strip()) * 100)


def derive(answers: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of an application, asked and derived; whatever can't be told is left out.

    `answers` bear the names of the applications file (`income_before` in pounds as text, `birth_year`,
    `reason`, …; or `income_before_minor` in pence), with what the system knows under the facts' own names
    (`applied_on` or `submitted_at`, `previous_awards_in_round`, `waiting_days`, …). `outward_postcode` comes
    normalised, see `hardship.applications.identity`. A blank answer is no answer, except that blank voucher,
    statement and bank details mean that there are none.
    """
    facts: dict[str, Fact] = {}
    for name in ("income_before_minor", "income_now_minor"):
        _put(facts, name, _amount(answers, name))
    for name in _ASKED_AS_THEY_ARE:
        _put(facts, name, _whole(answers.get(name)))
    for name in ("outward_postcode", "reason", "safe_contact"):
        _put(facts, name, _text(answers.get(name)))
    for name, column in (("has_statement", "statement"), ("has_voucher", "voucher")):
        if name in answers or column in answers:
            _put(facts, name, _yes(answers[name]) if name in answers else bool(_text(answers[column])))
    if "sort_code" in answers or "account_number" in answers:
        given = [_text(answers.get(name)) for name in ("sort_code", "account_number")]
        facts["has_bank_details"] = all(given)
    for name in ("vouched_for", "voucher_code_valid", "is_connected"):
        _put(facts, name, _yes(answers.get(name)))
    _put(facts, "evidence_seen", _yes(answers.get("evidence_seen")))
    _put(facts, "income_lost_on", day(answers.get("income_lost_on")))
    _put(facts, "applied_on", day(answers.get("applied_on")) or day(answers.get("submitted_at")))
    _put(facts, "income_loss_percent", _loss(facts.get("income_before_minor"), facts.get("income_now_minor")))
    _put_ages(facts, _whole(answers.get("birth_year")))
    return facts


def _put(facts: dict[str, Fact], name: str, value: Fact | None) -> None:
    if value is not None:
        facts[name] = value


def _put_ages(facts: dict[str, Fact], birth_year: int | None) -> None:
    """The ages a year of birth allows: on 31 December one, on every other day two."""
    if birth_year is None or not 1900 <= birth_year <= 2200:
        return
    facts["birth_year"] = birth_year
    applied = facts.get("applied_on")
    if not isinstance(applied, date) or applied.year < birth_year:
        return
    most = applied.year - birth_year
    facts["age_at_most"] = most
    facts["age_at_least"] = most if (applied.month, applied.day) == (12, 31) else max(0, most - 1)


def _loss(before: Fact | None, now: Fact | None) -> int | None:
    """Whole per cent of income lost, rounded down; negative when it rose; unknown without an income before."""
    if not isinstance(before, int) or not isinstance(now, int) or before <= 0:
        return None
    return (before - now) * 100 // before


def _amount(answers: Mapping[str, Any], name: str) -> int | None:
    """Pence, from an answer in pence or one in pounds."""
    value = answers.get(name)
    if value is None:
        value = answers.get(name.removesuffix("_minor"))
        return pence(value) if isinstance(value, str) else None
    return value if isinstance(value, int) and is_whole(value) and value >= 0 else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return int(value)
    return value if isinstance(value, int) and is_whole(value) else None


def _text(value: Any) -> str | None:
    """A text without spaces or invisible characters at its ends, or None if nothing is left."""
    if not isinstance(value, str):
        return None
    invisible = "".join({c for c in value if unicodedata.category(c)[0] in "CZ"})
    return value.strip(invisible) or None


def _yes(value: Any) -> bool | None:
    if isinstance(value, str):
        return _SAY_YES.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def day(value: Any) -> date | None:
    """A day, from a date, ISO text, or an instant (its day in London; without an offset, the day as written)."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(_LONDON)).date()
    return value if isinstance(value, date) else None
