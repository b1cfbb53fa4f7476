"""Each question serves a rule, a payment or a safeguard; what is never asked is never asked."""

import dataclasses
import re

import pytest
from wtforms.fields.core import UnboundField

from hardship.applications.answers import BESIDE, FIELDS
from hardship.applications.forms import FORMS, BankChoiceForm, BankForm, BankNowForm
from hardship.applications.questions import (
    BANK,
    QUESTIONS,
    SAFEGUARDS,
    Need,
    Question,
    first_missing,
    journey,
)
from hardship.applications.service import Payee
from hardship.eligibility.facts import FACTS
from hardship.funds.models import BankDetails

ALL = (*QUESTIONS, BANK)
NAMES = {
    Need.RULE: set(FACTS),
    Need.PAYMENT: {field.name for field in dataclasses.fields(Payee)},
    Need.SAFEGUARD: set(SAFEGUARDS),
}
NEVER = (
    "platform", "advert", "photo", "address", "nationality", "immigration", "insurance", "health", "conviction",
    "partner", "date_of_birth", "occupation", "job",
)  # fmt: skip


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.number)
def test_every_answer_serves_something_that_exists(question: Question) -> None:
    for asked in question.asked:
        assert asked.serves, f"{asked.field} serves nothing"
        for need, name in asked.serves:
            assert name in NAMES[need], f"{asked.field} serves {name}, which is no {need}"


def test_every_safeguard_is_served_and_every_sealed_answer_is_asked() -> None:
    served = {
        name
        for question in ALL
        for asked in question.asked
        for need, name in asked.serves
        if need == "safeguard"
    }
    assert served == set(SAFEGUARDS)
    assert {asked.field for question in ALL for asked in question.asked} == {*FIELDS, *BESIDE}


def test_there_are_at_most_nine_questions_beside_the_bank() -> None:
    assert len(QUESTIONS) <= 9
    assert [question.number for question in ALL] == [str(number) for number in range(1, len(ALL) + 1)]


def test_forms_ask_for_what_their_question_names() -> None:
    forms = {**FORMS, BANK.number: BankForm}
    for question in ALL:
        fields = {name for name in vars(forms[question.number]) if name in FIELDS or name == "safe_contact"}
        assert fields == {asked.field for asked in question.asked} - {"other_way"}


def test_another_way_than_a_bank_is_a_choice_wherever_bank_details_are_asked() -> None:
    for form in (BankNowForm, BankChoiceForm):
        assert "other" in [value for value, *_ in map(_pair, form.when.kwargs["choices"])]  # type: ignore[attr-defined]


def test_what_is_never_asked_is_not_among_the_fields() -> None:
    assert not [name for name in FIELDS for never in NEVER if never in name]


NEVER_SAID = re.compile(
    r"nationalit|immigration|visa|insurance|health|ill|disab|convict|crime|partner|husband|wife|photo|picture|advert|platform"
    r"|website|kind of work|occupation|employer|bank statement|passport|date of birth|full address|house number|gender|race",
    re.IGNORECASE,
)


def test_no_word_of_a_question_asks_what_is_never_asked() -> None:
    for question in ALL:
        said = [str(one) for one in (question.title, question.short, question.hint)]
        form = {**FORMS, BANK.number: BankChoiceForm}[question.number]
        for base in form.__mro__:
            for field in vars(base).values():
                if isinstance(field, UnboundField):
                    said += [str(one) for one in field.args]
                    said += [str(label) for _value, label, *_ in map(_pair, field.kwargs.get("choices", ()))]
        asks = [text for text in said if re.search(rf"\b(?:{NEVER_SAID.pattern})", text, re.IGNORECASE)]
        assert not asks


def _pair(choice: object) -> tuple[object, object]:
    """A choice's value and label."""
    if isinstance(choice, tuple):
        return choice[0], choice[1]
    return getattr(choice, "value", ""), getattr(choice, "label", "")


def test_the_journey_follows_the_funds_rule_about_bank_details() -> None:
    assert BANK not in journey(BankDetails.AFTER_APPROVAL)
    assert journey(BankDetails.CHOICE)[-1] is journey(BankDetails.WITH_APPLICATION)[-1] is BANK
    done = {question.number for question in QUESTIONS}
    assert first_missing(done, BankDetails.AFTER_APPROVAL) is None
    assert first_missing(done, BankDetails.CHOICE) is BANK
    assert first_missing(done - {"4"}, BankDetails.CHOICE) is QUESTIONS[3]
