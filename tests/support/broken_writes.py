"""Stores that keep the wrong thing: documents, indexes, the log. Each has one fault."""

import json
from collections.abc import Sequence
from typing import Any
from unicodedata import normalize

from faults import caught_by
from msgspec.structs import replace
from naive_store import NaiveStore

from placet.errors import Conflict
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Index,
    Key,
    NewEvent,
    Put,
)
from placet.storage.sealing import seal

Changes = Sequence[Change]
Events = Sequence[NewEvent]


class Spoiling(MemoryStore):
    """A store whose decided commits are spoilt before they are applied."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        return self.spoil(super().prepare(account, changes, events))

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        return sealed


@caught_by("test_replacing_an_index_moves_the_document")
class FirstIndexStays(NaiveStore):
    """Replacing a document does not update its indexes."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[tuple[str, Key], Index] = {}

    def indexed(self, account: str, doc: Doc) -> Index:
        return self.first.get((account, doc.key), doc.index)

    def apply(self, sealed: SealedCommit) -> None:
        for doc in sealed.puts:
            self.first.setdefault((sealed.account, doc.key), doc.index)
        for key in sealed.drops:
            self.first.pop((sealed.account, key), None)
        super().apply(sealed)


@caught_by("test_a_dropped_document_matches_nothing")
class IndexOutlivesDrop(FirstIndexStays):
    """What is put again under a dropped id is found by its old values, too."""

    def indexed(self, account: str, doc: Doc) -> Index:
        return {**self.first.get((account, doc.key), {}), **doc.index}

    def apply(self, sealed: SealedCommit) -> None:
        for doc in sealed.puts:
            if self.get(sealed.account, [doc.key]) != (None,):
                self.first.pop((sealed.account, doc.key), None)
            else:
                self.first.setdefault((sealed.account, doc.key), doc.index)
        MemoryStore.apply(self, sealed)


@caught_by("test_putting_again_replaces_body_and_index")
class IndexesMerged(MemoryStore):
    """A put adds to the index instead of replacing it."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        merged = []
        for doc in sealed.puts:
            (old,) = self.get(account, [doc.key])
            merged.append(replace(doc, index={**(old.index if old else {}), **doc.index}))
        return replace(sealed, puts=tuple(merged))


@caught_by(
    "test_accounts_do_not_see_each_other", "test_the_same_key_in_two_accounts_is_two_documents"
)
class OneAccount(MemoryStore):
    """All accounts share one set of documents."""

    def apply(self, sealed: SealedCommit) -> None:
        super().apply(sealed)
        kinds = next(iter(self._accounts.values())).kinds
        if self._accounts[sealed.account].kinds is not kinds:
            self._accounts[sealed.account].kinds = kinds
            super().apply(replace(sealed, events=()))

    def _account(self, account: str) -> Any:
        state = super()._account(account)
        if self._accounts:
            state.kinds = next(iter(self._accounts.values())).kinds
        return state


@caught_by("test_what_a_reader_changes_is_not_stored")
class MutableIndex(Spoiling):
    """The index that is handed out is the store's own dict."""

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        puts = tuple(replace(doc, index=dict(doc.index)) for doc in sealed.puts)
        return replace(sealed, puts=puts)


@caught_by("test_what_the_caller_changes_afterwards_is_not_stored")
class CallersIndex(MemoryStore):
    """The store keeps the caller's own dict."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        given = {change.key: change.index for change in changes if isinstance(change, Put)}
        puts = tuple(replace(doc, index=given[doc.key]) for doc in sealed.puts)
        return replace(sealed, puts=puts)


@caught_by("test_a_body_is_never_looked_into")
class BodyReencoded(Spoiling):
    """A body is decoded and encoded again."""

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        puts = tuple(
            replace(doc, body=json.dumps(json.loads(doc.body)).encode()) for doc in sealed.puts
        )
        return replace(sealed, puts=puts)


@caught_by("test_ids_that_only_look_alike_are_two_documents")
class NormalizedIds(MemoryStore):
    """Ids are normalized."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        nfc: list[Change] = [
            replace(change, key=Key(change.key.kind, normalize("NFC", change.key.id)))
            for change in changes
        ]
        return super().prepare(account, nfc, events)


@caught_by("test_an_id_of_256_bytes_is_kept")
class IdsCut(MemoryStore):
    """Ids are cut at 255 letters."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        cut: list[Change] = [
            replace(change, key=Key(change.key.kind, change.key.id[:255])) for change in changes
        ]
        return super().prepare(account, cut, events)


# The log


@caught_by("test_events_are_numbered_from_one_without_gaps")
class GapAfterARefusal(MemoryStore):
    """A refused commit uses up the numbers of its events."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        with self._lock:
            try:
                return super().commit(account, changes, events)
            except Conflict:
                state = self._account(account)
                state.head = replace(state.head, seq=state.head.seq + len(events))
                raise


@caught_by("test_events_are_sealed_into_one_chain")
class Unsealed(Spoiling):
    """Events carry no hash."""

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        events = tuple(replace(entry, hash=bytes(32)) for entry in sealed.events)
        return replace(sealed, events=events)


@caught_by("test_events_are_sealed_into_one_chain", "test_a_chain_can_be_checked_from_any_head")
class ChainOfEachCommit(Spoiling):
    """The chain begins anew with every commit."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        head = replace(self.head(account), hash=bytes(32))
        new, entries = seal(head, events)
        return replace(sealed, head=new, events=entries) if events else sealed


@caught_by("test_each_account_has_its_own_log")
class ChainOfAllAccounts(MemoryStore):
    """One chain runs through the logs of all accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.last = [bytes(32)]

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        new, entries = seal(replace(self.head(account), hash=self.last[0]), events)
        self.last[0] = new.hash
        return replace(sealed, head=new, events=entries)


@caught_by("test_time_in_the_log_never_runs_backwards")
class TimeBackwards(MemoryStore):
    """An event keeps its time, also where it is before the last one's."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        head, entries = self.head(account), []
        for given in events:
            head, (entry,) = seal(replace(head, at=0, version=sealed.head.version - 1), [given])
            entries.append(entry)
        return replace(sealed, head=head, events=tuple(entries)) if events else sealed


@caught_by("test_an_event_comes_back_as_it_was_put")
class EventReencoded(Spoiling):
    """The body of an event is decoded and encoded again."""

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        events = tuple(
            replace(entry, body=json.dumps(json.loads(entry.body)).encode())
            for entry in sealed.events
        )
        return replace(sealed, events=events)


@caught_by("test_an_event_carries_the_version_of_its_commit")
class VersionBefore(Spoiling):
    """An event carries the version that stood before its commit."""

    def spoil(self, sealed: SealedCommit) -> SealedCommit:
        events = tuple(replace(entry, version=entry.version - 1) for entry in sealed.events)
        return replace(sealed, events=events)
