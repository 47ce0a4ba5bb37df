"""What the tests of services stand on."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from office import SYSTEM, office
from racing import TIMES, NewOffice

from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    """The office: see `office`."""
    with office() as opened:
        yield opened


@pytest.fixture(params=TIMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Which store a race is run on."""
    return str(request.param)


@pytest.fixture
def times(scheme: str) -> int:
    """How often."""
    return TIMES[scheme]


@pytest.fixture
def new_office(scheme: str, tmp_path: Path) -> Iterator[NewOffice]:
    """Opens one office after the other, each on a store of its own, whose log is whole at the end.

    Threads take turns often meanwhile: a turn of the usual 5 ms is longer than a use case, so that
    two of them would never meet.
    """
    usual = sys.getswitchinterval()
    with ExitStack() as stack:
        opened: list[PlacetUnderTest] = []

        def new(*plugins: object) -> PlacetUnderTest:
            # What is raced for is not durability: no sync.
            file = tmp_path / f"{len(opened)}.db"
            url = "memory://" if scheme == "memory" else f"sqlite:///{file}?synchronous=off"
            opened.append(stack.enter_context(office(url, plugins=plugins)))
            return opened[-1]

        stack.callback(sys.setswitchinterval, usual)
        sys.setswitchinterval(1e-6)
        yield new
        assert all(placet.audit.verify(actor=SYSTEM).ok for placet in opened)
