"""The store port: the messages, and the small Protocol that every store implements.

A store keeps, for each account, documents with a few indexed values and one append-only log of
sealed events. One call, `commit`, changes both, all or nothing. Everything else reads. A store
never looks into a body.

Two numbers run per account, and both are given out under the exclusion that commits, so that a
reader of the log never skips (a sequence that is handed out before the commit would):

- `version` grows by one with every commit. It is the version of every document that the commit
  puts, so a version never comes back, not even after a drop.
- `seq` grows by one with every event, without gaps.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

__all__ = [
    "Backupable",
    "Change",
    "Check",
    "Committed",
    "Cursor",
    "Doc",
    "Drop",
    "Head",
    "Index",
    "IndexValue",
    "Inspectable",
    "Joinable",
    "Joined",
    "Key",
    "Measurable",
    "Migratable",
    "NewEvent",
    "Page",
    "Probing",
    "Put",
    "Query",
    "Range",
    "Scannable",
    "Store",
    "StoredEvent",
    "Waitable",
]

IndexValue = str | int | tuple[str, ...]
Index = Mapping[str, IndexValue]


class Key(msgspec.Struct, frozen=True, order=True):
    """The name of a document in its account: a declared kind and an id of at most 256 bytes."""

    kind: str
    id: str


# A commit may hold a quarter of a million documents: the garbage collector passes them by, since
# bytes and index values are part of no cycle.
class Doc(msgspec.Struct, frozen=True, gc=False):
    """A document as it stands: `version` is the number of the commit that put it."""

    key: Key
    version: int
    body: bytes
    index: Index


class Put(msgspec.Struct, frozen=True, gc=False):
    """Store a document, whole.

    `expect` is 0 (there must be none), n (its version must be n) or None (whatever is there).
    """

    key: Key
    body: bytes
    index: Index
    expect: int | None = None


class Drop(msgspec.Struct, frozen=True):
    """Remove a document; `expect` as in `Put`. With None, dropping what is not there is fine."""

    key: Key
    expect: int | None = None


class Check(msgspec.Struct, frozen=True):
    """Guard a document that was read but is not written; `expect` is 0 (absent) or its version."""

    key: Key
    expect: int


Change = Put | Drop | Check


class NewEvent(msgspec.Struct, frozen=True):
    """An event before it has a place in the log.

    `at` is in milliseconds since 1970 UTC, `body` canonical JSON, `digest` the SHA-256 of it.
    """

    at: int
    body: bytes
    digest: bytes


class StoredEvent(msgspec.Struct, frozen=True):
    """An event in the log: `hash` seals it to the one before (`placet.storage.sealing`)."""

    seq: int
    version: int
    at: int
    body: bytes
    digest: bytes
    hash: bytes


class Head(msgspec.Struct, frozen=True):
    """Where an account's commits and log stand; an account without commits has the empty head.

    `at` is that of the last event in milliseconds; the next one is never before it.
    """

    version: int = 0
    seq: int = 0
    at: int = 0
    hash: bytes = bytes(32)


class Committed(msgspec.Struct, frozen=True):
    """What a commit was given: its version, and the `seq` of its last event (the head's)."""

    version: int
    seq: int


class Range(msgspec.Struct, frozen=True):
    """A half-open range over an integer field: low <= value < high; None is open."""

    field: str
    low: int | None = None
    high: int | None = None


class Cursor(msgspec.Struct, frozen=True):
    """A place in an order: the value of the order field (the id, where that is the order) and the
    id of the last document seen. It belongs to an order, not to a query.
    """

    value: str | int
    id: str


class Query(msgspec.Struct, frozen=True):
    """Which documents, in which order, from where.

    `where` clauses are ANDed; a clause matches when the field has one of the values (for a field
    of texts: when any member is one of them). At most one range. `order` is "id" or a declared
    order; ties go by id, in the same direction. Text is compared by code point. `after` goes on
    behind a place; `skip` instead passes over so many, at a cost that grows with it.
    """

    kind: str
    where: Mapping[str, tuple[str | int, ...]] = {}
    range: Range | None = None
    order: str = "id"
    descending: bool = False
    after: Cursor | None = None
    skip: int = 0
    limit: int = 100


class Page(msgspec.Struct, frozen=True):
    """Documents in order, and the place to go on from; None when that was all."""

    docs: tuple[Doc, ...]
    next: Cursor | None = None


@runtime_checkable
class Store(Protocol):
    """What a storage plugin implements. Any thread may call any method.

    Every method but `accounts` and `close` is about one account. All raise `Unavailable` when the
    store cannot be reached or used, and `Corrupt` when it holds what nobody wrote.
    """

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        """Accounts that have had a commit, in code-point order, behind `after`."""

    def head(self, account: str) -> Head:
        """Where the account stands."""

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        """The documents under `keys`, in that order, None for none: all of one moment."""

    def find(self, account: str, query: Query) -> Page:
        """One page. Raises Invalid for a query that its kind does not declare."""

    def count(self, account: str, query: Query) -> int:
        """How many documents match, whatever `order`, `after`, `skip` and `limit` say."""

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        """Apply all changes and append all events, or nothing.

        Raises Conflict naming *every* key whose `expect` failed; Invalid for a key named twice or
        a change that its kind does not declare. When it returns, the commit is as durable as the
        store ever makes it.
        """

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        """Events with a `seq` above `after`, in order, at most `limit`: none is ever skipped."""

    def close(self) -> None:
        """Let go of files and connections. Calling it again does nothing."""


@runtime_checkable
class Waitable(Protocol):
    """A store that can tell that something changed, in this process or another.

    An engine follows it with a thread of its own; a store for one process needs no such power.
    """

    def wait(self, timeout: float) -> Sequence[str]:
        """Accounts that may have changed since this thread last asked: a hint only.

        Returns at once where there are any, else when there are, or after `timeout` seconds. The
        first call of all only begins to watch, and the first of another thread may tell of
        everything since. `close` ends it early.
        """


@runtime_checkable
class Scannable(Protocol):
    """A store that can hand out a whole kind for less than its pages cost.

    An engine reads all that it decides by when it starts; from other stores it does so by `find`.
    """

    def scan(self, account: str, kind: str) -> Generator[Sequence[tuple[str, bytes]], None, None]:
        """The id and the body of every document of a kind, in any order, some at a time.

        All are of one moment, which is not before the first are asked for. Raises Invalid for a
        kind that is not declared, by then. The caller exhausts it or closes it: until then a store
        may hold a connection.
        """


@runtime_checkable
class Migratable(Protocol):
    """A store whose layout has to be brought up to date by a person's decision."""

    def migrate(self) -> None:
        """Bring the layout up to date; doing it again changes nothing."""


@runtime_checkable
class Probing(Protocol):
    """A store that can say whether it is fit to serve."""

    def ready(self) -> Literal[True] | str:
        """True, or why not, in words."""


class Joined(Store, Protocol):
    """A store inside a transaction of the caller's own: it sees what the caller has not committed,
    and what it commits stands or falls with the caller's transaction.
    """

    def over(self) -> bool:
        """Whether that transaction has ended, one way or the other."""


@runtime_checkable
class Joinable(Protocol):
    """A store that can take part in a transaction of the application's own connection."""

    def joined(self, connection: object) -> Joined:
        """The same data through `connection`, inside the transaction that is open there.

        Where none is open, the first use begins one that may write. A commit is a savepoint: the
        caller's transaction is never committed or rolled back, and `close` leaves the connection
        alone. Losing the race for the head is Conflict, at once: only the caller can begin anew.
        Raises Invalid for a connection of another kind or to other data.
        """


@runtime_checkable
class Backupable(Protocol):
    """A store that can be copied, whole and consistent, while it is in use."""

    def backup(self, path: str, progress: Callable[[int, int], None] | None = None) -> None:
        """Write a copy to the file `path`, which the URL of this kind of store can then name.

        `progress` is told now and then what is done, of how much. Raises Invalid where `path` is
        taken, and leaves nothing there when it fails.
        """


@runtime_checkable
class Inspectable(Protocol):
    """A store that can look for damage below what the port shows."""

    def inspect(self) -> Iterator[str]:
        """What is wrong with its files and indexes, a sentence each; nothing where all is well."""


@runtime_checkable
class Measurable(Protocol):
    """A store that knows what room it takes."""

    def measures(self) -> Mapping[str, int]:
        """Sizes in bytes, by a name that a person can read."""
