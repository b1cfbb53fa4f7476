"""Staff accounts, and what one person proposed for a second one to approve."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from hardship.core.actor import Role
from hardship.core.db import choice, instant, sealed


class Staff(SQLModel, table=True):
    """A member of staff. The second factor's secret is sealed under the staff member's own data key."""

    __tablename__ = "staff"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    role_list: str = Field(max_length=120)
    password_hash: str = Field(default="", max_length=200)
    data_key_id: str = Field(foreign_key="data_key.id", max_length=32)
    totp_secret: bytes | None = sealed()
    totp_last_step: int = 0
    is_demo: bool = False
    created_at: dt.datetime = instant()
    disabled_at: dt.datetime | None = instant(default=None)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held."""
        return frozenset(Role(name) for name in self.role_list.split(",") if name)


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Proposal(SQLModel, table=True):
    """Something that takes two people: proposed by one, done when another approves it (I9).

    `subject` is what it is about, as the event log names it (`contribution:G-17`). What is to be done and why is
    sealed under the house key, since people write into it.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint(
            "decided_by_id IS NULL OR state <> 'approved' OR decided_by_id <> made_by_id", name="two_people"
        ),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided_or_not"),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=120, index=True)
    state: ProposalState = choice(ProposalState)
    payload: bytes | None = sealed()  # canonical JSON under the house key, row = ref
    made_by_id: int = Field(foreign_key="staff.id")
    made_at: dt.datetime = instant()
    decided_by_id: int | None = Field(default=None, foreign_key="staff.id")
    decided_at: dt.datetime | None = instant(default=None)
    answer: bytes | None = sealed()  # why it was refused; under the house key, row = ref
