"""The store inside a transaction of the application's own.

The approval and the business row stand or fall together: a commit is a savepoint in the caller's
transaction, and only the caller ends that.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from placet.errors import Conflict, Invalid, Unavailable
from placet.storage.joining import driver_connection
from placet.storage.kinds import check_changes, check_events, check_query
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Head,
    Key,
    NewEvent,
    Page,
    Query,
    StoredEvent,
)
from placet_sqlite.connections import Connections
from placet_sqlite.driver import explained, primary_code
from placet_sqlite.pages import count_docs, find_docs
from placet_sqlite.reading import read_accounts, read_docs, read_events, read_head
from placet_sqlite.writing import write_commit

__all__ = ["JoinedStore"]

_SAVEPOINT = "placet_commit"


class _Plain:
    """Runs statements on the caller's connection as on one of ours, whatever it makes of rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        return self._cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        return self._cursor().executemany(sql, parameters)

    def _cursor(self) -> sqlite3.Cursor:
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor


class JoinedStore:
    """The store through the caller's connection; only the thread of that may call it."""

    def __init__(self, connection: object, store: Connections) -> None:
        self._connection = driver_connection(connection, sqlite3.Connection)
        self._store = store
        self._path = store.path
        with explained(self._path):
            self._refuse_other_files()
        if self._connection.text_factory is not str:
            raise Invalid("the connection has a text_factory of its own; placet needs text as str")
        if getattr(self._connection, "autocommit", None) is True and self.over():
            raise Invalid(
                "the connection is in autocommit mode, where its commit() does nothing: begin a "
                "transaction first"
            )
        self._runs = _Plain(self._connection)
        self._closed = False

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Accounts that have had a commit, in code-point order, behind `after`."""
        with self._inside():
            return read_accounts(self._runs, after, limit)

    def head(self, account: str) -> Head:
        """Where the account stands."""
        with self._inside():
            return read_head(self._runs, account)

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        """The documents under `keys`, in that order, None for none."""
        with self._inside():
            return read_docs(self._runs, account, keys)

    def find(self, account: str, query: Query) -> Page:
        """One page. Raises Invalid for a query that its kind does not declare."""
        check_query(query)
        with self._inside():
            return find_docs(self._runs, account, query)

    def count(self, account: str, query: Query) -> int:
        """How many documents match, whatever `order`, `after`, `skip` and `limit` say."""
        check_query(query)
        with self._inside():
            return count_docs(self._runs, account, query)

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        """Events with a `seq` above `after`, in order, at most `limit`."""
        with self._inside():
            return read_events(self._runs, account, after, limit)

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        """Write all changes and events into the caller's transaction, or nothing.

        Raises Conflict where an `expect` failed, and where the transaction rests on what somebody
        has changed since it began: only the caller can roll it back and begin anew.
        """
        check_changes(changes)
        check_events(events)
        with self._inside():
            self._runs.execute(f"SAVEPOINT {_SAVEPOINT}")
            try:
                return write_commit(self._runs, account, changes, events)
            except BaseException:
                # Where SQLite has rolled back everything itself, there is no savepoint any more.
                if self._connection.in_transaction:
                    self._runs.execute(f"ROLLBACK TO {_SAVEPOINT}")
                raise
            finally:
                if self._connection.in_transaction:
                    self._runs.execute(f"RELEASE {_SAVEPOINT}")

    def over(self) -> bool:
        """Whether the caller's transaction has ended; from any thread."""
        with suppress(sqlite3.ProgrammingError):  # where the connection was closed
            if self._connection.in_transaction:
                return False
        # SQLite says so a moment before others can see the commit. Until then it has the lock.
        return self._store.unlocked()

    def close(self) -> None:
        """Leave the connection and its transaction to the caller; nothing more goes through."""
        self._closed = True

    @contextmanager
    def _inside(self) -> Iterator[None]:
        if self._closed:
            raise Unavailable("the block that joined the transaction is over; join it again")
        with explained(self._path):
            self._begin()
            yield

    def _begin(self) -> None:
        """Be the one that writes, before anything is read: what is read then stays true.

        A transaction that has read before others wrote cannot become that, and says so here.
        """
        if not self._connection.in_transaction:
            self._runs.execute("BEGIN IMMEDIATE")
            return
        try:
            self._runs.execute("UPDATE placet_layout SET number = number WHERE 0")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY:
                raise
            # No patience helps: having read, it can neither wait nor see what was written since.
            raise Conflict(
                f"another process writes, or wrote, to {self._path} after this transaction had "
                "read from it; roll back and begin anew, with BEGIN IMMEDIATE where you can"
            ) from error

    def _refuse_other_files(self) -> None:
        for _, name, file in self._connection.cursor().execute("PRAGMA database_list"):
            if name == "main":
                if file and Path(file).resolve() == self._path.resolve():
                    return
                raise Invalid(
                    f"the connection is to {file or 'a database in memory'}, and the store is in "
                    f"{self._path}: one transaction needs one file"
                )
