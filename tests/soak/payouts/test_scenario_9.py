"""Scenario 9 at its full size on PostgreSQL; the suite has it so on SQLite."""

from collections.abc import Callable

from hardship.core.runtime import Runtime
from tests.integration.payouts.thirteen import thirteen_files


def test_scenario_9_thirteen_files_one_debit_each_and_two_returns(
    make_runtime: Callable[[str], Runtime],
) -> None:
    thirteen_files(make_runtime("postgresql"), 100, 55)
