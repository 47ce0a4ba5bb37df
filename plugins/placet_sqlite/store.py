"""The store: the port, a line or two a method."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from placet.errors import PlacetError
from placet.storage.kinds import check_changes, check_events, check_query
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Head,
    Joined,
    Key,
    NewEvent,
    Page,
    Query,
    StoredEvent,
)
from placet_sqlite import upkeep
from placet_sqlite.address import Synchronous
from placet_sqlite.connections import Connections
from placet_sqlite.driver import reading
from placet_sqlite.joined import JoinedStore
from placet_sqlite.layout import TABLES
from placet_sqlite.pages import count_docs, find_docs
from placet_sqlite.reading import (
    last_turn,
    moved_since,
    read_accounts,
    read_docs,
    read_events,
    read_head,
    scan_docs,
)
from placet_sqlite.writing import write_commit

__all__ = ["SQLiteStore"]

_LOOK_S = 0.004
"""How often a thread that waits looks, in seconds; one look is some microseconds."""


class SQLiteStore:
    """All accounts in one SQLite file. Any thread may call any method, any process may open it.

    `synchronous` and `timeout_s` are those of `placet_sqlite.address.Address`. The file is opened,
    and made where it is missing, at first use, and again after a fork; its folder has to be there.
    Tables of an application may stand in the same file.
    """

    def __init__(
        self, path: Path, *, synchronous: Synchronous = "full", timeout_s: float = 10.0
    ) -> None:
        self._connections = Connections(path, synchronous=synchronous, timeout_s=timeout_s)
        self._seen = threading.local()
        self._first_seen: int | None = None

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Accounts that have had a commit, in code-point order, behind `after`."""
        with self._connections.one() as connection:
            return read_accounts(connection, after, limit)

    def head(self, account: str) -> Head:
        """Where the account stands."""
        with self._connections.one() as connection:
            return read_head(connection, account)

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        """The documents under `keys`, in that order, None for none: all of one moment."""
        with self._connections.one() as connection:
            if len(keys) == 1:
                return read_docs(connection, account, keys)
            with reading(connection):
                return read_docs(connection, account, keys)

    def find(self, account: str, query: Query) -> Page:
        """One page. Raises Invalid for a query that its kind does not declare."""
        check_query(query)
        with self._one_moment(query.kind) as connection:
            return find_docs(connection, account, query)

    def count(self, account: str, query: Query) -> int:
        """How many documents match, whatever `order`, `after`, `skip` and `limit` say."""
        check_query(query)
        with self._one_moment(query.kind) as connection:
            return count_docs(connection, account, query)

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        """Apply all changes and append all events, or nothing; durable when it returns.

        Raises Conflict naming every key whose `expect` failed; Invalid for a key named twice, a
        change that its kind does not declare, or a value that is not UTF-8; Unavailable where the
        file stays locked, is read-only, or the disk is full.
        """
        check_changes(changes)
        check_events(events)
        with self._connections.for_writing() as connection:
            return write_commit(connection, account, changes, events)

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        """Events with a `seq` above `after`, in order, at most `limit`: none is ever skipped."""
        with self._connections.one() as connection:
            return read_events(connection, account, after, limit)

    def close(self) -> None:
        """Let go of the file. Calling it again does nothing."""
        self._connections.close()

    @contextmanager
    def _one_moment(self, kind: str) -> Iterator[sqlite3.Connection]:
        """A connection for a query; what several statements read through it is of one moment."""
        with self._connections.one() as connection:
            if TABLES[kind].files_later:
                with reading(connection):
                    yield connection
            else:
                yield connection

    # -- optional powers -----------------------------------------------------------------------

    def joined(self, connection: object) -> Joined:
        """The same data inside the transaction of the application's own connection.

        `connection` is a `sqlite3.Connection` on the same file, or one of SQLAlchemy's or Django's
        around it. Raises Invalid for any other.
        """
        self._connections.make_ready()
        return JoinedStore(connection, self._connections)

    def scan(self, account: str, kind: str) -> Generator[Sequence[tuple[str, bytes]], None, None]:
        """The id and the body of every document of a kind, all of one moment, some at a time.

        A connection is held until the end, and a fork waits for it.
        """
        check_query(Query(kind))
        with self._connections.for_scanning() as connection, reading(connection):
            yield from scan_docs(connection, account, kind)

    def wait(self, timeout: float) -> Sequence[str]:
        """Accounts with commits since this thread last asked, by any process.

        Returns at once where there are any, else within `timeout` seconds. The first call of all
        only starts to watch; the first one of another thread tells of everything since. SQLite
        tells nobody of a change: every few milliseconds the last commit's number is looked at.
        """
        end = time.monotonic() + timeout
        # Who never asked is told of all since somebody first did: rather too much than too little.
        seen: int | None = getattr(self._seen, "turn", self._first_seen)
        while True:
            # A connection for each look: one that is held would hold up a fork.
            with self._connections.one() as connection:
                if seen is None:
                    seen = self._first_seen = last_turn(connection)
                moved, seen = moved_since(connection, seen)
            self._seen.turn = seen
            left = end - time.monotonic()
            if moved or left <= 0 or self._connections.closing.wait(min(left, _LOOK_S)):
                return moved

    def ready(self) -> Literal[True] | str:
        """True, or why the file cannot be used, in words. A full disk shows at a commit only."""
        try:
            self.accounts(limit=1)
        except PlacetError as error:
            return error.message
        path = self._connections.path
        if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            return f"{path} is read-only for this process; give it the right to write there"
        return True

    def backup(self, path: str, progress: Callable[[int, int], None] | None = None) -> None:
        """Write a copy of one moment to the new file `path`, while the store is in use.

        `progress` is told the pages done, and how many there are. Raises Invalid where `path` is
        taken.
        """
        with self._connections.one() as connection:
            upkeep.back_up(connection, Path(path), progress)

    def inspect(self) -> Iterator[str]:
        """What is wrong with the file, a sentence each: SQLite's own check, and the store's."""
        with self._connections.one() as connection:
            yield from upkeep.faults(connection)

    def measures(self) -> Mapping[str, int]:
        """Bytes of the file, of the room that is free in it, and of the log beside it."""
        with self._connections.one() as connection:
            return upkeep.sizes(connection, self._connections.path)
