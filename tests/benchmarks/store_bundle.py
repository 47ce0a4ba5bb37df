"""A bundle of many assignments, over the same rows written by hand."""

import sqlite3
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from report import Goal, Report

import placet_sqlite
from placet import SYSTEM, Placet
from placet.bundle import Bundle, loads
from placet.hooks import hookimpl
from placet.storage.port import Change, Committed, NewEvent, Put, Store
from placet_sqlite.address import parse_address
from placet_sqlite.store import SQLiteStore

__all__ = ["measure_bundle"]

GOAL = Goal(15)


class _Timed(SQLiteStore):
    """A store that knows how long its commits took, and keeps the changes of the largest."""

    spent = 0.0
    changes: Sequence[Change] = ()

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        start = time.perf_counter()
        try:
            return super().commit(account, changes, events)
        finally:
            self.spent += time.perf_counter() - start
            self.changes = max(self.changes, changes, key=len)


class _Plugin:
    """Opens a timed store where the plugin would open one."""

    def __init__(self) -> None:
        self.store: _Timed | None = None

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        if not url.startswith("sqlite:"):
            return placet_sqlite.placet_open_store(url)
        self.store = _Timed(parse_address(url).path)
        return self.store


def measure_bundle(report: Report, folder: Path, *, assignments: int, times: int) -> None:
    """Apply it to a new file, and write its rows to another, in turn."""
    report.title(f"A bundle of {assignments:,} assignments, its file read already; {times} times")
    bundle = loads(_text(assignments), "json")
    wholes, commits, raws = [], [], []
    for number in range(times):
        whole, commit, changes = _apply(folder / f"bundle-{number}.db", bundle)
        wholes.append(whole)
        commits.append(commit)
        raws.append(_by_hand(folder / f"raw-{number}.db", changes))
    whole, commit, raw = (statistics.median(each) for each in (wholes, commits, raws))
    report.add(
        "bundle, over executemany of its rows",
        whole / raw,
        "times",
        goal=GOAL,
        note=f"{whole:.2f} s over {raw:.3f} s",
    )
    report.add("bundle, of that decide and encode", (whole - commit) / raw, "times")
    report.add("bundle, of that the store's commit", commit / raw, "times", note=f"{commit:.2f} s")


def _text(assignments: int) -> str:
    """Each of ten thousand people, at most, in some of a thousand projects."""
    entries = [
        {
            "to": [f"user:person.{number % 10_000:06}"],
            "role": f"deployer-{number % 30}",
            "scope": f"org{number % 1000 % 50:02}/project{number // 100 % 1000:05}",
            "expires_at": "2027-01-01T00:00:00Z",
        }
        for number in range(assignments)
    ]
    roles = [{"id": f"deployer-{at}", "permissions": ["release.deploy"]} for at in range(30)]
    document = {
        "bundle": "platform",
        "permissions": ["release.deploy"],
        "roles": roles,
        "assignments": entries,
    }
    return msgspec.json.encode(document).decode()


def _apply(path: Path, bundle: Bundle) -> tuple[float, float, Sequence[Change]]:
    """The seconds of all of it, those in the store's commit, and what was committed."""
    plugin = _Plugin()
    with Placet.open(f"sqlite:///{path}", plugins=(plugin,)) as placet:
        start = time.perf_counter()
        placet.apply(bundle, actor=SYSTEM)
        whole = time.perf_counter() - start
    assert plugin.store is not None, "applying has opened it"
    return whole, plugin.store.spent, plugin.store.changes


def _by_hand(path: Path, changes: Sequence[Change]) -> float:
    """The seconds for the same bodies in one transaction, on a plain table."""
    rows = [
        (change.key.kind, change.key.id, 1, change.body)
        for change in changes
        if isinstance(change, Put)
    ]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE doc (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, "
        "body BLOB NOT NULL, PRIMARY KEY (kind, id))"
    )
    start = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO doc VALUES (?, ?, ?, ?)", rows)
    connection.execute("COMMIT")
    spent = time.perf_counter() - start
    connection.close()
    return spent
