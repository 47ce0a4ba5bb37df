"""A store with every power that memory can have, and stores that have them wrongly."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Condition
from types import ModuleType
from typing import Literal

import pluggy
from faults import caught_by

from placet.errors import Invalid, Unavailable
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import Store

__all__ = ["PowerfulStore"]


class PowerfulStore(MemoryStore):
    """Waitable, Probing, Migratable, Inspectable and Measurable."""

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
