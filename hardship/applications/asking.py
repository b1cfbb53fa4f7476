"""The base of the questions' forms: which answers a form gives, and how they are shown again."""

from hardship.applications.drafts import Written
from hardship.core.money import parse_minor, plain
from hardship.web.forms import Form, MoneyField, SubmitField
from hardship.web.language import lazy


class QuestionForm(Form):
    """The base of the questions: which answers a form gives, and how they are shown again."""

    go = SubmitField(lazy("Continue"))

    def know(self, written: Written) -> None:
        """Learn what was written so far, before anything typed is looked at. Most questions stand alone."""

    def answers(self) -> dict[str, str]:
        """The answers by name; "" is a blank one."""
        return {name: self._text(name) for name in self.data if name not in ("go", "csrf_token", "when")}

    def _text(self, name: str) -> str:
        value = self.data[name]
        return plain(value) if isinstance(value, int) else value or ""

    def show(self, written: Written, number: str) -> None:
        """Fill in what was answered before."""
        for name, text in written.answers.items():
            if name in self:
                self[name].data = parse_minor(text) if isinstance(self[name], MoneyField) else text
