"""The form of a gift by card, and of a receipt asked for later."""

from typing import Any

from wtforms import HiddenField

from hardship.contributions.donating.opening import LEAST_MINOR, MOST_MINOR, Wish
from hardship.contributions.giftaid.declaring import FIELDS, Covers, checked, full_name
from hardship.contributions.giftaid.schedule import Who
from hardship.contributions.receipts import is_address
from hardship.core.errors import BadInput
from hardship.core.refs import new_key
from hardship.web.forms import CheckboxField, Form, MoneyField, RadioField, SubmitField, TextField

_NO_ADDRESS = "Enter an e-mail address, like name@example.org"
_COVERS = [
    (Covers.THIS.value, "This gift only"),
    (Covers.FUTURE.value, "This gift and those that I make later"),
    (Covers.ALL.value, "Those as well that I made in the past four years"),
]


class DonateForm(Form):
    """What to give. Nothing but the amount has to be filled in. `key` makes two clicks one gift."""

    key = HiddenField()
    amount = MoneyField(
        "How much would you like to give?",
        required="Enter an amount",
        minimum=LEAST_MINOR,
        maximum=MOST_MINOR,
    )
    donor_name = TextField("Your name, if you want to say it", max_length=120)
    for_organisation = CheckboxField("I give for an organisation")
    email = TextField("E-mail address for a receipt, if you want one", max_length=254)
    gift_aid = CheckboxField("I want Gift Aid to be claimed on this gift")
    title = TextField("Title, if you use one", max_length=FIELDS["title"])
    first_name = TextField("First name", max_length=FIELDS["first_name"])
    last_name = TextField("Last name", max_length=FIELDS["last_name"])
    house = TextField("House name or number", max_length=FIELDS["house"])
    postcode = TextField("Postcode", max_length=FIELDS["postcode"])
    abroad = CheckboxField("My home is outside the United Kingdom")
    covers = RadioField("Which gifts is this for?", choices=_COVERS, default=Covers.THIS.value)
    submit = SubmitField("Continue")

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the form to its rules; details for Gift Aid are looked at only when it is asked for."""
        if not super().validate(extra_validators):
            return False
        if self.email.data and not is_address(self.email.data):
            self.refuse("email", _NO_ADDRESS)
        if self.gift_aid.data:
            self._check_declaration()
        return not self.errors

    def _check_declaration(self) -> None:
        if self.for_organisation.data:
            self.refuse("gift_aid", "Gift Aid is for people: take one of the two ticks out")
            return
        try:
            checked(self._who(), abroad=bool(self.abroad.data))
        except BadInput as error:
            label = self[error.where].label.text.lower() if error.where in FIELDS else "details"
            self.refuse(
                error.where if error.where in FIELDS else "gift_aid", f"Check the {label}: {error.what}"
            )

    def _who(self) -> Who:
        return Who(**{name: self[name].data or "" for name in FIELDS})

    def wish(self) -> Wish:
        """What was asked for. The name that a declaration is made under is the donor's."""
        name, declared = self.donor_name.data or "", None
        if self.gift_aid.data:
            who = checked(self._who(), abroad=bool(self.abroad.data))
            said = {field: getattr(who, field) for field in FIELDS}
            declared = said | {"covers": self.covers.data, "abroad": bool(self.abroad.data)}
            name = full_name(who)
        return Wish(
            amount_minor=self.amount.data or 0,
            donor_name=name,
            for_organisation=bool(self.for_organisation.data) and bool(name),
            email=self.email.data or "",
            gift_aid=declared,
        )

    def with_key(self) -> "DonateForm":
        """The form with a key of its own, for a page that is shown anew."""
        self.key.data = self.key.data or new_key()
        return self


class PayForm(Form):
    """On to the card page."""

    submit = SubmitField("Pay by card")


class CancelForm(Form):
    """Give up."""

    submit = SubmitField("Do not give after all")


class ReceiptForm(Form):
    """A receipt, asked for later."""

    email = TextField("E-mail address", required=_NO_ADDRESS, max_length=254)
    submit = SubmitField("Send me a receipt")
