"""Forms for helpers: on the web, where they say how they help, and at the desk, where all is on one page."""

from collections.abc import Mapping
from typing import Any, cast

from wtforms import HiddenField

from hardship.applications import identity
from hardship.applications.answers import (
    MAX_CALL_WHEN,
    MAX_INCOME_MINOR,
    MAX_NAME,
    MAX_STATEMENT,
    MAX_VOUCHER,
    tidy,
)
from hardship.applications.bankdetails.modulus import Verdict
from hardship.applications.bankdetails.service import verdict
from hardship.applications.forms import ContactForm
from hardship.applications.helping.guessing import looks_like_helpers
from hardship.applications.helping.models import MAX_GROUP, Consent, Helped
from hardship.applications.helping.service import Entry
from hardship.applications.models import Reason, SafeContact
from hardship.applications.vouching.codes import DETAILS, OF_WAY, Way
from hardship.core.errors import BadInput
from hardship.core.money import plain
from hardship.core.refs import new_claim_code
from hardship.core.runtime import current
from hardship.web.forms import (
    CheckboxField,
    DateField,
    Form,
    LongTextField,
    MoneyField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    choices_of,
)
from hardship.web.language import LANGUAGES, _, lazy


class HelpingForm(Form):
    """The one page more that somebody sees who helps."""

    how = RadioField(
        lazy("How do you help?"),
        choices=[
            ("with", lazy("The person is with me, or on the phone")),
            ("for", lazy("I fill it in for the person, who asked me to")),
        ],
        required=lazy("Choose how you help"),
    )
    agreed = CheckboxField(
        lazy("The person knows what we ask, and has agreed that I tell you"),
        required=lazy("Tick the box if the person has agreed. If they have not, ask them first"),
    )
    group = TextField(lazy("Name of your group"), max_length=MAX_GROUP)
    start = SubmitField(lazy("Start now"))


class HelpedContactForm(ContactForm):
    """The safe contact as a helper gives it: one that looks like the helper's own is asked about, once."""

    own = CheckboxField(lazy("Yes, this is the person’s own, and it is safe for them"))

    def __init__(self, group: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group, self.asks_own = group, False

    def validate(self, extra_validators: Any = None) -> bool:
        """As for anybody; then whether it is the person's own."""
        good = super().validate(extra_validators)
        given = super().answers()
        self.asks_own = looks_like_helpers(given.get("email", ""), self.group)
        if good and self.asks_own and not self.own.data:
            self.refuse(
                "own",
                _(
                    "This looks like the address or number of a group. If it is the person’s own, tick the box. "
                    "If it is yours, give theirs, or choose “Do not contact me”"
                ),
            )
        return good and not self.errors

    def answers(self) -> dict[str, str]:
        """The answers without the tick."""
        return {name: text for name, text in super().answers().items() if name != "own"}


_REASONS = {
    Reason.LIVELIHOOD: "Lost work, or most of it",
    Reason.EMERGENCY: "Something sudden happened",
    Reason.FINANCIAL_HARDSHIP: "Cannot pay for what they need",
    Reason.HOMELESSNESS: "Lost their home, or may lose it",
    Reason.FAMILY: "Something changed in the family",
    Reason.OTHER: "Something else",
}
_CHANNELS = {
    SafeContact.EMAIL: "By e-mail",
    SafeContact.SMS: "By text message",
    SafeContact.NONE: "No contact",
}
_WAYS = {
    Way.CODE: "They have a code",
    Way.MEMBERSHIP: "They have a membership number",
    Way.PERSON: "Someone can vouch for them",
    Way.CALL_BACK: "We may call them back",
}
_ASKED = (
    "working_name",
    "outward_postcode",
    "birth_year",
    "income_before",
    "income_now",
    "reason",
    "statement",
    "vouching",
    *DETAILS,
    "connected",
)
_BANK = ("legal_name", "sort_code", "account_number")


class EnterForm(Form):
    """Everything that the journey asks, on one page. What is not on the paper stays empty."""

    key = HiddenField()
    round = SelectField("Round", required="Choose the round", blank=None)
    how = RadioField(
        "How did it come?",
        choices=[
            (Helped.TYPED.value, "On the paper form, which they filled in"),
            (Helped.WITH.value, "They said it to me, at the desk or by phone"),
            (Helped.FOR.value, "Somebody else spoke for them"),
        ],
        required="Choose how it came",
    )
    consent = RadioField(
        "How did they agree that we use what they tell us?",
        choices=[
            (Consent.SIGNED.value, "They signed the paper"),
            (Consent.SPOKEN.value, "They said so to me"),
        ],
        required="Choose how they agreed. If they have not, it cannot be entered",
    )
    on = DateField("Date on the paper, or of the call", required="Enter the date on the paper or of the call")
    group = TextField("Group that helped them", max_length=MAX_GROUP)
    language = SelectField(
        "Language they read", choices=list(LANGUAGES.items()), required="Choose a language", blank=None
    )
    working_name = TextField("What we call them", max_length=MAX_NAME)
    safe_contact = RadioField(
        "How may we safely tell them there is news?",
        choices=choices_of(SafeContact, _CHANNELS),
        required="Choose how there may be news. If they said nothing, choose no contact",
    )
    email = TextField("Their own e-mail address", max_length=254)
    phone = TextField("Their own mobile number", max_length=40)
    own = CheckboxField("Yes, this address is their own, and nobody else reads it")
    outward_postcode = TextField("First half of their postcode", max_length=20)
    birth_year = TextField("Year they were born", max_length=20)
    income_before = MoneyField("Money each month before", maximum=MAX_INCOME_MINOR)
    income_now = MoneyField("Money each month now", maximum=MAX_INCOME_MINOR)
    reason = SelectField("What changed", choices=choices_of(Reason, _REASONS), blank="They did not say")
    statement = LongTextField("What else they want us to know", max_length=MAX_STATEMENT)
    vouching = RadioField(
        "How can they be vouched for?",
        choices=[*choices_of(Way, _WAYS), ("", "They gave nothing")],
        default="",
    )
    voucher = TextField("Code, or membership number and its group", max_length=MAX_VOUCHER)
    voucher_name = TextField("Group or person who vouches", max_length=MAX_VOUCHER)
    voucher_contact = TextField("How we reach who vouches", max_length=MAX_VOUCHER)
    call_phone = TextField("Number of theirs that we may ring", max_length=40)
    call_when = TextField("When it is safe to ring", max_length=MAX_CALL_WHEN)
    connected = SelectField(
        "Are they or close family a trustee, worker or panel member?",
        choices=[("no", "No"), ("yes", "Yes")],
        blank="They did not say",
    )
    money = RadioField(
        "Where should the money go?",
        choices=[
            ("bank", "To a bank account"),
            ("later", "They say later"),
            ("other", "They cannot use a bank account"),
        ],
        required="Choose where the money should go",
    )
    legal_name = TextField("Name on the account", max_length=MAX_NAME)
    sort_code = TextField("Sort code", max_length=40)
    account_number = TextField("Account number", max_length=40)
    go = SubmitField("Enter it")

    def __init__(self, rounds: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.asks_own = False
        cast(Any, self.round).choices = list(rounds.items())
        self.key.data = (self.key.data or "")[:60] or new_claim_code()

    def validate(self, extra_validators: Any = None) -> bool:
        """Each answer as the service will look at it, so that all errors are shown at once."""
        good = cast(bool, super().validate(extra_validators))
        given = self._given()
        for name in (*_ASKED, "email", "phone"):
            if name in given and not self[name].errors:
                self._try(name, {name: given[name]})
        needed = {"email": "email", "sms": "phone"}.get(self.safe_contact.data or "")
        if needed and needed not in given:
            self.refuse(needed, "It is needed for the way you chose")
        elif needed and not self[needed].errors:
            self._safe(needed, given[needed])
        if self.vouching.data in set(Way):
            missing = [name for name in OF_WAY[Way(self.vouching.data)] if name not in given]
            for name in missing:
                self.refuse(name, "It is needed for how they can be vouched for")
        if self.money.data == "bank":
            self._bank(given)
        return good and not self.errors

    def _safe(self, channel: str, given: str) -> None:
        """Ask once about an address that groups have; refuse a number at which a text message is read out loud."""
        number = identity.phone(given) or ""
        if channel == "phone" and not identity.takes_texts(number):
            self.refuse(channel, "Text messages need a mobile number, like 07700 900123")
        self.asks_own = channel == "email" and looks_like_helpers(given, self.group.data or "")
        if self.asks_own and not self.own.data:
            self.refuse(
                "own",
                "This looks like the address of a group. If it is the person’s own, tick the box. If not, give theirs, or "
                "choose no contact",
            )

    def ask_again(self, message: str) -> None:
        """Show the page once more, with what was typed, as a new one: sent again it is another application."""
        self.key.data = new_claim_code()
        self.form_errors.append(message)

    def _bank(self, given: Mapping[str, str]) -> None:
        missing = [name for name in _BANK if name not in given]
        for name in missing:
            self.refuse(name, "It is needed to pay to a bank account")
        if missing or not self._try("account_number", {name: given[name] for name in _BANK}):
            return
        account = identity.bank_account(given["sort_code"], given["account_number"])
        with current().read() as session:
            if verdict(session, account) is Verdict.FAILED:
                self.refuse("account_number", "This cannot be an account of this sort code: look again")

    def _try(self, field: str, answers: Mapping[str, str]) -> bool:
        try:
            tidy(answers)
        except BadInput as error:
            what = f"{error.what[:1].upper()}{error.what[1:]}"
            self.refuse(error.where if error.where in self else field, f"{what}. {error.fix}".strip(" ."))
            return False
        return True

    def _given(self) -> dict[str, str]:
        """The answers that are not blank, as text."""
        texts = {name: self._text(name) for name in (*_ASKED, "email", "phone", *_BANK)}
        return {name: text for name, text in texts.items() if text}

    def _text(self, name: str) -> str:
        value = self[name].data
        return plain(value) if isinstance(value, int) else value or ""

    def entry(self) -> Entry:
        """What was typed; the address that is not safe, and details that are not wanted, are forgotten."""
        channel = self.safe_contact.data
        wanted = {*_ASKED, {"email": "email", "sms": "phone"}.get(channel, "")} - set(DETAILS)
        wanted |= set(OF_WAY[Way(self.vouching.data)]) if self.vouching.data in set(Way) else set()
        wanted |= set(_BANK) if self.money.data == "bank" else set()
        answers = {name: text for name, text in self._given().items() if name in wanted}
        return Entry(
            round=self.round.data,
            answers=answers | {"safe_contact": channel},
            how=Helped(self.how.data),
            consent=Consent(self.consent.data),
            on=self.on.data,
            key=self.key.data or "",
            group=self.group.data or "",
            language=self.language.data,
            other_way=self.money.data == "other",
        )
