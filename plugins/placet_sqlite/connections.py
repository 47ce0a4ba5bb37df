"""Connections: one for each thread that is in a call, opened when needed, closed before a fork.

A connection is used by one thread at a time and handed on when the call ends, the one last used
first: its cache is warm.
"""

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from placet.errors import Corrupt, Unavailable
from placet_sqlite.address import Synchronous
from placet_sqlite.driver import explained, primary_code, writing
from placet_sqlite.filing import index_anew
from placet_sqlite.layout import bring_up_to_date, is_up_to_date
from placet_sqlite.pool import Pool

__all__ = ["Connections"]

OLDEST = (3, 37, 0)
"""The first SQLite with STRICT tables."""
_RETRY_S = 0.005
_STATEMENTS = 256
_WAL_KEPT = 64 * 1024 * 1024
_CACHE_KIB = 16 * 1024
"""Room for the inner pages of the indexes of a million documents, so that a look-up reads a leaf.
It is taken as it is needed."""
_SCAN_CACHE_KIB = 1024
_WAL_PAGES = 4000
"""After so many pages in the log a commit writes them home; a page that stands in it often is
written once. Beyond some 4,000, whoever looks for a page has to search the log piece by piece.
"""


class Connections:
    """The connections of one handle on one file."""

    def __init__(self, path: Path, *, synchronous: Synchronous, timeout_s: float) -> None:
        # A later chdir must not change which file this is.
        self.path = path.absolute()
        self._synchronous = synchronous
        self._timeout_s = timeout_s
        self._closed = False
        self._pool = Pool(self.path)

    @property
    def closing(self) -> threading.Event:
        """Set when the store is closed."""
        return self._pool.closing

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of a call. Raises Unavailable for a closed store."""
        with explained(self.path):
            idle = self._pool.idle
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection, idle)

    @contextmanager
    def for_writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that may write; committed at the end of the block.

        Threads of one handle stand in line, rather than find the file locked and sleep.
        """
        with self._pool.line, self.one() as connection, writing(connection):
            yield connection

    @contextmanager
    def for_scanning(self) -> Iterator[sqlite3.Connection]:
        """A connection on which pages are read that nobody asks for again: few of them are kept."""
        with self.one() as connection:
            connection.execute(f"PRAGMA cache_size = -{_SCAN_CACHE_KIB}")
            try:
                yield connection
            finally:
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    def unlocked(self) -> bool:
        """Whether nobody is writing at this moment: what was written before can be seen."""
        with self.one() as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
                return False
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._timeout_s * 1000)}")
        return True

    def make_ready(self) -> None:
        """See to it that the file is there and has its tables; raises as `one` does."""
        with self.one():
            pass

    def close(self) -> None:
        """Close all connections; those in use when their call ends. Again does nothing."""
        self._closed = True
        self._pool.closing.set()
        self._pool.close_idle()

    def _take(self) -> sqlite3.Connection:
        self._pool.enter()
        try:
            if self._closed:
                raise Unavailable(f"the store in {self.path} was closed; open it again")
            try:
                return self._pool.idle.pop()
            except IndexError:
                return self._open()
        except BaseException:
            self._pool.leave()
            raise

    def _give_back(self, connection: sqlite3.Connection, idle: deque[sqlite3.Connection]) -> None:
        if idle is not self._pool.idle:  # the call began before a fork, and ends in the child
            idle.append(connection)
            return
        try:
            if connection.in_transaction:
                # Whatever kept it from ending must not reach the next call; closing rolls back.
                connection.close()
            else:
                idle.append(connection)
        finally:
            self._pool.leave()
        if self._closed:
            self.close()

    def _open(self) -> sqlite3.Connection:
        pool = self._pool
        if sqlite3.sqlite_version_info < OLDEST:
            raise Unavailable(
                f"this Python has SQLite {sqlite3.sqlite_version}; the store needs 3.37 or later"
            )
        pool.check_fork()
        with pool.opening:
            if not pool.ready:
                _make_private(self.path)
            connection = sqlite3.connect(
                self.path,
                timeout=self._timeout_s,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            try:
                if not pool.ready:
                    self._prepare(connection)
                    pool.ready = True
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                if self._synchronous == "full":
                    # macOS: a plain sync does not reach the disk. Nothing elsewhere.
                    connection.execute("PRAGMA fullfsync = 1")
                connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
        if encoding != "UTF-8":
            raise Corrupt(f"the file keeps text as {encoding}; placet needs UTF-8")
        self._write_ahead(connection)
        if not is_up_to_date(connection):
            with writing(connection):
                for table in bring_up_to_date(connection):
                    index_anew(connection, table)

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch the file to a write-ahead log: readers then never wait for who writes.

        Two that switch at once may find it locked without SQLite having waited.
        """
        end = time.monotonic() + self._timeout_s
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                self.closing.wait(_RETRY_S)
        if mode != "wal":
            # Where the file is read-only, this says so.
            with writing(connection):
                pass
            raise Unavailable(
                f"{self.path} cannot have a write-ahead log (its journal mode stays {mode!r}); put "
                "it on a local disk"
            )


def _make_private(path: Path) -> None:
    """Make a new file that only its owner can read: credentials are kept in it, if as hashes.

    One that is there is never opened here: closing it again would drop every lock that this process
    has on it (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    # The end of a link: SQLite would make the file there, for all to read.
    file = path.resolve()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if file.is_dir():
            raise Unavailable(f"{path} is a folder; name a file in it") from None
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be opened: {error.strerror}; its folder has to be there, and this "
            "process has to be allowed to write in it"
        ) from error
