"""What the policy's rules said of an application, with the facts they used (sealed)."""

import datetime as dt

from sqlmodel import Field, SQLModel

from hardship.core.db import instant, sealed


class Assessment(SQLModel, table=True):
    """One run of a policy's rules over an application's facts. `outcomes` is a JSON list of
    {"rule", "result", "on_fail"}; the reasons are the policy's own words."""

    __tablename__ = "assessment"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    policy_id: int = Field(foreign_key="policy.id")
    at: dt.datetime = instant()
    outcomes: str
    facts: bytes | None = sealed()  # JSON, under the applicant's key, row = application ref
