"""What `docs/` says of the code is what the code says."""

from collections.abc import Callable

import pytest

from tools.write_docs import DOCS, PAGES


@pytest.mark.parametrize(("name", "write"), PAGES.items())
def test_the_generated_pages_are_up_to_date(name: str, write: Callable[[], str]) -> None:
    """If this fails, run `make docs`."""
    assert (DOCS / name).read_text(encoding="utf-8") == write()
