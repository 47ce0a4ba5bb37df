"""Listeners hear of every event after its commit: at least once, in order, each on its own."""

import pytest
from office import SYSTEM, office

from placet import Event, User, hookimpl
from placet.testing import PlacetUnderTest


class Hears:
    """Remembers what it heard; raises for the event kinds in `refuses`."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.refuses: set[str] = set()

    @hookimpl
    def placet_event(self, event: Event) -> None:
        if event.kind in self.refuses:
            raise RuntimeError("not now")
        self.heard.append(event.seq)


class HearsToo(Hears):
    pass


@pytest.fixture
def hears() -> Hears:
    return Hears()


@pytest.fixture
def too() -> HearsToo:
    return HearsToo()


@pytest.fixture
def placet(hears: Hears, too: HearsToo) -> PlacetUnderTest:
    return office(plugins=[hears, too])


def test_every_event_is_delivered_once_and_in_order(
    placet: PlacetUnderTest, hears: Hears, too: Hears
) -> None:
    """T48."""
    events = placet.store.head(placet.account).seq
    assert placet.deliver() == 2 * events
    assert hears.heard == too.heard == list(range(1, events + 1))
    assert placet.deliver() == 0


def test_one_that_raises_stops_no_other(
    placet: PlacetUnderTest, hears: Hears, too: Hears, caplog: pytest.LogCaptureFixture
) -> None:
    hears.refuses = {"user.created"}
    placet.deliver()
    refused = placet.audit.list(kind="user.created", actor=SYSTEM).items[0].seq
    assert max(hears.heard) == refused - 1
    assert len(too.heard) == placet.store.head(placet.account).seq
    assert "refused event" in caplog.text


def test_one_that_raised_is_asked_again_later_and_misses_nothing(
    placet: PlacetUnderTest, hears: Hears
) -> None:
    """T48."""
    hears.refuses = {"user.created"}
    placet.deliver()
    hears.refuses = set()
    heard = len(hears.heard)
    placet.deliver()
    assert len(hears.heard) == heard
    placet.clock.advance("1h")
    placet.deliver()
    assert hears.heard == list(range(1, placet.store.head(placet.account).seq + 1))


def test_an_event_refused_too_often_becomes_a_dead_letter(
    placet: PlacetUnderTest, hears: Hears
) -> None:
    hears.refuses = {"group.created"}
    for _ in range(12):
        placet.deliver()
        placet.clock.advance("1h")
    refused = placet.audit.list(kind="group.created", actor=SYSTEM).items[0].seq
    assert set(range(1, placet.store.head(placet.account).seq + 1)) - set(hears.heard) == {refused}


def test_delivery_writes_nothing_into_the_log(placet: PlacetUnderTest) -> None:
    events = placet.store.head(placet.account).seq
    placet.deliver()
    assert placet.store.head(placet.account).seq == events


def test_a_failing_listener_never_changes_an_outcome(placet: PlacetUnderTest, hears: Hears) -> None:
    """T09."""
    hears.refuses = {"user.created"}
    placet.users.create(User(id="new"), actor=SYSTEM)
    placet.deliver()
    assert placet.users.get("new", actor=SYSTEM).id == "new"
