"""Staff accounts."""

import datetime as dt

from sqlmodel import Field, SQLModel

from hardship.core.actor import Role
from hardship.core.db import instant, sealed


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
