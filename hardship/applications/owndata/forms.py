"""Forms about one's own data, for applicants and for the desk."""

from typing import Any, cast

from hardship.applications.answers import MAX_NAME
from hardship.applications.owndata.complaining import MOST
from hardship.applications.owndata.models import About, Theme
from hardship.applications.owndata.recovering import ENOUGH
from hardship.web.forms import (
    CheckboxField,
    Form,
    LongTextField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    choices_of,
)
from hardship.web.language import _, lazy

ABOUT = {
    About.DATA: lazy("How you use what I told you"),
    About.SERVICE: lazy("How I was treated here"),
    About.PLATFORM: lazy("A platform or a company"),
}
THEMES = {
    Theme.ACCOUNT_CLOSED: "An account was closed",
    Theme.MONEY_WITHHELD: "Money was withheld",
    Theme.SAFETY: "Safety",
    Theme.FEES: "Fees",
    Theme.TREATMENT: "How people are treated",
    Theme.PRIVACY: "Privacy",
    Theme.OTHER: "Something else",
}


class ToldForm(Form):
    """What somebody told us when they asked; each part may be left empty."""

    reference = TextField(lazy("Your reference, if you know it"), max_length=80)
    email = TextField(lazy("E-mail address you gave us"), max_length=254)
    phone = TextField(lazy("Phone number you gave us"), max_length=40)
    legal_name = TextField(lazy("Name on the account"), max_length=MAX_NAME)
    sort_code = TextField(lazy("Sort code"), max_length=40)
    account_number = TextField(lazy("Account number"), max_length=40)
    birth_year = TextField(lazy("Year of birth"), max_length=20)
    outward_postcode = TextField(lazy("First half of your postcode"), max_length=20)

    def told(self) -> dict[str, str]:
        """What was typed, without the reference, named as in the applications file."""
        own = (
            "email",
            "phone",
            "legal_name",
            "sort_code",
            "account_number",
            "birth_year",
            "outward_postcode",
        )
        return {name: (self[name].data or "").strip() for name in own}


class LostForm(ToldForm):
    """Asking for a new claim code over the web."""

    go = SubmitField(lazy("Ask for a new code"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Two things at least: with fewer nothing ever fits, and somebody would wait for a code that never comes."""
        good = cast(bool, super().validate(extra_validators))
        told = [self.reference.data, *self.told().values()]
        if sum(bool(one and one.strip()) for one in told) < ENOUGH:
            self.refuse("reference", _("Fill in two things or more"))
        return good and not self.errors


class DeskForm(ToldForm):
    """A worker types what somebody at the desk says."""

    go = SubmitField("Begin")


class CollectForm(Form):
    """Collecting a new claim code."""

    number = TextField(lazy("Number of your request"), required=lazy("Enter the number"), max_length=40)
    pickup = TextField(lazy("Pickup code"), required=lazy("Enter the pickup code"), max_length=60)
    word = TextField(lazy("The word we sent you"), required=lazy("Enter the word"), max_length=40)
    go = SubmitField(lazy("Continue"))


class CopyForm(Form):
    """The button that makes a copy."""

    go = SubmitField(lazy("Make a copy"))


class EraseForm(Form):
    """The last word before an erasure."""

    sure = CheckboxField(
        lazy("Yes, erase what you know about me"), required=lazy("Tick the box if you want it erased")
    )
    go = SubmitField(lazy("Erase it"))


class ComplainForm(Form):
    """A complaint."""

    about = RadioField(
        lazy("What is it about?"), choices=choices_of(About, ABOUT), required=lazy("Choose what it is about")
    )
    words = LongTextField(lazy("What happened?"), required=lazy("Write what happened"), max_length=MOST)
    may_pass_on = CheckboxField(
        lazy(
            "If it is about a platform or a company: you may pass the theme on. A person first takes out what names me."
        )
    )
    go = SubmitField(lazy("Send"))


class AnswerForm(Form):
    """What the desk does with a complaint."""

    text = LongTextField("Answer, for the applicant's page", max_length=MOST)
    redacted = LongTextField("What it comes to, without anything that names somebody", max_length=MOST)
    theme = SelectField("Theme", choices=[("", "Choose"), *choices_of(Theme, THEMES)])
    acknowledge = SubmitField("Acknowledge")
    pass_on = SubmitField("Pass the theme on")
    answer = SubmitField("Answer and close")
