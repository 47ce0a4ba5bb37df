"""The store: a MemoryStore answers, a file remembers.

A commit goes three steps: the mirror decides it (`prepare`), the file makes it durable with one
write, the mirror shows it (`apply`). Who reads never sees a commit that a crash could take back.

Each commit writes the whole file, and the log only grows. The ceiling of `EVENTS_CEILING` events
ever written keeps a commit within some tens of milliseconds; at 80 % of it the store says so, once
an opening. Beyond it commits get slower and are never refused: an approval service that stops at a
round number is worse than one that is slow.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import NamedTuple
from weakref import WeakSet

from msgspec import ValidationError
from tinydb import TinyDB

from placet.errors import Corrupt, Invalid, Unavailable
from placet.storage.memory import MemoryStore
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
from placet.storage.sealing import chain_fault
from placet_tinydb.file import AtomicStorage
from placet_tinydb.tables import Tables, accounts_in

__all__ = ["EVENTS_CEILING", "TinyDBStore"]

EVENTS_CEILING = 5000
"""Events ever written, over all accounts of a file, for which this store is meant."""

_WARN_AT = EVENTS_CEILING * 8 // 10
_PREFIX = "tinydb:///"
_log = logging.getLogger("placet.tinydb")
_stores: "WeakSet[TinyDBStore]" = WeakSet()


class _Loaded(NamedTuple):
    """The open file, and what is in memory of it: the same twice, to answer and to write."""

    db: TinyDB
    mirror: MemoryStore
    tables: Tables


class TinyDBStore:
    """All accounts in one JSON file, for one process. Any thread may call any method.

    The file is opened, and locked, at first use, and again after a fork: in the child it is then
    refused for as long as the parent has it. A missing file is an empty store; its folder has to
    be there.
    """

    def __init__(self, path: Path) -> None:
        # A later chdir must not change which file this is.
        self._path = path.absolute()
        self._lock = RLock()
        self._loaded: _Loaded | None = None
        self._warned = False
        self._closed = False
        _stores.add(self)

    @classmethod
    def from_url(cls, url: str) -> "TinyDBStore":
        """The store that `tinydb:///relative.json` or `tinydb:////absolute/path.json` names.

        What follows the third slash is the path, as it is: nothing in it is decoded.
        """
        path = url.removeprefix(_PREFIX)
        if path == url or not path or path.endswith("/"):
            raise Invalid(
                f"{url!r} names no file; write 'tinydb:///relative.json' or "
                "'tinydb:////absolute/path.json'"
            )
        return cls(Path(path))

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Accounts that have had a commit, in code-point order, behind `after`."""
        return self._open().mirror.accounts(after, limit)

    def head(self, account: str) -> Head:
        """Where the account stands."""
        return self._open().mirror.head(account)

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        """The documents under `keys`, in that order, None for none: all of one moment."""
        return self._open().mirror.get(account, keys)

    def find(self, account: str, query: Query) -> Page:
        """One page. Raises Invalid for a query that its kind does not declare."""
        return self._open().mirror.find(account, query)

    def count(self, account: str, query: Query) -> int:
        """How many documents match, whatever `order`, `after`, `skip` and `limit` say."""
        return self._open().mirror.count(account, query)

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        """Events with a `seq` above `after`, in order, at most `limit`: none is ever skipped."""
        return self._open().mirror.events(account, after, limit)

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        """Apply all changes and append all events, or nothing; durable when it returns.

        Raises Conflict naming every key whose `expect` failed; Invalid for a key named twice, a
        change that its kind does not declare, or a body that is not UTF-8.
        """
        with self._lock:
            db, mirror, tables = self._open()
            sealed = mirror.prepare(account, changes, events)
            try:
                tables.add(sealed)
                db.storage.write(tables.data)
                mirror.apply(sealed)
            except BaseException as error:
                # Rows, file and mirror may differ now. The file is the truth: read it again.
                self._let_go()
                if isinstance(error, UnicodeError):
                    raise Invalid(f"a body, an id or a value is not UTF-8: {error}") from error
                raise
            self._warn_when_large(tables)
        return Committed(sealed.head.version, sealed.head.seq)

    def close(self) -> None:
        """Let go of the file and its lock. Calling it again does nothing."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _open(self) -> _Loaded:
        # One read of one reference: a reader does not wait for the disk of a commit.
        loaded = self._loaded
        if loaded is not None:
            return loaded
        with self._lock:
            if self._closed:
                raise Unavailable(f"the store in {self._path} was closed; open it again")
            if self._loaded is None:
                self._loaded = self._load()
                self._warned = False
                self._warn_when_large(self._loaded.tables)
            return self._loaded

    def _load(self) -> _Loaded:
        # One file has one lock, by whatever link it is named.
        path = self._path.resolve()
        db = TinyDB(path, storage=AtomicStorage)
        try:
            mirror, tables = MemoryStore(), Tables()
            data = db.storage.read()
            for sealed in () if data is None else accounts_in(data):
                if fault := chain_fault(Head(), sealed.events):
                    raise Corrupt(f"the log of account {sealed.account!r} in {path} broke: {fault}")
                mirror.apply(sealed)
                tables.add(sealed)
        except BaseException as error:
            db.close()
            if isinstance(error, ValidationError):
                raise Corrupt(f"{path} holds other tables than placet writes: {error}") from error
            raise
        return _Loaded(db, mirror, tables)

    def _let_go(self) -> None:
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.db.close()

    def _warn_when_large(self, tables: Tables) -> None:
        events = len(tables.data["events"])
        if events >= _WARN_AT and not self._warned:
            self._warned = True
            _log.warning(
                "%s holds %d events; a TinyDB store is meant for %d, for each commit writes the "
                "whole file: move to a SQLite or PostgreSQL store",
                self._path,
                events,
                EVENTS_CEILING,
            )

    def _after_fork(self) -> None:
        # Another thread may have held the lock in the parent; here it would stay held for ever.
        self._lock = RLock()
        self._let_go()


def _after_fork_in_child() -> None:
    for store in tuple(_stores):
        store._after_fork()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork_in_child)
