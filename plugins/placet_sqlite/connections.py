"""Connections: one for each thread that is in a call, opened when needed, closed before a fork.

A connection is used by one thread at a time and handed on when the call ends, the one last used
first: its cache is warm.

No connection may live through a fork, not even unused. SQLite notes in its own memory which locks
of a file this process has; a child that inherits the note takes no lock of its own, and when the
parent then closes the file, it removes the log into which the child is writing. So all connections
are closed before a fork, which waits for the calls in progress. Where that was not possible, the
child is refused the file. Connections of the application's own to the same file are its own duty.
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
_FORK_S = 10.0
"""How long a fork waits for calls in progress, in seconds."""
_STATEMENTS = 256
_WAL_KEPT = 64 * 1024 * 1024


class _Pool:
    """The connections of one handle in one process."""

    def __init__(self) -> None:
        self.idle: deque[sqlite3.Connection] = deque()
        self.opening = threading.Lock()
        self.line = threading.Lock()
        self.ready = False
        self.closing = threading.Event()
        # Guards the two below: how many are in use, and whether a fork waits for them.
        self.gate = threading.Condition()
        self.used = 0
        self.forking = False

    def enter(self) -> None:
        with self.gate:
            while self.forking:
                self.gate.wait()
            self.used += 1

    def leave(self) -> None:
        with self.gate:
            self.used -= 1
            if self.forking and not self.used:
                self.gate.notify_all()

    def close_idle(self) -> None:
        while True:
            try:
                connection = self.idle.pop()
            except IndexError:
                return
            connection.close()


class Connections:
    """The connections of one handle on one file."""

    def __init__(self, path: Path, *, synchronous: Synchronous, timeout_s: float) -> None:
        # A later chdir must not change which file this is.
        self.path = path.absolute()
        self._synchronous = synchronous
        self._timeout_s = timeout_s
        self._closed = False
        self._pool = _Pool()
        with _forks.lock:
            _forks.handles.add(self)

    @property
    def closing(self) -> threading.Event:
        """Set when the store is closed."""
        return self._pool.closing

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of a call. Raises Unavailable for a closed store."""
        with explained(self.path):
            pool = self._pool
            connection = self._take(pool)
            try:
                yield connection
            finally:
                self._give_back(pool, connection)

    @contextmanager
    def for_writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that may write; committed at the end of the block.

        Threads of one handle stand in line, rather than find the file locked and sleep.
        """
        with self._pool.line, self.one() as connection, writing(connection):
            yield connection

    def make_ready(self) -> None:
        """See to it that the file is there and has its tables; raises as `one` does."""
        with self.one():
            pass

    def close(self) -> None:
        """Close all connections; those in use when their call ends. Again does nothing."""
        self._closed = True
        self._pool.closing.set()
        self._pool.close_idle()

    def _take(self, pool: _Pool) -> sqlite3.Connection:
        pool.enter()
        try:
            if self._closed:
                raise Unavailable(f"the store in {self.path} was closed; open it again")
            try:
                return pool.idle.pop()
            except IndexError:
                return self._open(pool)
        except BaseException:
            pool.leave()
            raise

    def _give_back(self, pool: _Pool, connection: sqlite3.Connection) -> None:
        if pool is not self._pool:  # the call began before a fork, and ends in the child
            pool.idle.append(connection)
            return
        try:
            if connection.in_transaction:
                # Whatever kept it from ending must not reach the next call; closing rolls back.
                connection.close()
            else:
                pool.idle.append(connection)
        finally:
            pool.leave()
        if self._closed:
            self.close()

    def _open(self, pool: _Pool) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < OLDEST:
            raise Unavailable(
                f"this Python has SQLite {sqlite3.sqlite_version}; the store needs 3.37 or later"
            )
        if self.path.resolve() in _forks.spoiled:
            raise Unavailable(
                f"{self.path} was in use when this process was forked, and SQLite cannot be used "
                "on both sides; close the store before the fork, or start the process anew"
            )
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
            # Where the file is read-only, this says so.
            with writing(connection):
                pass
            raise Unavailable(
                f"{self.path} cannot have a write-ahead log (its journal mode stays {mode!r}); put "
                "it on a local disk"
            )

    # -- fork ----------------------------------------------------------------------------------

    def hold(self) -> None:
        """Let no further call begin, until `let_go`."""
        self._pool.gate.acquire()
        self._pool.forking = True

    def settle(self) -> None:
        """Wait for the calls in progress, and close what they leave."""
        self._pool.gate.wait_for(lambda: not self._pool.used, _FORK_S)
        self._pool.close_idle()

    def let_go(self) -> None:
        """Let calls begin again."""
        self._pool.forking = False
        self._pool.gate.notify_all()
        self._pool.gate.release()

    def start_over(self) -> None:
        """Begin anew in a child."""
        pool, self._pool = self._pool, _Pool()
        if pool.used or pool.idle:
            _forks.spoiled.add(self.path.resolve())
            # For good: closing them here would do harm in the parent.
            _forks.inherited.append(pool)


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


class _Forks:
    """What has to be known of all handles when the process forks."""

    def __init__(self) -> None:
        # Held from before a fork until after it: one at a time, and no new handle meanwhile.
        self.lock = threading.RLock()
        self.handles: WeakSet[Connections] = WeakSet()
        self.held: list[Connections] = []
        self.inherited: list[_Pool] = []
        self.spoiled: set[Path] = set()

    def before(self) -> None:
        self.lock.acquire()
        for handle in tuple(self.handles):
            handle.hold()
            # At once: should the waiting be interrupted, Python forks nonetheless.
            self.held.append(handle)
            handle.settle()

    def after_in_parent(self) -> None:
        while self.held:
            self.held.pop().let_go()
        self.lock.release()

    def after_in_child(self) -> None:
        # Not those held: a host that forks by itself may have called nothing before.
        for handle in tuple(self.handles):
            handle.start_over()
        self.held = []
        self.lock = threading.RLock()


_forks = _Forks()

if sys.platform != "win32":
    os.register_at_fork(
        before=_forks.before,
        after_in_parent=_forks.after_in_parent,
        after_in_child=_forks.after_in_child,
    )
