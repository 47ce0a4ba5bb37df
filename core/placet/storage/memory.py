"""The memory store: the whole port in memory, with real indexes, for tests and short lives.

It is also the half of a small durable store that answers queries. Such a store keeps a MemoryStore
as its mirror: `prepare` decides a commit, the store makes it durable, `apply` makes it visible
(see the package `placet_tinydb`).
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from threading import RLock
from types import MappingProxyType

import msgspec
import pluggy

from placet.errors import Invalid
from placet.storage._index import KindIndex
from placet.storage._sorted import SortedRun
from placet.storage.conflicts import conflict_over
from placet.storage.kinds import KINDS, check_changes, check_events, check_query
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Drop,
    Head,
    Key,
    NewEvent,
    Page,
    Put,
    Query,
    Store,
    StoredEvent,
)
from placet.storage.sealing import seal

__all__ = ["MemoryStore", "SealedCommit", "placet_open_store"]

URL = "memory://"

_hookimpl = pluggy.HookimplMarker("placet")


@_hookimpl(tryfirst=True)
def placet_open_store(url: str) -> Store | None:
    """A fresh, empty store for `memory://`; None for the URL of another scheme.

    Raises Invalid for more than the scheme: nothing in memory can be opened by name.
    """
    if url.partition(":")[0] != "memory":
        return None
    if url != URL:
        raise Invalid(f"{url!r} names a memory store; write {URL!r}: each opening is a new one")
    return MemoryStore()


class SealedCommit(msgspec.Struct, frozen=True):
    """A commit that was decided: the head that it leads to, and all that it changes.

    An account as a whole reads the same: its head, all of its documents and all of its events.
    """

    account: str
    head: Head
    puts: tuple[Doc, ...]
    drops: tuple[Key, ...]
    events: tuple[StoredEvent, ...]


class _Account:
    def __init__(self) -> None:
        self.head = Head()
        self.kinds = {name: KindIndex(kind) for name, kind in KINDS.items()}
        self.log: list[StoredEvent] = []

    def get(self, key: Key) -> Doc | None:
        kind = self.kinds.get(key.kind)
        return kind.docs.get(key.id) if kind else None

    def version(self, key: Key) -> int:
        doc = self.kinds[key.kind].docs.get(key.id)
        return doc.version if doc else 0


class MemoryStore:
    """A store that lasts as long as the object. Any thread may call any method.

    >>> from placet.storage.port import Put
    >>> store = MemoryStore()
    >>> store.commit("default", [Put(Key("user", "sam"), b"{}", {})], [])
    Committed(version=1, seq=0)
    >>> store.get("default", [Key("user", "sam")])[0].version
    1
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._accounts: dict[str, _Account] = {}
        self._names = SortedRun()

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Accounts that have had a commit, in code-point order, behind `after`."""
        with self._lock:
            return tuple(name for (name,) in islice(self._names.walk(low=(after, "")), limit))

    def head(self, account: str) -> Head:
        """Where the account stands."""
        with self._lock:
            return self._account(account).head

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        """The documents under `keys`, in that order, None for none: all of one moment."""
        with self._lock:
            state = self._account(account)
            return tuple([state.get(key) for key in keys])

    def find(self, account: str, query: Query) -> Page:
        """One page. Raises Invalid for a query that its kind does not declare."""
        check_query(query)
        with self._lock:
            return self._account(account).kinds[query.kind].find(query)

    def count(self, account: str, query: Query) -> int:
        """How many documents match, whatever `order`, `after`, `skip` and `limit` say."""
        check_query(query)
        with self._lock:
            return self._account(account).kinds[query.kind].count(query)

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        """Apply all changes and append all events, or nothing.

        Raises Conflict naming every key whose `expect` failed; Invalid for a key named twice or a
        change that its kind does not declare.
        """
        with self._lock:
            sealed = self.prepare(account, changes, events)
            self.apply(sealed)
        return Committed(sealed.head.version, sealed.head.seq)

    def prepare(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> SealedCommit:
        """Decide a commit without changing anything; raises as `commit` does.

        Whoever calls this must let no other commit in until `apply`.
        """
        check_changes(changes)
        check_events(events)
        with self._lock:
            state = self._account(account)
            moved = [
                change.key
                for change in changes
                if change.expect is not None and change.expect != state.version(change.key)
            ]
            if moved:
                raise conflict_over(account, moved)
            head, sealed = seal(state.head, events)
        # Copies: what the caller does to a dict or a bytearray later must not reach the store.
        puts: list[Doc] = []
        drops: list[Key] = []
        for change in changes:
            if isinstance(change, Put):
                body, index = bytes(change.body), MappingProxyType(dict(change.index))
                puts.append(Doc(change.key, head.version, body, index))
            elif isinstance(change, Drop):
                drops.append(change.key)
        return SealedCommit(account, head, tuple(puts), tuple(drops), sealed)

    def apply(self, sealed: SealedCommit) -> None:
        """Make a decided commit visible, or load an account that was kept elsewhere."""
        with self._lock:
            state = self._accounts.get(sealed.account)
            if state is None:
                state = self._accounts[sealed.account] = _Account()
                self._names.add((sealed.account,))
            puts: defaultdict[str, list[Doc]] = defaultdict(list)
            for doc in sealed.puts:
                puts[doc.key.kind].append(doc)
            for kind, docs in puts.items():
                state.kinds[kind].put(docs)
            for key in sealed.drops:
                state.kinds[key.kind].drop(key.id)
            state.log.extend(sealed.events)
            state.head = sealed.head

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        """Events with a `seq` above `after`, in order, at most `limit`: none is ever skipped."""
        after = max(after, 0)
        with self._lock:
            return tuple(self._account(account).log[after : after + limit])

    def close(self) -> None:
        """There is nothing to let go of."""

    def _account(self, account: str) -> _Account:
        """The account; one without commits is answered by an empty one that is not kept."""
        return self._accounts.get(account) or _Account()
