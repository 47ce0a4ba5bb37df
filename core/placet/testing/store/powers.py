"""Optional powers: tested where a store has them, and no fault where it has not."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import pytest

from placet.errors import Invalid, PlacetError
from placet.storage.port import (
    Backupable,
    Head,
    Inspectable,
    Measurable,
    Migratable,
    Probing,
    Query,
    Scannable,
    Store,
    Waitable,
)
from placet.storage.sealing import chain_fault
from placet.testing.store._base import (
    ACCOUNT,
    OTHER,
    Start,
    Theme,
    UrlOf,
    approval,
    drop,
    event,
    fill,
    log_of,
    user,
    user_key,
)
from placet.testing.store._child import count_up, view
from placet.testing.store.threads import at_once

__all__ = ["PowersTheme"]

Copy = Callable[[Path], Store]

WAITS = 60
"""Waits of a second each after which a commit has to have been told of."""

ROUNDS = 30


def _without(power: str) -> NoReturn:
    pytest.skip(f"has no power {power}")


def _used(store: Store) -> None:
    """Some of everything: two accounts, documents of two kinds, replaced and dropped, and a log."""
    fill(store, user("sam", b'{"n": 1}', bundle="\U0001f511"), user("dana"), user("kim"))
    store.commit(ACCOUNT, [user("dana", b"2"), drop("kim")], [event(5), event(7, b"[1]")])
    fill(store, approval("a", created=-1, status="pending", label=("x", "y")))
    store.commit(OTHER, [user("sam")], [event()])


class PowersTheme(Theme):
    """One power at a time."""

    @pytest.fixture
    def waitable(self, store: Store) -> Waitable:
        """The store as one that can wait, and has begun to listen."""
        if not isinstance(store, Waitable):
            _without("Waitable")
        store.wait(0.0)
        return store

    @pytest.fixture
    def scannable(self, store: Store) -> Scannable:
        """The store as one that can hand out a whole kind."""
        return store if isinstance(store, Scannable) else _without("Scannable")

    @pytest.fixture
    def probing(self, store: Store) -> Probing:
        """The store as one that can say whether it is fit to serve."""
        return store if isinstance(store, Probing) else _without("Probing")

    @pytest.fixture
    def migratable(self, store: Store) -> Migratable:
        """The store as one whose layout can be brought up to date."""
        return store if isinstance(store, Migratable) else _without("Migratable")

    @pytest.fixture
    def backupable(self, store: Store) -> Backupable:
        """The store as one that can be copied."""
        return store if isinstance(store, Backupable) else _without("Backupable")

    @pytest.fixture
    def inspectable(self, store: Store) -> Inspectable:
        """The store as one that can look for damage."""
        return store if isinstance(store, Inspectable) else _without("Inspectable")

    @pytest.fixture
    def measurable(self, store: Store) -> Measurable:
        """The store as one that knows its sizes."""
        return store if isinstance(store, Measurable) else _without("Measurable")

    @pytest.fixture
    def open_copy(self, request: pytest.FixtureRequest, backupable: Backupable) -> Copy:
        """Opens the copy in a file by way of the plugin; the kit closes it."""
        url_of_file: UrlOf = request.getfixturevalue("url_of_file")

        def opened(path: Path) -> Store:
            copy: Any = self.plugin and self.plugin.placet_open_store(url=url_of_file(str(path)))
            assert isinstance(copy, Store), f"the plugin does not open {url_of_file(str(path))!r}"
            request.addfinalizer(copy.close)
            return copy

        return opened

    # Waitable

    def test_waiting_ends_where_nothing_happens(self, waitable: Waitable) -> None:
        """With no account, when the time is up."""
        assert list(waitable.wait(0.01)) == []
        assert list(waitable.wait(0.0)) == []

    def test_a_commit_is_told_of_by_the_next_wait(self, store: Store, waitable: Waitable) -> None:
        """Once somebody waits: by that wait, or by one that begins later."""
        store.commit(ACCOUNT, [user("sam")], [event()])
        assert _hears(waitable, ACCOUNT)

    def test_a_commit_of_another_thread_is_told_of(self, store: Store, waitable: Waitable) -> None:
        """While one waits, and whichever came first."""

        def commit() -> bool:
            return fill(store, user("sam")) == 1

        assert at_once(lambda: _hears(waitable, ACCOUNT), commit) == [True, True]

    def test_a_commit_of_another_handle_is_told_of(
        self, store: Store, waitable: Waitable, second: Store
    ) -> None:
        """And of any account."""
        second.commit(OTHER, [user("sam")], [event()])
        assert _hears(waitable, OTHER)

    def test_a_commit_of_another_process_is_told_of(self, waitable: Waitable, start: Start) -> None:
        """With no more between the two than the data."""
        assert start().ask("put", "sam", 0, 1) == 1
        assert _hears(waitable, ACCOUNT)

    # Scannable

    def test_a_scan_gives_every_document_of_a_kind_once(
        self, store: Store, scannable: Scannable
    ) -> None:
        """As it is now, whatever was replaced and dropped; however many there are."""
        fill(store, *(user(f"u{number}", b'{"n": %d}' % number) for number in range(950)))
        fill(store, drop("u7"), user("u8", b"[]"), user("\U0001f511"))
        whole = store.find(ACCOUNT, Query("user", limit=1000)).docs
        found = _scanned(scannable, "user")
        assert sorted(found) == sorted((doc.key.id, doc.body) for doc in whole)
        assert len(found) == 950

    def test_a_scan_gives_nothing_of_other_kinds_and_accounts(
        self, store: Store, scannable: Scannable
    ) -> None:
        """Nor anything where there is nothing."""
        assert _scanned(scannable, "user") == []
        fill(store, approval("a"), user("sam", b"1"))
        store.commit(OTHER, [user("sam", b"2"), *(user(f"u{at}") for at in range(50))], [])
        assert _scanned(scannable, "user") == [("sam", b"1")]
        assert _scanned(scannable, "role") == []

    def test_a_scan_is_of_one_moment(self, store: Store, scannable: Scannable) -> None:
        """A commit in the middle of it is seen whole, or not at all."""
        fill(store, *(user(f"u{number}", b"1") for number in range(1000)))
        before = {f"u{number}": b"1" for number in range(1000)}
        with closing(scannable.scan(ACCOUNT, "user")) as scan:
            found = dict(next(scan))
            changed = [user(f"u{number}", b"2") for number in range(0, 1000, 2)]
            gone = [drop(f"u{number}") for number in range(1, 1000, 2)]
            fill(store, *changed, *gone, user("new"))
            for part in scan:
                found.update(part)
        assert found in (before, dict(_scanned(scannable, "user")))

    def test_a_scan_may_be_left_early(self, store: Store, scannable: Scannable) -> None:
        """The store goes on as if nothing had been."""
        fill(store, *(user(f"u{number}") for number in range(1000)))
        with closing(scannable.scan(ACCOUNT, "user")) as scan:
            assert next(scan)
        assert fill(store, drop("u1")) == 2
        assert len(_scanned(scannable, "user")) == 999

    def test_a_scan_of_an_undeclared_kind_is_refused(self, scannable: Scannable) -> None:
        """As any query of one is."""
        with pytest.raises(Invalid):
            _scanned(scannable, "nonsense")

    # Probing

    def test_a_store_in_use_is_ready(self, store: Store, probing: Probing) -> None:
        """Empty, and with something in it."""
        assert probing.ready() is True
        fill(store, user("sam"))
        assert probing.ready() is True

    def test_a_closed_store_is_not_ready(self, store: Store, probing: Probing) -> None:
        """It says why in words, or that it cannot be used."""
        fill(store, user("sam"))
        store.close()
        try:
            answer = probing.ready()
        except PlacetError:
            return
        assert answer is not True
        assert answer

    # Migratable

    def test_migrating_again_changes_nothing(self, store: Store, migratable: Migratable) -> None:
        """Not on an empty store, and nothing of what is in it."""
        migratable.migrate()
        migratable.migrate()
        _used(store)
        before = view(store)
        migratable.migrate()
        migratable.migrate()
        assert view(store) == before
        assert fill(store, user("sam", expect=1)) == before[0][1]["version"] + 1

    # Backupable

    def test_a_copy_holds_what_the_store_holds(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """The same accounts, heads, documents and log; queries answer alike."""
        _used(store)
        backupable.backup(str(tmp_path / "copy"))
        copy = open_copy(tmp_path / "copy")
        assert view(copy) == view(store)
        query = Query("approval", {"label": ("y",)}, order="created")
        assert copy.find(ACCOUNT, query) == store.find(ACCOUNT, query)
        assert chain_fault(Head(), log_of(copy)) is None

    def test_a_copy_of_an_empty_store_is_empty(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """And can be opened."""
        backupable.backup(str(tmp_path / "copy"))
        assert open_copy(tmp_path / "copy").accounts() == ()

    def test_a_copy_goes_its_own_way(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """What is committed to one is not in the other."""
        _used(store)
        backupable.backup(str(tmp_path / "copy"))
        copy = open_copy(tmp_path / "copy")
        version = store.head(ACCOUNT).version
        assert fill(copy, user("only-in-the-copy")) == version + 1
        assert fill(store, user("only-in-the-store")) == version + 1
        assert copy.get(ACCOUNT, [user_key("only-in-the-store")]) == (None,)
        assert store.get(ACCOUNT, [user_key("only-in-the-copy")]) == (None,)

    def test_a_copy_is_of_one_moment(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """Made while others commit: the counter, the head and the log agree, whatever they say."""
        count_up(store, 1, 1)
        begun = Event()

        def count() -> list[int]:
            begun.set()
            return count_up(store, ROUNDS, ROUNDS)

        def copy() -> list[int]:
            begun.wait(float(WAITS))
            backupable.backup(str(tmp_path / "copy"))
            return []

        at_once(count, copy)
        copied = open_copy(tmp_path / "copy")
        (doc,) = copied.get(ACCOUNT, [user_key("counter")])
        assert doc is not None
        head = copied.head(ACCOUNT)
        assert (head.version, head.seq, int(doc.body)) == (doc.version,) * 3
        log = log_of(copied)
        assert [entry.seq for entry in log] == list(range(1, head.seq + 1))
        assert chain_fault(Head(), log) is None

    def test_a_taken_path_is_refused(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """Nothing is ever written over."""
        _used(store)
        taken = tmp_path / "taken"
        taken.write_bytes(b"something else")
        with pytest.raises(Invalid):
            backupable.backup(str(taken))
        assert taken.read_bytes() == b"something else"

    def test_a_copy_that_fails_leaves_nothing(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """Into a folder that is not there, say."""
        _used(store)
        with pytest.raises(PlacetError):
            backupable.backup(str(tmp_path / "missing" / "copy"))
        assert not (tmp_path / "missing").exists()

    def test_progress_never_passes_the_whole(
        self, store: Store, backupable: Backupable, open_copy: Copy, tmp_path: Path
    ) -> None:
        """What is done, of how much."""
        _used(store)
        told: list[tuple[int, int]] = []
        path = str(tmp_path / "copy")
        backupable.backup(path, lambda done, whole: told.append((done, whole)))
        assert [step for step in told if not 0 <= step[0] <= step[1]] == []

    def test_a_copy_that_is_broken_off_leaves_nothing(
        self, store: Store, backupable: Backupable, tmp_path: Path
    ) -> None:
        """By whoever is told of the progress; a store may be done before it tells."""
        _used(store)

        def stop(done: int, whole: int) -> None:
            raise KeyboardInterrupt

        try:
            backupable.backup(str(tmp_path / "copy"), stop)
        except KeyboardInterrupt:
            assert not (tmp_path / "copy").exists()

    # Inspectable

    def test_inspecting_a_healthy_store_says_nothing(
        self, store: Store, inspectable: Inspectable
    ) -> None:
        """Empty, used, and used again."""
        assert list(inspectable.inspect()) == []
        _used(store)
        assert list(inspectable.inspect()) == []
        fill(store, drop("sam"), user("new", bundle="x"))
        assert list(inspectable.inspect()) == []

    # Measurable

    def test_sizes_have_names_and_are_numbers_of_bytes(
        self, store: Store, measurable: Measurable
    ) -> None:
        """At least one, none below nothing."""
        _used(store)
        sizes = measurable.measures()
        assert sizes
        assert [name for name in sizes if not isinstance(name, str) or not name.strip()] == []
        assert [size for size in sizes.values() if type(size) is not int or size < 0] == []


def _scanned(store: Scannable, kind: str) -> list[tuple[str, bytes]]:
    """All that a scan of the account of the tests gives."""
    return [row for part in store.scan(ACCOUNT, kind) for row in part]


def _hears(waitable: Waitable, account: str) -> bool:
    """Whether a wait tells of the account, of at most so many."""

    def told() -> Sequence[str]:
        return waitable.wait(1.0)

    return any(account in told() for _ in range(WAITS))
