"""The base of every form: protected against forgery, errors that lead to their field, nothing typed is lost.

class GiftForm(Form):
    amount = MoneyField("Amount", required="Enter the amount")
    note = TextField("Note", max_length=120)
    save = SubmitField("Save gift")
"""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect

from hardship.web.fields import (
    CheckboxesField,
    CheckboxField,
    DateField,
    FileField,
    LongTextField,
    MoneyField,
    PasswordField,
    RadioField,
    SelectField,
    SubmitField,
    TextField,
    as_choices,
    choices_of,
)

__all__ = [
    "CheckboxField",
    "CheckboxesField",
    "DateField",
    "FileField",
    "FilterForm",
    "Form",
    "LongTextField",
    "MoneyField",
    "PasswordField",
    "RadioField",
    "SelectField",
    "SubmitField",
    "TextField",
    "as_choices",
    "choices_of",
    "csrf",
]

csrf = CSRFProtect()


class Form(FlaskForm):
    """A form. In a view: `if form.validate_on_submit(): …`, else render it again; what was typed stays."""

    def refuse(self, field: str, message: str) -> None:
        """Show an error that only the service could find, at its field."""
        self[field].errors = [*self[field].errors, message]

    def error_list(self) -> list[dict[str, str]]:
        """Every field's first error with the link to it, in the order of the form."""
        found: list[dict[str, Any]] = []
        for field in self:
            if field.errors:
                found.append({"text": _first(field.errors), "href": f"#{field.id}"})
        found += [{"text": str(error)} for error in self.form_errors]
        return found


class FilterForm(Form):
    """A form that only chooses what a list shows: sent by GET, kept in the address, changing nothing."""

    class Meta:
        csrf = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formdata=request.args, **kwargs)


def _first(errors: Any) -> str:
    """The first message, however deep a field of fields holds it."""
    while isinstance(errors, dict | list | tuple):
        errors = next(iter(errors.values())) if isinstance(errors, dict) else errors[0]
    return str(errors)
