"""The index of one account, kept in step with its log.

The log is the truth: a local commit and one of another process come in the same way. Readers take
one reference; only a step forward is made under a lock.
"""

import threading
from collections.abc import Iterator
from typing import Final

from placet.access.advance import Fact, advance
from placet.access.snapshot import Snapshot
from placet.storage.codec import (
    AUTHORITY_KEY,
    AUTHORITY_KINDS,
    GUARDED_KINDS,
    decode,
    noun_type,
)
from placet.storage.entries import RawChange, read_event_changes
from placet.storage.port import Query, Store, StoredEvent

__all__ = ["AccountIndex"]

_BATCH: Final = 1000


class AccountIndex:
    """Loads the snapshot of an account at first use, and follows its log when asked to."""

    def __init__(self, store: Store, account: str, base: Snapshot) -> None:
        self._store = store
        self._account = account
        self._base = base
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None

    def current(self) -> Snapshot:
        """The snapshot as it is, without asking the store; loads it at first use."""
        snapshot = self._snapshot
        return snapshot if snapshot is not None else self.latest()

    def latest(self) -> Snapshot:
        """The snapshot brought to the head of the log."""
        snapshot = self._snapshot
        if snapshot is not None and not self._store.events(self._account, snapshot.revision, 1):
            return snapshot
        with self._lock:
            if self._snapshot is None:
                self._snapshot = self._load()
            for batch in self._commits_after(self._snapshot.revision):
                self._snapshot = _follow(self._snapshot, batch)
            return self._snapshot

    def _load(self) -> Snapshot:
        """The documents as they are. They may be newer than the head that was read before them:
        the log is followed from that head, and facts may come twice."""
        head = self._store.head(self._account)
        (authority,) = self._store.get(self._account, [AUTHORITY_KEY])
        return advance(
            self._base,
            self._documents(),
            revision=head.seq,
            authority=0 if authority is None else authority.version,
        )

    def _documents(self) -> Iterator[Fact]:
        for kind in sorted(AUTHORITY_KINDS):
            noun = noun_type(kind)
            query = Query(kind, limit=_BATCH)
            while True:
                page = self._store.find(self._account, query)
                for doc in page.docs:
                    yield Fact(decode(noun, doc))
                if page.next is None:
                    break
                query = Query(kind, limit=_BATCH, after=page.next)

    def _commits_after(self, revision: int) -> Iterator[list[StoredEvent]]:
        """The log behind `revision` in batches of whole commits."""
        waiting: list[StoredEvent] = []
        while True:
            found = self._store.events(self._account, revision, _BATCH)
            waiting.extend(found)
            if len(found) < _BATCH:
                if waiting:
                    yield waiting
                return
            revision = found[-1].seq
            whole = [event for event in waiting if event.version != waiting[-1].version]
            if whole:
                yield whole
                waiting = waiting[len(whole) :]


def _follow(snapshot: Snapshot, events: list[StoredEvent]) -> Snapshot:
    authority = snapshot.authority
    facts: list[Fact] = []
    for event in events:
        for change in read_event_changes((event,)):
            if change.kind in GUARDED_KINDS:
                authority = event.version
            if change.kind in AUTHORITY_KINDS:
                facts.append(_fact(change))
    return advance(snapshot, facts, revision=events[-1].seq, authority=authority)


def _fact(change: RawChange) -> Fact:
    return Fact(change.noun(), gone=change.gone)
