"""The other process: opens the data as any program would, and does what it is told, line by line.

Run as a file, with the name of the plugin's module and the URL. Each line of the standard input is
a task as JSON, a list of its name and its arguments; each is answered by one line of JSON on the
standard output. It imports neither pytest nor the kit, and so starts quickly.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from time import monotonic
from typing import Any, TypeVar, overload

import msgspec

from placet.errors import Conflict
from placet.storage.port import Key, NewEvent, Put, Query, Store
from placet.storage.sealing import new_event

__all__ = [
    "COUNTER",
    "DIED",
    "EVERY_PASS",
    "HALVES",
    "commit_halting",
    "count_up",
    "pair",
    "view",
]

ACCOUNT = "acme"
COUNTER = Key("user", "counter")
HALVES = 40
"""Documents, and events, of the commit in which a process dies."""
DIED = 86
"""The exit code of a process that died as it was told to."""

EVERY_PASS = [
    *(("changes", 1), ("changes", 2), ("changes", 3), ("changes", 4)),
    *(("events", 1), ("events", 2), ("events", 3)),
]
"""What a store reads of a commit, and how often: more than most stores do."""

T = TypeVar("T")


def view(store: Store) -> Any:
    """All that a reader sees of the data, as plain values that two processes can compare."""
    accounts = store.accounts()
    seen = [
        (
            account,
            store.head(account),
            store.events(account, 0, 10_000),
            [store.find(account, Query(kind, limit=1000)).docs for kind in ("user", "approval")],
        )
        for account in accounts
    ]
    return json.loads(msgspec.json.encode(seen, enc_hook=_plain))


def _plain(value: object) -> object:
    """An index may be any mapping."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{value!r} is nothing that a store gives back")


def count_up(store: Store, rounds: int, most: int) -> list[int]:
    """Add one to the counter so many times, each with one event; the numbers written.

    Each attempt that fails means that somebody else got through, so `most` bounds the attempts.
    """
    written: list[int] = []
    for _ in range(most):
        (doc,) = store.get(ACCOUNT, [COUNTER])
        number = int(doc.body) + 1 if doc else 1
        body = b"%d" % number
        put = Put(COUNTER, body, {}, expect=doc.version if doc else 0)
        try:
            store.commit(ACCOUNT, [put], [new_event(0, body)])
        except Conflict:
            continue
        written.append(number)
        if len(written) == rounds:
            return written
    raise AssertionError(f"{most} attempts gave only {len(written)} of {rounds} commits")


def pair(number: int) -> tuple[list[Put], list[NewEvent]]:
    """Two documents and an event that belong together."""
    body = b"%d" % number
    puts = [Put(Key("approval", id), body, {"created": 0, "deadline": 0}) for id in ("a", "b")]
    return puts, [new_event(0, body)]


def _view(store: Store) -> Any:
    return view(store)


def _put(store: Store, id: str, expect: int | None, events: int) -> Any:
    """The version of a commit of one user; None where it conflicts."""
    puts = [Put(Key("user", id), b"{}", {"bundle": "\U0001f511"}, expect)]
    try:
        return store.commit(ACCOUNT, puts, [new_event(0, b"{}")] * events).version
    except Conflict:
        return None


def _put_many(store: Store, name: str, rounds: int) -> list[int]:
    return [_put(store, f"{name}-{number}", None, 1) for number in range(rounds)]


def _follow(store: Store, total: int, patience: float) -> list[int]:
    """Reads the log as it grows, from the last event seen, until there are so many."""
    seen: list[int] = []
    end = monotonic() + patience
    while len(seen) < total and monotonic() < end:
        seen += [entry.seq for entry in store.events(ACCOUNT, len(seen), 7)]
    return seen


def _write_on(store: Store, most: int) -> None:
    """Commits pair after pair, and says so after each; meant to be killed."""
    first = store.head(ACCOUNT).version + 1
    for number in range(first, first + most):
        _answer(store.commit(ACCOUNT, *pair(number)).version)


class Halting(Sequence[T]):
    """A sequence that calls `then` when it is half read for the nth time.

    A store reads what it is given several times: to check it, to decide, to write. Here something
    can happen in between, at a place that no scheduler would find so reliably.
    """

    def __init__(self, items: Sequence[T], passes: int, then: Callable[[], object]) -> None:
        self._items = items
        self._passes = passes
        self._then = then

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        return self._items[at]

    def __iter__(self) -> Iterator[T]:
        self._passes -= 1
        half = len(self._items) // 2
        yield from islice(self._items, half)
        if not self._passes:
            self._then()
        yield from islice(self._items, half, None)


def commit_halting(
    store: Store,
    puts: Sequence[Put],
    events: Sequence[NewEvent],
    what: str,
    passes: int,
    then: Callable[[], object],
) -> int | None:
    """The version of a commit in which `then` is called while the store reads the changes, or the
    events, for the nth time; None where it conflicts.
    """
    try:
        return store.commit(
            ACCOUNT,
            Halting(puts, passes, then) if what == "changes" else puts,
            Halting(events, passes, then) if what == "events" else events,
        ).version
    except Conflict:
        return None


def _die_committing(store: Store, what: str, passes: int) -> int | None:
    puts = [Put(Key("user", f"half-{number}"), b"{}", {}) for number in range(HALVES)]
    # No handler runs, no buffer is flushed, nothing is closed: as if it were killed.
    return commit_halting(
        store, puts, [new_event(0, b"{}")] * HALVES, what, passes, lambda: os._exit(DIED)
    )


def _wait_committing(store: Store, what: str, passes: int) -> int | None:
    """Stops in the middle of a commit, says so, and goes on at the next line of input."""

    def wait() -> None:
        _answer("waiting")
        sys.stdin.readline()

    puts = [Put(COUNTER, b'"theirs"', {}, expect=1)]
    return commit_halting(store, puts, [new_event(0, b'"theirs"')], what, passes, wait)


def _close(store: Store) -> bool:
    store.close()
    return True


def _exit(store: Store) -> None:
    os._exit(DIED)


TASKS: Mapping[str, Callable[..., Any]] = {
    "view": _view,
    "put": _put,
    "put_many": _put_many,
    "count_up": count_up,
    "follow": _follow,
    "write_on": _write_on,
    "die_committing": _die_committing,
    "wait_committing": _wait_committing,
    "close": _close,
    "exit": _exit,
}


def _answer(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _main(plugin: str, url: str) -> None:
    store = import_module(plugin).placet_open_store(url=url)
    if store is None:
        raise SystemExit(f"the plugin {plugin} does not open {url!r}")
    _answer("open")
    while line := sys.stdin.readline():
        name, *arguments = json.loads(line)
        _answer(TASKS[name](store, *arguments))
    # The input has ended: so does the process, and nobody closes the store.


if __name__ == "__main__":
    _main(*sys.argv[1:])
