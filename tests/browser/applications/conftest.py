"""For the tests of applicants' pages."""

import dataclasses

import pytest

from tests.browser.applications.walks import HARMLESS
from tests.browser.conftest import Site


@pytest.fixture
def leads_away(site: Site) -> None:
    """The way out leads to a page of this machine, so that nothing is asked from elsewhere."""
    site.runtime.settings = dataclasses.replace(site.runtime.settings, leave_to=site.at(HARMLESS))
