"""Form fields. Every text has a greatest length, every choice a closed list, every amount is in whole pence."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from hardship.core.money import MAX_MINOR, plain
from hardship.web import widgets
from hardship.web.filters import money
from hardship.web.language import _, lazy

_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.(?P<part>[0-9]{1,2}))?")
Validators = Sequence[Callable[..., Any]]


def tidy_text(text: str | None) -> str | None:
    """Text in composed form (NFC), without the blanks around it; line ends as one character."""
    if text is None:
        return None
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def no_control_characters(form: BaseForm, field: wtforms.Field) -> None:
    """Refuse characters that cannot be seen and that some databases cannot keep."""
    if field.data and showable(field.data) != field.data:
        raise ValidationError(_("Remove the characters that cannot be shown"))


def showable(text: str) -> str:
    """The text without characters that no page may hold: control characters, and what Unicode says is no character. Who
    typed them cannot see them, so that a form shown again has to be without them."""
    return text if text.isascii() and text.isprintable() else "".join(c for c in text if _may_be_shown(c))


def _may_be_shown(char: str) -> bool:
    if unicodedata.category(char) in ("Cc", "Cs"):
        return char in "\n\t"
    return not (0xFDD0 <= ord(char) <= 0xFDEF or ord(char) & 0xFFFE == 0xFFFE)


def _is_lazy(label: object) -> bool:
    """Whether a label is said in the language of each request (an applicant's), not in English (staff's)."""
    return not isinstance(label, str)


def _text_rules(required: str, max_length: int, label: str, extra: Validators) -> list[Callable[..., Any]]:
    need = InputRequired(required) if required else Optional(strip_whitespace=True)
    too_long = (
        lazy("Write %(most)s characters or fewer", most=f"{max_length:,}")
        if _is_lazy(label)
        else (f"{label} must be {max_length:,} characters or fewer")
    )
    return [need, Length(max=max_length, message=too_long), no_control_characters, *extra]


class TextField(wtforms.StringField):
    """One line of text. `required` is the message shown when it is empty; leave it out for an optional field."""

    widget = widgets.TextInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        required: str = "",
        max_length: int = 200,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("filters", [tidy_text])
        super().__init__(label, _text_rules(required, max_length, label or "The text", validators), **kwargs)
        self.max_length = max_length

    def _value(self) -> str:
        return "" if self.data is None else showable(str(self.data))


class LongTextField(TextField):
    """Several lines of text that say how many characters are left."""

    widget = widgets.CountedTextArea()

    def __init__(
        self, label: str = "", validators: Validators = (), *, max_length: int = 2000, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, max_length=max_length, **kwargs)


class PasswordField(wtforms.PasswordField):
    """A password, taken exactly as typed."""

    widget = widgets.PasswordInput()

    def __init__(
        self, label: str = "", validators: Validators = (), *, required: str = "", **kwargs: Any
    ) -> None:
        super().__init__(label, _text_rules(required, 200, label or "The password", validators), **kwargs)


class CheckboxField(wtforms.BooleanField):
    """One box to tick. `required` is the message shown when it is not ticked."""

    widget = widgets.CheckboxInput()

    def __init__(
        self, label: str = "", validators: Validators = (), *, required: str = "", **kwargs: Any
    ) -> None:
        rules = [InputRequired(required)] if required else []
        super().__init__(label, [*rules, *validators], **kwargs)


def choices_of(kind: type[StrEnum], labels: Mapping[Any, str]) -> list[SelectChoice]:
    """One choice for each member of an enum, in its order; a member without a label is left out."""
    return [SelectChoice(member.value, labels[member]) for member in kind if member in labels]


def as_choices(choices: Iterable[Any]) -> list[SelectChoice]:
    """Choices from `SelectChoice`, plain values, or (value, label) pairs."""
    made: list[SelectChoice] = []
    for choice in choices:
        if isinstance(choice, SelectChoice):
            made.append(choice)
        elif isinstance(choice, tuple):
            made.append(SelectChoice(str(choice[0]), choice[1]))
        else:
            made.append(SelectChoice(str(choice)))
    return made


class RadioField(wtforms.RadioField):
    """One of several. `hints` explains values; `reveals` holds HTML shown when a value is chosen (set it in the
    template with the `question` macro); `divider_before` puts an "or" ahead of a value."""

    widget = widgets.RadioInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        choices: Iterable[Any] = (),
        required: str = "",
        hints: Mapping[str, str] | None = None,
        divider_before: str = "",
        **kwargs: Any,
    ) -> None:
        need: list[Callable[..., Any]] = [InputRequired(required)] if required else [Optional()]
        super().__init__(label, [*need, *validators], choices=as_choices(choices), **kwargs)
        self.hints = dict(hints or {})
        self.reveals: dict[str, str] = {}
        self.divider_before = divider_before
        self.validate_choice = True

    def pre_validate(self, form: BaseForm) -> None:
        """A value that was not on offer is an error, none at all is for the other validators."""
        if self.data not in (None, "", "None") and self.data not in {
            value for value, *_ in self.iter_choices()
        }:
            raise ValidationError(_("Choose one of the answers"))


class SelectField(wtforms.SelectField):
    """One of many, in a drop-down list that starts with an empty line unless `blank` is None."""

    widget = widgets.SelectInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        choices: Iterable[Any] = (),
        required: str = "",
        blank: str | None = "",
        **kwargs: Any,
    ) -> None:
        need: list[Callable[..., Any]] = [InputRequired(required)] if required else [Optional()]
        first = [] if blank is None else [SelectChoice("", blank)]
        super().__init__(label, [*need, *validators], choices=[*first, *as_choices(choices)], **kwargs)


class CheckboxesField(wtforms.SelectMultipleField):
    """Any of several; data is a list of values."""

    widget = widgets.CheckboxesInput()
    option_widget = wtforms.widgets.CheckboxInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        choices: Iterable[Any] = (),
        required: str = "",
        hints: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        need: list[Callable[..., Any]] = [InputRequired(required)] if required else [Optional()]
        super().__init__(label, [*need, *validators], choices=as_choices(choices), **kwargs)
        self.hints = dict(hints or {})
        self.reveals: dict[str, str] = {}


class FileField(wtforms.FileField):
    """A file; data is werkzeug's `FileStorage`, or None."""

    widget = widgets.FileInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the upload when there is one with a name."""
        files = [value for value in valuelist if getattr(value, "filename", "")]
        self.data = files[0] if files else None


class SubmitField(wtforms.SubmitField):
    """A button that sends the form."""

    widget = widgets.SubmitInput()


class MoneyField(wtforms.Field):
    """An amount in pounds as people write it; data is whole pence.

    Takes `250`, `£1,250.50`, full-width digits. Refuses what cannot be meant exactly: a third decimal, a comma that
    is no thousands mark, a sign, an exponent, more than twelve digits.
    """

    widget = widgets.MoneyInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        required: str = "",
        minimum: int = 0,
        maximum: int = MAX_MINOR,
        **kwargs: Any,
    ) -> None:
        need: list[Callable[..., Any]] = [InputRequired(required)] if required else [Optional()]
        super().__init__(label, [*need, *validators], **kwargs)
        self.minimum = minimum
        self.maximum = maximum

    def _value(self) -> str:
        if self.raw_data:
            return showable(str(self.raw_data[0]))
        return "" if self.data is None else plain(self.data).removesuffix(".00")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Pence from what was typed."""
        self.data = None
        typed = str(valuelist[0]).strip() if valuelist else ""
        if typed:
            self.data = read_amount(typed)

    def pre_validate(self, form: BaseForm) -> None:
        """Hold the amount to its bounds."""
        if self.data is None:
            return
        if self.data < self.minimum:
            raise ValidationError(_("Enter %(amount)s or more", amount=money(self.minimum)))
        if self.data > self.maximum:
            raise ValidationError(_("Enter %(amount)s or less", amount=money(self.maximum)))


def read_amount(typed: str) -> int:
    """Pence from an amount as people write it; raises `ValueError` with a sentence that says what to write."""
    text = unicodedata.normalize("NFKC", typed).strip().removeprefix("£").strip()
    if any(unicodedata.category(c) == "No" for c in typed):
        text = ""  # a raised 2 or a half is no digit of an amount, though it would be read as one
    if text.startswith(("-", "−", "(")):
        raise ValueError(_("Enter an amount that is not negative"))
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(_("Enter an amount in pounds and pence, like 250 or 1,250.50"))
    whole = int(found["whole"].replace(",", ""))
    return whole * 100 + int((found["part"] or "0").ljust(2, "0"))


class DateField(wtforms.Field):
    """A day in three boxes; data is a `date`. A request with other than three parts is an error, not a crash."""

    widget = widgets.DateInput()

    def __init__(
        self,
        label: str = "",
        validators: Validators = (),
        *,
        required: str = "",
        earliest: dt.date = dt.date(1900, 1, 1),
        latest: dt.date = dt.date(2100, 12, 31),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, [*([] if required else [Optional()]), *validators], **kwargs)
        self.required = required
        self.earliest = earliest
        self.latest = latest
        self.wrong_parts: set[int] = set()

    def parts(self) -> tuple[str, str, str]:
        """What stands in the three boxes."""
        if self.raw_data is not None:
            padded = [showable(str(part))[:20] for part in self.raw_data[:3]] + ["", "", ""]
            return padded[0], padded[1], padded[2]
        if self.data is not None:
            return str(self.data.day), str(self.data.month), str(self.data.year)
        return "", "", ""

    def _value(self) -> str:
        return " ".join(self.parts()).strip()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """A date from the three boxes; says which box is empty or wrong."""
        self.data = None
        self.raw_data = [str(part) for part in valuelist]
        day, month, year = (unicodedata.normalize("NFKC", part).strip() for part in self.parts())
        if not (day or month or year):
            self.raw_data = [""]  # what `Optional` takes for empty
            return
        names = {"day": day, "month": month, "year": year}
        empty = [name for name, part in names.items() if not part]
        self.wrong_parts = {list(names).index(name) for name in empty}
        if empty:
            raise ValueError(f"The date must include a {' and a '.join(empty)}")
        self.data = _real_date(day, month, year)

    def pre_validate(self, form: BaseForm) -> None:
        """Ask for a date where one is needed, and hold it to its bounds."""
        if self.data is None:
            if self.required and not self.process_errors:
                raise ValidationError(self.required)
            return
        if self.data < self.earliest:
            raise ValidationError(f"The date must be {self.earliest.day} {self.earliest:%B %Y} or later")
        if self.data > self.latest:
            raise ValidationError(f"The date must be {self.latest.day} {self.latest:%B %Y} or earlier")


def _real_date(day: str, month: str, year: str) -> dt.date:
    if not all(part.isascii() and part.isdigit() for part in (day, month, year)) or len(year) != 4:
        raise ValueError("Enter a real date in numbers, like 27 3 2020")
    try:
        return dt.date(int(year), int(month[:3]), int(day[:3]))
    except ValueError:
        raise ValueError("Enter a real date in numbers, like 27 3 2020") from None
