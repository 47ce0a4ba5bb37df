"""The hooks by which plugins join in, and the plugin manager that holds them.

There is one manager per engine, never a global one: plugins are passed in when embedding, and
found by entry point when asked to (the host does). A plugin is a module or an object whose
functions carry `@placet.hooks.hookimpl`; unknown hooks and wrong arguments are refused when it is
registered. Every hook is called through a typed function of `Hooks`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, NamedTuple, cast

import pluggy

from placet.catalogue import Catalogue
from placet.errors import Invalid
from placet.model import Approval, Event, Verdict
from placet.storage.port import Store

__all__ = ["ENTRY_POINTS", "HookSpecs", "Hooks", "Listener", "hookimpl"]

ENTRY_POINTS = "placet"
"""The entry-point group; for a storage plugin, the entry point's name is its URL scheme."""

hookspec = pluggy.HookspecMarker("placet")
hookimpl = pluggy.HookimplMarker("placet")


class HookSpecs:
    """What a plugin may implement. An implementation may take fewer arguments than named here."""

    @hookspec(firstresult=True)
    def placet_open_store(self, url: str) -> Store | None:
        """Open the store at `url`, or return None when the scheme is not yours.

        Called once, when an engine is first used. Open lazily: connections, files and threads
        start with the first call of a store's method. Two plugins that answer for one URL are an
        error that names both. An entry point in the group `placet` named like the scheme makes
        the plugin found without being passed in.

            @hookimpl
            def placet_open_store(url):
                if not url.startswith("redis://"):
                    return None
                return RedisStore(url)
        """

    @hookspec
    def placet_event(self, event: Event) -> None:
        """Hear of an event, after its commit: at least once, in order per account.

        Called by the delivery worker, which remembers for each listener how far it has got. A
        raise means "again later" and stops no other listener. The event's `hash` is a stable id.

            @hookimpl
            def placet_event(event):
                if event.kind == "approval.requested":
                    chat.send(f"{event.actor} asks: {event.data['permission']}")
        """

    @hookspec
    def placet_catalogue(self) -> Catalogue | None:
        """Nouns that come from code: permissions, built-in roles, resource groups, policies.

        Called once per engine. They are part of every account and are never stored; a stored
        policy of the same id and scope replaces one of the catalogue.

            @hookimpl
            def placet_catalogue():
                return Catalogue(permissions=(Permission.dotted("invoice.pay"),))
        """

    @hookspec
    def placet_review_guard(
        self, approval: Approval, reviewer: str, verdict: Verdict
    ) -> str | None:
        """Refuse a review: return the reason, or None to let it pass.

        Called after the policy has let the reviewer through and before anything is stored; it may
        be called again when the commit has to be tried again. A raise refuses as well.

            @hookimpl
            def placet_review_guard(approval, reviewer, verdict):
                if on_holiday(reviewer):
                    return f"{reviewer} is on holiday"
        """


class Listener(NamedTuple):
    """A plugin that hears of events, under the name by which its progress is remembered."""

    name: str
    call: Callable[[Event], None]


class _MissingExtra(Invalid):
    """A plugin of this distribution is there, and what it needs is not."""


class Hooks:
    """The plugins of one engine, behind typed calls.

    `autoload` also loads every plugin that is installed with an entry point in the group `placet`.
    """

    def __init__(self, plugins: Iterable[object] = (), *, autoload: bool = False) -> None:
        self._manager = pluggy.PluginManager("placet")
        self._manager.add_hookspecs(HookSpecs)
        for plugin in plugins:
            self._register(plugin, _name_of(plugin))
        if autoload:
            for point in _installed():
                # A plugin whose extra is missing is in nobody's way until its scheme is asked for.
                with suppress(_MissingExtra):
                    self._load(point)

    def open_store(self, url: str) -> Store:
        """The store at `url`. Raises Invalid where no plugin, or more than one, opens it."""
        scheme, separator, _ = url.partition("://")
        if not separator:
            raise Invalid(f"{url!r} is no store URL; write 'memory://' or 'sqlite:///approvals.db'")
        if not (opened := self._open(url)):
            self._load_scheme(scheme)
            opened = self._open(url)
        if not opened:
            known = ", ".join(sorted({"memory", *(point.name for point in _installed())}))
            raise Invalid(f"no plugin opens {scheme}:// stores; installed are: {known}")
        if len(opened) > 1:
            for _, store in opened:
                store.close()
            raise Invalid(
                f"{scheme}:// stores are opened by two plugins, "
                f"{' and '.join(name for name, _ in opened)}; register one of them"
            )
        name, store = opened[0]
        if not isinstance(store, Store):
            raise Invalid(f"plugin {name} opened {type(store).__name__}, which is not a Store")
        return store

    def catalogues(self) -> tuple[Catalogue, ...]:
        """The catalogue of every plugin that has one."""
        found: list[Catalogue | None] = self._manager.hook.placet_catalogue()
        return tuple(catalogue for catalogue in reversed(found) if catalogue is not None)

    def listeners(self) -> tuple[Listener, ...]:
        """Every plugin that hears of events."""
        return tuple(
            Listener(name, cast(Callable[[Event], None], _calling(hook, "event")))
            for name, hook in self._each("placet_event")
        )

    def review_veto(self, approval: Approval, reviewer: str, verdict: Verdict) -> str | None:
        """The first reason that a plugin has against a review; None when none has."""
        guard = self._manager.hook.placet_review_guard
        if not guard.get_hookimpls():
            return None
        reasons: Sequence[str | None] = guard(approval=approval, reviewer=reviewer, verdict=verdict)
        return next((reason for reason in reasons if reason), None)

    def _open(self, url: str) -> list[tuple[str, Store]]:
        opened: list[tuple[str, Store]] = []
        for name, hook in self._each("placet_open_store"):
            try:
                store: Store | None = hook(url=url)
            except ImportError as error:
                raise _missing_extra(url.partition("://")[0], error) from error
            if store is not None:
                opened.append((name, store))
        return opened

    def _each(self, hook: str) -> Iterable[tuple[str, Any]]:
        """One caller for each plugin that implements `hook`, so that none hides another."""
        caller = getattr(self._manager.hook, hook)
        implementing = [found.plugin for found in caller.get_hookimpls()]
        for plugin in implementing:
            others = [other for other in self._manager.get_plugins() if other is not plugin]
            name = self._manager.get_name(plugin) or repr(plugin)
            yield name, self._manager.subset_hook_caller(hook, others)

    def _load_scheme(self, scheme: str) -> None:
        points = [point for point in _installed() if point.name == scheme]
        if len(points) > 1:
            named = " and ".join(f"{point.value} ({_dist(point)})" for point in points)
            raise Invalid(f"{scheme}:// is claimed by two installed plugins, {named}; remove one")
        for point in points:
            self._load(point)

    def _load(self, point: EntryPoint) -> None:
        try:
            plugin = point.load()
        except ImportError as error:
            if _dist(point) != "placet":
                raise
            raise _missing_extra(point.name, error) from error
        if not self._manager.is_registered(plugin):
            self._register(plugin, _name_of(plugin))

    def _register(self, plugin: object, name: str) -> None:
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            raise Invalid(f"plugin {name} cannot be registered: {error}") from error


def _missing_extra(scheme: str, error: ImportError) -> _MissingExtra:
    return _MissingExtra(
        f"{scheme}:// stores need what is not installed ({error}): install placet[{scheme}]"
    )


def _calling(hook: Any, argument: str) -> Callable[[object], object]:
    return lambda value: hook(**{argument: value})


def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))


def _dist(point: EntryPoint) -> str:
    return "" if point.dist is None else point.dist.name


def _name_of(plugin: object) -> str:
    if isinstance(plugin, ModuleType | type):
        return plugin.__name__
    return f"{type(plugin).__module__}.{type(plugin).__qualname__}"
