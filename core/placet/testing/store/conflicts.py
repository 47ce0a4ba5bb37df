"""Conflicts: an expectation that fails refuses the commit, and every such key is named."""

import pytest

from placet.errors import Conflict
from placet.storage.port import Change, Check, Drop, Key, Store
from placet.testing.store._base import ACCOUNT, OTHER, Theme, drop, fill, user, user_key

__all__ = ["ConflictsTheme"]


def _refused(store: Store, *changes: Change) -> set[Key]:
    with pytest.raises(Conflict) as refusal:
        fill(store, *changes)
    assert len(refusal.value.keys) == len(set(refusal.value.keys))
    return set(refusal.value.keys)


class ConflictsTheme(Theme):
    """Which expectation fails when."""

    def test_putting_a_new_document_over_one_conflicts(self, store: Store) -> None:
        """`expect=0` where there is one."""
        fill(store, user("sam"))
        assert _refused(store, user("sam", expect=0)) == {user_key("sam")}

    def test_putting_over_a_document_that_moved_conflicts(self, store: Store) -> None:
        """Its version is no longer the one read."""
        fill(store, user("sam"))
        fill(store, user("sam"))
        assert _refused(store, user("sam", expect=1)) == {user_key("sam")}

    def test_putting_over_a_version_to_come_conflicts(self, store: Store) -> None:
        """Exactly means exactly: not at most."""
        fill(store, user("sam"))
        assert _refused(store, user("sam", expect=2)) == {user_key("sam")}

    def test_putting_over_a_document_that_is_gone_conflicts(self, store: Store) -> None:
        """It is not made again by accident."""
        fill(store, user("sam"))
        fill(store, drop("sam"))
        assert _refused(store, user("sam", expect=1)) == {user_key("sam")}

    def test_putting_over_one_that_was_dropped_and_made_again_conflicts(self, store: Store) -> None:
        """The same name is not the same document."""
        fill(store, user("sam"))
        fill(store, drop("sam"))
        fill(store, user("sam"))
        assert _refused(store, user("sam", expect=1)) == {user_key("sam")}

    def test_dropping_a_document_that_moved_conflicts(self, store: Store) -> None:
        """And leaves it there."""
        fill(store, user("sam", b"1"))
        fill(store, user("sam", b"2"))
        assert _refused(store, drop("sam", 1)) == {user_key("sam")}
        (doc,) = store.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.body == b"2"

    def test_dropping_a_document_that_is_gone_conflicts(self, store: Store) -> None:
        """With a version expected."""
        assert _refused(store, drop("nobody", 1)) == {user_key("nobody")}

    def test_dropping_a_document_that_should_not_be_there_conflicts(self, store: Store) -> None:
        """`expect=0` where there is one."""
        fill(store, user("sam"))
        assert _refused(store, drop("sam", 0)) == {user_key("sam")}

    def test_a_check_on_a_document_that_moved_conflicts(self, store: Store) -> None:
        """Reading it was part of the decision."""
        fill(store, user("sam"))
        fill(store, user("sam"))
        assert _refused(store, Check(user_key("sam"), 1)) == {user_key("sam")}

    def test_a_check_on_a_document_that_appeared_conflicts(self, store: Store) -> None:
        """Its absence was part of the decision."""
        fill(store, user("sam"))
        assert _refused(store, Check(user_key("sam"), 0)) == {user_key("sam")}

    def test_a_check_on_a_document_that_is_gone_conflicts(self, store: Store) -> None:
        """Its presence was part of the decision."""
        fill(store, user("sam"))
        fill(store, drop("sam"))
        assert _refused(store, Check(user_key("sam"), 1)) == {user_key("sam")}

    def test_every_failing_key_is_named(self, store: Store) -> None:
        """Of every kind of change, and not the ones that hold."""
        fill(store, *[user(id) for id in ("put", "drop", "check", "good", "free")])
        refused = _refused(
            store,
            user("good", expect=1),
            user("put", expect=7),
            Check(user_key("check"), 7),
            user("free"),
            drop("drop", 7),
            Drop(user_key("gone"), 7),
            user("new", expect=0),
        )
        assert refused == {user_key(id) for id in ("put", "drop", "check", "gone")}

    def test_many_failing_keys_are_all_named(self, store: Store) -> None:
        """The list is not cut."""
        names = [f"user-{number:04}" for number in range(600)]
        fill(store, *[user(name) for name in names])
        refused = _refused(store, *[user(name, expect=0) for name in names])
        assert refused == {user_key(name) for name in names}

    def test_a_change_in_another_account_is_no_conflict(self, store: Store) -> None:
        """Versions belong to an account."""
        fill(store, user("sam"))
        store.commit(OTHER, [user("sam")], [])
        store.commit(OTHER, [user("sam")], [])
        assert fill(store, user("sam", expect=1)) == 2
