"""Goals about placet alone, each measured in a process of its own; prints JSON.

    cold FOLDER FILE      from a SQLite file to the first answer
    read FOLDER FILE      the same rows with bare sqlite3, each body decoded into its noun, let go
    apply FOLDER          one change after the other through the service, and readers meanwhile

`fill` makes the file. All of it is about one account that holds the whole size.
"""

import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from access_model import Query
from access_store import KINDS, CataloguePlugin, puts_of
from access_world import World

import placet_sqlite
from placet import SYSTEM, Assignment, Placet
from placet.model import Noun
from placet.storage.nouns import noun_type
from placet.storage.port import Put

__all__ = ["fill", "main"]

CHANGES, WARM_CHANGES = 300, 20
READS_S = 5.0
PAUSE_S = 0.005
"""Between two changes while readers are measured: 200 a second, at most."""
_BATCH = 20_000

_clock = time.perf_counter_ns
_Data = TypeVar("_Data")


class _Body(msgspec.Struct, Generic[_Data]):
    format: int
    data: _Data


def fill(world: World, url: str) -> Placet:
    """An engine on the store at `url`, with the one account of `world` in it."""
    engine = Placet.open(url, account=world.names[0], plugins=_plugins(world))
    for batch in _batches(puts_of(world.account(world.names[0]))):
        engine.store.commit(world.names[0], batch, [])
    return engine


def _plugins(world: World) -> list[object]:
    return [CataloguePlugin(world), placet_sqlite]  # named, so that placet need not be installed


def _batches(puts: Iterable[Put]) -> Iterator[list[Put]]:
    going = iter(puts)
    while batch := list(islice(going, _BATCH)):
        yield batch


def cold(world: World, file: str) -> dict[str, float]:
    """The processor's seconds from nothing open to the first answer."""
    (query, answer) = _first(world)
    start = time.process_time()
    with Placet.open(f"sqlite:///{file}", account=query.account, plugins=_plugins(world)) as engine:
        got = engine.check(query.principal, query.permission, query.resource, scope=query.scope)
        took = time.process_time() - start
    assert got is answer, "the first answer is right"
    return {"cold_s": took}


def read(world: World, file: str) -> dict[str, float]:
    """The processor's seconds for the rows alone."""
    decoders: dict[str, msgspec.json.Decoder[Any]] = {
        kind: _decoder(noun_type(kind)) for kind in KINDS
    }
    start = time.process_time()
    with closing(sqlite3.connect(file)) as connection:
        for kind, decoder in decoders.items():
            for _, _, body in connection.execute(f"SELECT id, version, body FROM placet_{kind}"):
                decoder.decode(body)
    return {"read_s": time.process_time() - start}


def _decoder(noun: type[Noun]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_Body[noun])  # type: ignore[valid-type]  # made at run time


def _first(world: World) -> tuple[Query, bool]:
    asked = world.questions()
    return asked.verify[0], asked.verify_answers[0]


def apply(world: World) -> dict[str, float]:
    """One change after the other on the whole size, and what readers see of it."""
    engine = fill(world, "memory://")
    asked = world.questions().bulk
    users = [query.principal for query in asked]
    _read_for(engine, asked, 1.0)
    number = iter(range(10**9))

    def change() -> None:
        at = next(number)
        engine.assignments.create(
            Assignment(
                id=f"new{at}", principal=users[at % len(users)], role="r1", resource_group=None
            ),
            actor=SYSTEM,
        )

    for _ in range(WARM_CHANGES):
        change()
    busy = time.thread_time_ns()
    spent = sorted(_nanoseconds(change) for _ in range(CHANGES))
    busy = time.thread_time_ns() - busy
    quiet = _read_for(engine, asked, READS_S)
    stopping = threading.Event()
    made: list[int] = []

    def write() -> None:
        while not stopping.wait(PAUSE_S):
            made.append(_nanoseconds(change))

    writer = threading.Thread(target=write)
    writer.start()
    during = _read_for(engine, asked, READS_S)
    stopping.set()
    writer.join()
    return {
        "apply_p50_us": statistics.median(spent) / 1000,
        "apply_p99_us": spent[len(spent) * 99 // 100] / 1000,
        "apply_processor_us": busy / CHANGES / 1000,
        "apply_size": world.size,
        "changes": len(made),
        **_percentiles("quiet", quiet),
        **_percentiles("reader", during),
    }


def _nanoseconds(call: Callable[[], None]) -> int:
    start = _clock()
    call()
    return _clock() - start


def _read_for(engine: Placet, queries: list[Query], seconds: float) -> list[int]:
    """The nanoseconds of each check of a reader that asks one after the other for so long."""
    spent: list[int] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for _, principal, permission, resource, scope in queries[: len(queries) // 10]:
            start = _clock()
            engine.check(principal, permission, resource, scope=scope)
            spent.append(_clock() - start)
    return sorted(spent)


def _percentiles(name: str, spent: list[int]) -> dict[str, float]:
    return {
        f"{name}_p50_us": spent[len(spent) // 2] / 1000,
        f"{name}_p99_us": spent[len(spent) * 99 // 100] / 1000,
    }


def main(what: str, folder: str, *rest: str) -> None:
    """Measure one of them."""
    world = World(Path(folder))
    found = apply(world) if what == "apply" else {"cold": cold, "read": read}[what](world, *rest)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
