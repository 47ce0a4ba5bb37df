"""How soon another process has read a change."""

import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from report import Goal, Report, percentile
from store_worlds import ACCOUNT, World, event_of, put_of

from placet_sqlite.store import SQLiteStore

__all__ = ["measure_watch"]

GOAL = Goal(20)


def measure_watch(report: Report, folder: Path, *, changes: int) -> None:
    """Commit here, wait there; from before the commit until the event was read from the log."""
    report.title(f"A change seen by another process, over {changes} changes")
    path = folder / "watch.db"
    world = World(changes)
    store = SQLiteStore(path)
    store.commit(ACCOUNT, (), (event_of(world.user(changes)),))
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_watch, args=(path, there))
    child.start()
    seq = _told(here)[0]
    random = Random(7)
    spent, behind = [], []
    for number in range(changes):
        # At any moment of the other's waiting.
        time.sleep(random.uniform(0.005, 0.015))
        user = world.user(number)
        change, event = put_of(user), event_of(user)
        start = time.monotonic_ns()
        store.commit(ACCOUNT, (change,), (event,))
        done = time.monotonic_ns()
        seq += 1
        read, at = _told(here)
        assert read == seq, f"event {read} was read, not {seq}"
        spent.append((at - start) / 1e6)
        behind.append((at - done) / 1e6)
    here.send(None)
    child.join()
    store.close()
    report.add("watch, from before the commit, p50", statistics.median(spent), "ms", goal=GOAL)
    report.add("watch, from before the commit, p99", percentile(spent, 0.99), "ms")
    report.add("watch, behind the commit, p50", statistics.median(behind), "ms")


def _told(pipe: Connection) -> tuple[int, int]:
    """What the other process has read, and when."""
    if not pipe.poll(30):
        raise SystemExit("the other process did not answer")
    seq, at = pipe.recv()
    return int(seq), int(at)


def _watch(path: Path, pipe: Connection) -> None:
    """Tell of every event, at once when it was read, until told to stop."""
    store = SQLiteStore(path)
    store.wait(0)
    seq = store.head(ACCOUNT).seq
    pipe.send((seq, time.monotonic_ns()))
    while not pipe.poll():
        if store.wait(0.5):
            for event in store.events(ACCOUNT, seq, 100):
                seq = event.seq
                pipe.send((seq, time.monotonic_ns()))
    store.close()
