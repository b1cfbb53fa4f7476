"""Forms of awards."""

from hardship.review.casework import MAX_NOTE
from hardship.web.forms import Form, LongTextField, SubmitField


class OverrideForm(Form):
    """Allowing a second award to one bank account."""

    reason = LongTextField("Why a second award is right", required="Say why, in words", max_length=MAX_NOTE)
    submit = SubmitField("Override the duplicate")


class CancelForm(Form):
    """Taking an award back before it is paid."""

    why = LongTextField("Why the award is taken back", required="Say why, in words", max_length=MAX_NOTE)
    submit = SubmitField("Cancel the award")
