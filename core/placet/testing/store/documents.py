"""Documents: what is put comes back, and nothing else (authorization study, failure modes 1-4)."""

import pytest

from placet.errors import Conflict, Invalid
from placet.storage.kinds import MAX_BODY_BYTES
from placet.storage.port import Doc, Head, Key, Query, Store
from placet.testing.store._base import (
    ACCOUNT,
    OTHER,
    Theme,
    approval,
    approval_key,
    drop,
    event,
    fill,
    ids,
    user,
    user_key,
)

__all__ = ["DocumentsTheme"]

COMPOSED = "caf\u00e9"
DECOMPOSED = "cafe\u0301"
AWKWARD = [
    "it's",
    'say "hi"',
    "100%",
    "a_b",
    "back\\slash",
    "a;--",
    "a/b:c",
    "\U0001f511",
    "\uff53am",
]


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

    def test_ids_that_differ_only_in_case_are_two_documents(self, store: Store) -> None:
        """No folding."""
        fill(store, user("Sam", b"1"), user("sam", b"2"))
        found = store.get(ACCOUNT, [user_key("sam"), user_key("Sam"), user_key("SAM")])
        assert [doc and doc.body for doc in found] == [b"2", b"1", None]

    def test_ids_that_only_look_alike_are_two_documents(self, store: Store) -> None:
        """No Unicode normalization."""
        fill(store, user(COMPOSED, b"1"), user(DECOMPOSED, b"2"))
        found = store.get(ACCOUNT, [user_key(DECOMPOSED), user_key(COMPOSED)])
        assert [doc and doc.body for doc in found] == [b"2", b"1"]

    def test_an_id_may_hold_any_sign(self, store: Store) -> None:
        """Quotes, wildcards, separators, letters beyond 16 bits."""
        fill(store, *[user(id, id.encode()) for id in AWKWARD])
        found = store.get(ACCOUNT, [user_key(id) for id in AWKWARD])
        assert [doc and doc.body.decode() for doc in found] == AWKWARD

    def test_the_same_id_in_two_kinds_is_two_documents(self, store: Store) -> None:
        """The kind is part of the name."""
        fill(store, user("x", b"1"), approval("x", b"2"))
        found = store.get(ACCOUNT, [user_key("x"), approval_key("x")])
        assert [doc and doc.body for doc in found] == [b"1", b"2"]

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

    def test_accounts_that_differ_only_in_case_are_two(self, store: Store) -> None:
        """No folding here either."""
        store.commit("Acme", [user("a")], [])
        store.commit("acme", [user("b")], [])
        assert ids(store.find("Acme", Query("user"))) == ["a"]

    def test_accounts_are_listed_in_code_point_order(self, store: Store) -> None:
        """Each once, however many commits it had."""
        names = ["b", "a", "B", "é", "z", "🔑", "\uff5a", "a-b", "a_b"]
        for name in [*names, "a"]:
            store.commit(name, [user("sam")], [])
        assert store.accounts() == tuple(sorted(names))

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

    def test_keys_of_an_undeclared_kind_find_nothing(self, store: Store) -> None:
        """There can be no such document."""
        assert store.get(ACCOUNT, [Key("unheard_of", "x")]) == (None,)
