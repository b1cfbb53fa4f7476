"""A policy's rules: which facts they may look at, whether they hold, and whether they make sense. Values in and out.

A rule is met, not met, or unknown. A missing fact makes a rule unknown, which is never a fail; and no result
decides anything: it refers a person to the reason (design.md, I12). Money is integer pence, never a float.
`validate` is for whoever writes a policy; `assess` never raises, whatever facts are missing or rules were
never validated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from hardship.eligibility.facts import FACTS, Fact, Facts, FactType, Kind, day, derive, fits, is_whole, pence

__all__ = [
    "FACTS",
    "OPS",
    "OPS_FOR",
    "Condition",
    "Fact",
    "FactType",
    "Facts",
    "Kind",
    "OnFail",
    "Outcome",
    "Problem",
    "Result",
    "Rule",
    "assess",
    "derive",
    "read",
    "validate",
]

MAX_ID = 60
"""Characters in a rule's id."""
MAX_REASON = 500
"""Characters in a rule's reason: a sentence, which pages show on one line."""


class Result(StrEnum):
    """How a rule came out. `not_applicable`: its condition (`applies_if`) is not met, so it was not asked."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class OnFail(StrEnum):
    """What a rule that is not met asks of people; never an automatic refusal."""

    REFER = "refer"
    ASK = "ask"
    INELIGIBLE_RECOMMENDATION = "ineligible-recommendation"


_EQUAL = frozenset({"==", "!=", "in", "answered"})
_ORDERED = frozenset({"<", "<=", ">", ">=", "between"})
OPS_FOR: Mapping[Kind, frozenset[str]] = {
    Kind.MONEY: _EQUAL | _ORDERED,
    Kind.NUMBER: _EQUAL | _ORDERED,
    Kind.YES_NO: frozenset({"==", "!=", "answered"}),
    Kind.TEXT: _EQUAL,
    Kind.CHOICE: _EQUAL,
    Kind.DATE: _EQUAL | _ORDERED | {"within_days"},
}
"""The operations that fit each kind of fact. `within_days`: at most so many days before the day of applying."""

OPS = frozenset[str]().union(*OPS_FOR.values())


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies at all."""

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy, as the fund wrote it; `validate` says whether it makes sense.

    `value` is a whole number, a text, true or false, a date, or (for `between`: two, `in`: any) a list of
    these; `answered` needs none, and `answered` with false asks for the contrary. `reason` is the sentence
    applicant and reviewer see.
    """

    id: str
    field: str
    op: str
    value: Any = None
    on_fail: str = OnFail.REFER.value
    reason: str = ""
    applies_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a policy: in which rule, in which of its fields, and what to do about it."""

    rule: str
    field: str
    text: str

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.field}: {self.text}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule came out, and the facts it looked at (only those that were known)."""

    rule: str
    result: Result
    facts_used: Mapping[str, Fact]
    on_fail: str
    reason: str

    @property
    def needs_person(self) -> bool:
        """Whether the rule gives a person something to look at: it failed, or could not be told."""
        return self.result in (Result.NOT_MET, Result.UNKNOWN)


# --- Reading and validating ---------------------------------------------------------------------------------------


def read(tables: Iterable[Mapping[str, Any]]) -> tuple[list[Rule], list[Problem]]:
    """Rules from the `[[round.rule]]` tables of a fund.toml, and everything wrong with them."""
    rules, problems = [], []
    for number, table in enumerate(tables, 1):
        name = str(table.get("id") or f"number {number}")
        problems += [
            Problem(name, key, f"there is no such key; {_suggest(key, _RULE_KEYS)}")
            for key in table
            if key not in _RULE_KEYS
        ]
        condition = table.get("applies_if")
        known = {key: value for key, value in table.items() if key in _RULE_KEYS and key != "applies_if"}
        rules.append(Rule(**{"id": "", "field": "", "op": ""} | known, applies_if=_condition(condition)))
        if condition is not None and rules[-1].applies_if is None:
            problems.append(Problem(name, "applies_if", "write it as { field = …, op = …, value = … }"))
    return rules, problems + validate(rules)


def _condition(table: object) -> Condition | None:
    if isinstance(table, Condition):
        return table
    if not isinstance(table, Mapping) or set(table) - {"field", "op", "value"}:
        return None
    return Condition(str(table.get("field", "")), str(table.get("op", "")), table.get("value"))


def validate(rules: Sequence[Rule]) -> list[Problem]:
    """Everything wrong with a policy, in the order of its rules; [] if it may be published."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, rule in enumerate(rules, 1):
        name = str(rule.id or f"number {number}")
        if not isinstance(rule.id, str) or not rule.id.strip():
            problems.append(Problem(name, "id", "give the rule a short name of its own, such as lost-income"))
        elif len(rule.id) > MAX_ID:
            problems.append(Problem(name[:MAX_ID], "id", f"longer than {MAX_ID} characters; shorten it"))
        elif rule.id in seen:
            problems.append(Problem(name, "id", "another rule has this id; give each rule its own"))
        seen.add(name)
        problems += _problems_of_test(name, "", rule.field, rule.op, rule.value)
        if rule.applies_if is not None:
            on = rule.applies_if
            problems += _problems_of_test(name, "applies_if.", on.field, on.op, on.value)
        if not isinstance(rule.on_fail, str) or rule.on_fail not in set(OnFail):
            problems.append(
                Problem(name, "on_fail", f"{rule.on_fail!r} is none; {_suggest(rule.on_fail, OnFail)}")
            )
        if not isinstance(rule.reason, str) or not rule.reason.strip():
            problems.append(Problem(name, "reason", "write the sentence that applicant and reviewer see"))
        elif len(rule.reason) > MAX_REASON:
            problems.append(Problem(name, "reason", f"longer than {MAX_REASON} characters; shorten it"))
    return problems


def _problems_of_test(rule: str, prefix: str, field: str, op: str, value: Any) -> list[Problem]:
    """What is wrong with a field, op and value; the first thing only, since the next depend on it."""
    fact = FACTS.get(field) if isinstance(field, str) else None
    if fact is None:
        return [Problem(rule, f"{prefix}field", f"{field!r} is not a fact; {_suggest(field, FACTS)}")]
    if not isinstance(op, str) or op not in OPS:
        return [Problem(rule, f"{prefix}op", f"{op!r} is no operation; {_suggest(op, OPS)}")]
    if op not in OPS_FOR[fact.kind]:
        fitting = ", ".join(sorted(OPS_FOR[fact.kind]))
        return [
            Problem(rule, f"{prefix}op", f"{op} does not fit {field} ({fact.label}); use one of {fitting}")
        ]
    text = _problem_of_value(fact, op, value)
    return [Problem(rule, f"{prefix}value", text)] if text else []


def _problem_of_value(fact: FactType, op: str, value: Any) -> str:
    """What is wrong with a rule's value, or ''."""
    if op == "answered":
        return "" if value is None or isinstance(value, bool) else "leave it out, or write true or false"
    if op == "within_days":
        return "" if is_whole(value) and value >= 0 else "write a whole number of days, 0 or more"
    wanted = f"{fact.name} needs {_wanted(fact)}"
    if op not in ("between", "in"):
        return "" if _operand(fact, value) is not None else f"{value!r} does not fit; {wanted}"
    if not isinstance(value, list | tuple) or not value or (op == "between" and len(value) != 2):
        return f"{op} needs a list of {'two values' if op == 'between' else 'values'}; {wanted} each"
    operands = [_operand(fact, one) for one in value]
    if None in operands:
        return f"{value[operands.index(None)]!r} does not fit; {wanted} each"
    if op == "between" and operands[0] > operands[1]:
        return "the first value is above the second; write the lower one first"
    return ""


def _wanted(fact: FactType) -> str:
    if fact.kind is Kind.CHOICE:
        return "one of " + ", ".join(sorted(fact.choices))
    return {
        Kind.MONEY: 'an amount in quotes such as "1500.00"',
        Kind.NUMBER: "a whole number without quotes",
        Kind.YES_NO: "true or false without quotes",
        Kind.TEXT: "a text in quotes",
        Kind.DATE: "a date such as 2020-03-20",
    }[fact.kind]


def _suggest(given: object, known: Iterable[str]) -> str:
    """The nearest known name, or all of them."""
    names = sorted(str(name) for name in known)
    near = get_close_matches(str(given).strip().lower().replace("-", "_"), names, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "use one of " + ", ".join(names)


# --- Assessing ----------------------------------------------------------------------------------------------------


def assess(rules: Iterable[Rule], facts: Facts) -> list[Outcome]:
    """How each rule comes out on these facts, in the rules' order. Never raises."""
    return [_outcome(rule, facts) for rule in rules]


def _outcome(rule: Rule, facts: Facts) -> Outcome:
    """One rule: not applicable if its condition is not met; unknown if the condition is, unless met anyway."""
    result = _test(rule.field, rule.op, rule.value, facts)
    used = _used(rule.field, rule.op, facts)
    if rule.applies_if is not None:
        on = rule.applies_if
        applies = _test(on.field, on.op, on.value, facts)
        used |= _used(on.field, on.op, facts)
        if applies is Result.NOT_MET:
            result = Result.NOT_APPLICABLE
        elif applies is Result.UNKNOWN and result is not Result.MET:
            result = Result.UNKNOWN
    return Outcome(rule.id, result, used, rule.on_fail, rule.reason)


def _test(field: str, op: str, value: Any, facts: Facts) -> Result:
    """Met, not met or unknown. A rule that does not validate is unknown."""
    if _problems_of_test("", "", field, op, value):
        return Result.UNKNOWN
    fact = FACTS[field]
    known: list[Any] = [facts.get(source) for source in _sources(fact)]
    present = all(fits(fact, one) for one in known)
    if op == "answered":
        return Result.MET if present is (value is not False) else Result.NOT_MET
    if op == "within_days":
        known.append(facts.get("applied_on"))
        present = present and fits(FACTS["applied_on"], known[-1])
    if not present:
        return Result.UNKNOWN
    if op == "within_days":
        return _as_result(0 <= (known[1] - known[0]).days <= value)
    verdicts = {_holds(fact, op, one, value) for one in _candidates(known)}
    return _as_result(verdicts.pop()) if len(verdicts) == 1 else Result.UNKNOWN


def _sources(fact: FactType) -> tuple[str, ...]:
    return fact.sources or (fact.name,)


def _used(field: str, op: str, facts: Facts) -> dict[str, Fact]:
    """The known facts a test looks at."""
    fact = FACTS.get(field) if isinstance(field, str) else None
    names = () if fact is None else _sources(fact) + (("applied_on",) if op == "within_days" else ())
    return {name: facts[name] for name in names if facts.get(name) is not None}


def _candidates(known: list[Any]) -> Sequence[Any]:
    """The values a fact may have: its own, or every whole number between its two bounds."""
    if len(known) == 1:
        return known
    low, high = sorted(known)
    return range(low, min(high, low + 200) + 1)


def _holds(fact: FactType, op: str, known: Any, value: Any) -> bool:
    here = _comparable(fact, known)
    if op in ("between", "in"):
        operands = [_operand(fact, one) for one in value]
        return bool(operands[0] <= here <= operands[1]) if op == "between" else here in operands
    return _COMPARE[op](here, _operand(fact, value))


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda here, there: here == there,
    "!=": lambda here, there: here != there,
    "<": lambda here, there: here < there,
    "<=": lambda here, there: here <= there,
    ">": lambda here, there: here > there,
    ">=": lambda here, there: here >= there,
}


def _as_result(holds: bool) -> Result:
    return Result.MET if holds else Result.NOT_MET


def _comparable(fact: FactType, known: Any) -> Any:
    return known.strip().casefold() if fact.kind in (Kind.TEXT, Kind.CHOICE) else known


def _operand(fact: FactType, value: Any) -> Any:
    """A rule's value as it is compared with the fact, or None if it does not fit."""
    if fact.kind is Kind.MONEY:
        return pence(value) if isinstance(value, str) else None
    if fact.kind is Kind.DATE and isinstance(value, str):
        return day(value)
    if not fits(fact, value):
        return None
    operand = _comparable(fact, value)
    return None if fact.kind is Kind.CHOICE and operand not in fact.choices else operand


_RULE_KEYS = frozenset(field.name for field in fields(Rule))
