"""Stores that commit wrongly: versions, expectations, conflicts. Each has one fault."""

from collections.abc import Sequence

from faults import caught_by
from msgspec.structs import replace

from placet.errors import Conflict, Unavailable
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import (
    Change,
    Check,
    Committed,
    NewEvent,
)

Changes = Sequence[Change]
Events = Sequence[NewEvent]


# Versions


@caught_by("test_a_version_never_returns_after_a_drop")
class VersionOfTheDocument(MemoryStore):
    """Each document counts for itself, and begins again at 1 after a drop."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        state = self._account(account)
        puts = [replace(doc, version=state.version(doc.key) + 1) for doc in sealed.puts]
        return replace(sealed, puts=tuple(puts))


@caught_by("test_a_version_never_returns_after_the_last_document_is_gone")
class VersionFromWhatIsStored(MemoryStore):
    """The next version is the highest that is still stored, plus one."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        kinds = self._account(account).kinds.values()
        stored = [doc.version for kind in kinds for doc in kind.docs.values()]
        stored += [entry.version for entry in self.events(account, 0, 10_000)]
        version = max(stored, default=0) + 1
        return replace(
            sealed,
            head=replace(sealed.head, version=version),
            puts=tuple(replace(doc, version=version) for doc in sealed.puts),
            events=tuple(replace(entry, version=version) for entry in sealed.events),
        )


@caught_by(
    "test_a_commit_without_events_takes_a_number",
    "test_random_use_gives_what_the_memory_store_gives",
)
class NoVersionWithoutEvents(MemoryStore):
    """A commit without events takes no number of its own."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        if events:
            return sealed
        version = max(1, self.head(account).version)
        puts = tuple(replace(doc, version=version) for doc in sealed.puts)
        return replace(sealed, head=replace(sealed.head, version=version), puts=puts)


@caught_by("test_a_commit_of_nothing_takes_a_number")
class NoVersionForNothing(MemoryStore):
    """A commit of nothing does nothing at all."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        if not changes and not events:
            head = self.head(account)
            return Committed(head.version, head.seq)
        return super().commit(account, changes, events)


@caught_by("test_a_refused_commit_takes_no_number")
class VersionForARefusal(MemoryStore):
    """A refused commit uses up a version."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        with self._lock:
            try:
                return super().commit(account, changes, events)
            except Conflict:
                head = self.head(account)
                self.apply(
                    SealedCommit(account, replace(head, version=head.version + 1), (), (), ())
                )
                raise


@caught_by("test_each_account_counts_for_itself")
class OneVersionForAll(MemoryStore):
    """Versions run over all accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.last = [0]

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        self.last[0] += 1
        version = self.last[0]
        return replace(
            sealed,
            head=replace(sealed.head, version=version),
            puts=tuple(replace(doc, version=version) for doc in sealed.puts),
            events=tuple(replace(entry, version=version) for entry in sealed.events),
        )


# Commit and conflicts


@caught_by("test_a_refused_commit_changes_no_document")
class PartialCommit(MemoryStore):
    """On a conflict, the changes before the first that fails are kept."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        with self._lock:
            try:
                return super().commit(account, changes, events)
            except Conflict as error:
                good = []
                for change in changes:
                    if change.key in error.keys:
                        break
                    good.append(change)
                if good:
                    super().commit(account, good, [])
                raise


@caught_by("test_a_refused_commit_adds_no_event")
class EventsOfARefusal(MemoryStore):
    """The events of a refused commit stay in the log."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        try:
            return super().commit(account, changes, events)
        except Conflict:
            if events:
                super().commit(account, [], events)
            raise


@caught_by("test_every_failing_key_is_named", "test_many_failing_keys_are_all_named")
class FirstConflictOnly(MemoryStore):
    """A conflict names the first key that moved, and no other."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        try:
            return super().commit(account, changes, events)
        except Conflict as error:
            raise Conflict(error.message, error.keys[:1]) from None


@caught_by("test_many_failing_keys_are_all_named")
class ConflictsCut(MemoryStore):
    """A conflict names a hundred keys at most."""

    def commit(self, account: str, changes: Changes, events: Events) -> Committed:
        try:
            return super().commit(account, changes, events)
        except Conflict as error:
            raise Conflict(error.message, error.keys[:100]) from None


@caught_by("test_putting_a_new_document_over_one_conflicts", "test_a_document_is_made_once")
class ZeroIsNothing(MemoryStore):
    """An expectation of 0, which is false in Python, is not looked at."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        loose: list[Change] = [
            replace(change, expect=change.expect or None)
            for change in changes
            if not isinstance(change, Check) or change.expect
        ]
        return super().prepare(account, loose, events)


@caught_by("test_putting_over_a_version_to_come_conflicts")
class AtMostIsEnough(MemoryStore):
    """A version that is not yet there is taken for an expectation that holds."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        state = self._account(account)
        loose: list[Change] = [
            replace(change, expect=min(change.expect, state.version(change.key)))
            if change.expect and state.get(change.key)
            else change
            for change in changes
        ]
        return super().prepare(account, loose, events)


@caught_by("test_a_check_that_fails_refuses_the_commit")
class ChecksIgnored(MemoryStore):
    """A check guards nothing."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        rest = [change for change in changes if not isinstance(change, Check)]
        return super().prepare(account, rest, events)


@caught_by("test_a_check_writes_nothing")
class ChecksWrite(MemoryStore):
    """A check that holds gives the document a new version."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        guarded = self.get(account, [c.key for c in changes if isinstance(c, Check)])
        touched = tuple(replace(doc, version=sealed.head.version) for doc in guarded if doc)
        return replace(sealed, puts=(*sealed.puts, *touched))


@caught_by("test_dropping_what_is_not_there_is_fine")
class DropOfNothing(MemoryStore):
    """Dropping what is not there is a conflict."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        sealed = super().prepare(account, changes, events)
        missing = [key for key in sealed.drops if self.get(account, [key]) == (None,)]
        if missing:
            raise Conflict("there is nothing to drop", missing)
        return sealed


@caught_by("test_a_commit_that_no_kind_declares_is_invalid[a key put twice]")
class LastPutWins(MemoryStore):
    """A key named twice in a commit is no mistake."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        return super().prepare(account, list({c.key: c for c in changes}.values()), events)


@caught_by("test_a_commit_takes_250_000_changes", "test_many_changes_replace_many")
class FewChanges(MemoryStore):
    """A commit of more than a thousand changes fails, and no limit is declared."""

    def prepare(self, account: str, changes: Changes, events: Events) -> SealedCommit:
        if len(changes) > 1000:
            raise Unavailable("too many changes")
        return super().prepare(account, changes, events)
