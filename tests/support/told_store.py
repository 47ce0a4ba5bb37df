"""A store that tells when it is asked, before it answers: in which thread, or not yet."""

from collections.abc import Callable
from typing import Any

from placet import hookimpl
from placet.storage.memory import MemoryStore
from placet.storage.port import Store

__all__ = ["Told"]

_PORT = ("accounts", "head", "get", "find", "count", "commit", "events", "close")


class _ToldStore(MemoryStore):
    def __init__(self, plugin: "Told") -> None:
        super().__init__()
        self.plugin = plugin


def _telling(name: str) -> Callable[..., Any]:
    method = getattr(MemoryStore, name)

    def called(self: _ToldStore, *args: Any, **kwargs: Any) -> Any:
        self.plugin.tell(name)
        return method(self, *args, **kwargs)

    return called


for _name in _PORT:
    setattr(_ToldStore, _name, _telling(_name))


class Told:
    """A plugin with one store, which every engine on "told://" is on. `tell` is called with the
    name of each method of it before that is; what it raises is raised.
    """

    def __init__(self) -> None:
        self.tell: Callable[[str], object] = str
        self._store = _ToldStore(self)

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        """The store."""
        return self._store if url == "told://" else None
