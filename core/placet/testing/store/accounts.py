"""Accounts: each stands alone, and the store can list those that have had a commit."""

import pytest

from placet.errors import Conflict
from placet.storage.port import Head, Query, Store
from placet.testing.store._base import (
    ACCOUNT,
    OTHER,
    Theme,
    drop,
    event,
    fill,
    user,
    user_key,
)

__all__ = ["AccountsTheme"]


class AccountsTheme(Theme):
    """Several accounts in one store."""

    def test_accounts_do_not_see_each_other(self, store: Store) -> None:
        """Not by key, query, count, log or head."""
        store.commit(OTHER, [user("sam")], [event()])
        assert store.get(ACCOUNT, [user_key("sam")]) == (None,)
        assert store.find(ACCOUNT, Query("user")).docs == ()
        assert store.count(ACCOUNT, Query("user")) == 0
        assert store.events(ACCOUNT, 0, 10) == ()
        assert store.head(ACCOUNT) == Head()

    def test_the_same_key_in_two_accounts_is_two_documents(self, store: Store) -> None:
        """Changing one leaves the other alone."""
        store.commit(OTHER, [user("sam", b"1")], [])
        fill(store, user("sam", b"2"))
        fill(store, drop("sam"))
        (doc,) = store.get(OTHER, [user_key("sam")])
        assert doc is not None
        assert doc.body == b"1"

    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_accounts_can_be_paged(self, store: Store, limit: int) -> None:
        """`after` is the last name seen."""
        names = ["a", "aa", "b"]
        for name in names:
            store.commit(name, [], [event()])
        found: list[str] = []
        for _ in names:
            found += store.accounts(after=found[-1] if found else "", limit=limit)
        assert found == names

    def test_an_account_without_commits_is_not_listed(self, store: Store) -> None:
        """Neither reading nor a refused commit makes one."""
        store.get(ACCOUNT, [user_key("sam")])
        store.find(ACCOUNT, Query("user"))
        with pytest.raises(Conflict):
            fill(store, user("sam", expect=7))
        assert store.accounts() == ()

    def test_each_account_is_listed_once(self, store: Store) -> None:
        """However many commits it had, and whether they left anything."""
        for account in ("b", "a", "b"):
            store.commit(account, [user("sam")], [event()])
        store.commit("a", [drop("sam")], [])
        assert store.accounts() == ("a", "b")

    def test_accounts_are_listed_behind_a_name_that_none_has(self, store: Store) -> None:
        """`after` is a place, as in a page."""
        for account in ("a", "c"):
            store.commit(account, [], [])
        assert store.accounts(after="b") == ("c",)
        assert store.accounts(after="c") == ()
