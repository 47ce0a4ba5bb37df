"""One attempt at a use case: what it has read, what it will write, and the one commit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from placet.access.advance import Fact, advance
from placet.access.check import Inquiry
from placet.access.exact import exact_principal
from placet.access.gains import Edge, harmless
from placet.access.guard import unbounded, widening
from placet.access.snapshot import Snapshot
from placet.access.sources import Directory
from placet.catalogue import OPERATIONS
from placet.errors import AccessDenied, Invalid
from placet.model import (
    SYSTEM,
    AccessYield,
    Actor,
    Approval,
    Assignment,
    Authority,
    Noun,
    Record,
)
from placet.refs import ResourceRef
from placet.services.index import Entry, Index
from placet.services.rights import holds, lacks
from placet.storage.codec import FORMAT, check_types, data_of, decode, encode_change, encode_noun
from placet.storage.entries import EventDraft, RawChange, write_event
from placet.storage.kinds import MAX_EVENT_BYTES
from placet.storage.nouns import (
    AUTHORITY_KEY,
    AUTHORITY_KINDS,
    GUARDED_KINDS,
    SILENT_KINDS,
    key_for,
    key_of,
    parts_of,
)
from placet.storage.port import Change, Check, Committed, Doc, Drop, Key, NewEvent, Put, Store

__all__ = ["Work"]

N = TypeVar("N", bound=Noun)
_ROOM = MAX_EVENT_BYTES - 64 * 1024
"""Bytes of changes that one event takes: the rest is for who did it, and why."""


class _Read(msgspec.Struct, frozen=True, gc=False):
    key: Key
    version: int
    noun: Noun | None


class Work:
    """What a use case reads and writes through.

    Whatever is read and not written is guarded at the commit, and so is the account's authority
    once rights were asked for: nobody acts on what has changed in the meantime. Nothing is stored
    that gives more than the caller may give. A `trusting` one takes the index as it is: what comes
    to no commit, an error too, is good only if it is not `outdated`.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        index: Index,
        actor: Actor,
        now: datetime,
        *,
        closed: bool,
        trusting: bool = False,
    ) -> None:
        self.account = account
        self.actor = actor
        self.now = now
        self.closed = closed
        self._store = store
        self._index = index
        self._trusting = trusting
        self._snapshot: Snapshot | None = None
        self._world: Snapshot | None = None
        self._directory: Directory | None = None
        self._unapplied: list[Fact] = []
        # By key parts, as use cases ask again and again: the key itself is made once.
        self._read: defaultdict[type[Noun], dict[tuple[str, ...], _Read]] = defaultdict(dict)
        self._written: dict[Key, Put | Drop] = {}
        self._left: dict[Key, Noun | None] = {}
        self._edges: list[Edge] = []
        self._changes: list[RawChange] = []
        self._events: list[NewEvent] = []
        self._entries: list[Entry] = []

    # -- facts ---------------------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """The account's index, as it was before this work: at the head of the log, unless this
        is a trusting one.
        """
        if self._snapshot is None:
            index = self._index
            self._snapshot = self._world = index.current() if self._trusting else index.latest()
        return self._snapshot

    @property
    def outdated(self) -> bool:
        """Whether who may do what had changed before this work took its snapshot, or has since."""
        known = self._snapshot
        return (
            self._trusting
            and known is not None
            and self._index.latest().authority != known.authority
        )

    @property
    def entries(self) -> Sequence[Entry]:
        """What this work puts into the log: the changes of each event."""
        return self._entries

    @property
    def world(self) -> Snapshot:
        """The index as this work would leave it."""
        if self._world is None:
            self._world = self.snapshot
        if self._unapplied:
            self._world = advance(self._world, self._unapplied)
            self._unapplied = []
        return self._world

    def get(self, noun: type[N], *parts: str) -> N | None:
        """The noun with these key parts, or None."""
        return cast("N | None", self._before(noun, parts).noun)

    def get_all(self, noun: type[N], keys: Iterable[Sequence[str]]) -> list[N | None]:
        """The nouns with these key parts, all of one moment."""
        read = self._read[noun]
        wanted = [tuple(parts) for parts in keys]
        unread = {parts: key_for(noun, *parts) for parts in wanted if parts not in read}
        if unread:
            docs = self._store.get(self.account, [*unread.values()])
            for (parts, key), doc in zip(unread.items(), docs, strict=True):
                read[parts] = _as_read(noun, key, doc)
        return [cast("N | None", read[parts].noun) for parts in wanted]

    def left(self, noun: N) -> N | None:
        """A noun that is stored, as this work would leave it; None if the work drops it."""
        return cast("N | None", self._left.get(key_of(noun), noun))

    def made(self, noun: type[N], *parts: str) -> N | None:
        """The noun with these key parts that this work has put; None where it has put none."""
        return cast("N | None", self._left.get(key_for(noun, *parts)))

    def directory(self, approval: Approval) -> Directory:
        """Who may review an approval, as the snapshot of this work has it."""
        if self._directory is None or self._directory.approval is not approval:
            self._directory = Directory(self.snapshot, approval, self.now, closed=self.closed)
        return self._directory

    # -- rights --------------------------------------------------------------------------------

    def may(self, operation: str, scope: str, id: str | None = None) -> bool:
        """Whether the caller may do an administrative operation; SYSTEM always may."""
        asked = OPERATIONS[operation]
        return self.holds(asked.permission, ResourceRef(asked.resource_type, id), scope)

    def act_for(self, person: str, scope: str) -> None:
        """Go on as somebody who acts for `person`, whom the caller only names.

        Raises AccessDenied unless the caller itself may ask for others.
        """
        if self.actor.on_behalf_of is not None:
            raise Invalid(f"{self.actor.principal} acts for {self.actor.on_behalf_of} already")
        self.authorize("approvals.request_for", scope)
        exact = exact_principal(self.snapshot, person, scope)
        self.actor = msgspec.structs.replace(self.actor, on_behalf_of=exact)

    def authorize(self, operation: str, scope: str, id: str | None = None) -> None:
        """Raise AccessDenied unless the caller may do an administrative operation."""
        asked = OPERATIONS[operation]
        if self.actor is not SYSTEM:
            self.require(asked.permission, ResourceRef(asked.resource_type, id), scope)

    def holds(self, permission: str, resource: ResourceRef, scope: str) -> bool:
        """Whether the caller holds a permission, approval policies not asked; SYSTEM always does.

        One that is not registered is held by nobody.
        """
        return self._asked(permission, resource, scope, Inquiry.allowed)

    def holds_throughout(self, permission: str, type: str, scope: str) -> bool:
        """Whether the caller holds a permission on every resource of a type, without exception."""
        return self._asked(permission, ResourceRef(type), scope, Inquiry.throughout)

    def require(self, permission: str, resource: ResourceRef, scope: str) -> None:
        """Raise AccessDenied unless the caller holds a permission."""
        if not self.holds(permission, resource, scope):
            raise lacks(self.actor, permission, resource, scope)

    def _asked(
        self,
        permission: str,
        resource: ResourceRef,
        scope: str,
        answer: Callable[[Inquiry], bool],
    ) -> bool:
        if self.actor is SYSTEM:
            return True
        return holds(
            self.snapshot,
            self.actor,
            permission,
            resource,
            scope,
            lambda: self.now,
            closed=self.closed,
            answer=answer,
        )

    # -- writing -------------------------------------------------------------------------------

    def put(self, noun: N, *, validated: bool = False, new: bool = False) -> N:
        """Store `noun`, stamped; raises Invalid if it is not valid. Returns it as stored.

        `validated` says that the caller has validated just this noun: a stamp cannot spoil it.
        `new` says that its id was just made up, so that there is nothing to read: should there be,
        the commit is a conflict.
        """
        data: bytes | None = check_types(noun)
        before = self._before(type(noun), parts_of(noun), new=new)
        if isinstance(noun, Record):
            noun, data = cast(N, self._stamped(noun, before.noun)), None
        if not validated:
            noun.validate()
        body, index, shown = encode_change(noun, data)
        self._write(Put(before.key, body, index, before.version), before.noun, noun, shown)
        return noun

    def drop(self, noun: Noun) -> None:
        """Remove `noun`, which has been read."""
        before = self._before(type(noun), parts_of(noun))
        if before.noun is not None:
            self._write(Drop(before.key, before.version), before.noun, None, None)

    def record(
        self, kind: str, *, approval: str | None = None, last: int | None = None, **data: Any
    ) -> None:
        """Write down what happened: the changes since the last record are of this event.

        With `last` only so many of the latest are; those before wait for a record of theirs.
        """
        cut = 0 if last is None else len(self._changes) - last
        changes, self._changes = self._changes[cut:], self._changes[:cut]
        first = True
        for part in _parts(changes):
            draft = EventDraft(
                format=FORMAT,
                account=self.account,
                kind=kind,
                actor=self.actor.principal,
                on_behalf_of=self.actor.on_behalf_of,
                chain=self.actor.chain,
                approval=approval,
                data=data if first else {"continued": True},
                changes=part,
            )
            self._events.append(write_event(draft, self.now))
            self._entries.append(part)
            first = False

    def refuse_widening(self) -> None:
        """Raise AccessDenied if this work gives what the caller does not hold itself.

        The error names what the caller would have to hold, so that a host can offer to ask for it.
        Asked of every commit, so that no service can forget it; SYSTEM costs nothing, and who may
        give anything one check.
        """
        if self.actor is SYSTEM or not self._edges:
            return
        edges = [edge for edge in self._edges if not (harmless(edge) or self._minted(edge))]
        if not edges or unbounded(self.actor, self.snapshot, self.now, closed=self.closed):
            return
        gained = widening(
            self.actor, self.snapshot, self.world, edges, self.now, closed=self.closed
        )
        if gained is not None:
            raise AccessDenied(
                gained.text,
                permission=gained.permission,
                resource=gained.resource,
                scope=gained.scope,
            )

    def _minted(self, edge: Edge) -> bool:
        """Whether an approval of this very work gives this access: its policy was guarded when it
        was published, and no more than that is given.
        """
        given = edge.after
        if not isinstance(given, Assignment) or given.approval is None or edge.before is not None:
            return False
        approval = self.made(Approval, given.approval)
        return (
            approval is not None
            and approval.status == "approved"
            and isinstance(approval.policy.yields, AccessYield)
            and given.effect == "allow"
            and (given.role, given.principal, given.scope, given.only)
            == (approval.policy.yields.role, approval.subject, approval.scope,
                (approval.resource,))
        )  # fmt: skip

    def commit(self) -> Committed | None:
        """Store it all, or raise Conflict; None where there is nothing to store.

        Raises AccessDenied for what gives more than the caller may give.
        """
        if not self._written and not self._events:
            return None
        self.refuse_widening()
        if self._changes:
            kinds = sorted({change.kind for change in self._changes})
            raise AssertionError(f"changes of {', '.join(kinds)} belong to no event")
        changes: list[Change] = [*self._written.values()]
        for by_parts in self._read.values():
            for read in by_parts.values():
                if read.key not in self._written:
                    changes.append(Check(read.key, read.version))
        expect = None if self._snapshot is None else self._snapshot.authority
        if any(key.kind in GUARDED_KINDS for key in self._written):
            body, index = encode_noun(Authority(updated_at=self.now))
            changes.append(Put(AUTHORITY_KEY, body, index, expect))
        elif expect is not None:
            changes.append(Check(AUTHORITY_KEY, expect))
        return self._store.commit(self.account, changes, self._events)

    def _before(self, noun: type[Noun], parts: tuple[str, ...], *, new: bool = False) -> _Read:
        read = self._read[noun].get(parts)
        if read is None:
            key = key_for(noun, *parts)
            doc = None if new else self._store.get(self.account, [key])[0]
            read = self._read[noun][parts] = _as_read(noun, key, doc)
        return read

    def _stamped(self, noun: Record, before: Noun | None) -> Record:
        known = before if isinstance(before, Record) else None
        return msgspec.structs.replace(
            noun,
            created_at=known.created_at if known else self.now,
            created_by=known.created_by if known else self.actor.principal,
            updated_at=self.now,
        )

    def _write(
        self, change: Put | Drop, before: Noun | None, after: Noun | None, shown: bytes | None
    ) -> None:
        """Keep a change for the commit; `shown` is what the log shows of `after`."""
        key = change.key
        if key in self._written:
            raise Invalid(f"{key.kind} {key.id!r} is changed twice in one step")
        self._written[key] = change
        self._left[key] = after
        if key.kind in AUTHORITY_KINDS:
            changed = after if after is not None else before
            assert changed is not None, "a drop is of something that was read"
            self._unapplied.append(Fact(changed, gone=after is None))
        if key.kind in _WIDENING:
            self._edges.append(Edge(before, after))
        if key.kind not in SILENT_KINDS:
            self._changes.append(
                RawChange(
                    key.kind,
                    key.id,
                    msgspec.UNSET if before is None else msgspec.Raw(data_of(before)),
                    msgspec.UNSET if shown is None else msgspec.Raw(shown),
                )
            )


_WIDENING = AUTHORITY_KINDS | {"credential"}
"""The kinds that may give somebody access: who makes a credential of somebody is that somebody."""


def _as_read(noun: type[Noun], key: Key, doc: Doc | None) -> _Read:
    return _Read(key, 0, None) if doc is None else _Read(key, doc.version, decode(noun, doc))


def _parts(changes: list[RawChange]) -> Iterable[tuple[RawChange, ...]]:
    """The changes in parts that each fit into one event; one part, at least."""
    if len(changes) < 2:  # one is never taken apart, and there is always room for it
        yield tuple(changes)
        return
    part: list[RawChange] = []
    size = 0
    for change in changes:
        weight = 600 + sum(
            len(memoryview(side))
            for side in (change.before, change.after)
            if isinstance(side, msgspec.Raw)
        )
        if part and size + weight > _ROOM:
            yield tuple(part)
            part, size = [], 0
        part.append(change)
        size += weight
    yield tuple(part)
