"""What goes wrong is told in one sentence, changes nothing, and is over when its cause is gone."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from placet.errors import Corrupt, Invalid, PlacetError, Unavailable
from placet.storage.port import Change, Check, Drop, Head, Key, NewEvent, Put, Query
from placet.storage.sealing import chain_fault, new_event
from placet_sqlite.store import SQLiteStore

SAM = Key("user", "sam")
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


def _fill(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        store.commit(
            "acme", [_approval("a"), Put(SAM, b"1", {"bundle": "x"})], [new_event(1, b"{}")]
        )


def _approval(id: str, *labels: str) -> Put:
    return Put(Key("approval", id), b"{}", {"created": 1, "deadline": 1, "label": labels or ("l",)})


def _refused(store: SQLiteStore, error: type[PlacetError], match: str) -> None:
    with pytest.raises(error, match=match):
        store.commit("acme", [Put(SAM, b"2", {})], [])
    store.close()


def _everything(store: SQLiteStore) -> object:
    return (
        store.head("acme"),
        store.find("acme", Query("approval", limit=1000)),
        store.find("acme", Query("user", limit=1000)),
        store.events("acme", 0, 1000),
        tuple(store.inspect()),
    )


# -- a commit that fails ---------------------------------------------------------------------------

CHANGES: Sequence[Change] = [
    _approval("a", "changed", "more"),
    _approval("new", "changed"),
    Put(SAM, b"2", {}),
    Drop(Key("approval", "b")),
    Check(Key("user", "nobody"), 0),
]
EVENTS: Sequence[NewEvent] = [new_event(2, b"[1]"), new_event(3, b"[2]")]


class _Failing(sqlite3.Connection):
    """Fails at one of its statements: before it has run, or after."""

    countdown = -1
    after = False
    failure: BaseException = KeyboardInterrupt()
    failed: str | None = None

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        return self._counted(sql, lambda: super(_Failing, self).execute(sql, *parameters))

    def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        return self._counted(sql, lambda: super(_Failing, self).executemany(sql, *parameters))

    def _counted(self, sql: str, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        cls = _Failing
        fails = cls.countdown == 0
        cls.countdown -= 1
        if fails and not cls.after:
            cls.failed = sql
            raise cls.failure
        done = run()
        if fails:
            cls.failed = sql
            raise cls.failure
        return done


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[_Failing]:
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: connect(*args, **options, factory=_Failing)
    )
    monkeypatch.setattr(_Failing, "countdown", -1)
    return _Failing


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "failure",
    [KeyboardInterrupt(), MemoryError(), sqlite3.OperationalError("disk I/O error")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_commit_that_fails_at_any_statement_leaves_nothing(
    path: Path,
    failing: type[_Failing],
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
    failure: BaseException,
) -> None:
    monkeypatch.setattr(failing, "after", after)
    monkeypatch.setattr(failing, "failure", failure)
    monkeypatch.setattr(failing, "failed", None)
    statements = []
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [_approval("a"), _approval("b")], [new_event(1, b"{}")])
        for at in range(100):
            before = _everything(store)
            monkeypatch.setattr(failing, "countdown", at)
            try:
                store.commit("acme", CHANGES, EVENTS)
                break
            except (KeyboardInterrupt, MemoryError, PlacetError):
                statements.append(failing.failed)
            monkeypatch.setattr(failing, "countdown", -1)
            if after and failing.failed == "COMMIT":
                break
            assert _everything(store) == before
            # And the next one is as if nothing had been.
            assert store.commit("acme", [Put(SAM, b"next", {})], []).version == at + 2
    assert statements[0] == "BEGIN IMMEDIATE"
    assert statements[-1] == "COMMIT"
    assert len(statements) > 8


def test_a_commit_that_another_process_waits_for_is_not_held_up_by_one_that_failed(
    path: Path, failing: type[_Failing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "after", True)
    monkeypatch.setattr(failing, "failure", KeyboardInterrupt())
    with closing(SQLiteStore(path)) as store, closing(SQLiteStore(path, timeout_s=0)) as other:
        store.head("acme")
        other.head("acme")
        monkeypatch.setattr(failing, "countdown", 0)
        with pytest.raises(KeyboardInterrupt):
            store.commit("acme", [], [])
        assert failing.failed == "BEGIN IMMEDIATE"
        assert other.commit("acme", [], []).version == 1


def test_a_full_database_changes_nothing(path: Path) -> None:
    _fill(path)
    with closing(SQLiteStore(path)) as store:
        before = _everything(store)
        with store._connections.one() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unavailable, match=r"main\.db cannot grow: the disk is full"):
            store.commit("acme", [Put(SAM, b"x" * 200_000, {})], EVENTS)
        assert _everything(store) == before
        with store._connections.one() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        assert store.commit("acme", [Put(SAM, b"x" * 200_000, {})], EVENTS).version == 2


def test_a_write_that_fails_changes_nothing(path: Path) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files")
    _fill(path)
    with closing(SQLiteStore(path)) as store:
        before = _everything(store)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        for limit in (1, 10_000, 100_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            try:
                with pytest.raises(Unavailable, match=r"main\.db cannot"):
                    store.commit("acme", [Put(SAM, b"x" * 200_000, {})], EVENTS)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert _everything(store) == before
        assert store.commit("acme", [Put(SAM, b"3", {}, expect=1)], EVENTS).version == 2
        assert chain_fault(Head(), store.events("acme", 0, 10)) is None


@pytest.mark.parametrize(
    "change",
    [
        Put(Key("user", "x"), b"{}", {"bundle": "\ud800"}),
        Put(Key("approval", "x"), b"{}", {"created": 1, "deadline": 1, "label": ("\ud800",)}),
        Put(Key("user", "\ud800"), b"{}", {}),
    ],
    ids=["a value", "a member", "an id"],
)
def test_a_text_that_utf_8_cannot_write_is_refused_and_harms_nothing(
    path: Path, change: Put
) -> None:
    with closing(SQLiteStore(path)) as store:
        with pytest.raises(Invalid):
            store.commit("acme", [Put(SAM, b"{}", {}), change], [new_event(0, b"{}")])
        assert store.head("acme") == Head()
        assert store.commit("acme", [Put(SAM, b"{}", {}, expect=0)], []).version == 1


def test_an_account_that_utf_8_cannot_write_is_refused(path: Path) -> None:
    with closing(SQLiteStore(path)) as store, pytest.raises(Invalid, match="not UTF-8"):
        store.commit("\ud800", [], [])


def test_more_values_than_sqlite_takes_are_refused_with_what_to_do(path: Path) -> None:
    with closing(SQLiteStore(path)) as store:
        with store._connections.one() as connection:
            if not hasattr(connection, "getlimit"):
                pytest.skip("cannot ask for the limit")
            most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        query = Query("user", {"bundle": tuple(map(str, range(most + 1)))})
        with pytest.raises(Invalid, match="ask in several parts"):
            store.find("acme", query)


def test_as_many_values_as_any_sqlite_takes_are_answered(path: Path) -> None:
    """32766 parameters is what a plain build allows."""
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [_approval("a", "7")], [])
        with store._connections.one() as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
        many = tuple(map(str, range(15_000)))
        for where in (
            {"label": many},
            {"label": many[:50], "waits_for": many},
            {"label": many[:40], "reviewer": many[:1000], "scope": many[:1000]},
        ):
            query = Query("approval", where, order="created")
            assert len(store.find("acme", query).docs) == store.count("acme", query)


# -- a file that cannot be used --------------------------------------------------------------------


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Without root's right to write everywhere, where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody can reach."""
    if sys.platform == "win32":
        pytest.skip("POSIX permissions")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


def test_a_file_in_a_read_only_folder_is_not_made(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with _as_nobody():
        _refused(SQLiteStore(open_folder / "main.db"), Unavailable, "Permission denied")


def test_a_file_in_a_read_only_folder_cannot_be_used(open_folder: Path) -> None:
    _fill(open_folder / "main.db")
    (open_folder / "main.db").chmod(0o666)
    open_folder.chmod(0o555)
    with _as_nobody():
        _refused(SQLiteStore(open_folder / "main.db"), Unavailable, "is read-only for this process")


def test_a_read_only_file_is_read_but_not_ready(open_folder: Path) -> None:
    path = open_folder / "main.db"
    _fill(path)
    path.chmod(0o444)
    with _as_nobody():
        store = SQLiteStore(path)
        assert store.head("acme").version == 1
        assert "is read-only for this process" in str(store.ready())
        _refused(store, Unavailable, "is read-only for this process")


def test_a_read_only_file_without_tables_is_read_only_rather_than_on_a_wrong_disk(
    open_folder: Path,
) -> None:
    path = open_folder / "main.db"
    path.touch()
    path.chmod(0o444)
    with _as_nobody():
        _refused(SQLiteStore(path), Unavailable, "is read-only for this process")


def test_a_file_that_may_not_be_read_cannot_be_opened(open_folder: Path) -> None:
    path = open_folder / "main.db"
    _fill(path)
    path.chmod(0)
    with _as_nobody():
        _refused(
            SQLiteStore(path), Unavailable, "cannot be opened: .* allowed to read and write it"
        )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "nowhere" / "main.db")
    _refused(
        store, Unavailable, r"nowhere.main\.db cannot be opened: .* its folder has to be there"
    )


def test_a_folder_in_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir()
    _refused(SQLiteStore(path), Unavailable, r"main\.db is a folder; name a file in it")


@pytest.mark.parametrize("began", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_file_that_stays_locked_is_unavailable_at_once_without_patience(
    path: Path, began: str
) -> None:
    _fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"BEGIN {began}")
        store = SQLiteStore(path, timeout_s=0)
        assert store.head("acme").version == 1
        _refused(
            store,
            Unavailable,
            "is locked by another process or connection that goes on writing; try again",
        )


def test_a_new_file_that_stays_locked_is_unavailable(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        _refused(SQLiteStore(path, timeout_s=0), Unavailable, "is locked by another process")


def test_a_store_goes_on_when_a_lock_is_gone(path: Path) -> None:
    with closing(SQLiteStore(path, timeout_s=0)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable):
                store.commit("acme", [], [])
        assert store.commit("acme", [], []).version == 1


# -- a file that holds something else --------------------------------------------------------------


@pytest.mark.parametrize("content", [b"hi", b"hello" * 1000, b"\0" * 5000, b'{"_default": {}}'])
def test_a_file_that_is_no_database_is_corrupt_and_kept(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _refused(SQLiteStore(path), Corrupt, r"main\.db is no SQLite database")
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", [100, 4096, 20_000])
def test_a_file_that_was_cut_is_corrupt_and_kept(path: Path, part: int) -> None:
    _fill(path)
    content = path.read_bytes()[:part]
    path.write_bytes(content)
    _refused(SQLiteStore(path), Corrupt, r"main\.db is damaged; restore it from a backup")
    assert path.read_bytes() == content


def test_a_file_that_was_overwritten_is_corrupt_and_kept(path: Path) -> None:
    _fill(path)
    whole = path.read_bytes()
    content = whole[:4096] + b"\xa5" * (len(whole) - 4096)
    path.write_bytes(content)
    _refused(SQLiteStore(path), Corrupt, r"main\.db is damaged")
    assert path.read_bytes() == content


def _altered(path: Path, *statements: str) -> SQLiteStore:
    with closing(sqlite3.connect(path)) as own:
        for statement in statements:
            own.execute(statement)
        own.commit()
    return SQLiteStore(path)


def test_a_file_with_texts_in_another_encoding_is_corrupt(path: Path) -> None:
    store = _altered(path, "PRAGMA encoding = 'UTF-16'", "CREATE TABLE own (x)")
    _refused(store, Corrupt, "keeps text as UTF-16.*; placet needs UTF-8")


def test_a_file_of_a_later_layout_names_both(path: Path) -> None:
    _fill(path)
    store = _altered(path, "UPDATE placet_layout SET number = 99")
    _refused(store, Corrupt, "has layout 99, and this placet knows")


@pytest.mark.parametrize("name", ["placet_account", "placet_user", "Placet_Own", "placet_x_y"])
def test_a_file_with_names_of_placets_that_it_did_not_make_is_left_alone(
    path: Path, name: str
) -> None:
    store = _altered(path, f"CREATE TABLE {name} (x)")
    _refused(store, Corrupt, f'has "{name.lower()}", which placet did not make')
    with closing(sqlite3.connect(path)) as own:
        assert own.execute("SELECT name FROM sqlite_schema").fetchall() == [(name,)]
        assert len(own.execute(f"PRAGMA table_info({name})").fetchall()) == 1


def test_a_file_with_a_layout_of_somebody_elses_is_corrupt(path: Path) -> None:
    store = _altered(path, "CREATE TABLE placet_layout (x)")
    _refused(store, Corrupt, "lacks a table of placet's")


@pytest.mark.parametrize("thing", ["TABLE placet_user", "INDEX placet_user_by_id"])
def test_a_file_that_lost_a_table_or_an_index_is_corrupt(path: Path, thing: str) -> None:
    _fill(path)
    with (
        closing(_altered(path, f"DROP {thing}")) as store,
        pytest.raises(Corrupt, match="restore it from a backup"),
    ):
        store.find("acme", Query("user"))


def test_a_document_whose_members_cannot_be_read_is_corrupt(path: Path) -> None:
    _fill(path)
    with (
        closing(_altered(path, "UPDATE placet_approval SET members = '{'")) as store,
        pytest.raises(Corrupt, match=r"main\.db: the members of a document cannot be read"),
    ):
        store.get("acme", [Key("approval", "a")])


def test_a_file_with_text_that_is_not_utf_8_is_corrupt(path: Path) -> None:
    _fill(path)
    with (
        closing(_altered(path, "UPDATE placet_account SET name = CAST(x'ff' AS TEXT)")) as store,
        pytest.raises(Corrupt, match="holds text that is none"),
    ):
        store.accounts()
