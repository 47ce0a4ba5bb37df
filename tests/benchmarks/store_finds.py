"""Pages and counts among a million documents, over the same among ten thousand."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec
from report import Goal, Report, percentile
from store_worlds import ACCOUNT, MAKERS, World, event_of, now_ms, parts, put_of

from placet.clock import milliseconds
from placet.storage.nouns import label_term
from placet.storage.port import Cursor, Query, Range
from placet_sqlite.store import SQLiteStore

__all__ = ["fill", "measure_finds", "measure_reads"]

_KINDS = ("approval", "assignment")
_AT_ONCE = 10_000
_PAGE = 50
_PENDING: Mapping[str, tuple[str | int, ...]] = {"status": ("pending",)}
GOAL = Goal(1.5)

Shape = Callable[[World, Random], Query]


def _newest(world: World, random: Random, **where: tuple[str | int, ...]) -> Query:
    """A first page of approvals, the newest first: as every list of the services asks."""
    return Query("approval", where=where, order="created", descending=True, limit=_PAGE)


def _pending(world: World, random: Random) -> Query:
    return _newest(world, random, status=("pending",))


def _waiting(world: World, random: Random) -> Query:
    """Pending as of now: what is past its deadline is left out."""
    return msgspec.structs.replace(
        _pending(world, random), range=Range("decide_by", low=now_ms() + 1)
    )


def _overdue(world: World, random: Random) -> Query:
    """What the sweep asks: pending, past the deadline, in the order of ids."""
    past = Range("decide_by", high=now_ms() + 1)
    return Query("approval", where=_PENDING, range=past, limit=_PAGE)


def _deadlines(world: World, random: Random) -> Query:
    """Pending, with a deadline in a stretch of time that holds about sixty."""
    stretch = 60 * 20_000 * 60_000 * 25 // world.total
    low = now_ms() + random.randrange(max(20_000 * 60_000 - stretch, 1))
    soon = Range("decide_by", low=low, high=low + stretch)
    return msgspec.structs.replace(_pending(world, random), range=soon)


def _requester(world: World, random: Random) -> Query:
    return _newest(world, random, requester=(world.requester(random.randrange(world.total)),))


def _own_pending(world: World, random: Random) -> Query:
    who = world.requester(random.randrange(world.total))
    return msgspec.structs.replace(_waiting(world, random), where={**_PENDING, "requester": (who,)})


def _label(world: World, random: Random) -> Query:
    release = world.release(random.randrange(world.total))
    return _newest(world, random, label=(label_term("release", release),))


def _waits_for(world: World, random: Random) -> Query:
    """The inbox: pending as of now, waiting for a person or one of their groups."""
    groups = {world.group(random.randrange(world.groups)) for _ in range(3)}
    names = (world.requester(random.randrange(world.total)), *sorted(groups))
    where = {**_PENDING, "waits_for": names}
    return msgspec.structs.replace(_waiting(world, random), where=where)


def _everyone_waits(world: World, random: Random) -> Query:
    """An inbox that names what every approval waits for."""
    where = {**_PENDING, "waits_for": ("everyone",)}
    return msgspec.structs.replace(_waiting(world, random), where=where)


def _scope(world: World, random: Random) -> Query:
    scope = world.scope(random.randrange(world.total))
    return msgspec.structs.replace(_waiting(world, random), where={**_PENDING, "scope": (scope,)})


def _ended(world: World, random: Random) -> Query:
    """A report: approved of one origin."""
    return _newest(world, random, status=("approved", "rejected"), origin=("http",))


def _assignments(world: World, random: Random) -> Query:
    """The role assignments of a scope, in the order of ids."""
    scope = world.scope(random.randrange(world.total))
    return Query("assignment", where={"scope": (scope,)}, limit=_PAGE)


def _second(world: World, random: Random) -> Query:
    """A page behind a cursor, some way down the list of all that is pending."""
    at = milliseconds(world.created(random.randrange(world.total // 2, world.total)))
    return msgspec.structs.replace(_waiting(world, random), after=Cursor(at, "x"))


def _skipped(world: World, random: Random) -> Query:
    return msgspec.structs.replace(_newest(world, random), skip=min(10_000, world.total * 9 // 10))


SHAPES: Mapping[str, tuple[Shape, Goal | None]] = {
    "pending, newest first": (_pending, GOAL),
    "pending as of now, newest first": (_waiting, GOAL),
    "pending as of now, behind a cursor": (_second, GOAL),
    "pending, past the deadline, by id": (_overdue, GOAL),
    "pending, deadline in a short stretch": (_deadlines, GOAL),
    "by requester": (_requester, GOAL),
    "by requester, pending as of now": (_own_pending, GOAL),
    "by label": (_label, GOAL),
    "waits for one of four, pending as of now": (_waits_for, GOAL),
    "waits for everyone, pending as of now": (_everyone_waits, GOAL),
    "by scope, pending as of now": (_scope, GOAL),
    "ended, of one origin": (_ended, GOAL),
    "assignments of a scope, by id": (_assignments, GOAL),
    "newest first, 10,000 skipped": (_skipped, None),
}
COUNTS: Mapping[str, Shape] = {
    "pending as of now": _waiting,
    "by requester": _requester,
    "waits for one of four, pending as of now": _waits_for,
    "assignments of a scope": _assignments,
}


def fill(report: Report, path: Path, total: int) -> World:
    """A store of so many approvals and as many assignments, in commits of 10,000 documents."""
    world = World(total)
    store = SQLiteStore(path)
    for kind in _KINDS:
        spent = 0.0
        for numbers in parts(total, _AT_ONCE):
            nouns = [MAKERS[kind](world, number) for number in numbers]
            puts = [put_of(noun) for noun in nouns]
            events = [event_of(noun) for noun in nouns[:100]]
            start = time.perf_counter()
            store.commit(ACCOUNT, puts, events)
            spent += time.perf_counter() - start
        report.add(f"fill, {total:,} of kind {kind}", total / spent, "a second")
    store.close()
    return world


def measure_finds(
    report: Report, small: tuple[Path, World], large: tuple[Path, World], calls: int
) -> None:
    """Every shape on both stores in turn, each call with names of its own.

    Before each shape both files are read once: what is compared is work, not a disk's.
    """
    sizes = f"{large[1].total:,} documents over {small[1].total:,}"
    stores = [(SQLiteStore(path), world) for path, world in (small, large)]
    report.title(f"find, a page of {_PAGE} among {sizes}; ratio of medians of {calls} calls")
    for name, (shape, goal) in SHAPES.items():
        for path, _ in (small, large):
            _read_once(path)
        spent = _both(stores, shape, calls, SQLiteStore.find)
        _ratio(report, f"find, {name}", spent, goal)
    report.title(f"count among {sizes}: it passes over all that match")
    for name, shape in COUNTS.items():
        _ratio(report, f"count, {name}", _both(stores, shape, calls, SQLiteStore.count), None)
    for store, _ in stores:
        store.close()


def _read_once(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        room = bytearray(2**20)
        while file.readinto(room):
            pass


def _both(
    stores: Sequence[tuple[SQLiteStore, World]],
    shape: Shape,
    calls: int,
    ask: Callable[[SQLiteStore, str, Query], object],
) -> list[list[float]]:
    """The milliseconds of each call, of the small store and of the large one."""
    spent: list[list[float]] = [[], []]
    for number in range(calls + calls // 5):
        for (store, world), each in zip(stores, spent, strict=True):
            query = shape(world, Random(number))
            start = time.perf_counter()
            ask(store, ACCOUNT, query)
            each.append((time.perf_counter() - start) * 1000)
    # The first calls warm up.
    return [each[calls // 5 :] for each in spent]


def _ratio(report: Report, name: str, spent: Sequence[Sequence[float]], goal: Goal | None) -> None:
    small, large = spent
    report.add(
        name,
        statistics.median(large) / statistics.median(small),
        "times",
        goal=goal,
        note=f"p50 {statistics.median(large):.2f} ms over {statistics.median(small):.2f} ms; "
        f"p99 {percentile(large, 0.99):.2f} over {percentile(small, 0.99):.2f}",
    )


def measure_reads(report: Report, path: Path, world: World, calls: int) -> None:
    """A document by its key, a page of the log, and a store that is opened anew."""
    report.title(f"Other reads, among {world.total:,} approvals and as many assignments")
    random = Random(1)
    keys = [put_of(world.assignment(random.randrange(world.total))).key for _ in range(calls)]
    store = SQLiteStore(path)
    last = store.head(ACCOUNT).seq

    def get(number: int) -> None:
        assert store.get(ACCOUNT, (keys[number],))[0] is not None, "it was filled in"

    def events(number: int) -> None:
        store.events(ACCOUNT, random.randrange(max(last - 100, 1)), 100)

    def reopen(number: int) -> None:
        again = SQLiteStore(path)
        again.get(ACCOUNT, (keys[number],))
        again.close()

    _times(report, "get, one document by key", get, calls)
    _times(report, "events, a page of 100", events, calls)
    _times(report, "reopen, and first get", reopen, min(calls, 50))
    store.close()


def _times(report: Report, name: str, call: Callable[[int], None], calls: int) -> None:
    spent = []
    for number in range(calls):
        start = time.perf_counter()
        call(number)
        spent.append((time.perf_counter() - start) * 1000)
    report.add(name, statistics.median(spent), "ms", note=f"p99 {percentile(spent, 0.99):.2f} ms")
