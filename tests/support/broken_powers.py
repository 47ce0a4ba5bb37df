"""A store with every power that memory can have, and stores that have them wrongly."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from threading import Condition
from types import ModuleType
from typing import Literal

import pluggy
from faults import caught_by

from placet.errors import Invalid, Unavailable
from placet.storage.kinds import KINDS
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import Query, Store

__all__ = ["PowerfulStore"]

Scan = Generator[Sequence[tuple[str, bytes]], None, None]


class PowerfulStore(MemoryStore):
    """Waitable, Scannable, Probing, Migratable, Inspectable and Measurable."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[str] = []
        self.told = Condition()
        self.closed = [False]

    def apply(self, sealed: SealedCommit) -> None:
        super().apply(sealed)
        with self.told:
            self.changed.append(sealed.account)
            self.told.notify_all()

    def wait(self, timeout: float) -> Sequence[str]:
        with self.told:
            self.told.wait_for(lambda: bool(self.changed), timeout)
            found = tuple(self.changed)
            self.changed.clear()
            return found

    def scan(self, account: str, kind: str) -> Scan:
        docs = self.find(account, Query(kind, limit=1000)).docs
        for at in range(0, len(docs), 100):
            yield [(doc.key.id, doc.body) for doc in docs[at : at + 100]]

    def ready(self) -> Literal[True] | str:
        return "the store was closed" if self.closed[0] else True

    def migrate(self) -> None:
        pass

    def inspect(self) -> Iterator[str]:
        yield from ()

    def measures(self) -> Mapping[str, int]:
        return {"documents in bytes": 0}

    def close(self) -> None:
        self.closed[0] = True


@caught_by(
    "test_a_commit_is_told_of_by_the_next_wait", "test_a_commit_of_another_thread_is_told_of"
)
class NeverTold(PowerfulStore):
    """Waiting never tells of anything."""

    def wait(self, timeout: float) -> Sequence[str]:
        return ()


@caught_by("test_waiting_ends_where_nothing_happens")
class ToldOfNothing(PowerfulStore):
    """Waiting tells of an account though nothing happened."""

    def wait(self, timeout: float) -> Sequence[str]:
        return super().wait(timeout) or ("acme",)


@caught_by("test_a_commit_of_another_handle_is_told_of")
class ToldOfItsOwn(PowerfulStore):
    """Waiting tells only of what the same handle committed."""

    def __init__(self) -> None:
        super().__init__()
        self.mine: list[tuple[int, str]] = []

    def apply(self, sealed: SealedCommit) -> None:
        self.mine.append((id(self), sealed.account))
        super().apply(sealed)

    def wait(self, timeout: float) -> Sequence[str]:
        # Without waiting, for the kit asks until its patience is at an end.
        found = super().wait(0)
        return [account for account in found if (id(self), account) in self.mine]


@caught_by("test_a_scan_gives_every_document_of_a_kind_once")
class ScansShort(PowerfulStore):
    """A scan leaves out what does not fill a part."""

    def scan(self, account: str, kind: str) -> Scan:
        yield from (part for part in super().scan(account, kind) if len(part) == 100)


@caught_by("test_a_scan_gives_nothing_of_other_kinds_and_accounts")
class ScansTooMuch(PowerfulStore):
    """A scan gives what other accounts have, too."""

    def scan(self, account: str, kind: str) -> Scan:
        for name in self.accounts() or (account,):
            yield from super().scan(name, kind)


@caught_by("test_a_scan_is_of_one_moment")
class ScansByAndBy(PowerfulStore):
    """A scan looks for each part anew, by number."""

    def scan(self, account: str, kind: str) -> Scan:
        at = 0
        while docs := self.find(account, Query(kind, skip=at, limit=100)).docs:
            yield [(doc.key.id, doc.body) for doc in docs]
            at += 100


@caught_by("test_a_scan_of_an_undeclared_kind_is_refused")
class ScansAnything(PowerfulStore):
    """A kind that nobody declared has no documents."""

    def scan(self, account: str, kind: str) -> Scan:
        if kind in KINDS:
            yield from super().scan(account, kind)


@caught_by("test_a_scan_may_be_left_early")
class ScansToTheEnd(PowerfulStore):
    """A scan that was not read to its end leaves the store locked."""

    scanning = False

    def scan(self, account: str, kind: str) -> Scan:
        self.scanning = True
        yield from super().scan(account, kind)
        self.scanning = False

    def apply(self, sealed: SealedCommit) -> None:
        if self.scanning:
            raise Unavailable("somebody is scanning")
        super().apply(sealed)


@caught_by("test_a_store_in_use_is_ready")
class NotReady(PowerfulStore):
    """A store in use says that it is not fit to serve."""

    def ready(self) -> Literal[True] | str:
        return "there are documents in it" if self.accounts() else super().ready()


@caught_by("test_a_closed_store_is_not_ready")
class AlwaysReady(PowerfulStore):
    """A closed store says that it is fit to serve."""

    def ready(self) -> Literal[True] | str:
        return True


@caught_by("test_migrating_again_changes_nothing")
class MigratesOnce(PowerfulStore):
    """Migrating a second time fails."""

    def migrate(self) -> None:
        if self.__dict__.setdefault("layout", 1) == 2:
            raise Unavailable("the table exists already")
        self.layout = 2


@caught_by("test_inspecting_a_healthy_store_says_nothing")
class SeesGhosts(PowerfulStore):
    """Inspecting reports what is no damage."""

    def inspect(self) -> Iterator[str]:
        if self.accounts():
            yield "an account has fewer documents than versions"


@caught_by("test_sizes_have_names_and_are_numbers_of_bytes")
class SizeUnknown(PowerfulStore):
    """A size that is not known is -1."""

    def measures(self) -> Mapping[str, int]:
        return {"file": -1}


_hookimpl = pluggy.HookimplMarker("placet")

takes_all = ModuleType("takes_all")
claims_badly = ModuleType("claims_badly")


@_hookimpl
def _open_any(url: str) -> Store | None:
    return MemoryStore()


@_hookimpl
def _refuse_others(url: str) -> Store | None:
    if not url.startswith("memory://"):
        raise Invalid(f"{url!r} is not mine")
    return MemoryStore()


takes_all.placet_open_store = _open_any  # type: ignore[attr-defined]  # a module made here
claims_badly.placet_open_store = _refuse_others  # type: ignore[attr-defined]  # likewise


@caught_by("test_the_plugin_declines_what_is_not_its_own", plugin=takes_all)
class OpensAnything(MemoryStore):
    """The hook opens URLs of every scheme."""


@caught_by("test_the_plugin_declines_what_is_not_its_own", plugin=claims_badly)
class RefusesOthers(MemoryStore):
    """The hook raises for a URL of another scheme, and so stops every other plugin."""
