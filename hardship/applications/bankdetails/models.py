"""Pay.UK's tables, as they were imported. None is shipped: the tables are VocaLink's."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from hardship.core.db import choice, instant


class TableKind(StrEnum):
    """The two files that Pay.UK publishes."""

    WEIGHTS = "weights"  # valacdos.txt
    SUBSTITUTES = "substitutes"  # scsubtab.txt


class BankCheck(StrEnum):
    """What is known of an application's bank details; it says nothing about whose account it is."""

    NONE = ""
    PASSED = "passed"
    NOT_CHECKED = "not_checked"  # no table was loaded, or the sort code is not in it


class BankTable(SQLModel, table=True):
    """A file that was imported. The newest of its kind counts; the same file again changes nothing."""

    __tablename__ = "bank_table"

    id: int | None = Field(default=None, primary_key=True)
    kind: TableKind = choice(TableKind, index=True)
    sha256: str = Field(max_length=64)
    rows: int
    imported_at: dt.datetime = instant()


class ModulusLine(SQLModel, table=True):
    """A line of the weight table: a range of sort codes and how their accounts are checked, in the file's order."""

    __tablename__ = "modulus_line"
    __table_args__ = (Index("ix_modulus_line_first", "table_id", "first"),)

    id: int | None = Field(default=None, primary_key=True)
    table_id: int = Field(foreign_key="bank_table.id")
    position: int
    first: str = Field(max_length=6)
    last: str = Field(max_length=6)
    algorithm: str = Field(max_length=5)
    weights: str = Field(max_length=80)  # fourteen numbers between blanks
    exception: int


class SortCodeSubstitute(SQLModel, table=True):
    """A sort code that is checked as another one (exception 5)."""

    __tablename__ = "sort_code_substitute"

    table_id: int = Field(primary_key=True, foreign_key="bank_table.id")
    sort_code: str = Field(primary_key=True, max_length=6)
    checked_as: str = Field(max_length=6)
