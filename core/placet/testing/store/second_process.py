"""A second process: another program on the same data, and what is left when it ends badly."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from placet.errors import Conflict
from placet.storage.port import Head, Query, Store
from placet.storage.sealing import chain_fault
from placet.testing.store._base import (
    ACCOUNT,
    Start,
    Theme,
    approval,
    approval_key,
    event,
    fill,
    log_of,
    user,
    user_key,
)
from placet.testing.store._child import COUNTER, HALVES, count_up, pair, view
from placet.testing.store._process import PATIENCE
from placet.testing.store.threads import (
    GRACE,
    assert_nothing_lost,
    assert_one_of_two,
    commit_mine,
    each_pass,
)

__all__ = ["SecondProcessTheme"]

ROUNDS = 25
KILLS = 3


class SecondProcessTheme(Theme):
    """The kit's process has the store open all along; left out by stores that lack
    "second_process".
    """

    def test_the_url_opens_the_same_data_in_another_process(
        self, store: Store, start: Start
    ) -> None:
        """Documents, indexes, log and heads, of every account."""
        fill(store, user("sam", bundle="\U0001f511 e\u0301"), approval("a", label=("x", "")))
        store.commit("other", [user("dana")], [event(5), event(7, b"[1]")])
        assert start().ask("view") == view(store)

    def test_what_another_process_commits_is_seen_at_once(self, store: Store, start: Start) -> None:
        """By a handle that has read before."""
        child = start()
        assert store.head(ACCOUNT) == Head()
        for number in (1, 2):
            assert child.ask("put", "sam", None, 1) == number
            assert store.head(ACCOUNT).version == number
            (doc,) = store.get(ACCOUNT, [user_key("sam")])
            assert doc is not None
            assert doc.version == number
            assert [entry.seq for entry in store.events(ACCOUNT, 0, 10)][-1] == number

    def test_another_process_sees_at_once_what_is_committed(
        self, store: Store, start: Start
    ) -> None:
        """Though it has read before, and has the store open all the time."""
        child = start()
        for name in ("sam", "dana"):
            store.commit(ACCOUNT, [user(name)], [event()])
            assert child.ask("view") == view(store)

    def test_queries_find_what_another_process_changed(self, store: Store, start: Start) -> None:
        """The indexes follow, not only the documents."""
        query = Query("user", {"bundle": ("\U0001f511",)})
        child = start()
        fill(store, user("sam", bundle="mine"))
        assert store.count(ACCOUNT, query) == 0
        assert child.ask("put", "sam", 1, 0) == 2
        assert store.count(ACCOUNT, query) == 1
        assert store.count(ACCOUNT, Query("user", {"bundle": ("mine",)})) == 0

    def test_a_process_conflicts_with_what_another_committed(
        self, store: Store, start: Start
    ) -> None:
        """In both directions: whoever comes second has to read again."""
        child = start()
        assert child.ask("put", "sam", 0, 0) == 1
        with pytest.raises(Conflict) as refusal:
            fill(store, user("sam", expect=0))
        assert refusal.value.keys == (user_key("sam"),)
        assert fill(store, user("sam", expect=1)) == 2
        assert child.ask("put", "sam", 1, 0) is None
        assert child.ask("put", "sam", 2, 0) == 3

    def test_no_update_is_lost_between_processes(self, store: Store, start: Start) -> None:
        """Three processes count up one document at once, each from what it read."""
        children = [start(), start()]
        most = 3 * ROUNDS
        for child in children:
            child.tell("count_up", ROUNDS, most)
        numbers = count_up(store, ROUNDS, most)
        for child in children:
            numbers += child.hear()
        assert_nothing_lost(store, numbers)
        assert children[0].ask("view") == view(store)

    @each_pass
    def test_nothing_comes_between_the_commits_of_two_processes(
        self, store: Store, start: Start, what: str, passes: int
    ) -> None:
        """One stops in the middle of a commit, the other commits the same document, or waits."""
        fill(store, user(COUNTER.id, b'"read by both"'))
        child = start()
        theirs = child.ask("wait_committing", what, passes)
        with ThreadPoolExecutor(1) as pool:
            mine = pool.submit(commit_mine, store)
            if theirs == "waiting":
                wait([mine], GRACE)
                theirs = child.ask("go on")
            assert_one_of_two(store, theirs, mine.result(PATIENCE))

    def test_processes_that_expect_nothing_all_get_through(
        self, store: Store, start: Start
    ) -> None:
        """Losing the race for the head is no conflict; versions and numbers stay dense."""
        children = [start(), start()]
        for number, child in enumerate(children):
            child.tell("put_many", f"process-{number}", ROUNDS)
        versions = [fill(store, user(f"here-{number}")) for number in range(ROUNDS)]
        for child in children:
            versions += child.hear()
        assert sorted(versions) == list(range(1, 3 * ROUNDS + 1))
        log = log_of(store)
        assert [entry.seq for entry in log] == list(range(1, 2 * ROUNDS + 1))
        assert chain_fault(Head(), log) is None
        assert store.count(ACCOUNT, Query("user")) == len(versions)

    def test_a_reader_in_another_process_skips_no_event(self, store: Store, start: Start) -> None:
        """Two processes write, a third goes on from the last event that it saw."""
        reader, writer = start(), start()
        reader.tell("follow", 2 * ROUNDS, PATIENCE / 2)
        writer.tell("put_many", "writer", ROUNDS)
        for number in range(ROUNDS):
            store.commit(ACCOUNT, [user(f"here-{number}")], [event()])
        assert None not in writer.hear()
        assert reader.hear() == list(range(1, 2 * ROUNDS + 1))

    def test_closing_in_one_process_leaves_the_other_open(self, store: Store, start: Start) -> None:
        """It reads and commits on."""
        child = start()
        assert child.ask("put", "sam", 0, 1) == 1
        assert child.ask("close")
        assert fill(store, user("sam", expect=1)) == 2

    def test_a_process_that_ends_without_closing_harms_nothing(
        self, store: Store, start: Start
    ) -> None:
        """Its commits are there, and the others go on."""
        child = start()
        assert child.ask("put", "sam", 0, 1) == 1
        assert child.end() == 0
        self._goes_on(store, start, 1)

    def test_a_process_that_dies_between_commits_harms_nothing(
        self, store: Store, start: Start
    ) -> None:
        """Without any chance to tidy up."""
        child = start()
        assert child.ask("put", "sam", 0, 1) == 1
        child.tell("exit")
        assert child.dies()
        self._goes_on(store, start, 1)

    @each_pass
    def test_a_process_that_dies_while_it_commits_leaves_all_or_nothing(
        self, store: Store, start: Start, what: str, passes: int
    ) -> None:
        """Ended while the store reads the changes, or the events, for the nth time.

        A store that reads them less often commits, and then all of it has to be there.
        """
        fill(store, user("before"))
        child = start()
        child.tell("die_committing", what, passes)
        died = child.dies()
        whole = store.head(ACCOUNT).version == 2
        assert whole or died
        assert store.count(ACCOUNT, Query("user")) == 1 + whole * HALVES
        assert len(log_of(store)) == store.head(ACCOUNT).seq == whole * HALVES
        assert chain_fault(Head(), log_of(store)) is None
        self._goes_on(store, start, 1 + whole)

    def test_what_a_killed_process_had_committed_is_kept(self, store: Store, start: Start) -> None:
        """Killed at any moment: whole commits only, and all that it was told of."""
        for kill in range(KILLS):
            child = start()
            child.tell("write_on", 10_000)
            told = [child.hear() for _ in range(1 + 2 * kill)]
            told += child.kill()
            head = store.head(ACCOUNT)
            # The commit under way may be there or not: nobody was told.
            assert head.version in (told[-1], told[-1] + 1)
            puts, (last,) = pair(head.version)
            docs = store.get(ACCOUNT, [approval_key("a"), approval_key("b")])
            assert [doc and doc.body for doc in docs] == [put.body for put in puts]
            assert [doc and doc.version for doc in docs] == [head.version] * 2
            log = store.events(ACCOUNT, 0, head.seq + 1)
            assert [entry.version for entry in log] == list(range(1, head.version + 1))
            assert log[-1].body == last.body
            assert chain_fault(Head(), log) is None

    def _goes_on(self, store: Store, start: Start, version: int) -> None:
        """Nothing stayed locked or half done: here and in a new process commits get through."""
        assert store.head(ACCOUNT).version == version
        assert fill(store, user("after")) == version + 1
        child = start()
        assert child.ask("put", "after", version + 1, 1) == version + 2
        assert child.ask("view") == view(store)
