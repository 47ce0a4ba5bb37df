"""Resuming: whoever reads the log goes on behind the last event seen, and misses none (T51)."""

import pytest

from placet.storage.port import Store
from placet.testing.store._base import ACCOUNT, Theme, event, log_of

__all__ = ["ResumeTheme"]

FIVE = [event(at, b'{"n":%d}' % at) for at in range(5)]


class ResumeTheme(Theme):
    """Reading the log in parts."""

    def test_reading_can_resume_after_every_event(self, store: Store) -> None:
        """After each in turn exactly the rest follows, one by one or at once."""
        store.commit(ACCOUNT, [], FIVE[:2])
        store.commit(ACCOUNT, [], FIVE[2:])
        whole = log_of(store)
        for after in range(6):
            assert store.events(ACCOUNT, after, 10) == whole[after:]
            assert store.events(ACCOUNT, after, 1) == whole[after : after + 1]

    def test_a_limit_cuts_the_log_anywhere(self, store: Store) -> None:
        """Also inside a commit."""
        store.commit(ACCOUNT, [], FIVE)
        for limit in range(1, 7):
            assert [entry.seq for entry in store.events(ACCOUNT, 0, limit)] == list(
                range(1, min(limit, 5) + 1)
            )

    def test_behind_the_last_event_there_is_nothing(self, store: Store) -> None:
        """Nor far behind it."""
        store.commit(ACCOUNT, [], FIVE)
        assert store.events(ACCOUNT, 5, 10) == ()
        assert store.events(ACCOUNT, 1000, 10) == ()

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
    def test_parts_of_the_log_add_up_to_the_whole(self, store: Store, limit: int) -> None:
        """Each event once, whatever the size of the parts."""
        store.commit(ACCOUNT, [], FIVE[:1])
        store.commit(ACCOUNT, [], FIVE[1:])
        seen: list[int] = []
        for _ in FIVE:
            seen += [entry.seq for entry in store.events(ACCOUNT, len(seen), limit)]
        assert seen == [1, 2, 3, 4, 5]

    def test_reading_resumes_into_what_was_committed_meanwhile(self, store: Store) -> None:
        """Who had read to the end gets the new events, and only those."""
        store.commit(ACCOUNT, [], FIVE[:2])
        end = log_of(store)[-1].seq
        store.commit(ACCOUNT, [], FIVE[2:])
        assert [entry.seq for entry in store.events(ACCOUNT, end, 10)] == [3, 4, 5]
