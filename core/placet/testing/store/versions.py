"""Versions: one number a commit, never given out twice (design section 6)."""

import pytest

from placet.errors import Conflict
from placet.storage.port import Check, Committed, Head, Store
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

__all__ = ["VersionsTheme"]


def _version(store: Store, id: str) -> int:
    (doc,) = store.get(ACCOUNT, [user_key(id)])
    assert doc is not None
    return doc.version


class VersionsTheme(Theme):
    """The version of a commit and of what it puts."""

    def test_an_account_without_commits_has_the_empty_head(self, store: Store) -> None:
        """Version 0, no events."""
        assert store.head(ACCOUNT) == Head()

    def test_every_commit_adds_one(self, store: Store) -> None:
        """From 1."""
        assert [fill(store, user("sam")) for _ in range(3)] == [1, 2, 3]

    def test_a_commit_of_events_alone_takes_a_number(self, store: Store) -> None:
        """And the next commit the next one."""
        assert store.commit(ACCOUNT, [], [event(), event()]) == Committed(1, 2)
        assert store.commit(ACCOUNT, [user("sam")], []) == Committed(2, 2)

    def test_a_commit_without_events_takes_a_number(self, store: Store) -> None:
        """A version that only events move would come back."""
        fill(store, user("sam"))
        fill(store, user("dana"))
        assert (_version(store, "sam"), _version(store, "dana")) == (1, 2)

    def test_a_commit_of_checks_alone_takes_a_number(self, store: Store) -> None:
        """It is a commit like any other."""
        assert fill(store, Check(user_key("sam"), 0)) == 1
        assert store.head(ACCOUNT).version == 1

    def test_a_commit_of_nothing_takes_a_number(self, store: Store) -> None:
        """Every commit does."""
        assert [fill(store), fill(store)] == [1, 2]

    def test_all_documents_of_a_commit_carry_its_version(self, store: Store) -> None:
        """Not a number each."""
        fill(store, user("other"))
        fill(store, user("sam"), user("dana"))
        assert (_version(store, "sam"), _version(store, "dana")) == (2, 2)

    def test_a_document_keeps_its_version_until_it_is_put(self, store: Store) -> None:
        """Other commits, and checks, leave it alone."""
        fill(store, user("sam"))
        fill(store, user("dana"), Check(user_key("sam"), 1))
        assert _version(store, "sam") == 1

    def test_putting_the_same_again_gives_a_new_version(self, store: Store) -> None:
        """Stores do not compare bodies."""
        fill(store, user("sam"))
        fill(store, user("sam"))
        assert _version(store, "sam") == 2

    def test_a_version_never_returns_after_a_drop(self, store: Store) -> None:
        """Who read the document before it was dropped cannot mistake the new one for it."""
        seen = {fill(store, user("sam"))}
        for _ in range(3):
            fill(store, drop("sam"))
            fill(store, user("sam", expect=0))
            version = _version(store, "sam")
            assert version not in seen
            seen.add(version)

    def test_a_version_never_returns_after_the_last_document_is_gone(self, store: Store) -> None:
        """The number is the account's, not the highest that is still stored."""
        fill(store, user("sam"), user("dana"))
        fill(store, drop("sam"), drop("dana"))
        assert fill(store, user("sam")) == 3

    def test_a_refused_commit_takes_no_number(self, store: Store) -> None:
        """Versions have no gaps."""
        fill(store, user("sam"))
        with pytest.raises(Conflict):
            fill(store, user("sam", expect=0))
        assert store.head(ACCOUNT).version == 1
        assert fill(store, user("sam")) == 2

    def test_each_account_counts_for_itself(self, store: Store) -> None:
        """Commits elsewhere do not move the number."""
        store.commit(OTHER, [user("sam")], [event()])
        store.commit(OTHER, [user("sam")], [event()])
        assert store.commit(ACCOUNT, [user("sam")], [event()]) == Committed(1, 1)

    def test_the_head_stands_at_the_last_commit(self, store: Store) -> None:
        """In both numbers."""
        for _ in range(3):
            committed = store.commit(ACCOUNT, [user("sam")], [event(), event()])
            head = store.head(ACCOUNT)
            assert (head.version, head.seq) == (committed.version, committed.seq)
