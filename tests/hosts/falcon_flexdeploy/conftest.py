"""What the tests of the surface stand on: two gates, and a short way to call."""

import pytest
from flexdeploy_client import Operator, PlainPasswords
from vendor_worlds import deployment

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> PlacetUnderTest:
    return deployment(passwords=PlainPasswords())


@pytest.fixture
def operator(placet: PlacetUnderTest) -> Operator:
    return Operator(placet)
