"""The thread that follows a store goes on after every failure, and never gives up for good."""

import queue
from collections.abc import Iterator

import pytest
from office import SYSTEM

from placet import Group, Placet, hookimpl
from placet.errors import Unavailable
from placet.services.following import Follower
from placet.storage.memory import MemoryStore
from placet.storage.port import Store, StoredEvent

PATIENCE_S = 30


class Failing(MemoryStore):
    """A store for several engines that is away as often as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: queue.Queue[None] = queue.Queue()
        self.away = {"wait": 0, "events": 0}
        self.error = Exception()

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self if url == "failing://" else None

    def wait(self, timeout: float) -> tuple[str, ...]:
        self.rounds.put(None)
        self._fail("wait")
        return ()

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        self._fail("events")
        return super().events(account, after, limit)

    def _fail(self, what: str) -> None:
        if self.away[what]:
            self.away[what] -= 1
            raise self.error


@pytest.fixture
def store() -> Failing:
    return Failing()


@pytest.fixture
def writer(store: Failing) -> Iterator[Placet]:
    with Placet.open("failing://", plugins=[store], follow=False) as opened:
        yield opened


@pytest.mark.parametrize("what", ["wait", "events"])
@pytest.mark.parametrize("error", [Unavailable("not now"), RuntimeError("a mistake of a store")])
def test_a_store_that_was_away_is_followed_again(
    store: Failing,
    writer: Placet,
    what: str,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Failure mode 22."""
    store.error = error
    with Placet.open("failing://", plugins=[store], follow=False) as reader:
        tenant = reader.audit.view.tenant
        tenant.index.latest()
        writer.groups.create(Group(id="new"), actor=SYSTEM)
        store.away[what] = 3
        follower = Follower(store, lambda: [tenant], pause_s=0.001)
        follower.start()
        try:
            while "group:new@/" not in tenant.index.current().groups:
                store.rounds.get(timeout=PATIENCE_S)
        finally:
            follower.stop()
            follower.join(PATIENCE_S)
    assert store.away[what] == 0
    assert caplog.text.count("cannot be followed; trying again") == 3
