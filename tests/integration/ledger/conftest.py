"""The books that these tests keep."""

import pytest

from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import Command
from tests.integration.ledger.books import Books


@pytest.fixture
def books(runtime: Runtime) -> Books:
    """A charity's books on each database."""
    return Books(runtime)


@pytest.fixture
def own_books(sqlite_runtime: Runtime) -> Books:
    """The same on SQLite, for what does not depend on the database."""
    return Books(sqlite_runtime)


@pytest.fixture
def shell(own_books: Books, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`hardship …` on those books."""
    return Command(own_books.runtime, capsys, monkeypatch)
