"""What the tests of the surface start from: the certified account, and who asks about it."""

import pytest
from access_requests import Requester, governed
from authzen_client import Pep, certified

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> PlacetUnderTest:
    return certified()


@pytest.fixture
def pep(placet: PlacetUnderTest) -> Pep:
    return Pep(placet)


@pytest.fixture
def requester() -> Requester:
    """An enforcement point over an account in which some things need approval."""
    return Requester(governed())
