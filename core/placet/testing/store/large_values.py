"""Large values: the longest id, the largest body, the largest event; nothing is ever cut."""

import pytest

from placet.errors import Invalid
from placet.storage.kinds import MAX_BODY_BYTES, MAX_EVENT_BYTES
from placet.storage.port import Head, Query, Store
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    event,
    fill,
    ids,
    log_of,
    user,
    user_key,
)

__all__ = ["LargeValuesTheme"]


class LargeValuesTheme(Theme):
    """Up to the limits of the port, and one beyond."""

    @pytest.mark.parametrize("letter", ["x", "é", "🔑"])
    def test_an_id_of_256_bytes_is_kept(self, store: Store, letter: str) -> None:
        """Bytes of UTF-8, not letters; two such ids may differ in the last letter only."""
        stem = letter * (256 // len(letter.encode()) - 1)
        first, last = stem + letter, stem + "y"
        fill(store, user(first, b"1"), user(last, b"2"))
        found = store.get(ACCOUNT, [user_key(first), user_key(last)])
        assert [doc and doc.body for doc in found] == [b"1", b"2"]

    @pytest.mark.parametrize("id", ["", "x" * 257, "é" * 129])
    def test_an_id_of_another_length_is_invalid(self, store: Store, id: str) -> None:
        """Nothing is cut."""
        with pytest.raises(Invalid):
            fill(store, user(id))

    def test_a_body_of_256_kib_is_kept(self, store: Store) -> None:
        """The largest document."""
        body = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
        fill(store, user("sam", body))
        (doc,) = store.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.body == body

    def test_a_larger_body_is_invalid(self, store: Store) -> None:
        """By one byte."""
        with pytest.raises(Invalid):
            fill(store, user("sam", b'"' + b"x" * (MAX_BODY_BYTES - 1) + b'"'))

    def test_an_event_of_one_mib_is_kept(self, store: Store) -> None:
        """The largest event."""
        body = b'"' + b"x" * (MAX_EVENT_BYTES - 2) + b'"'
        store.commit(ACCOUNT, [], [event(0, body)])
        (entry,) = log_of(store)
        assert entry.body == body

    def test_a_larger_event_is_invalid(self, store: Store) -> None:
        """By one byte, and nothing else of its commit is stored."""
        body = b'"' + b"x" * (MAX_EVENT_BYTES - 1) + b'"'
        with pytest.raises(Invalid):
            store.commit(ACCOUNT, [user("sam")], [event(0, body)])
        assert store.get(ACCOUNT, [user_key("sam")]) == (None,)
        assert store.head(ACCOUNT) == Head()

    def test_a_long_value_matches_as_a_whole(self, store: Store) -> None:
        """Two that differ in their last letter only are two."""
        stem = "é" * 2000
        fill(store, user("a", bundle=stem + "a"), user("b", bundle=stem + "b"))
        assert ids(store.find(ACCOUNT, Query("user", {"bundle": (stem + "b",)}))) == ["b"]
        assert store.count(ACCOUNT, Query("user", {"bundle": (stem,)})) == 0

    def test_a_document_may_have_many_members_in_a_field(self, store: Store) -> None:
        """A thousand labels, each of which finds it."""
        labels = tuple(f"label-{number}" for number in range(1000))
        fill(store, approval("a", label=labels))
        (doc,) = store.find(ACCOUNT, Query("approval", {"label": ("label-999",)})).docs
        assert doc.index["label"] == labels
        assert store.count(ACCOUNT, Query("approval", {"label": labels[500:]})) == 1
