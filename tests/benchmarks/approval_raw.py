"""What somebody would write by hand who keeps the same facts in SQLite, as durably."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from approval_engine import Commit, Round

from placet.storage.port import Put
from placet_sqlite.layout import TABLES, bring_up_to_date

__all__ = ["Bare", "IndexedRaw", "Raw"]

_FACTS = ("approval", "grant")


class Raw:
    """Tables with a primary key, a head that is compared and set, and a chained log.

    Bodies and events come ready made: only what SQLite does is counted. A review reads the
    approval first, and is refused where that has moved since.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _opened(path)
        self._run = run = self._connection.execute
        run("CREATE TABLE head (seq INTEGER NOT NULL, hash BLOB NOT NULL)")
        run("INSERT INTO head VALUES (0, zeroblob(32))")
        run(
            "CREATE TABLE log (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL, "
            "hash BLOB NOT NULL)"
        )
        self.make_tables()

    def round(self, round: Round) -> None:
        """Ask and approve: two transactions."""
        asked = next(put for put in _puts(round.requested) if put.key.kind == "approval")
        self._commit(round.requested, {})
        version = self.version_of(asked)
        self._commit(round.reviewed, {asked.key.id: (asked, version)})

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _commit(self, commit: Commit, known: dict[str, tuple[Put, int]]) -> None:
        run = self._run
        run("BEGIN IMMEDIATE")
        seq, hash = run("SELECT seq, hash FROM head").fetchone()
        for put in _puts(commit):
            before = known.get(put.key.id)
            if before is None:
                self.insert(put, seq)
            else:
                self.update(put, seq, *before)
        entries = []
        for event in commit.events:
            seq += 1
            hash = hashlib.sha256(hash + event.digest).digest()
            entries.append((seq, event.at, event.body, hash))
        self._connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", entries)
        run("UPDATE head SET seq = ?, hash = ?", (seq, hash))
        run("COMMIT")

    # -- one table for each kind -----------------------------------------------------------------

    def make_tables(self) -> None:
        """Make them, in a file that has the head and the log."""
        for kind in _FACTS:
            self._run(
                f'CREATE TABLE "{kind}" (id TEXT PRIMARY KEY, version INTEGER NOT NULL, '
                "body BLOB NOT NULL) WITHOUT ROWID"
            )

    def version_of(self, put: Put) -> int:
        """Read a document, and say where it stands."""
        row = self._run(
            f'SELECT version, body FROM "{put.key.kind}" WHERE id = ?', (put.key.id,)
        ).fetchone()
        return int(row[0])

    def insert(self, put: Put, version: int) -> None:
        """Store a new document."""
        if put.key.kind in _FACTS:
            self._run(
                f'INSERT INTO "{put.key.kind}" VALUES (?, ?, ?)', (put.key.id, version, put.body)
            )

    def update(self, put: Put, version: int, before: Put, expected: int) -> None:
        """Store a document again, if it is still that of `expected`."""
        done = self._run(
            f'UPDATE "{put.key.kind}" SET version = ?, body = ? WHERE id = ? AND version = ?',
            (version, put.body, put.key.id, expected),
        )
        assert done.rowcount == 1, "nobody else writes"


class Bare:
    """Two transactions that each change one small row: no round can be faster on this disk."""

    def __init__(self, path: Path) -> None:
        self._connection = _opened(path)
        self._connection.execute("CREATE TABLE one (number INTEGER NOT NULL)")
        self._connection.execute("INSERT INTO one VALUES (0)")

    def round(self, number: int) -> None:
        """Commit twice."""
        self._connection.execute("UPDATE one SET number = ?", (number,))
        self._connection.execute("UPDATE one SET number = -?", (number,))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class IndexedRaw(Raw):
    """The same by hand, with every document, column and index that placet keeps: lists and sweeps
    are then as fast.
    """

    def make_tables(self) -> None:
        """Make the tables of the plugin."""
        bring_up_to_date(self._connection)

    def version_of(self, put: Put) -> int:
        """Read a document, and say where it stands."""
        row = self._run(
            f"SELECT version, body FROM {TABLES[put.key.kind].name} WHERE account = 1 AND id = ?",
            (put.key.id,),
        ).fetchone()
        return int(row[0])

    def insert(self, put: Put, version: int) -> None:
        """Store a new document, with what it is found by."""
        table = TABLES[put.key.kind]
        columns = "".join(f', "{field}"' for field in table.fields)
        self._run(
            f"INSERT INTO {table.name} (account, id, version, body{columns}) "
            f"VALUES (1, ?, ?, ?{', ?' * len(table.fields)})",
            (put.key.id, version, put.body, *(put.index.get(field) for field in table.fields)),
        )
        self._insert_members(put, _members(put))

    def update(self, put: Put, version: int, before: Put, expected: int) -> None:
        """Store a document again, and move what it is found by."""
        table = TABLES[put.key.kind]
        moved = [one for one in table.fields if put.index.get(one) != before.index.get(one)]
        done = self._run(
            f"UPDATE {table.name} SET version = ?, body = ?"
            + "".join(f', "{field}" = ?' for field in moved)
            + " WHERE account = 1 AND id = ? AND version = ?",
            (
                *(version, put.body),
                *(put.index.get(field) for field in moved),
                *(put.key.id, expected),
            ),
        )
        assert done.rowcount == 1, "nobody else writes"
        was, now = set(_members(before)), set(_members(put))
        place = put.index[table.main_order]
        self._connection.executemany(
            f"DELETE FROM {table.members} "
            "WHERE account = 1 AND field = ? AND value = ? AND place = ? AND id = ?",
            [(*member, place, put.key.id) for member in was - now],
        )
        self._insert_members(put, now - was)

    def _insert_members(self, put: Put, members: Sequence[Any] | set[Any]) -> None:
        table = TABLES[put.key.kind]
        if members:
            place = put.index[table.main_order]
            self._connection.executemany(
                f"INSERT INTO {table.members} VALUES (1, ?, ?, ?, ?)",
                [(*member, place, put.key.id) for member in members],
            )


def _opened(path: Path) -> sqlite3.Connection:
    """A file that has every commit on the disk before it returns, as placet's has."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _puts(commit: Commit) -> Iterator[Put]:
    return (change for change in commit.changes if isinstance(change, Put))


def _members(put: Put) -> list[tuple[str, str]]:
    """The fields of texts, a pair for each text."""
    return [
        (field, member)
        for field in TABLES[put.key.kind].texts
        if isinstance(members := put.index.get(field), tuple)
        for member in set(members)
    ]
