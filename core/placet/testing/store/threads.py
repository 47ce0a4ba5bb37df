"""Threads: any thread may call any method, and nobody sees half a commit or loses an update."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from time import monotonic
from typing import TypeVar

import pytest

from placet.errors import Conflict
from placet.storage.port import Head, Key, Query, Store
from placet.storage.sealing import chain_fault
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    event,
    fill,
    log_of,
    user,
    user_key,
)
from placet.testing.store._child import COUNTER, EVERY_PASS, commit_halting, count_up

__all__ = [
    "GRACE",
    "ROUNDS",
    "ThreadsTheme",
    "assert_nothing_lost",
    "assert_one_of_two",
    "at_once",
    "come_between",
    "commit_mine",
    "each_pass",
]

T = TypeVar("T")

THREADS = 4
ROUNDS = 15
PATIENCE = 120.0
GRACE = 0.1
"""Seconds in which another commit may come between; a store that locks it out uses them up."""

each_pass = pytest.mark.parametrize(("what", "passes"), EVERY_PASS)


def at_once(*tasks: Callable[[], T]) -> list[T]:
    """What the tasks return, each run in a thread of its own, started together."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T:
        start.wait(PATIENCE)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(run, task) for task in tasks]]


def assert_nothing_lost(store: Store, numbers: list[int]) -> None:
    """The counter, the numbers written and the log tell the same story."""
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    log = log_of(store)
    assert [int(entry.body) for entry in log] == sorted(numbers)
    assert [entry.seq for entry in log] == sorted(numbers)
    assert [entry.version for entry in log] == sorted(numbers)
    assert chain_fault(Head(), log) is None


def come_between(first: Store, other: Store, what: str, passes: int) -> None:
    """While `first` is in the middle of a commit, `other` commits the same document, or waits."""
    fill(first, user(COUNTER.id, b'"read by both"'))
    halted, done = Event(), Event()

    def halt() -> None:
        halted.set()
        done.wait(GRACE)

    def slow() -> int | None:
        try:
            puts = [user(COUNTER.id, b'"theirs"', expect=1)]
            return commit_halting(first, puts, [event(0, b'"theirs"')], what, passes, halt)
        finally:
            halted.set()

    def quick() -> int | None:
        halted.wait(PATIENCE)
        try:
            return commit_mine(other)
        finally:
            done.set()

    theirs, mine = at_once(slow, quick)
    assert_one_of_two(first, theirs, mine)


def commit_mine(store: Store) -> int | None:
    """The version of the other of two commits; None where it conflicts."""
    try:
        put = user(COUNTER.id, b'"mine"', expect=1)
        return store.commit(ACCOUNT, [put], [event(0, b'"mine"')]).version
    except Conflict:
        return None


def assert_one_of_two(store: Store, theirs: int | None, mine: int | None) -> None:
    """Both commits rested on version 1: one has passed, and document and log are its own."""
    assert sorted((theirs or 0, mine or 0)) == [0, 2]
    winner = b'"theirs"' if theirs else b'"mine"'
    (doc,) = store.get(ACCOUNT, [COUNTER])
    assert doc is not None
    assert (doc.body, doc.version) == (winner, 2)
    assert [entry.body for entry in log_of(store)] == [winner]
    assert store.head(ACCOUNT).version == 2
    assert chain_fault(Head(), log_of(store)) is None


def _until(done: Event) -> Iterator[None]:
    """A round as long as others work, and one more; PATIENCE bounds it, should they never end."""
    end = monotonic() + PATIENCE
    while not done.is_set() and monotonic() < end:
        yield
    yield


class ThreadsTheme(Theme):
    """Several threads on one handle."""

    def test_no_update_is_lost(self, store: Store) -> None:
        """Threads count up one document, each from what it read (failure mode 20)."""
        total = THREADS * ROUNDS
        task = partial(count_up, store, ROUNDS, total)
        numbers = [number for part in at_once(*[task] * THREADS) for number in part]
        assert_nothing_lost(store, numbers)

    @each_pass
    def test_nothing_comes_between_deciding_and_writing(
        self, store: Store, what: str, passes: int
    ) -> None:
        """Two threads rest on the same version: one gets through, whenever they meet."""
        come_between(store, store, what, passes)

    def test_commits_without_expectation_all_pass(self, store: Store) -> None:
        """Losing the race for the head is no conflict; versions and log stay dense."""

        def write(name: str) -> list[int]:
            return [
                store.commit(ACCOUNT, [user(f"{name}-{number}")], [event()]).version
                for number in range(ROUNDS)
            ]

        names = [f"thread-{number}" for number in range(THREADS)]
        parts = at_once(*[partial(write, name) for name in names])
        versions = [version for part in parts for version in part]
        assert sorted(versions) == list(range(1, THREADS * ROUNDS + 1))
        assert [entry.seq for entry in log_of(store)] == sorted(versions)
        assert store.count(ACCOUNT, Query("user")) == len(versions)

    def test_a_document_is_made_once(self, store: Store) -> None:
        """Of several that expect none, one gets through; the others conflict."""

        def make() -> bool:
            try:
                store.commit(ACCOUNT, [user("sam", expect=0)], [event()])
            except Conflict:
                return False
            return True

        assert sorted(at_once(*[make] * THREADS)) == [False] * (THREADS - 1) + [True]
        assert len(log_of(store)) == 1

    def test_a_reader_sees_whole_commits_only(self, store: Store) -> None:
        """Two documents that are always committed together are always the same."""
        pair = [Key("approval", "a"), Key("approval", "b")]
        done = Event()

        def put_both(number: int) -> None:
            body = b"%d" % number
            fill(
                store,
                approval("a", body, created=number, status=str(number)),
                approval("b", body, created=number, status=str(number)),
            )

        def write() -> int:
            try:
                for number in range(1, 4 * ROUNDS):
                    put_both(number)
            finally:
                done.set()
            return 0

        def read() -> int:
            torn = 0
            for _ in _until(done):
                first, second = store.get(ACCOUNT, pair)
                assert first is not None
                assert second is not None
                torn += (first.body, first.version) != (second.body, second.version)
                page = store.find(ACCOUNT, Query("approval", order="created")).docs
                torn += len(page) != 2 or page[0].version != page[1].version
            return torn

        put_both(0)
        assert at_once(write, read, read) == [0, 0, 0]

    def test_a_reader_of_the_log_skips_nothing(self, store: Store) -> None:
        """Going on from the last event seen, while others commit, gives every number once."""
        total = 3 * ROUNDS
        done = Event()

        def write() -> list[int]:
            try:
                for number in range(total):
                    store.commit(ACCOUNT, [user(str(number))], [event()])
            finally:
                done.set()
            return []

        def tail() -> list[int]:
            seen: list[int] = []
            for _ in _until(done):
                seen += [entry.seq for entry in store.events(ACCOUNT, len(seen), 7)]
            return seen + [entry.seq for entry in store.events(ACCOUNT, len(seen), total)]

        assert at_once(write, tail)[1] == list(range(1, total + 1))

    def test_who_sees_an_event_sees_its_commit(self, store: Store) -> None:
        """Head and documents are never behind the log: an event tells of what has happened."""
        total = 3 * ROUNDS
        done = Event()

        def write() -> int:
            try:
                for number in range(1, total + 1):
                    store.commit(ACCOUNT, [user(str(number))], [event(0, b"%d" % number)])
            finally:
                done.set()
            return 0

        def read() -> int:
            early, seen = 0, 0
            for _ in _until(done):
                for entry in store.events(ACCOUNT, seen, 3):
                    seen = entry.seq
                    (doc,) = store.get(ACCOUNT, [user_key(entry.body.decode())])
                    early += doc is None or store.head(ACCOUNT).seq < seen
            return early

        assert at_once(write, read, read) == [0, 0, 0]

    def test_who_sees_a_head_sees_what_it_stands_for(self, store: Store) -> None:
        """The event that it names is there, with its hash (failure mode 20)."""
        done = Event()

        def write() -> int:
            try:
                for number in range(3 * ROUNDS):
                    store.commit(ACCOUNT, [user("sam")], [event(number)])
            finally:
                done.set()
            return 0

        def read() -> int:
            early = 0
            for _ in _until(done):
                head = store.head(ACCOUNT)
                if head.seq:
                    last = store.events(ACCOUNT, head.seq - 1, 1)
                    early += not last or last[0].hash != head.hash
            return early

        assert at_once(write, read, read) == [0, 0, 0]

    def test_accounts_do_not_disturb_each_other(self, store: Store) -> None:
        """Each thread on its own account: no conflict, own numbers."""

        def write(account: str) -> list[int]:
            return [
                store.commit(account, [user("sam", expect=number)], [event()]).seq
                for number in range(ROUNDS)
            ]

        accounts = [f"account-{number}" for number in range(THREADS)]
        parts = at_once(*[partial(write, account) for account in accounts])
        assert parts == [list(range(1, ROUNDS + 1))] * THREADS
