from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from placet import SYSTEM, Placet
from placet.bundle import Bundle, load, loads
from placet.model import Event

RELEASE = Path(__file__).with_name("release.toml")


@pytest.fixture
def release() -> Bundle:
    return load(RELEASE)


@pytest.fixture
def acme() -> Iterator[Placet]:
    with Placet.open("memory://", account="acme") as placet:
        yield placet


@pytest.fixture
def toml() -> Callable[[str], Bundle]:
    def bundle(text: str) -> Bundle:
        return loads(text, "toml")

    return bundle


@pytest.fixture
def log(acme: Placet) -> Callable[[], list[Event]]:
    def events() -> list[Event]:
        return list(acme.audit.list(actor=SYSTEM).items)

    return events
