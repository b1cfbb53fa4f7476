"""The filter above the list of gifts."""

from hardship.contributions.models import Channel
from hardship.web.forms import CheckboxField, FilterForm, SelectField, TextField, choices_of

CHANNELS = {Channel.CARD: "Card", Channel.BANK: "Bank", Channel.CASH: "Cash", Channel.OTHER: "Other"}


class GiftFilterForm(FilterForm):
    """Which gifts to show."""

    fund = SelectField("Fund", blank=None)
    channel = SelectField("Came by", choices=choices_of(Channel, CHANNELS), blank="Any way")
    ref = TextField("Ref begins with", max_length=80)
    refunded = CheckboxField("Refunded, wholly or in part")
