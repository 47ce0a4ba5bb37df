"""From a URL to a file: which file, when it is touched, how it is set up, and when let go of."""

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from placet.errors import Conflict, Invalid, Unavailable
from placet.storage.port import Head, Key, Put
from placet_sqlite import placet_open_store
from placet_sqlite.store import SQLiteStore

SAM = Key("user", "sam")
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


def _use(url: str) -> None:
    store = placet_open_store(url)
    assert store is not None
    with closing(store):
        store.commit("acme", [Put(SAM, b"{}", {})], [])


def _pragma(store: SQLiteStore, name: str) -> object:
    with store._connections.one() as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _of_url(url: str) -> SQLiteStore:
    store = placet_open_store(url)
    assert isinstance(store, SQLiteStore)
    return store


# -- the URL ---------------------------------------------------------------------------------------


def test_three_slashes_name_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _use("sqlite:///main.db")
    assert (tmp_path / "main.db").exists()


def test_four_slashes_name_an_absolute_path(tmp_path: Path) -> None:
    _use(f"sqlite:///{tmp_path / 'main.db'}")
    assert (tmp_path / "main.db").exists()


def test_a_relative_path_is_that_of_the_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with closing(_of_url("sqlite:///main.db")) as store:
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.commit("acme", [Put(SAM, b"{}", {})], [])
    assert (tmp_path / "main.db").exists()


@pytest.mark.parametrize("name", ["a b%20.db", "file:x", "é#;&.db", "'\".db"])
def test_a_path_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    _use(f"sqlite:///{tmp_path / name}?timeout=1")
    assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///?timeout=1",
        "sqlite://main.db",
        "sqlite:main",
        "sqlite:///a/",
        "sqlite:///:memory:",
        "sqlite:///a\0b",
    ],
)
def test_a_url_without_a_file_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(Invalid, match=r"write 'sqlite:///relative\.db'"):
        placet_open_store(url)


@pytest.mark.parametrize(
    "option",
    [
        "cache=shared",
        "synchronous=FULL",
        "synchronous=extra",
        "synchronous",
        "timeout=-1",
        "timeout=3601",
        "timeout=nan",
        "timeout=soon",
        "timeout=",
        "timeout=1&mode=ro",
    ],
)
def test_an_option_that_is_not_known_is_refused_with_the_known_ones(option: str) -> None:
    with pytest.raises(Invalid, match="options are synchronous=full, normal or off, and timeout="):
        placet_open_store(f"sqlite:///main.db?{option}")


# -- durability ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "level"),
    [("", 2), ("?synchronous=full", 2), ("?synchronous=normal", 1), ("?synchronous=off", 0)],
)
def test_every_connection_syncs_as_the_url_says(tmp_path: Path, options: str, level: int) -> None:
    with closing(_of_url(f"sqlite:///{tmp_path / 'main.db'}{options}")) as store:
        with store._connections.one():
            # The first is in use: this is another.
            assert _pragma(store, "synchronous") == level
        assert _pragma(store, "synchronous") == level


def test_a_full_sync_is_one_of_the_whole_disk_where_that_is_something_else(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        assert _pragma(store, "fullfsync") == 1


def test_the_file_has_a_write_ahead_log(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        assert _pragma(store, "journal_mode") == "wal"


# -- the file --------------------------------------------------------------------------------------


def test_opening_touches_no_file(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "main.db")
    assert list(tmp_path.iterdir()) == []
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    _use(f"sqlite:///{tmp_path / 'main.db'}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.db"]


@pytest.fixture
def anybody() -> Iterator[None]:
    """New files are for everybody, unless somebody sees to it."""
    before = os.umask(0)
    yield
    os.umask(before)


@posix
@pytest.mark.usefixtures("anybody")
def test_all_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        store.commit("acme", [Put(SAM, b"{}", {})], [])
        modes = {entry.name: entry.stat().st_mode & 0o777 for entry in tmp_path.iterdir()}
    assert modes == {"main.db": 0o600, "main.db-wal": 0o600, "main.db-shm": 0o600}


@posix
@pytest.mark.usefixtures("anybody")
def test_a_new_file_at_the_end_of_a_link_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "main.db")
    _use(f"sqlite:///{tmp_path / 'link.db'}")
    assert (tmp_path / "main.db").stat().st_mode & 0o777 == 0o600


@posix
def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    path.touch()
    path.chmod(0o640)
    _use(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_application_keeps_its_own_tables_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE invoice (id TEXT)")
        own.execute("CREATE TABLE placets (id TEXT)")
        own.execute("INSERT INTO invoice VALUES ('7')")
        own.commit()
        _use(f"sqlite:///{path}")
        assert own.execute("SELECT id FROM invoice").fetchall() == [("7",)]


# -- closing ---------------------------------------------------------------------------------------


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "main.db")
    store.head("acme")
    store.close()
    store.close()
    for call in (lambda: store.head("acme"), store._connections.make_ready):
        with pytest.raises(Unavailable, match="was closed"):
            call()


def test_a_call_that_is_under_way_ends_well_when_the_store_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    store = SQLiteStore(path)
    with store._connections.for_writing() as connection:
        store.close()
        connection.execute("INSERT INTO placet_account VALUES (1, 'acme', 1, 0, 0, x'00', 1)")
    with closing(SQLiteStore(path)) as again:
        assert again.head("acme") == Head(1, 0, 0, b"\0")


def _open_files(folder: Path) -> int:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("counts open files in /proc")
    links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return sum(os.path.realpath(link).startswith(str(folder)) for link in links)


def test_a_call_that_outlives_the_store_closes_its_connection(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "main.db")
    with store._connections.one():
        store.close()
        assert _open_files(tmp_path) > 0
    assert _open_files(tmp_path) == 0


CALLS: dict[str, Callable[[SQLiteStore], object]] = {
    "head": lambda store: store.head("acme"),
    "get": lambda store: store.get("acme", [SAM, Key("approval", "a")]),
    "a commit": lambda store: store.commit("acme", [], []),
    "a commit that is refused": lambda store: store.commit("acme", [Put(SAM, b"", {}, 7)], []),
    "a text that is none": lambda store: store.head("\ud800"),
    "inspecting a little": lambda store: next(store.inspect(), None),
    "waiting": lambda store: store.wait(0),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_closing_leaves_nothing_open(tmp_path: Path, call: Callable[[SQLiteStore], object]) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        for _ in range(3):
            with suppress(Conflict, Invalid):
                call(store)
    assert _open_files(tmp_path) == 0


def test_calls_one_after_the_other_share_a_connection(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        store.head("acme")
        before = _open_files(tmp_path)
        for call in CALLS.values():
            with suppress(Conflict, Invalid):
                call(store)
        assert _open_files(tmp_path) == before


def test_a_thread_that_ends_leaves_its_connection_to_the_next(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        store.head("acme")
        before = _open_files(tmp_path)
        for _ in range(5):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(store.commit, "acme", [], []).result(60)
        assert _open_files(tmp_path) == before
        assert store.head("acme").version == 5


def test_threads_at_once_have_a_connection_each(tmp_path: Path) -> None:
    inside = threading.Barrier(4, timeout=60)

    def use(store: SQLiteStore) -> int:
        with store._connections.one() as connection:
            inside.wait()
            return id(connection)

    with closing(SQLiteStore(tmp_path / "main.db")) as store, ThreadPoolExecutor(4) as pool:
        used = {future.result(60) for future in [pool.submit(use, store) for _ in range(4)]}
    assert len(used) == 4
    assert _open_files(tmp_path) == 0


def test_a_file_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "main.db").write_bytes(b"hello" * 1000)
    store = SQLiteStore(tmp_path / "main.db")
    for _ in range(3):
        assert isinstance(store.ready(), str)
    assert _open_files(tmp_path) == 0
