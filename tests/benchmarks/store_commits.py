"""A commit of one document and one event, over a transaction of the same durability by hand."""

import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from report import Goal, Report
from store_worlds import ACCOUNT, MAKERS, World, event_of, parts, put_of

from placet.storage.port import NewEvent, Put
from placet_sqlite.address import Synchronous
from placet_sqlite.layout import TABLES, bring_up_to_date
from placet_sqlite.store import SQLiteStore

__all__ = ["Raw", "measure_commits"]

Pair = tuple[Put, NewEvent]
Commit = Callable[[str, Sequence[Put], Sequence[NewEvent]], object]
GOAL = Goal(0.6, at_least=True)


class Raw:
    """What somebody would write by hand: a head that is compared and set, a table, and a log."""

    def __init__(self, path: Path, synchronous: Synchronous) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        run = self.connection.execute
        run("PRAGMA journal_mode = WAL")
        run(f"PRAGMA synchronous = {synchronous}")
        run(
            "CREATE TABLE head (account TEXT PRIMARY KEY, version INTEGER NOT NULL, "
            "seq INTEGER NOT NULL)"
        )
        run(
            "CREATE TABLE doc (account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
            "version INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (account, kind, id))"
        )
        run(
            "CREATE TABLE log (account TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, "
            "PRIMARY KEY (account, seq))"
        )
        run("INSERT INTO head VALUES (?, 0, 0)", (ACCOUNT,))

    def commit(self, account: str, puts: Sequence[Put], events: Sequence[NewEvent]) -> None:
        """Read the head, compare and set it, insert, commit."""
        run = self.connection.execute
        run("BEGIN IMMEDIATE")
        row = run("SELECT version, seq FROM head WHERE account = ?", (account,)).fetchone()
        version, seq = row
        done = run(
            "UPDATE head SET version = ?, seq = ? WHERE account = ? AND version = ?",
            (version + 1, seq + len(events), account, version),
        )
        assert done.rowcount == 1, "nobody else writes"
        for put in puts:
            self.insert(account, version + 1, put)
        for at, event in enumerate(events, seq + 1):
            run("INSERT INTO log VALUES (?, ?, ?)", (account, at, event.body))
        run("COMMIT")

    def insert(self, account: str, version: int, put: Put) -> None:
        """Insert a document."""
        self.connection.execute(
            "INSERT INTO doc VALUES (?, ?, ?, ?, ?)",
            (account, put.key.kind, put.key.id, version, put.body),
        )


class Indexed(Raw):
    """The same by hand, with the indexes that the kinds declare: so that lists are as fast."""

    def __init__(self, path: Path, synchronous: Synchronous) -> None:
        super().__init__(path, synchronous)
        bring_up_to_date(self.connection)

    def insert(self, account: str, version: int, put: Put) -> None:
        """Insert a document into the table of its kind, and its members beside it."""
        table, index = TABLES[put.key.kind], put.index
        columns = "".join(f', "{field}"' for field in table.fields)
        marks = ", ?" * len(table.fields)
        self.connection.execute(
            f"INSERT INTO {table.name} (account, id, version, body{columns}) "
            f"VALUES (1, ?, ?, ?{marks})",
            (put.key.id, version, put.body, *(index.get(field) for field in table.fields)),
        )
        if table.texts:
            place = index[table.main_order]
            self.connection.executemany(
                f"INSERT INTO {table.members} VALUES (1, ?, ?, ?, ?)",
                [
                    (field, member, place, put.key.id)
                    for field in table.texts
                    if isinstance(members := index.get(field), tuple)
                    for member in set(members)
                ],
            )


def measure_commits(report: Report, folder: Path, *, before: int, rounds: int, each: int) -> None:
    """Rounds of store and raw in turn, on files that hold `before` documents of each kind."""
    report.title(
        f"Commits of one document and one event, over raw SQLite; {rounds} rounds of {each} in "
        f"turn, on {before:,} documents of each kind; mix: the four kinds in turn"
    )
    for synchronous in get_args(Synchronous):
        full = synchronous == "full"
        for what in ("mix", *MAKERS) if full else ("mix",):
            place = folder / f"commits-{synchronous}-{what}"
            place.mkdir()
            store, raw = _rates(place, Raw, synchronous, what, before, rounds, each)
            report.add(
                f"commit, {synchronous}, {what}",
                store / raw,
                "of raw",
                goal=GOAL if full and what == "mix" else None,
                note=f"{store:,.0f} over {raw:,.0f} a second",
            )
    for what in ("mix", *MAKERS):
        place = folder / f"commits-indexed-{what}"
        place.mkdir()
        store, raw = _rates(place, Indexed, "full", what, before, rounds, each)
        report.add(
            f"commit, full, {what}, indexes on both sides",
            store / raw,
            "of raw",
            note=f"{store:,.0f} over {raw:,.0f} a second",
        )


def _rates(
    place: Path,
    by_hand: type[Raw],
    synchronous: Synchronous,
    what: str,
    before: int,
    rounds: int,
    each: int,
) -> tuple[float, float]:
    """The medians of commits a second, of the store and by hand."""
    kinds = tuple(MAKERS) if what == "mix" else (what,)
    measured = (rounds + 1) * each
    world = World(before + measured)
    store = SQLiteStore(place / "store.db", synchronous=synchronous)
    raw = by_hand(place / "raw.db", synchronous)
    for kind in kinds:
        for numbers in parts(before, 10_000):
            nouns = [MAKERS[kind](world, number) for number in numbers]
            puts = [put_of(noun) for noun in nouns]
            events = [event_of(noun) for noun in nouns]
            store.commit(ACCOUNT, puts, events)
            raw.commit(ACCOUNT, puts, events)
    rates: tuple[list[float], list[float]] = ([], [])
    for round in range(rounds + 1):
        first = before + round * each
        pairs: list[Pair] = []
        for number in range(first, first + each):
            noun = MAKERS[kinds[number % len(kinds)]](world, number)
            pairs.append((put_of(noun), event_of(noun)))
        rates[0].append(_rate(store.commit, pairs))
        rates[1].append(_rate(raw.commit, pairs))
    store.close()
    raw.connection.close()
    # The first round warms up.
    return statistics.median(rates[0][1:]), statistics.median(rates[1][1:])


def _rate(commit: Commit, pairs: Sequence[Pair]) -> float:
    start = time.perf_counter()
    for put, event in pairs:
        commit(ACCOUNT, (put,), (event,))
    return len(pairs) / (time.perf_counter() - start)
