"""A fund with a sponsor, money and awards."""

import pytest

from hardship.core.actor import Role
from hardship.core.runtime import Runtime
from tests.integration.applications.helpers import load
from tests.integration.payouts.helpers import SPONSOR, House


@pytest.fixture
def house(runtime: Runtime) -> House:
    """A small fund whose sponsor "LC" matches cash gifts up to £400.00, with its staff."""
    load(runtime, more=SPONSOR)
    made = House(runtime)
    made.join("finance", Role.FINANCE)
    made.join("approver", Role.APPROVER)
    made.join("auditor", Role.AUDITOR)
    made.join("reviewer", Role.REVIEWER)
    return made
