"""Documents: what is put comes back, and nothing else (authorization study, failure modes 1-4)."""

from contextlib import suppress
from typing import Any

from placet.storage.port import Doc, Key, Query, Store
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    approval_key,
    drop,
    fill,
    user,
    user_key,
)

__all__ = ["DocumentsTheme"]


class DocumentsTheme(Theme):
    """One document at a time."""

    def test_a_missing_document_is_none(self, store: Store) -> None:
        """An account without commits answers like an empty one."""
        assert store.get(ACCOUNT, [user_key("sam")]) == (None,)

    def test_a_document_comes_back_as_it_was_put(self, store: Store) -> None:
        """Body and index are kept, each index value in its type."""
        put = approval("a", b'{"n": 1}', status="pending", reviewer=("sam", "dana"), decide_by=-5)
        fill(store, put)
        assert store.get(ACCOUNT, [put.key]) == (Doc(put.key, 1, put.body, put.index),)

    def test_a_body_is_never_looked_into(self, store: Store) -> None:
        """Blanks, order of names and non-ASCII text stay as they are, byte for byte."""
        body = '{ "b":1.0,\n "a":"\\u00e9 é 🔑",  "b": 2 }'.encode()
        fill(store, user("sam", body))
        (doc,) = store.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.body == body

    def test_get_answers_in_the_order_asked(self, store: Store) -> None:
        """None stands where there is nothing."""
        fill(store, user("a"), user("b"))
        keys = [user_key("b"), user_key("nobody"), user_key("a"), user_key("b")]
        found = store.get(ACCOUNT, keys)
        assert [doc and doc.key.id for doc in found] == ["b", None, "a", "b"]

    def test_get_of_no_keys_is_empty(self, store: Store) -> None:
        """Asking for nothing is no mistake."""
        assert store.get(ACCOUNT, []) == ()

    def test_putting_again_replaces_body_and_index(self, store: Store) -> None:
        """A put is whole: what it does not name is gone."""
        fill(store, user("sam", b"1", bundle="x"))
        fill(store, user("sam", b"2"))
        assert store.get(ACCOUNT, [user_key("sam")]) == (Doc(user_key("sam"), 2, b"2", {}),)

    def test_dropping_removes_a_document(self, store: Store) -> None:
        """From `get`, `find` and `count` alike."""
        fill(store, user("sam"))
        fill(store, drop("sam"))
        assert store.get(ACCOUNT, [user_key("sam")]) == (None,)
        assert store.find(ACCOUNT, Query("user")).docs == ()
        assert store.count(ACCOUNT, Query("user")) == 0

    def test_dropping_what_is_not_there_is_fine(self, store: Store) -> None:
        """Without `expect`, that is."""
        fill(store, drop("nobody"))
        assert store.get(ACCOUNT, [user_key("nobody")]) == (None,)

    def test_a_dropped_document_can_be_put_again(self, store: Store) -> None:
        """It is a new document under the old name."""
        fill(store, user("sam", b"1", bundle="x"))
        fill(store, drop("sam"))
        fill(store, user("sam", b"2", expect=0))
        assert store.get(ACCOUNT, [user_key("sam")]) == (Doc(user_key("sam"), 3, b"2", {}),)

    def test_the_same_id_in_two_kinds_is_two_documents(self, store: Store) -> None:
        """The kind is part of the name."""
        fill(store, user("x", b"1"), approval("x", b"2"))
        found = store.get(ACCOUNT, [user_key("x"), approval_key("x")])
        assert [doc and doc.body for doc in found] == [b"1", b"2"]

    def test_what_the_caller_changes_afterwards_is_not_stored(self, store: Store) -> None:
        """The store keeps no reference to the caller's dict."""
        index = {"bundle": "x"}
        put = user("sam")
        put = type(put)(put.key, put.body, index)
        fill(store, put)
        index["bundle"] = "y"
        (doc,) = store.get(ACCOUNT, [put.key])
        assert doc is not None
        assert doc.index == {"bundle": "x"}

    def test_what_a_reader_changes_is_not_stored(self, store: Store) -> None:
        """What is handed out cannot be changed, or is a copy."""
        fill(store, user("sam", bundle="x"))
        query = Query("user", {"bundle": ("x",)})
        for doc in (*store.get(ACCOUNT, [user_key("sam")]), *store.find(ACCOUNT, query).docs):
            assert doc is not None
            index: Any = doc.index
            with suppress(TypeError, AttributeError):
                index["bundle"] = "y"
        whole = (Doc(user_key("sam"), 1, b"{}", {"bundle": "x"}),)
        assert store.get(ACCOUNT, [user_key("sam")]) == store.find(ACCOUNT, query).docs == whole

    def test_a_body_that_the_caller_reuses_is_kept(self, store: Store) -> None:
        """Some hand in a buffer, and write the next document into it."""
        body: Any = bytearray(b'"one"')
        fill(store, user("sam", body))
        body[:] = b'"two"'
        (doc,) = store.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.body == b'"one"'

    def test_keys_of_an_undeclared_kind_find_nothing(self, store: Store) -> None:
        """There can be no such document."""
        assert store.get(ACCOUNT, [Key("unheard_of", "x")]) == (None,)
