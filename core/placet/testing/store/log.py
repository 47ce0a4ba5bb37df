"""The log: dense numbers, one hash chain an account, nothing ever skipped (T51)."""

import pytest

from placet.errors import Conflict
from placet.storage.port import Head, Store
from placet.storage.sealing import chain_fault, new_event
from placet.testing.store._base import ACCOUNT, OTHER, Theme, event, log_of, user

__all__ = ["LogTheme"]

FIVE = [event(at, b'{"n":%d}' % at) for at in range(5)]


class LogTheme(Theme):
    """Events and their seals."""

    def test_an_empty_log_has_no_events(self, store: Store) -> None:
        """Also where documents were committed."""
        assert log_of(store) == ()
        store.commit(ACCOUNT, [user("sam")], [])
        assert log_of(store) == ()

    def test_events_are_numbered_from_one_without_gaps(self, store: Store) -> None:
        """Over commits of any size, without events, and refused ones (failure mode 20)."""
        store.commit(ACCOUNT, [], FIVE[:2])
        store.commit(ACCOUNT, [user("sam")], [])
        with pytest.raises(Conflict):
            store.commit(ACCOUNT, [user("sam", expect=0)], FIVE)
        store.commit(ACCOUNT, [], FIVE[2:])
        assert [entry.seq for entry in log_of(store)] == [1, 2, 3, 4, 5]

    def test_events_keep_the_order_of_their_commit(self, store: Store) -> None:
        """As they were handed in."""
        store.commit(ACCOUNT, [], FIVE)
        assert [entry.body for entry in log_of(store)] == [entry.body for entry in FIVE]

    def test_an_event_comes_back_as_it_was_put(self, store: Store) -> None:
        """Time, body and digest, byte for byte."""
        body = '{ "b":1.0,\n "a":"é 🔑"}'.encode()
        put = new_event(1_700_000_000_123, body)
        store.commit(ACCOUNT, [], [put])
        (entry,) = log_of(store)
        assert (entry.at, entry.body, entry.digest) == (put.at, put.body, put.digest)

    def test_an_event_carries_the_version_of_its_commit(self, store: Store) -> None:
        """All events of one commit the same."""
        store.commit(ACCOUNT, [user("sam")], [])
        store.commit(ACCOUNT, [], FIVE[:2])
        store.commit(ACCOUNT, [], FIVE[2:3])
        assert [entry.version for entry in log_of(store)] == [2, 2, 3]

    def test_events_are_sealed_into_one_chain(self, store: Store) -> None:
        """T51: from the first event of the account to its head."""
        for number in range(5):
            store.commit(ACCOUNT, [user("sam")], FIVE[: number % 3])
        log = log_of(store)
        assert chain_fault(Head(), log) is None
        head = store.head(ACCOUNT)
        assert (head.seq, head.at, head.hash) == (log[-1].seq, log[-1].at, log[-1].hash)

    def test_a_commit_without_events_leaves_the_chain_alone(self, store: Store) -> None:
        """Only the version moves."""
        store.commit(ACCOUNT, [], FIVE)
        before = store.head(ACCOUNT)
        store.commit(ACCOUNT, [user("sam")], [])
        after = store.head(ACCOUNT)
        assert (after.seq, after.at, after.hash) == (before.seq, before.at, before.hash)

    def test_a_chain_can_be_checked_from_any_head(self, store: Store) -> None:
        """Each head seals what comes behind it."""
        heads = [store.head(ACCOUNT)]
        for entry in FIVE:
            store.commit(ACCOUNT, [], [entry])
            heads.append(store.head(ACCOUNT))
        for head in heads:
            assert chain_fault(head, store.events(ACCOUNT, head.seq, 10)) is None

    def test_time_in_the_log_never_runs_backwards(self, store: Store) -> None:
        """A clock that was set back is lifted to the last event; the next is free again."""
        for at in (100, 50, 70, 120, 0):
            store.commit(ACCOUNT, [], [event(at)])
        assert [entry.at for entry in log_of(store)] == [100, 100, 100, 120, 120]
        assert chain_fault(Head(), log_of(store)) is None

    def test_time_never_runs_backwards_inside_a_commit(self, store: Store) -> None:
        """There neither."""
        store.commit(ACCOUNT, [], [event(5), event(3), event(6)])
        assert [entry.at for entry in log_of(store)] == [5, 5, 6]

    def test_each_account_has_its_own_log(self, store: Store) -> None:
        """Numbers, times and seals."""
        store.commit(OTHER, [], FIVE)
        store.commit(ACCOUNT, [], FIVE[:2])
        store.commit(OTHER, [], FIVE[:1])
        assert [entry.seq for entry in log_of(store)] == [1, 2]
        assert [entry.seq for entry in log_of(store, OTHER)] == [1, 2, 3, 4, 5, 6]
        assert chain_fault(Head(), log_of(store)) is None
        assert chain_fault(Head(), log_of(store, OTHER)) is None

    def test_an_event_never_changes(self, store: Store) -> None:
        """What was read stays as it was, whatever is committed afterwards."""
        store.commit(ACCOUNT, [user("sam")], FIVE)
        before = log_of(store)
        store.commit(ACCOUNT, [user("sam")], FIVE)
        assert log_of(store)[:5] == before
