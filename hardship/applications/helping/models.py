"""Who helped with an application, and how the person agreed. Nothing here is the helper's name, address or number."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant, sealed

MAX_GROUP = 120


class Helped(StrEnum):
    """How somebody helped."""

    WITH = "with"  # beside the person, or on the phone with them
    FOR = "for"  # in their place, as they had asked
    TYPED = "typed"  # a colleague typed what the person had written on paper


class Consent(StrEnum):
    """How the person agreed that what they tell is used."""

    AGREED = "agreed"  # the helper says that they did
    SIGNED = "signed"  # on the paper, which the charity keeps
    SPOKEN = "spoken"  # to the colleague who entered it


@dataclass(frozen=True)
class Help:
    """Help with one application. `group` is the name of the helper's group, "" where it was not said; `entered_by_id`
    the colleague who entered it, and who has nothing to do with the case from then on."""

    how: Helped
    consent: Consent
    group: str = field(default="", repr=False)
    entered_by_id: int | None = None


class ApplicationHelp(SQLModel, table=True):
    """Somebody helped with this application. The group's name is sealed under the applicant's key, row = ref: it may
    say where they turn for help."""

    __tablename__ = "application_help"

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    how: Helped = choice(Helped)
    consent: Consent = choice(Consent)
    entered_by_id: int | None = Field(default=None, foreign_key="staff.id", index=True)
    helper_group: bytes | None = sealed()
    at: dt.datetime = instant()
