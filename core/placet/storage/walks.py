"""Walks over all that a store holds, in pages, so that none of it has to fit into memory."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from placet.storage.port import Doc, Head, Key, Query, Store, StoredEvent
from placet.storage.sealing import chain_fault

__all__ = ["Chain", "accounts", "documents", "events", "paired"]

_PAGE = 500
"""Documents or events read at once: at most 500 MiB, were each as large as one may be."""


class _Keyed(Protocol):
    @property
    def key(self) -> Key: ...


L = TypeVar("L", bound=_Keyed)
R = TypeVar("R", bound=_Keyed)


def accounts(store: Store) -> Iterator[str]:
    """Every account that has had a commit, in code-point order.

    >>> from placet.storage.memory import MemoryStore
    >>> store = MemoryStore()
    >>> committed = store.commit("acme", [], [])
    >>> list(accounts(store))
    ['acme']
    """
    after = ""
    while page := store.accounts(after):
        yield from page
        after = page[-1]


def documents(store: Store, account: str, kind: str) -> Iterator[Doc]:
    """Every document of a kind, in the order of the ids.

    What is written in the meantime may be met or missed; what stands all the while is never missed.
    """
    query: Query | None = Query(kind, limit=_PAGE)
    while query is not None:
        page = store.find(account, query)
        yield from page.docs
        query = None if page.next is None else Query(kind, after=page.next, limit=_PAGE)


def events(store: Store, account: str, after: int = 0) -> Iterator[StoredEvent]:
    """Every event behind number `after`, in order."""
    while page := store.events(account, after, _PAGE):
        yield from page
        after = page[-1].seq


def paired(left: Iterable[L], right: Iterable[R]) -> Iterator[tuple[L | None, R | None]]:
    """Two walks in the order of the ids as one: what has the same id comes as a pair.

    >>> a, b, c = (Doc(Key("user", id), 1, b"{}", {}) for id in "abc")
    >>> [(one and one.key.id, other and other.key.id) for one, other in paired([a, b], [b, c])]
    [('a', None), ('b', 'b'), (None, 'c')]
    """
    lefts, rights = iter(left), iter(right)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if one is not None and (other is None or one.key.id < other.key.id):
            yield one, None
            one = next(lefts, None)
        elif one is not None and other is not None and one.key.id == other.key.id:
            yield one, other
            one, other = next(lefts, None), next(rights, None)
        elif other is not None:
            yield None, other
            other = next(rights, None)


class Chain:
    """A walk along the log of an account that tries every seal on its way.

    Iterating gives the events in order, up to where the chain breaks; iterated again, it goes on
    behind the last one. `head` is that of the last event whose seal held, and `fault` says in words
    what is broken, or None. `start` is where to begin, if the log is known to hold up to there.

    >>> from placet.storage.memory import MemoryStore
    >>> chain = Chain(MemoryStore(), "acme")
    >>> [event.seq for event in chain], chain.fault
    ([], None)
    """

    def __init__(self, store: Store, account: str, start: Head | None = None) -> None:
        self.head = Head() if start is None else start
        self.fault: str | None = None
        self._store = store
        self._account = account

    def __iter__(self) -> Iterator[StoredEvent]:
        if self.fault is not None:
            return
        # Before the walk: what the head speaks of has to be met on it.
        least = self._store.head(self._account).seq
        for event in events(self._store, self._account, self.head.seq):
            self.fault = chain_fault(self.head, (event,))
            if self.fault is not None:
                return
            self.head = Head(event.version, event.seq, event.at, event.hash)
            yield event
        self.fault = self._fault_of_the_end(least)

    def _fault_of_the_end(self, least: int) -> str | None:
        met = self.head
        if met.seq < least:
            return f"the log ends with event {met.seq}, and its head says {least}"
        # After the walk: it may have moved on since, never back.
        head = self._store.head(self._account)
        moved_on = head.seq > met.seq and head.version > met.version
        if moved_on or (
            (head.seq, head.at, head.hash) == (met.seq, met.at, met.hash)
            and head.version >= met.version
        ):
            return None
        return "the head does not match the last event"
