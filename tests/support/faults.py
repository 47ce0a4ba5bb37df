"""The list of broken stores: each has one fault, and names the tests of the kit that catch it."""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple, TypeVar

from placet.storage import memory
from placet.storage.memory import MemoryStore

__all__ = ["FAULTS", "Fault", "caught_by"]

S = TypeVar("S", bound=type[MemoryStore])


class Fault(NamedTuple):
    """A broken store: what is wrong with it, and which tests have to fail."""

    what: str
    store: type[MemoryStore]
    tests: tuple[str, ...]
    plugin: ModuleType = memory


FAULTS: dict[str, Fault] = {}
"""By the name of the class."""


def caught_by(*tests: str, plugin: ModuleType = memory) -> Callable[[S], S]:
    """Put a store on the list; its docstring says what is wrong with it."""

    def register(store: S) -> S:
        FAULTS[store.__name__] = Fault((store.__doc__ or "").rstrip("."), store, tests, plugin)
        return store

    return register
