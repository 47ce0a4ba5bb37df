"""Connections: one for each thread that is in a call, opened when needed, made anew after a fork.

A connection is used by one thread at a time and handed on when the call ends, the one last used
first: its cache is warm. SQLite connections do not survive a fork, and closing one in the child
would break the parent's locks: a child leaves those that it inherited alone, for good.
"""

import os
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from placet.errors import Corrupt, Unavailable
from placet_sqlite.address import Synchronous
from placet_sqlite.driver import explained, primary_code, writing
from placet_sqlite.layout import bring_up_to_date, is_up_to_date

__all__ = ["Connections"]

OLDEST = (3, 37, 0)
"""The first SQLite with STRICT tables."""
_RETRY_S = 0.005
_STATEMENTS = 256
_WAL_KEPT = 64 * 1024 * 1024
_CACHE_KIB = 16 * 1024
"""Room for the inner pages of the indexes of a million documents, so that a look-up reads a leaf.
It is taken as it is needed."""
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
        self._fresh()
        _all.add(self)

    def _fresh(self) -> None:
        self._idle: deque[sqlite3.Connection] = deque()
        self._opening = threading.Lock()
        self._line = threading.Lock()
        self._ready = False
        self.closing = threading.Event()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of a call. Raises Unavailable for a closed store."""
        with explained(self.path):
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def for_writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that may write; committed at the end of the block.

        Threads of one handle stand in line, rather than find the file locked and sleep.
        """
        with self._line, self.one() as connection, writing(connection):
            yield connection

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
        """See to it that the file is there and has its tables."""
        if not self._ready:
            with self.one():
                pass

    def close(self) -> None:
        """Close all connections; those in use when their call ends. Again does nothing."""
        self._closed = True
        self.closing.set()
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise Unavailable(f"the store in {self.path} was closed; open it again")
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self.close()

    def _open(self) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < OLDEST:
            raise Unavailable(
                f"this Python has SQLite {sqlite3.sqlite_version}; the store needs 3.37 or later"
            )
        with self._opening:
            if not self._ready:
                _make_private(self.path)
            connection = sqlite3.connect(
                self.path,
                timeout=self._timeout_s,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
            )
            try:
                if not self._ready:
                    self._prepare(connection)
                    self._ready = True
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
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
                bring_up_to_date(connection)

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
            raise Unavailable(
                f"{self.path} cannot have a write-ahead log (its journal mode stays {mode!r}); put "
                "it on a local disk"
            )

    def _after_fork(self) -> None:
        _inherited.append(self._idle)
        self._fresh()


def _make_private(path: Path) -> None:
    """Make a new file that only its owner can read: credentials are kept in it, if as hashes.

    One that is there is never opened here: closing it again would drop every lock that this process
    has on it (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be opened: {error.strerror}; its folder has to be there, and this "
            "process has to be allowed to write in it"
        ) from error


_all: "WeakSet[Connections]" = WeakSet()
_inherited: list[object] = []


def _after_fork_in_child() -> None:
    for connections in tuple(_all):
        connections._after_fork()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork_in_child)
