"""What most tests of the host start from: a closed directory, and somebody who calls."""

import pytest
from falcon_client import Browser
from office import office

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> PlacetUnderTest:
    return office(directory="closed")


@pytest.fixture
def browser(placet: PlacetUnderTest) -> Browser:
    return Browser(placet)
