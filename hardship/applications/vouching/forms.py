"""The forms of those who issue codes."""

from collections.abc import Iterable

from wtforms import Field, HiddenField, ValidationError

from hardship.applications.vouching.issuing import MAX_NAME, MAX_SIZE, MAX_WHY
from hardship.applications.vouching.models import GroupKind
from hardship.funds.models import Fund, Round
from hardship.web.forms import DateField, Form, RadioField, SelectField, SubmitField, TextField, choices_of

KINDS = {GroupKind.GROUP: "A trusted group", GroupKind.COMPANY: "A partner company"}


class GroupForm(Form):
    """A new group."""

    name = TextField("Name of the group or company", required="Enter its name", max_length=MAX_NAME)
    kind = RadioField("What is it?", choices=choices_of(GroupKind, KINDS), required="Choose what it is")
    scope = SelectField("Its codes count for", required="Choose what its codes count for")
    go = SubmitField("Add it")

    def offer(self, pairs: Iterable[tuple[Fund, Round | None]]) -> "GroupForm":
        """The funds and rounds that there are; "fund" is every round of it."""
        offered = [(f"{fund.slug}/{one.slug if one else ''}", _scope(fund, one)) for fund, one in pairs]
        self.scope.choices = [("", ""), *offered]
        return self


def _scope(fund: Fund, round_: Round | None) -> str:
    return f"{fund.slug}: the round {round_.slug}" if round_ else f"{fund.slug}: every round"


class IssueForm(Form):
    """A new batch. `ref` makes that a form that is sent twice issues once."""

    ref = HiddenField()
    size = TextField("How many codes", required="Enter how many codes", max_length=5)
    expires_on = DateField("Last day on which they count", required="Enter the last day")
    go = SubmitField("Issue and show them once")

    def validate_size(self, field: Field) -> None:
        """A whole number that fits on sheets somebody can look after."""
        if not 1 <= self.count <= MAX_SIZE:
            raise ValidationError(f"Enter a number from 1 to {MAX_SIZE:,}")

    @property
    def count(self) -> int:
        """How many codes; 0 for what is no number."""
        text = (self.size.data or "").replace(",", "")
        return int(text) if text.isascii() and text.isdigit() else 0


class CancelForm(Form):
    """Taking back the rest of a batch."""

    why = TextField("Why", required="Say why", max_length=MAX_WHY)
    go = SubmitField("Take back what is not used")
