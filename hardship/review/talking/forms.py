"""Forms of the conversation with an applicant, for the panel."""

from typing import Any

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from hardship.applications.messages.models import Wants
from hardship.applications.messages.writing import MAX_WORDS, mark
from hardship.web.forms import Form, LongTextField, RadioField, SubmitField

WANTS = {
    Wants.ANSWER: "An answer in words",
    Wants.DETAILS: "That they check what they told, and correct it",
    Wants.EVIDENCE: "A document",
}


class ReplyForm(Form):
    """A message to the applicant. `once` is new on each page, so that sending the same page twice is one message."""

    words = LongTextField("Your message", max_length=MAX_WORDS, required="Write a message, then send it")
    once = HiddenField()
    send = SubmitField("Send the message")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once.data = mark(str(self.once.data or ""))


class AskForm(Form):
    """A question to the applicant, for which the case waits."""

    words = LongTextField("Your question", max_length=MAX_WORDS, required="Write your question")
    wants = RadioField(
        "What you need",
        choices=[SelectChoice(value.value, text) for value, text in WANTS.items()],
        required="Choose what you need",
        hints={"evidence": "They may have none, and need not show any: then they can say so in words."},
    )
    once = HiddenField()
    ask = SubmitField("Ask")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once.data = mark(str(self.once.data or ""))
