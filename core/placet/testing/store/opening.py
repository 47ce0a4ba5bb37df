"""Opening and closing: the hook, and handles that let go."""

import pluggy
import pytest

from placet.storage.port import Store
from placet.testing.store._base import ACCOUNT, OpenStore, Theme, fill, user, user_key

__all__ = ["OpeningTheme"]


class OpeningTheme(Theme):
    """What a handle is, and where it comes from."""

    def test_a_store_has_every_method_of_the_port(self, store: Store) -> None:
        """The Protocol, checked at run time as the core does."""
        assert isinstance(store, Store)

    def test_a_new_store_is_empty(self, store: Store) -> None:
        """No account, no document."""
        assert store.accounts() == ()

    def test_closing_twice_does_nothing(self, store: Store) -> None:
        """After use."""
        fill(store, user("sam"))
        store.close()
        store.close()

    def test_closing_a_store_that_was_never_used_does_nothing(self, store: Store) -> None:
        """It may not even have been connected."""
        store.close()
        store.close()

    def test_stores_of_different_names_share_nothing(self, open_store: OpenStore) -> None:
        """Each is a database of its own."""
        first, second = open_store("first"), open_store("second")
        try:
            fill(first, user("sam"))
            assert second.get(ACCOUNT, [user_key("sam")]) == (None,)
            assert second.accounts() == ()
        finally:
            first.close()
            second.close()

    @pytest.mark.parametrize("url", ["nobody://host/name", "nobody:", "", "sam", "/a/path"])
    def test_the_plugin_declines_what_is_not_its_own(self, url: str) -> None:
        """With None, so that another plugin may open it."""
        assert self._hooks().hook.placet_open_store(url=url) == []

    def test_the_plugin_has_the_hook_and_no_other(self) -> None:
        """Marked for placet."""
        (hook,) = self._hooks().get_hookcallers(self.plugin) or []
        assert hook.name == "placet_open_store"

    def _hooks(self) -> pluggy.PluginManager:
        if self.plugin is None:
            pytest.skip("no plugin: the attribute `plugin` names no module with the hook")
        manager = pluggy.PluginManager("placet")
        manager.register(self.plugin)
        return manager
