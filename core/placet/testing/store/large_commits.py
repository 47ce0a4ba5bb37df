"""Large commits: a commit has no limit below memory, unless the store declares one."""

from placet.storage.port import Head, Query, Store
from placet.storage.sealing import chain_fault
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    event,
    fill,
    log_of,
    pages,
    user,
    user_key,
)

__all__ = ["LargeCommitsTheme"]

MANY = 250_000


def _most(store: Store) -> int:
    declared: int = getattr(store, "max_changes", MANY)
    return min(MANY, declared)


class LargeCommitsTheme(Theme):
    """Many changes at once."""

    def test_a_commit_takes_250_000_changes(self, store: Store) -> None:
        """Or as many as the store declares, in `max_changes`."""
        most = _most(store)
        changes = [user(f"{number:06}", bundle=f"b{number % 10}") for number in range(most)]
        assert store.commit(ACCOUNT, changes, [event()]).version == 1
        assert store.count(ACCOUNT, Query("user")) == most
        assert store.count(ACCOUNT, Query("user", {"bundle": ("b3",)})) == most // 10
        (last,) = store.get(ACCOUNT, [user_key(f"{most - 1:06}")])
        assert last is not None
        assert last.version == 1

    def test_many_changes_replace_many(self, store: Store) -> None:
        """Put, replaced and dropped by the thousand, with the indexes following."""
        most = min(3000, _most(store))
        names = [f"{number:04}" for number in range(most)]
        query = Query("approval", {"status": ("new",)}, order="created", limit=1000)
        fill(store, *[approval(name, status="old") for name in names])
        assert store.count(ACCOUNT, query) == 0
        fill(
            store,
            *[approval(name, created=-number, status="new") for number, name in enumerate(names)],
        )
        assert pages(store, query) == names[::-1]
        assert store.count(ACCOUNT, Query("approval", {"status": ("old",)})) == 0

    def test_many_keys_are_read_at_once(self, store: Store) -> None:
        """In one call, in the order asked."""
        names = [f"{number:04}" for number in range(min(3000, _most(store)))]
        fill(store, *[user(name) for name in names])
        found = store.get(ACCOUNT, [user_key(name) for name in reversed(names)])
        assert [doc and doc.key.id for doc in found] == names[::-1]

    def test_a_commit_may_carry_many_events(self, store: Store) -> None:
        """A thousand, in order."""
        bodies = [b"%d" % number for number in range(1000)]
        store.commit(ACCOUNT, [], [event(0, body) for body in bodies])
        log = log_of(store)
        assert [entry.body for entry in log] == bodies
        assert chain_fault(Head(), log) is None
