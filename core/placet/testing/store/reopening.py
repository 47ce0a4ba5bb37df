"""Reopening: what was committed outlives the handle."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from placet.errors import Conflict
from placet.storage.port import Head, Key, Query, Range, Store
from placet.storage.sealing import chain_fault
from placet.testing.store._base import (
    ACCOUNT,
    OTHER,
    Theme,
    approval,
    drop,
    event,
    fill,
    ids,
    log_of,
    user,
    user_key,
)

__all__ = ["ReopeningTheme"]

Reopen = Callable[[Store], Store]

AWKWARD = ["caf\u00e9", "cafe\u0301", "Sam", "sam", "\U0001f511", 'say "hi"\\', "x" * 256]


class ReopeningTheme(Theme):
    """Close, open again, look; left out by stores that lack "reopening"."""

    def test_documents_are_found_again(self, store: Store, reopen: Reopen) -> None:
        """Body, index and version, each value in its type."""
        fill(store, user("sam", b'{"name": "S\\u00e1m"}'))
        fill(store, approval("a", "é".encode(), created=-1, reviewer=("x", "y"), scope=""))
        keys = [user_key("sam"), Key("approval", "a")]
        before = store.get(ACCOUNT, keys)
        assert None not in before
        assert reopen(store).get(ACCOUNT, keys) == before

    def test_awkward_ids_are_found_again(self, store: Store, reopen: Reopen) -> None:
        """In their order."""
        fill(store, *[user(id) for id in AWKWARD])
        assert ids(reopen(store).find(ACCOUNT, Query("user"))) == sorted(AWKWARD)

    def test_the_log_is_found_again(self, store: Store, reopen: Reopen) -> None:
        """With its seals and its head."""
        for at in (5, 7):
            store.commit(ACCOUNT, [user("sam")], [event(at), event(at)])
        log, head = log_of(store), store.head(ACCOUNT)
        again = reopen(store)
        assert log_of(again) == log
        assert again.head(ACCOUNT) == head
        assert chain_fault(Head(), log_of(again)) is None

    def test_the_log_goes_on_where_it_stood(self, store: Store, reopen: Reopen) -> None:
        """Numbers, time and seals."""
        store.commit(ACCOUNT, [], [event(100)])
        again = reopen(store)
        again.commit(ACCOUNT, [], [event(50)])
        log = log_of(again)
        assert [(entry.seq, entry.version, entry.at) for entry in log] == [(1, 1, 100), (2, 2, 100)]
        assert chain_fault(Head(), log) is None

    def test_versions_go_on_where_they_stood(self, store: Store, reopen: Reopen) -> None:
        """Also behind commits that left no document and no event."""
        fill(store, user("sam"))
        fill(store, drop("sam"))
        fill(store)
        again = reopen(store)
        assert again.head(ACCOUNT).version == 3
        assert fill(again, user("sam")) == 4

    def test_what_was_dropped_stays_dropped(self, store: Store, reopen: Reopen) -> None:
        """In the indexes too."""
        fill(store, user("sam", bundle="x"), user("dana", bundle="x"))
        fill(store, drop("sam"))
        again = reopen(store)
        assert ids(again.find(ACCOUNT, Query("user", {"bundle": ("x",)}))) == ["dana"]

    def test_a_refused_commit_leaves_no_trace(self, store: Store, reopen: Reopen) -> None:
        """Neither a document, nor an event, nor an account."""
        fill(store, user("sam", b"1"))
        for account in (ACCOUNT, OTHER):
            with pytest.raises(Conflict):
                store.commit(account, [user("sam", b"2"), user("x", expect=5)], [event()])
        again = reopen(store)
        (doc,) = again.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.body == b"1"
        assert log_of(again) == ()
        assert again.accounts() == (ACCOUNT,)

    def test_queries_answer_as_before(self, store: Store, reopen: Reopen) -> None:
        """By clause, range and order."""
        fill(
            store,
            *[
                approval(str(n), created=n % 3, status="odd" if n % 2 else "even", decide_by=n)
                for n in range(9)
            ],
        )
        query = Query("approval", {"status": ("odd",)}, Range("decide_by", 2, 9), "created")
        before = store.find(ACCOUNT, query)
        assert ids(before) == ["3", "7", "5"]
        assert reopen(store).find(ACCOUNT, query) == before

    def test_accounts_are_found_again(self, store: Store, reopen: Reopen) -> None:
        """Those with documents, with events, with neither any more."""
        store.commit("documents", [user("sam")], [])
        store.commit("events", [], [event()])
        store.commit("neither", [], [])
        again = reopen(store)
        assert again.accounts() == ("documents", "events", "neither")
        assert [again.head(name).seq for name in again.accounts()] == [0, 1, 0]

    def test_awkward_values_and_accounts_are_found_again(
        self, store: Store, reopen: Reopen
    ) -> None:
        """As they were, and each for itself."""
        for account in AWKWARD:
            store.commit(account, [approval("a", status=account, label=(account, ""))], [])
        again = reopen(store)
        assert again.accounts() == tuple(sorted(AWKWARD))
        for account in AWKWARD:
            (doc,) = again.find(account, Query("approval", {"status": (account,)})).docs
            assert doc.index == {
                "created": 0, "deadline": 0, "status": account, "label": (account, ""),
            }  # fmt: skip

    def test_what_a_reader_changes_is_not_stored_after_reopening(
        self, store: Store, reopen: Reopen
    ) -> None:
        """What was loaded is handed out as safely as what was put."""
        fill(store, user("sam", bundle="x"))
        again = reopen(store)
        (doc,) = again.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        index: Any = doc.index
        with suppress(TypeError, AttributeError):
            index["bundle"] = "y"
        (doc,) = again.get(ACCOUNT, [user_key("sam")])
        assert doc is not None
        assert doc.index == {"bundle": "x"}

    def test_expectations_hold_over_a_reopening(self, store: Store, reopen: Reopen) -> None:
        """What was read before can be checked after."""
        version = fill(store, user("sam"))
        again = reopen(store)
        with pytest.raises(Conflict):
            fill(again, user("sam", expect=0))
        assert fill(again, user("sam", expect=version)) == 2

    def test_a_store_can_be_reopened_after_every_commit(self, store: Store, reopen: Reopen) -> None:
        """Again and again."""
        for number in range(5):
            assert store.commit(ACCOUNT, [user("sam", expect=number)], [event()]).seq == number + 1
            store = reopen(store)
        assert len(log_of(store)) == 5
