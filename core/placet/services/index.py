"""The index of one account, kept in step with its log.

The log is the truth: a local commit and one of another process come in the same way. Readers take
one reference; only a step forward is made under a lock.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Final, Protocol

from placet.access.advance import Fact, advance
from placet.access.loading import load
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.model import Noun
from placet.storage.codec import decode_all
from placet.storage.entries import RawChange, read_event_changes
from placet.storage.nouns import AUTHORITY_KEY, AUTHORITY_KINDS, GUARDED_KINDS, noun_type
from placet.storage.port import (
    Committed,
    Head,
    Joined,
    Key,
    Query,
    Scannable,
    Store,
    StoredEvent,
)

__all__ = ["AccountIndex", "Entry", "Index", "JoinedIndex"]

_BATCH: Final = 1000
_Rows = Sequence[tuple[str, bytes]]
"""The ids and the bodies of documents."""
Entry = Sequence[RawChange]
"""The changes of one event."""


class Index(Protocol):
    """Where use cases take the account's snapshot from."""

    ready: Snapshot | None
    """The snapshot, where it can be used without asking the store; else None."""

    def current(self) -> Snapshot:
        """The snapshot as it is."""

    def latest(self) -> Snapshot:
        """The snapshot brought to the head of the log."""

    def follow(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Bring the snapshot to a commit of this process, which has put `entries` into the log."""

    def watched(self, key: Key, ring: Callable[[], None]) -> AbstractContextManager[None]:
        """Within, `ring` is called for every change of a document that the log is seen to hold,
        in whichever thread sees it: a hint, and it has to return at once. Raises Invalid inside a
        transaction of the application's.
        """

    def after_fork(self, resume: Callable[[], None]) -> None:
        """Go on in a child process; `resume` is called before the store is first asked there."""


class AccountIndex:
    """Loads the snapshot of an account at first use, and follows its log when asked to."""

    def __init__(self, store: Store, account: str, base: Snapshot) -> None:
        self._store = store
        self._account = account
        self._base = base
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._awaited: tuple[tuple[Joined, int], ...] = ()
        self.ready: Snapshot | None = None
        self._resume: Callable[[], None] | None = None
        self._watchers: dict[Key, tuple[Callable[[], None], ...]] = {}
        # `_lock` is held while the store is asked, and who begins to watch may be an event loop.
        self._watching = threading.Lock()

    def current(self) -> Snapshot:
        """The snapshot as it is, without asking the store; loads it at first use.

        Only while a transaction of the application's is awaited, the store is asked each time.
        """
        return self.ready or self.latest()

    def await_end(self, joined: Joined, seq: int) -> None:
        """Watch for event `seq`, which a transaction of the application's will commit, or not.

        Nobody says when it does: until it is there, or the transaction over, readers look.
        """
        with self._lock:
            self._awaited = (*self._awaited, (joined, seq))
            self.ready = None

    def latest(self) -> Snapshot:
        """The snapshot brought to the head of the log."""
        snapshot = self.ready
        if snapshot is not None and not self._store.events(self._account, snapshot.revision, 1):
            return snapshot
        if (resume := self._resume) is not None:
            self._resume = None
            resume()
        with self._lock:
            # Before the log is read: what is over by now is in what is read.
            over = frozenset(id(joined) for joined, _ in self._awaited if joined.over())
            if self._snapshot is None:
                self._snapshot = self._load()
            told = self._tell if self._watchers else None
            self._snapshot = _followed(self._snapshot, self._store, self._account, told)
            self._awaited = tuple(
                (joined, seq)
                for joined, seq in self._awaited
                if id(joined) not in over and seq > self._snapshot.revision
            )
            self.ready = None if self._awaited else self._snapshot
            return self._snapshot

    def follow(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Bring the snapshot to a commit of this process.

        Where it ended with the entry before them, the log needs not be read for what is at hand.
        """
        with self._lock:
            snapshot = self.ready
            if snapshot is not None and snapshot.revision == committed.seq - len(entries):
                told = self._tell if self._watchers else None
                moved = [(committed.version, entry) for entry in entries]
                self._snapshot = _follow(snapshot, moved, committed.seq, told)
                self.ready = self._snapshot
                return
        self.latest()

    @contextmanager
    def watched(self, key: Key, ring: Callable[[], None]) -> Iterator[None]:
        """Within, `ring` is called for every change of a document that the log is seen to hold."""
        with self._watching:
            self._watchers[key] = (*self._watchers.get(key, ()), ring)
        try:
            yield
        finally:
            with self._watching:
                left = tuple(one for one in self._watchers.pop(key, ()) if one is not ring)
                if left:
                    self._watchers[key] = left

    def _tell(self, change: RawChange) -> None:
        for ring in self._watchers.get(Key(change.kind, change.id), ()):
            ring()

    def after_fork(self, resume: Callable[[], None]) -> None:
        """Go on in a child: whoever held the lock stayed in the parent. The snapshot is whole, and
        as old as the fork: the first who asks looks for what came since, and calls `resume`.
        """
        self._lock = threading.Lock()
        # Who watched did so in the parent, where its thread, or its event loop, still is.
        self._watching = threading.Lock()
        self._watchers = {}
        self.ready = None
        self._resume = resume

    def _load(self) -> Snapshot:
        """The documents as they are. They may be newer than the head that was read before them:
        the log is followed from that head, and facts may come twice."""
        head = self._store.head(self._account)
        (authority,) = self._store.get(self._account, [AUTHORITY_KEY])
        return load(
            self._base,
            self._documents(),
            revision=head.seq,
            authority=0 if authority is None else authority.version,
        )

    def _documents(self) -> Iterator[tuple[_Rows, Sequence[Noun]]]:
        for kind in sorted(AUTHORITY_KINDS):
            with closing(_scan(self._store, self._account, kind)) as parts:
                for rows in parts:
                    yield rows, decode_all(noun_type(kind), rows)


class JoinedIndex:
    """The snapshot inside a transaction of the application's: what is committed, and what this
    transaction has done so far. It is never kept for others, and nothing of it outlives a rollback.
    """

    ready: Snapshot | None = None

    def __init__(self, store: Joined, account: str, origin: AccountIndex) -> None:
        self._store = store
        self._account = account
        self._origin = origin
        self._seen: tuple[Snapshot, Head, Snapshot] | None = None

    def current(self) -> Snapshot:
        """The snapshot as the transaction sees it now."""
        return self.latest()

    def latest(self) -> Snapshot:
        """The snapshot as the transaction sees it now; made anew where it, or the log, moved."""
        # The transaction first: once it has begun to write, nobody else can move the log on.
        head = self._store.head(self._account)
        start = self._origin.current()
        if self._seen is None or self._seen[0] is not start or self._seen[1] != head:
            self._seen = (start, head, _followed(start, self._store, self._account))
        return self._seen[2]

    def follow(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Nothing is kept here: whoever asks next sees it."""

    def watched(self, key: Key, ring: Callable[[], None]) -> AbstractContextManager[None]:
        """Raises Invalid: what is waited for here would wait for this transaction."""
        raise Invalid(
            "nothing that others do can be seen inside a transaction, and it holds them up; wait "
            "before it begins, or once it is over"
        )

    def after_fork(self, resume: Callable[[], None]) -> None:
        """Nothing is held here, and no transaction goes on in a child."""


def _scan(store: Store, account: str, kind: str) -> Generator[_Rows, None, None]:
    """Every document of a kind, some at a time."""
    if isinstance(store, Scannable):
        yield from store.scan(account, kind)
        return
    query = Query(kind, limit=_BATCH)
    while True:
        page = store.find(account, query)
        yield [(doc.key.id, doc.body) for doc in page.docs]
        if page.next is None:
            return
        query = Query(kind, limit=_BATCH, after=page.next)


def _followed(
    snapshot: Snapshot,
    store: Store,
    account: str,
    told: Callable[[RawChange], None] | None = None,
) -> Snapshot:
    """The snapshot brought to the head of a log; `told` is called with each change on the way."""
    for batch in _commits_after(store, account, snapshot.revision):
        moved = [(event.version, read_event_changes((event,))) for event in batch]
        snapshot = _follow(snapshot, moved, batch[-1].seq, told)
    return snapshot


def _commits_after(store: Store, account: str, revision: int) -> Iterator[list[StoredEvent]]:
    """The log behind `revision` in batches of whole commits."""
    waiting: list[StoredEvent] = []
    while True:
        found = store.events(account, revision, _BATCH)
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


def _follow(
    snapshot: Snapshot,
    entries: Iterable[tuple[int, Entry]],
    revision: int,
    told: Callable[[RawChange], None] | None,
) -> Snapshot:
    """The snapshot after entries, each with the version of its commit; it ends at `revision`."""
    authority = snapshot.authority
    facts: list[Fact] = []
    for version, changes in entries:
        for change in changes:
            if told is not None:
                told(change)
            if change.kind in GUARDED_KINDS:
                authority = version
            if change.kind in AUTHORITY_KINDS:
                facts.append(_fact(change))
    return advance(snapshot, facts, revision=revision, authority=authority)


def _fact(change: RawChange) -> Fact:
    return Fact(change.noun(), gone=change.gone)
