"""What an applicant is asked on the web: at most nine questions and where to send the money.

Nothing is asked that serves nothing: each answer names the rule's fact, the payment's field or the safeguard that
needs it, and a test holds it to that. Never asked: kind of work, platform, adverts, photographs, full address or date
of birth, nationality, immigration status, National Insurance number, health, convictions, a partner, bank statements.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from hardship.funds.models import BankDetails
from hardship.web.language import lazy


class Need(StrEnum):
    """What an answer may serve."""

    RULE = "rule"  # a fact that a policy's rules may look at
    PAYMENT = "payment"  # a field of the payment
    SAFEGUARD = "safeguard"  # one of `SAFEGUARDS`


SAFEGUARDS = {
    "address": "Whoever writes or speaks to the applicant calls them as they wish, without knowing their legal name.",
    "safe_news": "News goes only where the applicant says it is safe, or nowhere.",
    "duplicates": "A blind token of it finds two applications by one person, for a human to look at.",
    "own_words": "A person can say what no question asks, and a reviewer reads it before deciding.",
    "vouching": "Somebody can be vouched for without showing papers.",
    "no_bank": "Somebody who has no bank account they can use is paid another way, by hand.",
    "conflict": "Nobody's case is decided by people close to them.",
}
"""The safeguards that answers may serve, and how."""


@dataclass(frozen=True)
class Asked:
    """One answer: its name, and what needs it, as (kind, name) pairs."""

    field: str
    serves: tuple[tuple[Need, str], ...]


@dataclass(frozen=True)
class Question:
    """One page of the form. `number` is its place and its address; `short` names it on the check page."""

    number: str
    title: str
    short: str
    asked: tuple[Asked, ...]
    hint: str = ""


_DUPLICATES = (Need.SAFEGUARD, "duplicates")
_VOUCHING = (Need.SAFEGUARD, "vouching")

QUESTIONS = (
    Question(
        "1",
        lazy("What shall we call you?"),
        lazy("What we call you"),
        (Asked("working_name", ((Need.SAFEGUARD, "address"),)),),
        lazy("Any name you like. You can leave it empty."),
    ),
    Question(
        "2",
        lazy("How may we safely tell you there is news?"),
        lazy("How we tell you there is news"),
        (
            Asked("safe_contact", ((Need.SAFEGUARD, "safe_news"), (Need.RULE, "safe_contact"))),
            Asked("email", ((Need.SAFEGUARD, "safe_news"), _DUPLICATES)),
            Asked("phone", ((Need.SAFEGUARD, "safe_news"), _DUPLICATES)),
        ),
        lazy(
            "The message only says that there is news. It does not say what about. Choose a way that nobody else reads."
        ),
    ),
    Question(
        "3",
        lazy("What is the first half of your postcode?"),
        lazy("First half of your postcode"),
        (Asked("outward_postcode", ((Need.RULE, "outward_postcode"), _DUPLICATES)),),
        lazy("For example E8 or M14. You can leave it empty. We do not ask for your address."),
    ),
    Question(
        "4",
        lazy("What year were you born?"),
        lazy("Year you were born"),
        (Asked("birth_year", ((Need.RULE, "age"), _DUPLICATES)),),
        lazy("For example 1990. We do not ask for the day."),
    ),
    Question(
        "5",
        lazy("About how much money did you get each month?"),
        lazy("Money each month"),
        (
            Asked("income_before", ((Need.RULE, "income_loss_percent"), (Need.RULE, "income_before"))),
            Asked("income_now", ((Need.RULE, "income_loss_percent"), (Need.RULE, "income_now"))),
        ),
        lazy("A rough guess is fine. You do not have to prove it."),
    ),
    Question(
        "6",
        lazy("What changed?"),
        lazy("What changed"),
        (Asked("reason", ((Need.RULE, "reason"),)),),
        lazy("Choose the one that fits best."),
    ),
    Question(
        "7",
        lazy("Is there anything else you want us to know?"),
        lazy("Anything else"),
        (Asked("statement", ((Need.RULE, "has_statement"), (Need.SAFEGUARD, "own_words"))),),
        lazy("You can leave this empty. Please do not name other people."),
    ),
    Question(
        "8",
        lazy("Do you have a code, a membership number, or someone who can vouch for you?"),
        lazy("Code, membership or someone who can vouch for you"),
        (
            Asked("vouching", ((Need.RULE, "has_voucher"), _VOUCHING)),
            Asked("voucher", ((Need.RULE, "voucher_code_valid"), _VOUCHING)),
            Asked("voucher_name", ((Need.RULE, "vouched_for"), _VOUCHING)),
            Asked("voucher_contact", ((Need.RULE, "vouched_for"), _VOUCHING)),
            Asked("call_phone", ((Need.RULE, "vouched_for"), _VOUCHING)),
            Asked("call_when", ((Need.SAFEGUARD, "safe_news"), _VOUCHING)),
        ),
        lazy("It can make things quicker. You do not need any of these, and can leave this empty."),
    ),
    Question(
        "9",
        lazy("Are you, or is someone in your close family, a trustee, worker or panel member of this fund?"),
        lazy("You or your family are part of this fund"),
        (Asked("connected", ((Need.RULE, "is_connected"), (Need.SAFEGUARD, "conflict"))),),
        lazy(
            "The panel are the people who decide. You can still apply. We make sure that somebody else decides."
        ),
    ),
)

BANK = Question(
    "10",
    lazy("Where should we send the money?"),
    lazy("Where we send the money"),
    (
        Asked("legal_name", ((Need.PAYMENT, "name"), _DUPLICATES)),
        Asked("sort_code", ((Need.PAYMENT, "sort_code"), _DUPLICATES)),
        Asked("account_number", ((Need.PAYMENT, "account_number"), _DUPLICATES)),
        Asked("other_way", ((Need.SAFEGUARD, "no_bank"),)),
    ),
    lazy("We ask for your legal name only because the bank needs it."),
)


def journey(bank_details: BankDetails) -> tuple[Question, ...]:
    """The pages of a fund's form, in order."""
    return QUESTIONS if bank_details is BankDetails.AFTER_APPROVAL else (*QUESTIONS, BANK)


def first_missing(done: Collection[str], bank_details: BankDetails) -> Question | None:
    """The first question that was neither answered nor passed over, or None."""
    return next((question for question in journey(bank_details) if question.number not in done), None)
