"""Forms for showing a document."""

from typing import Any

from wtforms import HiddenField, ValidationError

from hardship.core.refs import new_key
from hardship.web.forms import FileField, Form, SubmitField
from hardship.web.language import _, lazy

_KEY = frozenset("0123456789abcdef")


class UploadForm(Form):
    """A photo or a PDF. `once` is new on each page, so that sending the same page twice is one document."""

    file = FileField(lazy("Choose a photo or a PDF"))
    once = HiddenField()
    go = SubmitField(lazy("Send"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = str(self.once.data or "")
        self.once.data = given if len(given) == 32 and set(given) <= _KEY else new_key()

    def validate_file(self, field: FileField) -> None:
        """There has to be one."""
        if field.data is None:
            raise ValidationError(_("Choose a photo or a PDF"))
