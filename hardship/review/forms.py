"""Forms of the panel."""

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from hardship.review.casework import MAX_NOTE, REVEALED
from hardship.review.votes import REASONS, Outcome, ReasonCode
from hardship.web.filters import label
from hardship.web.forms import (
    CheckboxField,
    Form,
    LongTextField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
)

OUTCOMES = {Outcome.APPROVE: "Approve", Outcome.DECLINE: "Decline"}
REASON_WORDS = {
    ReasonCode.MEETS_POLICY: "It meets the policy",
    ReasonCode.NOT_ELIGIBLE: "It does not meet the policy",
    ReasonCode.DUPLICATE: "The person has a grant or another application in this round",
    ReasonCode.NO_EVIDENCE: "Something needed is missing, and was asked for",
    ReasonCode.NO_BUDGET: "The money does not reach",
    ReasonCode.OTHER: "Another reason, in words",
}
_FITS = {
    code.value: "To approve or decline"
    if all(code in fit for fit in REASONS.values())
    else f"To {outcome.value}"
    for outcome, codes in REASONS.items()
    for code in codes
}
QUEUE_STATES = {  # what the queue's filter offers
    "in_review": "In review",
    "info_requested": "Waiting for the applicant",
    "submitted": "Just sent",
    "checking": "Being checked",
    "approved": "Approved",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
}


class VoteForm(Form):
    """A vote, or a lead's settling of a split. `seen` is the version of the case that was looked at."""

    outcome = RadioField(
        "Your vote",
        choices=[SelectChoice(value.value, text) for value, text in OUTCOMES.items()],
        required="Choose approve or decline",
    )
    reason = RadioField(
        "Why",
        choices=[SelectChoice(value.value, text) for value, text in REASON_WORDS.items()],
        required="Choose a reason",
        hints=_FITS,
    )
    note = LongTextField("In words", max_length=MAX_NOTE)
    seen = HiddenField()
    confirmed = HiddenField()
    submit = SubmitField("Continue")

    @property
    def seen_version(self) -> int | None:
        """The version of the case that was on the page."""
        text = str(self.seen.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def show_for(self, version: int) -> "VoteForm":
        """The form for the case as it is now."""
        self.seen.data, self.confirmed.data = str(version), ""
        return self


class ConflictForm(Form):
    """Stepping back from a case."""

    sure = CheckboxField(
        "I know the applicant, or have an interest in the case",
        required="Tick the box if you have a conflict, or go back",
    )
    submit = SubmitField("Step back from this case")


class RevealForm(Form):
    """Reading one sealed answer."""

    column = SelectField(
        "Answer to read",
        choices=[SelectChoice(name, label(name)) for name in REVEALED],
        required="Choose what to read",
    )
    why = TextField("Why you need it", required="Say why you need it", max_length=300)
    submit = SubmitField("Read it")


class AssignForm(Form):
    """Giving a case to somebody."""

    staff = SelectField("Give the case to", required="Choose somebody")
    submit = SubmitField("Give")
