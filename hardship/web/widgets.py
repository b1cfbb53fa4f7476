"""Form widgets: the govuk-frontend macros behind WTForms fields, with the rough edges of the adapter smoothed."""

from typing import Any, cast

from govuk_frontend_wtf import wtforms_widgets as gov

from hardship.web.language import ENGLISH, _, current_language

Params = dict[str, Any]


def _without_empty_hint(params: Params) -> Params:
    hint = params.get("hint")
    if hint and not hint.get("text") and not hint.get("html"):
        del params["hint"]
    return params


def _with_item_extras(field: Any, params: Params) -> Params:
    """Hints and reveals that the field holds by value, put on the items of that value."""
    hints = getattr(field, "hints", {})
    reveals = getattr(field, "reveals", {})
    for item in params["items"]:
        value = str(item.get("value", ""))
        if hint := hints.get(value):
            item["hint"] = {"text": hint}
        if reveal := reveals.get(value):
            item["conditional"] = {"html": reveal}
    if divider := getattr(field, "divider_before", None):
        at = next((n for n, item in enumerate(params["items"]) if str(item.get("value")) == divider), None)
        if at is not None:
            params["items"].insert(at, {"divider": _("or")})
    return params


def _counted() -> Params:
    """The words that say how many characters are left; the page's script fills in `%{count}`."""
    few = _("You have %(number)s characters left", number="%{count}")
    many = _("You have %(number)s characters too many", number="%{count}")
    return {
        "textareaDescriptionText": _("You can write up to %(number)s characters", number="%{count}"),
        "charactersUnderLimitText": {"one": few, "few": few, "other": few},
        "charactersAtLimitText": _("You have no characters left"),
        "charactersOverLimitText": {"one": many, "few": many, "other": many},
    }


class _Said:
    """The error of a field is announced as one in the language of the page."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters."""
        params = cast(Params, super().map_gov_params(field, **kwargs))  # type: ignore[misc]
        if "errorMessage" in params:
            params["errorMessage"]["visuallyHiddenText"] = _("Error")
        return params


class TextInput(_Said, gov.GovTextInput):
    """One line of text."""


class PasswordInput(_Said, gov.GovPasswordInput):
    """A password, never sent back to the page."""


class TextArea(_Said, gov.GovTextArea):
    """Several lines of text."""


class CountedTextArea(_Said, gov.GovCharacterCount):
    """Several lines of text that say how many characters are left."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters, with the field's own limit."""
        params = super().map_gov_params(field, **kwargs)
        params.setdefault("maxlength", str(field.max_length))
        if current_language() != ENGLISH:
            params |= _counted()
        return params


class RadioInput(_Said, gov.GovRadioInput):
    """Radio buttons, without the adapter's empty hint; items may have hints and reveal more of the form."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters."""
        params = _with_item_extras(field, _without_empty_hint(super().map_gov_params(field, **kwargs)))
        params.setdefault("idPrefix", field.id)
        return params


class CheckboxesInput(_Said, gov.GovCheckboxesInput):
    """Several checkboxes, without the adapter's empty hint."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters."""
        params = _with_item_extras(field, _without_empty_hint(super().map_gov_params(field, **kwargs)))
        params.setdefault("idPrefix", field.id)
        return params


class CheckboxInput(_Said, gov.GovCheckboxInput):
    """One checkbox, without the adapter's empty hint."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters."""
        params = _without_empty_hint(super().map_gov_params(field, **kwargs))
        params.setdefault("idPrefix", field.id)
        return params


class SelectInput(_Said, gov.GovSelect):
    """A drop-down list."""


class FileInput(_Said, gov.GovFileInput):
    """A file to send."""


class SubmitInput(gov.GovSubmitInput):
    """A button that sends the form once, however often it is pressed."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters, with the guard against a double press."""
        params = super().map_gov_params(field, **kwargs)
        params.setdefault("preventDoubleClick", True)
        return cast(Params, params)


class MoneyInput(_Said, gov.GovTextInput):
    """An amount, with the currency's sign in front."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters."""
        params = super().map_gov_params(field, **kwargs)
        params.setdefault("prefix", {"text": "£"})
        params.setdefault("classes", "govuk-input--width-5")
        params.setdefault("inputmode", "decimal")
        params.setdefault("spellcheck", False)
        return params


class DateInput(gov.GovDateInput):
    """Day, month and year in three boxes.

    The first box bears the field's id, so that the link in the error summary puts the cursor there.
    """

    def map_gov_params(self, field: Any, **kwargs: Any) -> Params:
        """The macro's parameters; tolerates a request with fewer or more than three parts."""
        params = gov.GovFormBase.map_gov_params(self, field, **kwargs)
        params.pop("value", None)
        params["id"] = f"{field.id}-parts"
        params.setdefault("fieldset", {"legend": {"text": field.label.text}})
        wrong = getattr(field, "wrong_parts", set()) or ({0, 1, 2} if field.errors else set())
        ids = (field.id, f"{field.id}-month", f"{field.id}-year")
        params["items"] = [
            {
                "label": label,
                "id": ids[at],
                "name": field.name,
                "inputmode": "numeric",
                "value": value,
                "classes": f"govuk-input--width-{width}{' govuk-input--error' if at in wrong else ''}",
            }
            for at, (label, width, value) in enumerate(
                zip(("Day", "Month", "Year"), (2, 2, 4), field.parts(), strict=True)
            )
        ]
        return cast(Params, params)
