"""Connections that are not in use, and what a fork does to all of them.

No connection may live through a fork, not even unused. SQLite notes in its own memory which locks
of a file this process has; a child that inherits the note takes no lock of its own, and when the
parent then closes the file, it removes the log into which the child is writing. So all connections
are closed before a fork, which waits for the calls in progress. Where that was not possible, the
child is refused the file. Connections of the application's own to the same file are its own duty.
"""

import sqlite3
import sys
import threading
from collections import deque
from pathlib import Path
from weakref import WeakSet

from placet.errors import Unavailable

if sys.platform != "win32":
    from os import register_at_fork

__all__ = ["Pool"]

_FORK_S = 10.0
"""How long a fork waits for calls in progress, in seconds."""


class Pool:
    """The connections of one handle on a file, and the locks that go with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin()
        with _forks.lock:
            _forks.pools.add(self)

    def _begin(self) -> None:
        self.idle: deque[sqlite3.Connection] = deque()
        self.opening = threading.Lock()
        self.line = threading.Lock()
        self.ready = False
        self.closing = threading.Event()
        # Guards the two below: how many calls are in progress, and whether a fork waits for them.
        self._gate = threading.Condition()
        self._used = 0
        self._forking = False

    def enter(self) -> None:
        """A call begins; a fork in progress comes first."""
        with self._gate:
            while self._forking:
                self._gate.wait()
            self._used += 1

    def leave(self) -> None:
        """A call ends."""
        with self._gate:
            self._used -= 1
            if self._forking and not self._used:
                self._gate.notify_all()

    def close_idle(self) -> None:
        """Close every connection that is not in use."""
        while True:
            try:
                connection = self.idle.pop()
            except IndexError:
                return
            connection.close()

    def check_fork(self) -> None:
        """Raise Unavailable where a connection to the file could not be closed before a fork."""
        if _forks.spoiled and self._path.resolve() in _forks.spoiled:
            raise Unavailable(
                f"{self._path} was in use when this process was forked, and SQLite cannot be used "
                "on both sides; close the store before the fork, or start the process anew"
            )

    # -- at a fork -----------------------------------------------------------------------------

    def hold(self) -> None:
        """Let no further call begin, until `let_go`."""
        self._gate.acquire()
        self._forking = True

    def settle(self) -> None:
        """Wait for the calls in progress, and close what they leave."""
        self._gate.wait_for(lambda: not self._used, _FORK_S)
        self.close_idle()

    def let_go(self) -> None:
        """Let calls begin again."""
        self._forking = False
        self._gate.notify_all()
        self._gate.release()

    def start_over(self) -> None:
        """Begin anew in a child."""
        if self._used or self.idle:
            _forks.spoiled.add(self._path.resolve())
            # For good: closing them here would do harm in the parent.
            _forks.inherited.append(self.idle)
        self._begin()


class _Forks:
    """What has to be known of all pools when the process forks."""

    def __init__(self) -> None:
        # Held from before a fork until after it: one at a time, and no new pool meanwhile.
        self.lock = threading.RLock()
        self.pools: WeakSet[Pool] = WeakSet()
        self.held: list[Pool] = []
        self.inherited: list[object] = []
        self.spoiled: set[Path] = set()

    def before(self) -> None:
        self.lock.acquire()
        for pool in tuple(self.pools):
            pool.hold()
            # At once: should the waiting be interrupted, Python forks nonetheless.
            self.held.append(pool)
            pool.settle()

    def after_in_parent(self) -> None:
        while self.held:
            self.held.pop().let_go()
        self.lock.release()

    def after_in_child(self) -> None:
        # Not those held: a host that forks by itself may have called nothing before.
        for pool in tuple(self.pools):
            pool.start_over()
        self.held = []
        self.lock = threading.RLock()


_forks = _Forks()

if sys.platform != "win32":
    register_at_fork(
        before=_forks.before,
        after_in_parent=_forks.after_in_parent,
        after_in_child=_forks.after_in_child,
    )
