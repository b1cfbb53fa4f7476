"""What loading a file changed, as people read it. Values in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardship.core.money import plain


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of what (`fund f`, `round r`, `match M`), which field, and how it reads before and after.

    `before` is None when the thing is new.
    """

    subject: str
    field: str
    before: str | None
    after: str

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.subject}: {self.field} {self.after}".rstrip()
        return f"~ {self.subject}: {self.field} {self.before} → {self.after}"


def differences(
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    shown: Mapping[str, tuple[str, str]] | None = None,
) -> list[Change]:
    """The fields in which two states differ; of a new thing one `Change` that says so.

    `shown` replaces the texts (before, after) of fields whose values are not to be read in the clear.
    """
    if before is None:
        return [Change(subject, "new", None, "")]
    hidden = shown or {}
    return [
        Change(
            subject,
            _label(field),
            hidden[field][0] if field in hidden else _text(field, before[field]),
            hidden[field][1] if field in hidden else _text(field, value),
        )
        for field, value in after.items()
        if before[field] != value
    ]


def _label(field: str) -> str:
    return field.removesuffix("_minor").removesuffix("_at")


def _text(field: str, value: Any) -> str:
    if value is None or value == "":
        return "none"
    if field.endswith("_minor"):
        return plain(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
