"""The demo on PostgreSQL: too long for the suite."""

from collections.abc import Callable
from pathlib import Path

from tests.support.demo import load_and_check
from tests.support.shell import Shell


def test_the_demo_ends_with_the_same_figures_on_postgresql(
    tmp_path: Path, postgres_url: str, empty_database: Callable[[], str]
) -> None:
    """The whole fund through the real command, into an empty PostgreSQL database."""
    load_and_check(Shell(tmp_path / "instance", empty_database()))
