"""Commit: all changes and all events, or nothing (T01 to T06 of the approvals study)."""

from collections.abc import Sequence
from types import MappingProxyType

import pytest

from placet.errors import Conflict, Invalid
from placet.storage.port import (
    Change,
    Check,
    Committed,
    Drop,
    Head,
    Key,
    Put,
    Query,
    Store,
)
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    approval_key,
    drop,
    event,
    fill,
    ids,
    log_of,
    user,
    user_key,
)

__all__ = ["CommitTheme"]

INVALID: dict[str, list[Change]] = {
    "a key put twice": [user("sam", b"1"), user("sam", b"2")],
    "a key put and dropped": [user("sam"), drop("sam")],
    "a key put and checked": [user("sam"), Check(user_key("sam"), 0)],
    "an undeclared kind": [Put(Key("unheard_of", "x"), b"{}", {})],
    "an undeclared field": [user("sam", colour="red")],
    "a number for a text": [user("sam", bundle=7)],
    "a text for a number": [approval("a", decide_by="soon")],
    "a text for texts": [approval("a", reviewer="sam")],
    "a number among texts": [approval("a", reviewer=("sam", 7))],  # type: ignore[arg-type]  # refused
    "a boolean for a number": [approval("a", decide_by=True)],
    "an order left out": [Put(approval_key("a"), b"{}", {"created": 1})],
}


class CommitTheme(Theme):
    """One call that changes the documents and the log together."""

    def test_a_commit_changes_documents_and_log_together(self, store: Store) -> None:
        """Puts, drops and events in one."""
        fill(store, user("old"))
        store.commit(ACCOUNT, [user("new"), drop("old")], [event(5)])
        assert ids(store.find(ACCOUNT, Query("user"))) == ["new"]
        assert [entry.version for entry in log_of(store)] == [2]

    def test_what_the_store_gave_can_be_put_again(self, store: Store) -> None:
        """Its index too, whatever kind of mapping that is, under another id: a copy does so."""
        fill(store, approval("a", status="pending", label=("x", "y")), user("sam", bundle="b"))
        for doc in store.get(ACCOUNT, [approval_key("a"), user_key("sam")]):
            assert doc is not None
            fill(store, Put(doc.key, doc.body, MappingProxyType(doc.index)))
            fill(store, Put(Key(doc.key.kind, "copy"), doc.body, MappingProxyType(doc.index)))
        labelled = Query("approval", {"label": ("y",)})
        assert sorted(ids(store.find(ACCOUNT, labelled))) == ["a", "copy"]
        assert sorted(ids(store.find(ACCOUNT, Query("user", {"bundle": ("b",)})))) == [
            "copy",
            "sam",
        ]

    def test_a_refused_commit_changes_no_document(self, store: Store) -> None:
        """T10: whether the refused change comes first or last."""
        fill(store, user("sam", b"1"), user("dana", b"1"))
        good: list[Change] = [user("sam", b"2"), drop("dana"), user("new")]
        for changes in ([*good, user("x", expect=9)], [user("x", expect=9), *good]):
            with pytest.raises(Conflict):
                fill(store, *changes)
        found = store.get(ACCOUNT, [user_key(id) for id in ("sam", "dana", "new", "x")])
        assert [doc and doc.body for doc in found] == [b"1", b"1", None, None]

    def test_a_refused_commit_changes_no_index(self, store: Store) -> None:
        """Queries find what they found before."""
        fill(store, user("sam", bundle="x"))
        with pytest.raises(Conflict):
            fill(store, user("sam", bundle="y"), user("x", expect=9))
        assert ids(store.find(ACCOUNT, Query("user", {"bundle": ("x",)}))) == ["sam"]
        assert store.count(ACCOUNT, Query("user", {"bundle": ("y",)})) == 0

    def test_a_refused_commit_adds_no_event(self, store: Store) -> None:
        """T10: nor does it move the head."""
        before = store.head(ACCOUNT)
        with pytest.raises(Conflict):
            store.commit(ACCOUNT, [user("x", expect=9)], [event(), event()])
        assert log_of(store) == ()
        assert store.head(ACCOUNT) == before == Head()

    def test_after_a_refused_commit_the_next_one_passes(self, store: Store) -> None:
        """Nothing stays locked or half open."""
        with pytest.raises(Conflict):
            store.commit(ACCOUNT, [user("x", expect=9)], [event()])
        assert store.commit(ACCOUNT, [user("x", expect=0)], [event()]) == Committed(1, 1)

    @pytest.mark.parametrize("changes", INVALID.values(), ids=INVALID.keys())
    def test_a_commit_that_no_kind_declares_is_invalid(
        self, store: Store, changes: Sequence[Change]
    ) -> None:
        """All of it: the good part is not stored either."""
        with pytest.raises(Invalid):
            store.commit(ACCOUNT, [user("good"), *changes], [event()])
        assert store.get(ACCOUNT, [user_key("good")]) == (None,)
        assert store.head(ACCOUNT) == Head()

    def test_a_put_that_expects_nothing_makes_the_document(self, store: Store) -> None:
        """`expect=0` means: there must be none."""
        assert fill(store, user("sam", expect=0)) == 1

    def test_a_put_that_expects_the_version_replaces_it(self, store: Store) -> None:
        """`expect=n` means: exactly this one."""
        version = fill(store, user("sam"))
        assert fill(store, user("sam", expect=version)) == 2

    def test_a_put_without_expectation_takes_whatever_is_there(self, store: Store) -> None:
        """Something or nothing."""
        assert [fill(store, user("sam")), fill(store, user("sam"))] == [1, 2]

    def test_a_drop_that_expects_the_version_removes_it(self, store: Store) -> None:
        """As a put does."""
        version = fill(store, user("sam"))
        fill(store, drop("sam", version))
        assert store.get(ACCOUNT, [user_key("sam")]) == (None,)

    def test_a_drop_that_expects_nothing_passes_where_nothing_is(self, store: Store) -> None:
        """Odd, but consistent."""
        assert fill(store, drop("nobody", 0)) == 1

    def test_a_check_that_holds_lets_the_commit_pass(self, store: Store) -> None:
        """A version, or 0 for none."""
        version = fill(store, user("sam"))
        assert (
            fill(
                store,
                Check(user_key("sam"), version),
                Check(user_key("nobody"), 0),
                user("dana"),
            )
            == 2
        )

    def test_a_check_writes_nothing(self, store: Store) -> None:
        """The guarded document is as it was, and no document comes of a guard on none."""
        fill(store, user("sam", b"1", bundle="x"))
        before = store.get(ACCOUNT, [user_key("sam")])
        fill(store, Check(user_key("sam"), 1), Check(user_key("nobody"), 0))
        assert store.get(ACCOUNT, [user_key("sam")]) == before
        assert ids(store.find(ACCOUNT, Query("user"))) == ["sam"]

    def test_a_check_that_fails_refuses_the_commit(self, store: Store) -> None:
        """T02: nobody acts on what moved since it was read."""
        fill(store, user("sam"))
        fill(store, user("sam"))
        with pytest.raises(Conflict):
            fill(store, Check(user_key("sam"), 1), user("dana"))
        assert store.get(ACCOUNT, [user_key("dana")]) == (None,)

    def test_expectations_look_at_the_state_before_the_commit(self, store: Store) -> None:
        """T02: not at what changes further left in it have done."""
        fill(store, user("a"))
        assert fill(store, drop("a", 1), user("b", expect=0), Check(user_key("c"), 0)) == 2

    def test_replacing_an_index_moves_the_document(self, store: Store) -> None:
        """It is found under the new values only, and once."""
        fill(store, approval("a", created=1, status="pending", reviewer=("sam", "dana")))
        fill(store, approval("a", created=2, status="approved", reviewer=("dana", "kim")))
        assert store.count(ACCOUNT, Query("approval", {"status": ("pending",)})) == 0
        assert store.count(ACCOUNT, Query("approval", {"reviewer": ("sam",)})) == 0
        assert store.count(ACCOUNT, Query("approval", {"reviewer": ("dana", "kim")})) == 1
        assert ids(store.find(ACCOUNT, Query("approval", order="created"))) == ["a"]

    def test_committed_names_the_last_event(self, store: Store) -> None:
        """Also where this commit added none."""
        assert store.commit(ACCOUNT, [], [event(), event()]).seq == 2
        assert store.commit(ACCOUNT, [Drop(user_key("nobody"))], []).seq == 2
