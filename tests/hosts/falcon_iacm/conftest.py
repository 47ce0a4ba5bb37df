"""What the tests of the surface stand on: people, a plug-in, and a short way to call."""

import pytest
from iacm_client import Caller
from vendor_worlds import infrastructure

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> PlacetUnderTest:
    return infrastructure()


@pytest.fixture
def iacm(placet: PlacetUnderTest) -> Caller:
    return Caller(placet)
