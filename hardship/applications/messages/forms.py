"""Forms of the applicant's messages."""

from typing import Any

from wtforms import HiddenField

from hardship.applications.messages.writing import MAX_WORDS, mark
from hardship.web.forms import Form, LongTextField, SubmitField
from hardship.web.language import lazy


class MessageForm(Form):
    """A message to the fund. `once` is new on each page, so that sending the same page twice is one message."""

    words = LongTextField(
        lazy("Your message"), max_length=MAX_WORDS, required=lazy("Write something, then send it")
    )
    once = HiddenField()
    go = SubmitField(lazy("Send"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once.data = mark(str(self.once.data or ""))
