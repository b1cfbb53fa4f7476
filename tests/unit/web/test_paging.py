"""Pages by key: every row once, in order, forwards and back, while rows come and go."""

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Field, MetaData, Session, SQLModel, create_engine, select

from hardship.core.db import instant
from hardship.core.errors import BadInput
from hardship.web.paging import Key, Page, page, read_cursor, write_cursor

START = dt.datetime(2020, 4, 3, tzinfo=dt.UTC)


class Row(SQLModel, table=True):
    """A row of a list."""

    metadata = MetaData()

    id: int | None = Field(default=None, primary_key=True)
    at: dt.datetime = instant()


@pytest.fixture(scope="module")
def engine_session() -> Iterator[Session]:
    """A database with thirty rows, three to an instant."""
    engine = create_engine("sqlite://")
    Row.metadata.create_all(engine)
    with Session(engine) as session:
        for number in range(30):
            session.add(Row(id=number, at=START + dt.timedelta(hours=number // 3)))
        session.commit()
        yield session
    engine.dispose()


def fetch(session: Session, newest_first: bool, **where: str | int) -> Page[Row]:
    """One page of rows."""
    keys = [Key(Row.at, descending=newest_first), Key(Row.id)]
    return page(session, select(Row), keys, lambda row: (row.at, row.id), **where)  # type: ignore[arg-type]


@given(size=st.integers(1, 40), newest_first=st.booleans())
@settings(max_examples=25)
def test_every_row_once_forwards_and_back(engine_session: Session, size: int, newest_first: bool) -> None:
    pages = [fetch(engine_session, newest_first, size=size)]
    while pages[-1].after:
        pages.append(fetch(engine_session, newest_first, size=size, after=pages[-1].after))
    seen = [row.id for one in pages for row in one.items]
    want = sorted(range(30), key=lambda n: ((-(n // 3) if newest_first else n // 3), n))
    assert seen == want
    back = pages[-1]
    for one in reversed(pages[:-1]):
        back = fetch(engine_session, newest_first, size=size, before=back.before)
        assert [row.id for row in back.items] == [row.id for row in one.items]
    assert back.before == ""


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "e30", "WzEsMl0x", write_cursor([1]), write_cursor([1.5, 2]), "é"]
)
def test_a_cursor_not_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(BadInput):
        read_cursor(cursor, 2)


def test_a_cursor_is_read_back() -> None:
    assert read_cursor(write_cursor([START, 7]), 2) == [START, 7]


def test_a_day_in_a_cursor_is_read_back_as_a_day() -> None:
    """Lists that are ordered by day."""
    values = [dt.date(2020, 4, 3), 7]
    assert read_cursor(write_cursor(values), 2) == values
