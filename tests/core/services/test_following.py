"""Whether an engine is sure to follow its store: only while the store answers."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import pytest

from placet.errors import Unavailable
from placet.services.following import Follower
from placet.services.tenant import Tenant
from placet.storage.port import Waitable

PATIENCE_S = 30.0


class Watched:
    """A store of which only the waiting matters: it is told what to say."""

    def __init__(self) -> None:
        self.waits = threading.Event()
        self._go = threading.Event()
        self._error: Exception | None = None

    def wait(self, timeout: float) -> Sequence[str]:
        if timeout:  # the first look does not wait
            self.waits.set()
            self._go.wait(PATIENCE_S)
            if self._error is not None:
                raise self._error
        return ()

    def fail(self) -> None:
        self._error = Unavailable("gone")
        self._go.set()

    def end(self) -> None:
        self._go.set()


def nobody() -> Iterable[Tenant]:
    return ()


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        threading.Event().wait(0.001)
    return False


@pytest.fixture
def store() -> Watched:
    return Watched()


def following(store: Waitable, pause_s: float) -> Follower:
    return Follower(store, nobody, pause_s=pause_s)


def test_it_does_not_before_it_has_looked(store: Watched) -> None:
    assert not following(store, PATIENCE_S).follows


def test_it_does_once_it_has_looked(store: Watched) -> None:
    follower = following(store, PATIENCE_S)
    follower.start()
    assert store.waits.wait(PATIENCE_S)
    assert follower.follows
    follower.stop()
    store.end()
    follower.join(PATIENCE_S)


def test_it_does_not_from_when_the_store_cannot_be_asked(
    store: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    follower = following(store, PATIENCE_S)
    follower.start()
    assert store.waits.wait(PATIENCE_S)
    store.fail()
    assert soon(lambda: not follower.follows)
    follower.stop()
    follower.join(PATIENCE_S)


def test_it_does_not_while_the_store_does_not_answer(store: Watched) -> None:
    follower = following(store, 0.01)
    follower.start()
    assert store.waits.wait(PATIENCE_S)
    assert soon(lambda: not follower.follows)
    follower.stop()
    store.end()
    follower.join(PATIENCE_S)
