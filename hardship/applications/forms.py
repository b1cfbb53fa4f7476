"""The forms of the applicant's pages: one for each question, and those of the status pages."""

from collections.abc import Mapping
from typing import Any, cast

from wtforms import Field, ValidationError

from hardship.applications import identity
from hardship.applications.answers import MAX_INCOME_MINOR, MAX_NAME, MAX_STATEMENT
from hardship.applications.asking import QuestionForm as QuestionForm  # asked for here as well
from hardship.applications.bankdetails.modulus import Verdict
from hardship.applications.bankdetails.service import DOES_NOT_FIT, verdict
from hardship.applications.drafts import Written
from hardship.applications.identity import BadBankDetails
from hardship.applications.models import Reason, SafeContact
from hardship.applications.vouching.question import VoucherForm, shown
from hardship.core.clock import LONDON
from hardship.core.money import parse_minor
from hardship.core.runtime import current
from hardship.funds.models import BankDetails
from hardship.web.filters import money
from hardship.web.forms import (
    CheckboxField,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SubmitField,
    TextField,
    choices_of,
)
from hardship.web.language import _, lazy

RATHER_NOT_SAY = "rather_not_say"
# Nobody is asked about their health: the tick for it exists in files from elsewhere only.
REASONS = {
    Reason.LIVELIHOOD: lazy("I lost my work or most of it"),
    Reason.EMERGENCY: lazy("Something sudden happened"),
    Reason.FINANCIAL_HARDSHIP: lazy("I cannot pay for what I need"),
    Reason.HOMELESSNESS: lazy("I lost my home, or may lose it"),
    Reason.FAMILY: lazy("Something changed in my family"),
    Reason.OTHER: lazy("Something else"),
}
CHANNELS = {
    SafeContact.EMAIL: lazy("By e-mail"),
    SafeContact.SMS: lazy("By text message"),
    SafeContact.NONE: lazy("Do not contact me"),
}


RATHER_NOT_SAY_LABEL = lazy("I would rather not say")


class StartForm(Form):
    """The tick on the start page."""

    for_me = CheckboxField(lazy("This is for me"), required=lazy("Tick the box if this is for you"))
    start = SubmitField(lazy("Start now"))


class NameForm(QuestionForm):
    """Question 1."""

    working_name = TextField(lazy("What shall we call you?"), max_length=MAX_NAME)


class ContactForm(QuestionForm):
    """Question 2: only the address of the chosen channel is kept."""

    safe_contact = RadioField(
        lazy("How may we safely tell you there is news?"),
        choices=choices_of(SafeContact, CHANNELS),
        required=lazy("Choose how we may tell you there is news"),
        hints={"none": lazy("You look at your page yourself. That is fine.")},
        divider_before="none",
    )
    email = TextField(lazy("E-mail address"), max_length=254)
    phone = TextField(lazy("Mobile number"), max_length=40)

    def validate(self, extra_validators: Any = None) -> bool:
        """The address of the chosen channel, and no other."""
        good = cast(bool, super().validate(extra_validators))
        if self.safe_contact.data == "email" and identity.email(self.email.data or "") is None:
            self.refuse("email", _("Enter an e-mail address, like name@example.org"))
        number = identity.phone(self.phone.data or "")
        if self.safe_contact.data == "sms" and (number is None or not identity.takes_texts(number)):
            self.refuse("phone", _("Enter a mobile number, like 07700 900123"))
        return good and not self.errors

    def answers(self) -> dict[str, str]:
        """The chosen channel and its address; the other address is forgotten."""
        chosen = {"email": "email", "sms": "phone"}.get(self.safe_contact.data or "")
        return {
            name: text if name in ("safe_contact", chosen) else "" for name, text in super().answers().items()
        }


class PostcodeForm(QuestionForm):
    """Question 3."""

    outward_postcode = TextField(lazy("What is the first half of your postcode?"), max_length=20)

    def validate_outward_postcode(self, field: Field) -> None:
        """A postcode, or nothing."""
        if field.data and identity.outward_postcode(field.data) is None:
            raise ValidationError(_("Enter the first half of your postcode, like E8, or leave it empty"))


class BirthYearForm(QuestionForm):
    """Question 4."""

    birth_year = TextField(
        lazy("What year were you born?"), required=lazy("Enter the year you were born"), max_length=20
    )

    def validate_birth_year(self, field: Field) -> None:
        """A year in which somebody who lives today can have been born."""
        year = identity.birth_year(field.data)
        this_year = current().clock.now().astimezone(LONDON).year
        if year is None or year > this_year:
            raise ValidationError(_("Enter the year you were born, like 1990"))


class IncomeForm(QuestionForm):
    """Question 5."""

    income_before = MoneyField(
        lazy("Each month before"),
        required=lazy("Enter about how much you got before"),
        maximum=MAX_INCOME_MINOR,
    )
    income_now = MoneyField(
        lazy("Each month now"),
        required=lazy("Enter about how much you get now. It can be 0"),
        maximum=MAX_INCOME_MINOR,
    )


class ReasonForm(QuestionForm):
    """Question 6."""

    reason = RadioField(
        lazy("What changed?"),
        choices=[*choices_of(Reason, REASONS), (RATHER_NOT_SAY, RATHER_NOT_SAY_LABEL)],
        required=lazy("Choose what changed, or that you would rather not say"),
        divider_before=RATHER_NOT_SAY,
    )

    def answers(self) -> dict[str, str]:
        """Somebody who would rather not say has said nothing."""
        return {name: "" if text == RATHER_NOT_SAY else text for name, text in super().answers().items()}

    def show(self, written: Written, number: str) -> None:
        """Nothing said, on a question that was passed, is "rather not say"."""
        super().show(written, number)
        if number in written.done and not written.answers.get("reason"):
            self.reason.data = RATHER_NOT_SAY


class StatementForm(QuestionForm):
    """Question 7."""

    statement = LongTextField(lazy("Is there anything else you want us to know?"), max_length=MAX_STATEMENT)


class ConnectedForm(QuestionForm):
    """Question 9."""

    connected = RadioField(
        lazy("Are you, or is someone in your close family, a trustee, worker or panel member of this fund?"),
        choices=[("no", lazy("No")), ("yes", lazy("Yes"))],
        required=lazy("Choose yes or no"),
    )


class BankForm(QuestionForm):
    """Bank details, all of them."""

    legal_name = TextField(lazy("Name on the account"), max_length=MAX_NAME)
    sort_code = TextField(lazy("Sort code"), max_length=40)
    account_number = TextField(lazy("Account number"), max_length=40)

    @property
    def wanted(self) -> bool:
        """Whether the details are to be given now."""
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        """All three parts, and an account that can be one."""
        good = cast(bool, super().validate(extra_validators))
        if not self.wanted:
            return good
        empty = {
            "legal_name": _("Enter the name on the account"),
            "sort_code": _("Enter the sort code"),
            "account_number": _("Enter the account number"),
        }
        missing = [name for name in empty if not self[name].data]
        for name in missing:
            self.refuse(name, empty[name])
        if {"sort_code", "account_number"}.isdisjoint(missing):
            try:
                account = identity.bank_account(self.sort_code.data or "", self.account_number.data or "")
            except BadBankDetails as error:
                self.refuse(error.field, _(error.template, **error.values))
            else:
                self._check(account)
        return good and not self.errors

    def _check(self, account: identity.BankAccount) -> None:
        """Ask to correct a number that cannot be one of its sort code."""
        with current().read() as session:
            if verdict(session, account) is Verdict.FAILED:
                self.refuse("account_number", _(DOES_NOT_FIT))


NO_BANK = lazy("I cannot use a bank account")
ANOTHER_WAY = lazy("We look for another way with you, if we say yes. It can take longer.")


class BankNowForm(BankForm):
    """Bank details, or another way than a bank."""

    when = RadioField(
        lazy("How can we send it?"),
        choices=[("now", lazy("To a bank account")), ("other", NO_BANK)],
        default="now",
        hints={"other": ANOTHER_WAY},
    )

    @property
    def wanted(self) -> bool:
        """Whether the details are to be given now."""
        return cast(bool, self.when.data == "now")

    def answers(self) -> dict[str, str]:
        """The details, none when they come later, and whether a bank will not do."""
        given = {name: text if self.wanted else "" for name, text in super().answers().items()}
        return given | {"other_way": "yes" if self.when.data == "other" else ""}

    def show(self, written: Written, number: str) -> None:
        """What was chosen follows from what was given."""
        super().show(written, number)
        if number not in written.done:
            return
        if written.answers.get("other_way"):
            self.when.data = "other"
        else:
            self.when.data = "now" if written.answers.get("account_number") else "later"


class BankChoiceForm(BankNowForm):
    """Bank details now or later, as the applicant likes, or another way than a bank."""

    when = RadioField(
        lazy("When do you want to tell us?"),
        choices=[("now", lazy("Now")), ("later", lazy("Later, if you say yes")), ("other", NO_BANK)],
        required=lazy("Choose now or later, or that you cannot use a bank account"),
        hints={
            "now": lazy("Now is quickest: we can send the money as soon as we say yes."),
            "other": ANOTHER_WAY,
        },
        divider_before="other",
    )


FORMS: Mapping[str, type[QuestionForm]] = {
    "1": NameForm,
    "2": ContactForm,
    "3": PostcodeForm,
    "4": BirthYearForm,
    "5": IncomeForm,
    "6": ReasonForm,
    "7": StatementForm,
    "8": VoucherForm,
    "9": ConnectedForm,
}


def form_for(number: str, bank_details: BankDetails) -> QuestionForm:
    """The form of a question."""
    if number in FORMS:
        return FORMS[number]()
    return BankChoiceForm() if bank_details is BankDetails.CHOICE else BankNowForm()


class SendForm(Form):
    """The button that sends everything."""

    send = SubmitField(lazy("Send"))


class ReturnForm(Form):
    """The code to come back with."""

    code = TextField(lazy("Your code"), required=lazy("Enter your code"), max_length=60)
    go = SubmitField(lazy("Continue"))


class StatusForm(Form):
    """Reference and claim code."""

    reference = TextField(lazy("Reference"), required=lazy("Enter your reference"), max_length=80)
    claim_code = TextField(lazy("Claim code"), required=lazy("Enter your claim code"), max_length=60)
    go = SubmitField(lazy("Continue"))


class WithdrawForm(Form):
    """The last word before an application is taken back."""

    sure = CheckboxField(
        lazy("Yes, I take it back"), required=lazy("Tick the box if you want to take it back")
    )
    go = SubmitField(lazy("Take it back"))


def shown_answers(question_number: str, answers: Mapping[str, str]) -> str:
    """An answer as the check page shows it, on one or more lines."""
    told = {name: answers.get(name, "") for name in ("safe_contact", "email", "phone", "reason", "connected")}
    if question_number == "2":
        channel = CHANNELS[SafeContact(told["safe_contact"] or "none")]
        return "\n".join(str(part) for part in (channel, told["email"] or told["phone"]) if part)
    if question_number == "5":
        amounts = (money(parse_minor(answers[name])) for name in ("income_before", "income_now"))
        before, now = amounts
        return _("Before: %(before)s\nNow: %(now)s", before=before, now=now)
    if question_number == "6":
        return str(
            REASONS.get(Reason(told["reason"]), REASONS[Reason.OTHER])
            if told["reason"]
            else _("I would rather not say")
        )
    if question_number == "8":
        return shown(answers)
    if question_number == "9":
        return _("Yes") if told["connected"] == "yes" else _("No")
    if question_number == "10" and answers.get("other_way"):
        return _("Another way than a bank")
    if question_number == "10":
        bank = [answers.get(name, "") for name in ("legal_name", "sort_code", "account_number")]
        return "\n".join(bank) if any(bank) else _("Later")
    own = {"1": "working_name", "3": "outward_postcode", "4": "birth_year", "7": "statement"}
    return answers.get(own[question_number], "")
