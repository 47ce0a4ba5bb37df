"""Plugins: one manager per engine, loaded by scheme, refused where they do not fit."""

import types
from importlib.metadata import EntryPoint

import pytest

import placet.hooks
from placet import Event, Invalid, Permission, Placet, hookimpl
from placet.catalogue import Catalogue
from placet.hooks import Hooks, HookSpecs
from placet.model import Approval
from placet.storage.memory import MemoryStore
from placet.storage.port import Store


class _Opens:
    def __init__(self, scheme: str) -> None:
        self.scheme = scheme

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return MemoryStore() if url.startswith(f"{self.scheme}://") else None


class _OpensToo(_Opens):
    pass


def test_a_store_is_opened_by_whoever_answers_for_its_scheme() -> None:
    hooks = Hooks([_Opens("one"), _OpensToo("two")])
    assert isinstance(hooks.open_store("two://x"), MemoryStore)


def test_two_that_answer_for_one_url_are_an_error_that_names_both() -> None:
    hooks = Hooks([_Opens("one"), _OpensToo("one")])
    with pytest.raises(Invalid, match=r"_Opens and .*_OpensToo|_OpensToo and .*_Opens"):
        hooks.open_store("one://x")


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(Invalid, match=r"no plugin opens nosuch:// stores; installed are: .*memory"):
        Hooks().open_store("nosuch://x")


def test_what_is_no_url_says_what_one_looks_like() -> None:
    with pytest.raises(Invalid, match="is no store URL; write"):
        Hooks().open_store("app.db")


def test_an_unknown_hook_is_refused() -> None:
    class Misspelt:
        @hookimpl
        def placet_evnet(self, event: Event) -> None: ...

    with pytest.raises(Invalid, match="cannot be registered: unknown hook 'placet_evnet'"):
        Hooks([Misspelt()])


def test_a_wrong_argument_is_refused() -> None:
    class Wrong:
        @hookimpl
        def placet_event(self, evt: Event) -> None: ...

    with pytest.raises(Invalid, match="cannot be registered"):
        Hooks([Wrong()])


def test_an_implementation_may_take_fewer_arguments() -> None:
    class Refuses:
        @hookimpl
        def placet_review_guard(self, reviewer: str) -> str | None:
            return f"{reviewer} is on holiday"

    from approval_worlds import asked

    approval: Approval = asked("1 from group:qa")
    veto = Hooks([Refuses()]).review_veto(approval, "user:ana", "approve")
    assert veto == "user:ana is on holiday"


def test_the_same_plugin_twice_is_refused() -> None:
    plugin = _Opens("one")
    with pytest.raises(Invalid, match="cannot be registered"):
        Hooks([plugin, plugin])


def test_what_opens_no_store_is_named() -> None:
    class Liar:
        @hookimpl
        def placet_open_store(self, url: str) -> object:
            return object()

    with pytest.raises(Invalid, match="Liar opened object, which is not a Store"):
        Hooks([Liar()]).open_store("x://y")


def test_each_engine_has_its_own_plugins() -> None:
    Hooks([_Opens("mine")])
    with pytest.raises(Invalid, match="no plugin opens mine://"):
        Hooks().open_store("mine://x")


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: EntryPoint) -> types.ModuleType:
        raise ModuleNotFoundError("No module named 'tinydb'")

    monkeypatch.setattr(EntryPoint, "load", missing)
    with pytest.raises(Invalid, match=r"install placet\[tinydb\]"):
        Hooks().open_store("tinydb:///x.json")


def test_a_missing_extra_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: EntryPoint) -> types.ModuleType:
        raise ModuleNotFoundError("No module named 'tinydb'")

    monkeypatch.setattr(EntryPoint, "load", missing)
    hooks = Hooks([_Opens("one")], autoload=True)
    assert isinstance(hooks.open_store("one://x"), MemoryStore)


def test_two_installed_plugins_of_one_scheme_are_an_error_that_names_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = tuple(EntryPoint("twice", value, "placet") for value in ("a.b", "c.d"))
    monkeypatch.setattr(placet.hooks, "_installed", lambda: points)
    with pytest.raises(Invalid, match=r"a\.b .*and c\.d"):
        Hooks().open_store("twice://x")


def test_a_plugin_is_loaded_only_when_its_scheme_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []

    def load(self: EntryPoint) -> types.ModuleType:
        loaded.append(self.name)
        raise ModuleNotFoundError("stop here")

    points = tuple(EntryPoint(name, name, "placet") for name in ("one", "two"))
    monkeypatch.setattr(placet.hooks, "_installed", lambda: points)
    monkeypatch.setattr(EntryPoint, "load", load)
    with pytest.raises(ModuleNotFoundError):
        Hooks().open_store("two://x")
    assert loaded == ["two"]


def test_a_catalogue_is_part_of_every_account_and_never_stored() -> None:
    class Brings:
        @hookimpl
        def placet_catalogue(self) -> Catalogue:
            return Catalogue(permissions=(Permission.dotted("ship.sail"),))

    placet = Placet.open("memory://", plugins=[Brings()])
    assert placet.check("user:sam", "ship.sail", "ship:1") is False
    assert placet.tenant("other").check("user:sam", "ship.sail", "ship:1") is False
    assert placet.store.accounts() == ()


@pytest.mark.parametrize("hook", [name for name in vars(HookSpecs) if name.startswith("placet_")])
def test_every_hook_is_documented_with_an_example(hook: str) -> None:
    text = getattr(HookSpecs, hook).__doc__
    assert "@hookimpl" in text
    assert f"def {hook}(" in text
