"""A store that tells when it is asked, before it answers: in which thread, or not yet."""

from collections.abc import Callable
from typing import Any

from placet import hookimpl
from placet.storage.memory import MemoryStore
from placet.storage.port import Store

__all__ = ["Told"]


class _ToldStore:
    def __init__(self, plugin: "Told") -> None:
        self._plugin = plugin
        self._store = MemoryStore()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            self._plugin.tell(name)
            return method(*args, **kwargs)

        return called


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
