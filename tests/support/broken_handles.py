"""Stores that share wrongly: threads, handles, reopening. Each has one fault."""

import time
from collections.abc import Sequence
from threading import Lock
from typing import Any

from faults import caught_by
from msgspec.structs import replace

from placet.errors import Unavailable
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Head,
    Key,
    NewEvent,
)

Changes = Sequence[Change]
Events = Sequence[NewEvent]


def give_way() -> None:
    """What a careless store spends between two steps; long enough for others to look in."""
    time.sleep(0.0005)


@caught_by("test_nothing_comes_between_deciding_and_writing")
class DeferredBegin(MemoryStore):
    """A commit decides first, and takes the lock for writing afterwards."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        sealed = self.prepare(account, changes, events)
        give_way()
        self.apply(sealed)
        return Committed(sealed.head.version, sealed.head.seq)


class Slowly(MemoryStore):
    """A store that shows the parts of a commit one after the other; one writer at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = Lock()

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        with self.writing:
            sealed = self.prepare(account, changes, events)
            for part in self.parts(sealed):
                self.apply(part)
                give_way()
        return Committed(sealed.head.version, sealed.head.seq)

    def parts(self, sealed: SealedCommit) -> Sequence[SealedCommit]:
        return [sealed]


@caught_by("test_who_sees_an_event_sees_its_commit")
class EventsFirst(Slowly):
    """Events can be read before their commit is done."""

    def parts(self, sealed: SealedCommit) -> Sequence[SealedCommit]:
        before = self.head(sealed.account)
        early = SealedCommit(sealed.account, before, (), (), sealed.events)
        return [early, replace(sealed, events=())]


@caught_by("test_who_sees_a_head_sees_what_it_stands_for")
class HeadFirst(Slowly):
    """The head moves before the events are there."""

    def parts(self, sealed: SealedCommit) -> Sequence[SealedCommit]:
        return [SealedCommit(sealed.account, sealed.head, (), (), ()), sealed]


@caught_by("test_a_reader_sees_whole_commits_only")
class DocumentsOneByOne(Slowly):
    """The documents of a commit appear one after the other."""

    def parts(self, sealed: SealedCommit) -> Sequence[SealedCommit]:
        single = [replace(sealed, puts=(doc,), events=(), drops=()) for doc in sealed.puts]
        return [*single, replace(sealed, puts=())]


@caught_by("test_a_reader_sees_whole_commits_only")
class GetOneByOne(MemoryStore):
    """Documents read in one call are of several moments."""

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        found: list[Doc | None] = []
        for key in keys:
            found += super().get(account, [key])
            give_way()
        return tuple(found)


@caught_by("test_a_second_handle_sees_what_the_first_committed")
class HandleThatCaches(MemoryStore):
    """A handle remembers the head that it read, until it commits itself."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[int, str], Head] = {}

    def head(self, account: str) -> Head:
        return self.seen.setdefault((id(self), account), super().head(account))

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        committed = super().commit(account, changes, events)
        self.seen.pop((id(self), account), None)
        return committed


@caught_by("test_closing_one_handle_leaves_the_other_open")
class CloseForAll(MemoryStore):
    """Closing one handle closes them all."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[bool] = []

    def close(self) -> None:
        self.closed.append(True)

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        if self.closed:
            raise Unavailable("the store was closed")
        return super().prepare(account, changes, events)


@caught_by("test_closing_twice_does_nothing")
class CloseOnce(MemoryStore):
    """Closing a second time fails."""

    def close(self) -> None:
        if self.__dict__.pop("was_closed", False):
            raise Unavailable("the store is closed already")
        self.was_closed = True


@caught_by("test_versions_go_on_where_they_stood")
class HeadForgotten(MemoryStore):
    """The head is not kept: after reopening, it is that of the last event."""

    def close(self) -> None:
        for state in self._accounts.values():
            last = state.log[-1] if state.log else None
            state.head = Head(last.version, last.seq, last.at, last.hash) if last else Head()


@caught_by("test_documents_are_found_again", "test_awkward_values_and_accounts_are_found_again")
class TuplesBecomeLists(MemoryStore):
    """After reopening, the members of a field are a list, as JSON has them."""

    def close(self) -> None:
        for state in self._accounts.values():
            for kind in state.kinds.values():
                for id, doc in kind.docs.items():
                    index: dict[str, Any] = {
                        field: list(value) if isinstance(value, tuple) else value
                        for field, value in doc.index.items()
                    }
                    kind.docs[id] = replace(doc, index=index)


@caught_by("test_what_was_dropped_stays_dropped")
class DropsForgotten(MemoryStore):
    """What was dropped is back after reopening."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: list[tuple[str, Doc]] = []

    def apply(self, sealed: SealedCommit) -> None:
        for key in sealed.drops:
            self.dropped += [(sealed.account, d) for d in self.get(sealed.account, [key]) if d]
        super().apply(sealed)

    def close(self) -> None:
        for account, doc in self.dropped:
            super().apply(SealedCommit(account, self.head(account), (doc,), (), ()))
        self.dropped.clear()
