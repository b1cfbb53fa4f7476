"""A fund with a sponsor, money and staff."""

import pytest

from hardship.core.runtime import Runtime
from tests.integration.statements.home import Home, a_home


@pytest.fixture
def house(runtime: Runtime) -> Home:
    """A small fund whose sponsor matches gifts, with its staff."""
    return a_home(runtime)
