"""Trusted groups, batches of codes, the codes, and what became of what an applicant gave.

Nothing here says who used which code: a use names a code and no application, an application's row no code. So neither a
group nor anybody who has read the tables can tell who came with whose code.
"""

import datetime as dt
from enum import StrEnum

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from hardship.applications.vouching.transitions import BatchState, VouchingState
from hardship.core.db import choice, instant, sealed


class GroupKind(StrEnum):
    """What sort of body gives codes to people."""

    GROUP = "group"
    COMPANY = "company"


class VoucherGroup(SQLModel, table=True):
    """A trusted group or a partner company that hands codes on: for one round, or for every round of the fund."""

    __tablename__ = "voucher_group"
    __table_args__ = (UniqueConstraint("fund_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=100)
    kind: GroupKind = choice(GroupKind)
    fund_id: int = Field(foreign_key="fund.id")
    round_id: int | None = Field(default=None, foreign_key="round.id", index=True)
    added_at: dt.datetime = instant()


class VoucherBatch(SQLModel, table=True):
    """So many single-use codes, issued at once. `expires_on` is the last day on which they count (London)."""

    __tablename__ = "voucher_batch"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True, max_length=20)
    group_id: int = Field(foreign_key="voucher_group.id", index=True)
    size: int
    expires_on: dt.date
    state: BatchState = choice(BatchState)
    issued_at: dt.datetime = instant()
    issued_by: int | None = Field(default=None, foreign_key="staff.id")
    cancelled_at: dt.datetime | None = instant(default=None)
    cancelled_by: int | None = Field(default=None, foreign_key="staff.id")
    cancel_why: bytes | None = sealed()  # under the house key; row = ref


class VoucherCode(SQLModel, table=True):
    """A code, as a keyed hash. Stored by the hash, so that not even the order tells which came first."""

    __tablename__ = "voucher_code"
    __table_args__ = {"sqlite_with_rowid": False}

    token: bytes = Field(primary_key=True, sa_type=LargeBinary)
    batch_id: int = Field(foreign_key="voucher_batch.id", index=True)


class VoucherUse(SQLModel, table=True):
    """A code was used up. Its key is what makes a code count once; it has no time and no case on purpose."""

    __tablename__ = "voucher_use"
    __table_args__ = {"sqlite_with_rowid": False}

    token: bytes = Field(primary_key=True, foreign_key="voucher_code.token", sa_type=LargeBinary)


class ApplicationVouching(SQLModel, table=True):
    """What became of what an applicant gave at the question; no row where nothing was given. `note` is sealed under
    the applicant's key, row = ref."""

    __tablename__ = "application_vouching"

    application_id: int = Field(primary_key=True, foreign_key="application.id")
    state: VouchingState = choice(VouchingState)
    note: bytes | None = sealed()
    recorded_by: int | None = Field(default=None, foreign_key="staff.id")
    recorded_at: dt.datetime | None = instant(default=None)
