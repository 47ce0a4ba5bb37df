"""Copying a store into another: the log, the versions and the seals come out the same.

The copy is a replay. Commit n of the copy puts the documents whose version is n and appends the
events of commit n, so that the target gives out the numbers and the seals that the source gave out;
what is not there any more leaves an empty commit. The target's head is thus the place to go on from
after an interruption, and nothing else is kept.

A source may be in use. What is written while a pass runs belongs to the next one; passes follow
until one ends with the source as it began.

The invariant: a target at version n holds every document of the source whose version is n or less,
as it is; beside those only earlier states of documents that have moved on, which a later commit
replaces, and documents that are gone, which the first commit of a pass drops. So what else it
holds tells that it is no copy.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from placet.errors import Conflict, Corrupt, Invalid, InvalidState, Unavailable
from placet.storage.kinds import KINDS
from placet.storage.port import (
    Change,
    Committed,
    Drop,
    Head,
    Key,
    NewEvent,
    Put,
    Query,
    Store,
    StoredEvent,
)
from placet.storage.scratch import Scratch, scratch
from placet.storage.sealing import chain_fault
from placet.storage.walks import accounts, documents, events, paired

__all__ = ["MAX_PASSES", "Copied", "CopyProgress", "copy_store"]

MAX_PASSES = 10
"""How often the copy of an account runs after a source that moves on."""

_BATCH = 200
"""Documents whose bodies are read at once: at most 50 MiB."""

# Where a planned document stands in the source, and the version that the target holds, or 0. Notes
# on disk, and sorted there: a million documents would take 200 MB as objects.
_PLAN = "plan (version INTEGER, kind TEXT, id TEXT, held INTEGER)"

CopyProgress = Callable[[str, int, int], None]
"""Told the account, the commit that the target has reached, and the one that it is to reach."""

T = TypeVar("T")


class Copied(msgspec.Struct, frozen=True):
    """An account that both stores now have alike: `head` is that of both.

    `documents` is how many there are, `commits` how many it took this time.
    """

    account: str
    head: Head
    documents: int
    commits: int


def copy_store(
    source: Store, target: Store, progress: CopyProgress | None = None
) -> tuple[Copied, ...]:
    """Copy every account of `source` to `target`, or bring an earlier copy up to date.

    It may be interrupted at any moment and called again: it goes on. Each account is copied as of
    a moment of its own; one that is new meanwhile may have to wait for the next call. Nobody else
    may write to `target`. `progress` is told of every commit.

    Raises InvalidState where `target` holds what is no copy of `source`; Conflict where somebody
    else writes to it; Unavailable where `source` is written to faster than it can be copied;
    Corrupt where a log is broken; Invalid where the two are one store, or a commit has more changes
    than the `max_changes` that `target` declares.

    >>> from placet.storage.memory import MemoryStore
    >>> source, target = MemoryStore(), MemoryStore()
    >>> committed = source.commit("acme", [Put(Key("user", "sam"), b"{}", {})], [])
    >>> [(one.account, one.documents, one.commits) for one in copy_store(source, target)]
    [('acme', 1, 1)]
    >>> target.head("acme") == source.head("acme")
    True
    """
    if source is target:
        raise Invalid("source and target are the same store; a copy needs two")
    # All of them before the first commit: into another's store nothing is written.
    for account in accounts(target):
        _begun(source, target, account)
    return tuple(
        _Copy(source, target, account, progress or _silent).run() for account in accounts(source)
    )


def _silent(account: str, done: int, of: int) -> None:
    """Whoever wants no progress."""


def _no_copy(account: str, why: str) -> InvalidState:
    return InvalidState(
        f"account {account!r} of the target is no copy of the source's: {why}; copy into a store "
        "that is empty, or that an earlier copy of this source has filled"
    )


def _begun(source: Store, target: Store, account: str) -> Head:
    """The head of the target, which the source's history leads to. Raises InvalidState if not."""
    # The target first: the source only moves on.
    held, head = target.head(account), source.head(account)
    if held.version > head.version:
        raise _no_copy(account, f"it has {held.version} commits, the source {head.version}")
    around = source.events(account, max(held.seq - 1, 0), 2)
    if held.seq > 0 and (not around or (around[0].seq, around[0].hash) != (held.seq, held.hash)):
        raise _no_copy(account, f"its event {held.seq} is another")
    for event in around:
        if (event.seq <= held.seq) != (event.version <= held.version):
            raise _no_copy(account, f"its commit {held.version} has other events")
    return held


class _Numbered(Generic[T]):
    """Things in the order of the commits that they belong to, taken a commit at a time."""

    def __init__(self, things: Iterable[tuple[int, T]]) -> None:
        self._things = iter(things)
        self._next = next(self._things, None)

    def take(self, version: int) -> list[T]:
        """What is left up to commit `version`."""
        taken = []
        while self._next is not None and self._next[0] <= version:
            taken.append(self._next[1])
            self._next = next(self._things, None)
        return taken


class _Copy:
    """The copy of one account."""

    def __init__(self, source: Store, target: Store, account: str, progress: CopyProgress) -> None:
        self._source = source
        self._target = target
        self._account = account
        self._progress = progress

    def run(self) -> Copied:
        """Pass after pass, until the source has stood still for one."""
        commits = 0
        for _ in range(MAX_PASSES):
            begin = _begun(self._source, self._target, self._account)
            end = self._source.head(self._account)
            self._progress(self._account, begin.version, end.version)
            with scratch(_PLAN) as plan:
                drops = self._plan(plan, begin.version)
                self._replay(begin, end, drops, self._planned(plan))
            commits += end.version - begin.version
            counts = [self._counts(kind) for kind in KINDS]
            if self._source.head(self._account) == end:
                for kind, (there, here) in zip(KINDS, counts, strict=True):
                    if there != here:
                        why = f"it has {here} documents of kind {kind!r}, the source {there}"
                        raise _no_copy(self._account, why)
                return Copied(self._account, end, sum(here for _, here in counts), commits)
        raise Unavailable(
            f"account {self._account!r} of the source is written to faster than it can be copied; "
            "stop its writers and copy again"
        )

    def _counts(self, kind: str) -> tuple[int, int]:
        """How many documents of a kind there are, and how many here."""
        query = Query(kind)
        there = self._source.count(self._account, query)
        return there, self._target.count(self._account, query)

    def _plan(self, plan: Scratch, begin: int) -> list[Change]:
        """Note the documents that the commits behind `begin` put; returns what the first drops."""
        drops: list[Change] = []
        for kind in KINDS:
            walks = (
                documents(store, self._account, kind) for store in (self._source, self._target)
            )
            for there, here in paired(*walks):
                if there is None:
                    if here is not None:
                        drops.append(Drop(here.key, here.version))
                elif there.version > begin:
                    held = 0 if here is None else here.version
                    row = (there.version, kind, there.key.id, held)
                    plan.execute("INSERT INTO plan VALUES (?, ?, ?, ?)", row)
                elif there != here:
                    raise _no_copy(self._account, f"its {kind} {there.key.id!r} is another")
        return drops

    def _planned(self, plan: Scratch) -> Iterator[tuple[int, Change]]:
        rows = plan.execute("SELECT version, kind, id, held FROM plan ORDER BY version")
        while batch := rows.fetchmany(_BATCH):
            keys = [Key(kind, id) for _, kind, id, _ in batch]
            found = self._source.get(self._account, keys)
            for (version, _, _, held), doc in zip(batch, found, strict=True):
                # One that has moved on, or gone, since the plan was made is for the next pass.
                if doc is not None and doc.version == version:
                    yield version, Put(doc.key, doc.body, doc.index, held)

    def _replay(
        self,
        head: Head,
        end: Head,
        drops: list[Change],
        planned: Iterable[tuple[int, Change]],
    ) -> None:
        puts = _Numbered(planned)
        log = _Numbered(
            (event.version, event) for event in events(self._source, self._account, head.seq)
        )
        for version in range(head.version + 1, end.version + 1):
            changes = [*drops, *puts.take(version)]
            drops = []
            head = self._commit(head, changes, log.take(version))
            self._progress(self._account, version, end.version)
        reached = self._target.head(self._account)
        if reached != end:
            raise Corrupt(
                f"the copy of account {self._account!r} came to event {reached.seq} at commit "
                f"{reached.version}, and the head of the source says {end.seq} at {end.version}, "
                "or has another seal; verify both stores"
            )

    def _commit(self, head: Head, changes: list[Change], log: list[StoredEvent]) -> Head:
        """One commit more, sealed as in the source; returns the head that it leads to."""
        version = head.version + 1
        last = log[-1] if log else None
        fault = chain_fault(head, log)
        for event in log:
            if fault is None and event.version != version:
                fault = f"event {event.seq} stands behind those of a later commit"
        if fault is not None:
            raise Corrupt(
                f"the log of account {self._account!r} in the source is broken: {fault}; nothing "
                "behind that can be copied"
            )
        most: int | None = getattr(self._target, "max_changes", None)
        if most is not None and len(changes) > most:
            raise Invalid(
                f"commit {version} of account {self._account!r} takes {len(changes)} changes, and "
                f"the target takes {most} at once; copy into another kind of store"
            )
        if last is not None:
            head = Head(version, last.seq, last.at, last.hash)
        else:
            head = msgspec.structs.replace(head, version=version)
        new = [NewEvent(event.at, event.body, event.digest) for event in log]
        try:
            committed = self._target.commit(self._account, changes, new)
        except Conflict as error:
            raise Conflict(self._disturbed(version), error.keys) from error
        if committed != Committed(version, head.seq):
            raise Conflict(self._disturbed(version))
        return head

    def _disturbed(self, version: int) -> str:
        return (
            f"somebody else wrote to account {self._account!r} of the target before its commit "
            f"{version}; copy again, into an empty store if this one is refused"
        )
