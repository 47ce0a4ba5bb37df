"""A second handle: two hosts on the same data, each with a handle of its own."""

import pytest

from placet.errors import Conflict
from placet.storage.port import Query, Store
from placet.testing.store._base import ACCOUNT, Theme, drop, event, fill, ids, log_of, user
from placet.testing.store._child import count_up
from placet.testing.store.threads import (
    ROUNDS,
    assert_nothing_lost,
    at_once,
    come_between,
    each_pass,
)

__all__ = ["SecondHandleTheme"]


class SecondHandleTheme(Theme):
    """Two handles, open at once; left out by stores that lack "second_handle"."""

    def test_a_second_handle_sees_what_the_first_committed(
        self, store: Store, second: Store
    ) -> None:
        """At once, in every kind of read."""
        for name in ("sam", "dana"):
            store.commit(ACCOUNT, [user(name)], [event()])
            assert second.head(ACCOUNT) == store.head(ACCOUNT)
            assert log_of(second) == log_of(store)
        assert ids(second.find(ACCOUNT, Query("user"))) == ["dana", "sam"]
        assert second.accounts() == (ACCOUNT,)

    def test_queries_find_what_the_other_handle_changed(self, store: Store, second: Store) -> None:
        """The indexes follow, not only the documents."""
        query = Query("user", {"bundle": ("x",)})
        fill(store, user("sam", bundle="x"), user("dana", bundle="x"))
        assert ids(second.find(ACCOUNT, query)) == ["dana", "sam"]
        fill(store, user("sam", bundle="y"), drop("dana"))
        assert ids(second.find(ACCOUNT, query)) == []
        assert second.count(ACCOUNT, Query("user")) == 1

    def test_a_second_handle_goes_on_where_the_first_stands(
        self, store: Store, second: Store
    ) -> None:
        """Versions and the log are the account's, not the handle's."""
        versions = [
            handle.commit(ACCOUNT, [user("sam")], [event()]).version
            for handle in (store, second, second, store)
        ]
        assert versions == [1, 2, 3, 4]
        assert [entry.seq for entry in log_of(store)] == [1, 2, 3, 4]

    def test_handles_conflict_with_each_other(self, store: Store, second: Store) -> None:
        """Whoever comes second has to read again."""
        fill(store, user("sam"))
        fill(second, user("sam", expect=1))
        with pytest.raises(Conflict):
            fill(store, user("sam", expect=1))

    def test_no_update_is_lost_between_handles(self, store: Store, second: Store) -> None:
        """Two handles count up one document."""
        first, other = at_once(
            lambda: count_up(store, ROUNDS, most=2 * ROUNDS),
            lambda: count_up(second, ROUNDS, most=2 * ROUNDS),
        )
        assert_nothing_lost(store, first + other)

    @each_pass
    def test_nothing_comes_between_the_commits_of_two_handles(
        self, store: Store, second: Store, what: str, passes: int
    ) -> None:
        """Both rest on the same version: one gets through, whenever they meet."""
        come_between(store, second, what, passes)

    def test_closing_one_handle_leaves_the_other_open(self, store: Store, second: Store) -> None:
        """It reads and commits on."""
        fill(store, user("sam"))
        second.close()
        assert fill(store, user("sam", expect=1)) == 2
