"""Rules: three results, texts that help whoever writes a policy, and facts that are never guessed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.eligibility.rules import (
    FACTS,
    OPS,
    OPS_FOR,
    Condition,
    Fact,
    Kind,
    OnFail,
    Problem,
    Result,
    Rule,
    assess,
    derive,
    read,
    validate,
)

WHY = "Your income has to have fallen by half or more."
LOST_INCOME = Rule("lost-income", "income_loss_percent", ">=", 50, "refer", WHY)


def rule(field: str, op: str, value: Any = None, **about: Any) -> Rule:
    return Rule("r", field, op, value, **({"on_fail": "refer", "reason": WHY} | about))


def result(field: str, op: str, value: Any, **facts: Fact) -> Result:
    return assess([rule(field, op, value)], facts)[0].result


class TestAssess:
    def test_the_rule_of_the_contract(self) -> None:
        facts = derive({"income_before": "2000.00", "income_now": "900.00"})
        outcome = assess([LOST_INCOME], facts)[0]
        assert (outcome.rule, outcome.result, outcome.reason) == ("lost-income", Result.MET, WHY)
        assert outcome.facts_used == {"income_loss_percent": 55}
        assert not outcome.needs_person

    def test_a_missing_fact_is_unknown_and_never_a_fail(self) -> None:
        outcome = assess([LOST_INCOME], {})[0]
        assert outcome.result is Result.UNKNOWN
        assert outcome.facts_used == {}
        assert outcome.needs_person

    @pytest.mark.parametrize(
        ("op", "value", "holds"),
        [
            ("==", 5, True),
            ("==", 6, False),
            ("!=", 5, False),
            ("!=", 6, True),
            ("<", 5, False),
            ("<", 6, True),
            ("<=", 5, True),
            ("<=", 4, False),
            (">", 5, False),
            (">", 4, True),
            (">=", 5, True),
            (">=", 6, False),
            ("between", [5, 9], True),
            ("between", [1, 4], False),
            ("in", [3, 5], True),
            ("in", [3], False),
            ("answered", None, True),
            ("answered", False, False),
        ],
    )
    def test_operations(self, op: str, value: Any, holds: bool) -> None:
        assert result("waiting_days", op, value, waiting_days=5) is (Result.MET if holds else Result.NOT_MET)

    def test_money_in_pounds_or_in_pence(self) -> None:
        assert result("income_now", "<", "1500.00", income_now_minor=149_999) is Result.MET
        assert result("income_now", "<", "1500.00", income_now_minor=150_000) is Result.NOT_MET
        assert result("income_now_minor", "<", 150_000, income_now_minor=149_999) is Result.MET

    def test_texts_and_choices_are_compared_without_regard_to_case(self) -> None:
        assert result("outward_postcode", "in", ["sw1a", "M1 "], outward_postcode="M1") is Result.MET
        assert result("reason", "==", "Health", reason="health") is Result.MET

    def test_yes_and_no(self) -> None:
        assert result("has_voucher", "==", True, has_voucher=False) is Result.NOT_MET
        assert result("has_voucher", "==", True) is Result.UNKNOWN
        assert result("has_voucher", "answered", None) is Result.NOT_MET

    @pytest.mark.parametrize(
        ("lost", "expected"),
        [
            (date(2020, 3, 20), Result.MET),
            (date(2020, 3, 1), Result.MET),
            (date(2020, 2, 29), Result.NOT_MET),
            (date(2020, 4, 1), Result.NOT_MET),
        ],
    )
    def test_within_days_before_applying(self, lost: date, expected: Result) -> None:
        applied = date(2020, 3, 31)
        assert (
            result("income_lost_on", "within_days", 30, income_lost_on=lost, applied_on=applied) is expected
        )
        assert result("income_lost_on", "within_days", 30, income_lost_on=lost) is Result.UNKNOWN

    def test_dates_may_be_quoted(self) -> None:
        assert result("applied_on", ">=", "2020-03-20", applied_on=date(2020, 3, 20)) is Result.MET

    def test_an_age_is_told_only_if_the_year_of_birth_tells_it(self) -> None:
        def adult(born: int) -> Result:
            facts = derive({"birth_year": born, "applied_on": date(2020, 4, 1)})
            return assess([rule("age", ">=", 18)], facts)[0].result

        assert [adult(year) for year in (2001, 2002, 2003)] == [Result.MET, Result.UNKNOWN, Result.NOT_MET]

    def test_a_rule_whose_condition_is_not_met_is_not_asked(self) -> None:
        conditional = rule("has_voucher", "==", True, applies_if=Condition("reason", "==", "other"))

        def outcome(**facts: Fact) -> Result:
            return assess([conditional], facts)[0].result

        assert outcome(reason="health") is Result.NOT_APPLICABLE
        assert outcome(reason="other", has_voucher=False) is Result.NOT_MET
        assert outcome(has_voucher=False) is Result.UNKNOWN
        assert outcome(has_voucher=True) is Result.MET
        assert assess([conditional], {"reason": "other", "has_voucher": True})[0].facts_used == {
            "has_voucher": True,
            "reason": "other",
        }

    def test_a_fact_of_the_wrong_kind_counts_as_missing(self) -> None:
        assert result("waiting_days", ">", 3, waiting_days="9") is Result.UNKNOWN
        assert result("waiting_days", ">", 3, waiting_days=True) is Result.UNKNOWN

    def test_a_rule_that_makes_no_sense_is_unknown(self) -> None:
        assert result("incmoe", ">", 3) is Result.UNKNOWN
        assert result("waiting_days", "~", 3, waiting_days=4) is Result.UNKNOWN
        assert result("waiting_days", ">", "3", waiting_days=4) is Result.UNKNOWN


class TestValidate:
    def only(self, *rules: Rule) -> Problem:
        problems = validate(rules)
        assert len(problems) == 1, problems
        return problems[0]

    def test_a_good_policy_has_no_problems(self) -> None:
        assert validate([LOST_INCOME, rule("applied_on", "between", ["2020-03-20", date(2020, 6, 30)])]) == []

    def test_an_unknown_fact_is_told_with_the_nearest(self) -> None:
        problem = self.only(rule("income_los_percent", ">=", 50))
        assert problem.field == "field"
        assert "did you mean income_loss_percent?" in problem.text
        assert str(problem).startswith("rule r: field: 'income_los_percent' is not a fact")

    def test_a_name_like_none_lists_them_all(self) -> None:
        assert "use one of age, age_at_least" in self.only(rule("qqqq", "==", 1)).text

    def test_an_operation_that_is_none_or_does_not_fit(self) -> None:
        assert self.only(rule("waiting_days", "=>", 3)).field == "op"
        assert "does not fit" in self.only(rule("has_voucher", ">", True)).text
        assert "does not fit" in self.only(rule("waiting_days", "within_days", 3)).text

    @pytest.mark.parametrize(
        ("field", "op", "value"),
        [
            ("waiting_days", ">", "3"),
            ("waiting_days", ">", 3.5),
            ("waiting_days", ">", True),
            ("waiting_days", "in", 3),
            ("waiting_days", "in", []),
            ("waiting_days", "in", [3, "4"]),
            ("waiting_days", "between", [3]),
            ("waiting_days", "between", [4, 3]),
            ("waiting_days", "answered", 3),
            ("income_now", "<", 1500),
            ("income_now", "<", "1,500"),
            ("income_now", "<", "-1"),
            ("has_voucher", "==", "yes"),
            ("reason", "==", "lost my job"),
            ("outward_postcode", "==", ""),
            ("applied_on", ">", "yesterday"),
            ("applied_on", ">", datetime(2020, 1, 1)),
            ("applied_on", "within_days", -1),
            ("applied_on", "within_days", "2020-01-01"),
        ],
    )
    def test_a_value_of_the_wrong_kind(self, field: str, op: str, value: Any) -> None:
        assert self.only(rule(field, op, value)).field == "value"

    def test_values_are_told_by_example(self) -> None:
        assert '"1500.00"' in self.only(rule("income_now", "<", 1500)).text
        assert "livelihood" in self.only(rule("reason", "in", ["job"])).text

    def test_conditions_are_looked_at_too(self) -> None:
        bad = rule("has_voucher", "==", True, applies_if=Condition("reson", "==", "other"))
        problem = self.only(bad)
        assert problem.field == "applies_if.field"
        assert "reason" in problem.text

    def test_ids_outcomes_and_reasons(self) -> None:
        assert self.only(LOST_INCOME, LOST_INCOME).field == "id"
        assert self.only(Rule("", "waiting_days", ">", 1, "ask", WHY)).rule == "number 1"
        problem = self.only(rule("waiting_days", ">", 1, on_fail="decline"))
        assert (problem.field, "ineligible-recommendation" in problem.text) == ("on_fail", True)
        assert self.only(rule("waiting_days", ">", 1, on_fail=["refer"])).field == "on_fail"
        assert self.only(rule("waiting_days", ">", 1, reason=" ")).field == "reason"
        assert {str(one) for one in OnFail} == {"refer", "ask", "ineligible-recommendation"}

    def test_every_kind_of_fact_has_operations(self) -> None:
        assert set(OPS_FOR) == set(Kind)
        assert {"==", "!=", "<", "<=", ">", ">=", "between", "in", "answered", "within_days"} == OPS


class TestRead:
    TABLE = {"id": "x", "field": "waiting_days", "op": ">", "value": 1, "on_fail": "ask", "reason": WHY}

    def test_reads_the_tables_of_a_fund_toml(self) -> None:
        table = self.TABLE | {"applies_if": {"field": "reason", "op": "==", "value": "other"}}
        rules, problems = read([table])
        assert problems == []
        assert rules == [Rule("x", "waiting_days", ">", 1, "ask", WHY, Condition("reason", "==", "other"))]

    def test_unknown_keys_and_missing_ones_are_problems(self) -> None:
        _, problems = read([self.TABLE | {"onfail": "ask"}, {"id": "y"}])
        assert [(p.rule, p.field) for p in problems] == [("x", "onfail"), ("y", "field"), ("y", "reason")]
        assert "did you mean on_fail?" in problems[0].text

    def test_a_condition_has_to_be_a_table(self) -> None:
        for bad in ("reason == other", {"fact": "reason"}):
            assert [p.field for p in read([self.TABLE | {"applies_if": bad}])[1]] == ["applies_if"]


class TestDerive:
    @pytest.mark.parametrize(
        ("before", "now", "percent"),
        [
            ("100.00", "50.00", 50),
            ("100.00", "50.01", 49),
            ("3.00", "2.00", 33),
            ("100.00", "0", 100),
            ("100.00", "100.01", -1),
            ("0", "0", None),
            ("", "5", None),
            ("5", "", None),
            ("abc", "5", None),
        ],
    )
    def test_income_loss_is_whole_per_cent_rounded_down(
        self, before: str, now: str, percent: int | None
    ) -> None:
        assert derive({"income_before": before, "income_now": now}).get("income_loss_percent") == percent

    def test_incomes_in_pence(self) -> None:
        facts = derive({"income_before_minor": 1000, "income_now_minor": 400})
        assert facts["income_loss_percent"] == 60

    @pytest.mark.parametrize(
        ("applied", "least"),
        [(date(2020, 4, 1), 29), (date(2020, 12, 31), 30), (date(2020, 1, 1), 29)],
    )
    def test_the_least_age_a_year_of_birth_allows(self, applied: date, least: int) -> None:
        facts = derive({"birth_year": "1990", "applied_on": applied})
        assert (facts["age_at_least"], facts["age_at_most"]) == (least, 30)

    def test_an_age_below_zero_is_unknown(self) -> None:
        assert "age_at_least" not in derive({"birth_year": 2021, "applied_on": date(2020, 1, 1)})
        assert derive({"birth_year": 2020, "applied_on": date(2020, 6, 1)})["age_at_least"] == 0

    def test_the_day_of_applying_is_a_day_in_london(self) -> None:
        late = datetime(2020, 6, 1, 23, 30, tzinfo=UTC)
        assert derive({"submitted_at": late})["applied_on"] == date(2020, 6, 2)
        assert derive({"submitted_at": "2020-06-01T23:30:00+00:00"})["applied_on"] == date(2020, 6, 2)

    def test_blank_voucher_statement_and_bank_details_mean_that_there_are_none(self) -> None:
        blank = {"voucher": " ", "statement": "", "sort_code": "200000", "account_number": ""}
        facts = derive(blank | {"reason": "", "is_connected": "no"})
        assert facts == {
            "has_voucher": False,
            "has_statement": False,
            "has_bank_details": False,
            "is_connected": False,
        }
        assert derive({}) == {}

    def test_an_invisible_answer_is_no_answer(self) -> None:
        assert derive({"statement": "\u200b\u2060 "}) == {"has_statement": False}

    def test_what_the_system_knows_is_passed_on(self) -> None:
        known = {
            "waiting_days": 3,
            "previous_awards_in_round": 0,
            "previous_awards": 2,
            "days_since_last_award": 90,
        }
        assert derive(known) == known


# --- Properties ---------------------------------------------------------------------------------------------------

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.datetimes(),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
COLUMNS = [
    "income_before",
    "income_now",
    "income_before_minor",
    "birth_year",
    "applied_on",
    "submitted_at",
    "reason",
    "voucher",
    "has_voucher",
    "is_connected",
    "sort_code",
    "account_number",
    "waiting_days",
    "income_lost_on",
]
RULES = st.builds(
    Rule,
    st.sampled_from(["a", "b"]) | JUNK,
    st.sampled_from(sorted(FACTS)) | JUNK,
    st.sampled_from(sorted(OPS)) | JUNK,
    JUNK,
    st.sampled_from(OnFail) | JUNK,
    st.just(WHY) | JUNK,
    st.none() | st.builds(Condition, st.sampled_from(sorted(FACTS)), st.sampled_from(sorted(OPS)), JUNK),
)


@given(st.lists(RULES, max_size=4), st.dictionaries(st.sampled_from(COLUMNS), JUNK))
def test_nothing_raises_whatever_is_written(rules: list[Rule], answers: dict[str, Any]) -> None:
    validate(rules)
    facts = derive(answers)
    assert not any(isinstance(fact, float) or fact is None for fact in facts.values())
    outcomes = assess(rules, facts)
    assert [outcome.rule for outcome in outcomes] == [one.id for one in rules]
    assert assess(rules, facts) == outcomes


@given(st.lists(RULES, max_size=4))
def test_without_facts_no_rule_fails_but_answered(rules: list[Rule]) -> None:
    for one, outcome in zip(rules, assess(rules, {}), strict=True):
        assert outcome.result is not Result.NOT_MET or one.op == "answered"
        assert outcome.result is not Result.MET or (one.op == "answered" and one.value is False)


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_income_loss_is_never_overstated(before: int, now: int) -> None:
    facts = derive({"income_before_minor": before, "income_now_minor": now})
    percent = facts["income_loss_percent"]
    assert isinstance(percent, int)
    assert percent * before <= (before - now) * 100 < (percent + 1) * before
