"""Forms of payouts."""

from wtforms import HiddenField
from wtforms.validators import Length

from hardship.payouts.service.reconciling import MAX_NOTE
from hardship.web.forms import Form, LongTextField, SubmitField


class MakeForm(Form):
    """Make a batch: the page gives the fund, the rail, and a key that makes a second press harmless."""

    fund = HiddenField(validators=[Length(min=1, max=60)])
    rail = HiddenField(validators=[Length(min=1, max=20)])
    request_key = HiddenField(validators=[Length(min=32, max=32)])


class ApproveForm(Form):
    """Approve a batch: `seen` is the digest of what the page showed."""

    seen = HiddenField(validators=[Length(min=64, max=64)])


class PressForm(Form):
    """A button and no more."""


class SetAsideForm(Form):
    """Why a bank line needs nothing more."""

    note = LongTextField("Why it needs nothing more", required="Say why", max_length=MAX_NOTE)
    send = SubmitField("Set the line aside")
