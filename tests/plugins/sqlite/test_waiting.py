"""A thread that waits is told which accounts have moved, whoever moved them."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from placet.errors import Conflict, Unavailable
from placet.storage.port import Check, Key, Waitable
from placet_sqlite.store import SQLiteStore

PATIENCE = 60.0
COMMITTING = """
import sys
from pathlib import Path
from placet_sqlite.store import SQLiteStore

store = SQLiteStore(Path(sys.argv[1]))
store.commit(sys.argv[2], [], [])
store.close()
"""
InThread = Callable[[Callable[[], object]], "Future[object]"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """A store with two accounts, of which this thread has asked once."""
    with closing(SQLiteStore(path)) as opened:
        opened.commit("acme", [], [])
        opened.commit("globex", [], [])
        opened.wait(0)
        yield opened


@pytest.fixture
def in_thread() -> Iterator[InThread]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


def test_the_store_says_that_it_can(store: SQLiteStore) -> None:
    assert isinstance(store, Waitable)


def test_the_first_call_tells_of_nothing_before_it(path: Path, store: SQLiteStore) -> None:
    with closing(SQLiteStore(path)) as other:
        assert other.wait(0) == ()


def test_nothing_moved_is_nothing(store: SQLiteStore) -> None:
    assert store.wait(0) == ()
    assert store.wait(0.02) == ()


def test_what_moved_since_is_told_at_once(store: SQLiteStore) -> None:
    store.commit("acme", [], [])
    assert store.wait(PATIENCE) == ("acme",)


def test_a_commit_is_told_of_once(store: SQLiteStore) -> None:
    store.commit("acme", [], [])
    store.wait(PATIENCE)
    assert store.wait(0) == ()


def test_several_commits_of_an_account_are_one(store: SQLiteStore) -> None:
    for account in ("globex", "acme", "acme", "globex", "acme"):
        store.commit(account, [], [])
    assert sorted(store.wait(PATIENCE)) == ["acme", "globex"]


def test_a_new_account_has_moved(store: SQLiteStore) -> None:
    store.commit("initech", [], [])
    assert store.wait(PATIENCE) == ("initech",)


def test_a_commit_through_another_handle_is_told_of(path: Path, store: SQLiteStore) -> None:
    with closing(SQLiteStore(path)) as other:
        other.commit("globex", [], [])
    assert store.wait(PATIENCE) == ("globex",)


def test_a_commit_of_another_process_is_told_of(path: Path, store: SQLiteStore) -> None:
    subprocess.run([sys.executable, "-c", COMMITTING, str(path), "globex"], check=True, timeout=60)
    assert store.wait(PATIENCE) == ("globex",)


def test_a_commit_that_is_refused_moves_nothing(store: SQLiteStore) -> None:
    with pytest.raises(Conflict):
        store.commit("acme", [Check(Key("user", "nobody"), 1)], [])
    assert store.wait(0) == ()


def _begun(store: SQLiteStore, in_thread: InThread) -> "Future[object]":
    """A thread that has begun to wait: it has asked before, and is about to ask again."""
    begun = threading.Event()

    def wait() -> object:
        store.wait(0)
        begun.set()
        return store.wait(PATIENCE)

    waiting = in_thread(wait)
    assert begun.wait(PATIENCE)
    return waiting


def test_a_waiter_is_woken_by_a_commit(store: SQLiteStore, in_thread: InThread) -> None:
    waiting = _begun(store, in_thread)
    store.commit("acme", [], [])
    assert waiting.result(PATIENCE) == ("acme",)


def test_a_waiter_is_woken_by_another_process(
    path: Path, store: SQLiteStore, in_thread: InThread
) -> None:
    waiting = _begun(store, in_thread)
    subprocess.run([sys.executable, "-c", COMMITTING, str(path), "globex"], check=True, timeout=60)
    assert waiting.result(PATIENCE) == ("globex",)


def test_every_thread_is_told_by_itself(store: SQLiteStore, in_thread: InThread) -> None:
    waiting = _begun(store, in_thread)
    store.commit("acme", [], [])
    assert store.wait(PATIENCE) == ("acme",)
    assert waiting.result(PATIENCE) == ("acme",)


def test_closing_wakes_a_waiter(store: SQLiteStore, in_thread: InThread) -> None:
    waiting = _begun(store, in_thread)
    store.close()
    # Where it was just about to look, it is told that the store was closed.
    with suppress(Unavailable):
        assert waiting.result(PATIENCE) == ()
