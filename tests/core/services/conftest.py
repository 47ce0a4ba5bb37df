"""What the tests of services stand on."""

from collections.abc import Iterator

import pytest
from office import office

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    """The office: see `office`."""
    with office() as opened:
        yield opened
