"""What an operator asks of a file: a copy, whether it is sound, how large it is."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from placet.errors import Invalid, PlacetError, Unavailable
from placet.storage.port import Drop, Head, Key, Put, Query
from placet.storage.sealing import chain_fault, new_event
from placet_sqlite.store import SQLiteStore

COUNTER = Key("user", "counter")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    with closing(SQLiteStore(path)) as opened:
        for account in ("acme", "globex"):
            opened.commit(
                account,
                [Put(Key("approval", f"{at:02}"), b"{}", _index(at)) for at in range(20)],
                [new_event(at, b"{}") for at in range(3)],
            )
        opened.commit("acme", [Drop(Key("approval", "03"))], [])
        yield opened


def _index(at: int) -> dict[str, str | int | tuple[str, ...]]:
    return {"created": at, "deadline": at, "label": (f"own-{at}", "all", "all"), "reviewer": ()}


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("main.db"))


# -- backup ----------------------------------------------------------------------------------------


def test_a_copy_opens_as_what_was_copied(store: SQLiteStore, tmp_path: Path) -> None:
    store.backup(str(tmp_path / "copy.db"))
    with closing(SQLiteStore(tmp_path / "copy.db")) as copy:
        for account in store.accounts():
            assert copy.head(account) == store.head(account)
            assert copy.events(account, 0, 10) == store.events(account, 0, 10)
            for query in (Query("approval"), Query("approval", {"label": ("all",)})):
                assert copy.find(account, query) == store.find(account, query)
        assert copy.accounts() == store.accounts()
        assert list(copy.inspect()) == []
        assert copy.commit("acme", [], []).version == store.head("acme").version + 1


def test_a_copy_is_one_file(store: SQLiteStore, tmp_path: Path) -> None:
    store.backup(str(tmp_path / "copy.db"))
    assert _names(tmp_path) == ["copy.db"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_copy_is_for_its_owner_only(store: SQLiteStore, tmp_path: Path) -> None:
    store.backup(str(tmp_path / "copy.db"))
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def _count(store: SQLiteStore) -> None:
    number = store.head("acme").seq + 1
    puts = [Put(Key("user", id), b"%d" % number, {}) for id in ("counter", f"u-{number % 7}")]
    store.commit("acme", puts, [new_event(0, b"%d" % number)])


def test_a_copy_is_of_one_moment_while_others_write(path: Path, tmp_path: Path) -> None:
    """The writing is done where the copy tells of its progress: in its middle."""
    told: list[tuple[int, int]] = []
    with closing(SQLiteStore(path)) as store, closing(SQLiteStore(path)) as writer:
        # Several thousand pages: told of several times.
        for at in range(40):
            store.commit("acme", [Put(Key("user", f"big-{at}"), b"x" * 250_000, {})], [])
        _count(store)
        moment = store.head("acme")

        def told_of(done: int, of: int) -> None:
            told.append((done, of))
            _count(writer)

        store.backup(str(tmp_path / "copy.db"), told_of)
        assert store.head("acme").version == moment.version + len(told)
    assert len(told) > 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
    with closing(SQLiteStore(tmp_path / "copy.db")) as copy:
        assert copy.head("acme") == moment
        (counter,) = copy.get("acme", [COUNTER])
        assert counter is not None
        assert counter.version == moment.version
        assert chain_fault(Head(), copy.events("acme", 0, 10)) is None


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_a_path_that_is_taken_is_refused_and_kept(
    store: SQLiteStore, tmp_path: Path, what: str
) -> None:
    taken = tmp_path / "copy.db"
    if what == "file":
        taken.write_text("mine")
    elif what == "folder":
        taken.mkdir()
    else:
        taken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Invalid, match=r"copy\.db is there already; name a file that is not"):
        store.backup(str(taken))
    assert _names(tmp_path) == ["copy.db"]
    assert what != "file" or taken.read_text() == "mine"


def test_a_path_that_is_taken_meanwhile_is_refused_and_kept(
    store: SQLiteStore, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match="is there already"):
        store.backup(str(tmp_path / "copy.db"), lambda *_: _write(tmp_path / "copy.db"))
    assert (tmp_path / "copy.db").read_text() == "mine"
    assert _names(tmp_path) == ["copy.db"]


def _write(path: Path) -> None:
    path.write_text("mine")


def test_the_files_of_the_store_are_taken(store: SQLiteStore, path: Path) -> None:
    with pytest.raises(Invalid, match="is there already"):
        store.backup(str(path))
    assert store.head("acme").version == 2


def test_a_copy_into_a_missing_folder_is_refused(store: SQLiteStore, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be written: No such file or directory"):
        store.backup(str(tmp_path / "nowhere" / "copy.db"))


def test_a_copy_that_is_broken_off_leaves_nothing(store: SQLiteStore, tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.backup(str(tmp_path / "copy.db"), stop)
    assert _names(tmp_path) == []
    assert store.commit("acme", [], []).version == 3


def test_a_copy_that_finds_no_room_names_itself_and_leaves_nothing(path: Path) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files")
    folder = Path(tempfile.mkdtemp())
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(COUNTER, b"x" * 200_000, {})], [])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(Unavailable, match=r"copy\.db cannot"):
                store.backup(str(folder / "copy.db"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(folder.iterdir()) == []
        store.backup(str(folder / "copy.db"))
    shutil.rmtree(folder)


def test_a_store_that_is_closed_makes_no_copy(store: SQLiteStore, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(PlacetError, match="was closed"):
        store.backup(str(tmp_path / "copy.db"))
    assert _names(tmp_path) == []


def test_without_links_a_copy_is_moved(
    store: SQLiteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("no links on this file system")

    monkeypatch.setattr(os, "link", refused)
    store.backup(str(tmp_path / "copy.db"))
    with pytest.raises(Invalid, match="is there already"):
        store.backup(str(tmp_path / "other.db"), lambda *_: _write(tmp_path / "other.db"))
    assert _names(tmp_path) == ["copy.db", "other.db"]


# -- inspection ------------------------------------------------------------------------------------


def test_a_sound_file_has_no_faults(store: SQLiteStore) -> None:
    assert list(store.inspect()) == []


DAMAGE = {
    "a member lost": (
        "DELETE FROM placet_approval_member WHERE value = 'own-7' AND account = 1",
        ["approval '07' of account 'acme' is not in the index of label as 'own-7'"],
    ),
    "a member too many": (
        "INSERT INTO placet_approval_member VALUES (2, 'label', 'odd', 7, '07')",
        ["approval '07' of account 'globex' is in the index of label as 'odd', wrongly"],
    ),
    "a member in the wrong place": (
        "UPDATE placet_approval_member SET place = 99 WHERE value = 'own-7' AND account = 1",
        [
            "approval '07' of account 'acme' is in the index of label as 'own-7', wrongly",
            "approval '07' of account 'acme' is not in the index of label as 'own-7'",
        ],
    ),
    "a member of nothing": (
        "INSERT INTO placet_approval_member VALUES (1, 'label', 'all', 3, '03')",
        ["approval '03' of account 'acme' is in the index of label as 'all', wrongly"],
    ),
    "an event lost": (
        "DELETE FROM placet_event WHERE account = 1 AND seq = 2",
        ["the log of account 'acme' has 2 events up to number 3, and its head stands at 3"],
    ),
    "the last event lost": (
        "DELETE FROM placet_event WHERE account = 1 AND seq = 3",
        ["the log of account 'acme' has 2 events up to number 2, and its head stands at 3"],
    ),
    "all events lost": (
        "DELETE FROM placet_event WHERE account = 1",
        ["the log of account 'acme' has 0 events up to number 0, and its head stands at 3"],
    ),
    "an event before the first": (
        "UPDATE placet_event SET number = number - 1 WHERE account = 1 AND seq = 1",
        ["the log of account 'acme' has 3 events up to number 3, and its head stands at 3"],
    ),
    "a version beyond the head": (
        "UPDATE placet_approval SET version = 9 WHERE account = 2 AND id = '05'",
        ["approval '05' of account 'globex' has version 9, beyond the head's 1"],
    ),
    "a document that waits and is filed": (
        "UPDATE placet_approval SET unfiled = 1 WHERE account = 1 AND id = '07'",
        [
            "approval '07' of account 'acme' is in the index of label as 'all', wrongly",
            "approval '07' of account 'acme' is in the index of label as 'own-7', wrongly",
            "approval '07' of account 'acme' waits to be filed, and is filed, or has no fields",
        ],
    ),
    "an account lost": (
        "DELETE FROM placet_account WHERE number = 2",
        [
            "20 documents of kind approval belong to an account that is not there",
            "3 events belong to an account that is not there",
        ],
    ),
    "an index lost": (
        "DROP INDEX placet_user_by_id",
        ['the table or index "placet_user_by_id" is missing'],
    ),
    "a table lost": (
        "DROP TABLE placet_lease",
        [
            'the table or index "placet_lease" is missing',
            'the table or index "placet_lease_by_id" is missing',
            'the table or index "placet_lease_expires" is missing',
        ],
    ),
}


@pytest.mark.parametrize(("damage", "faults"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_found_and_named(
    store: SQLiteStore, path: Path, damage: str, faults: list[str]
) -> None:
    with closing(sqlite3.connect(path)) as own:
        own.execute(damage)
        own.commit()
    assert sorted(store.inspect()) == faults


def test_an_index_that_differs_from_its_table_is_damage(store: SQLiteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as own:
        # Without its index for a moment: what SQLite itself would never do.
        own.execute("PRAGMA writable_schema = ON")
        own.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '\"deadline\"', '\"decide_by\"') "
            "WHERE name = 'placet_approval_by_deadline'"
        )
        own.commit()
    store.close()
    with closing(SQLiteStore(path)) as again:
        faults = list(again.inspect())
    assert faults
    assert all(fault.startswith("SQLite finds damage: ") for fault in faults)


def test_what_is_written_during_an_inspection_is_no_fault(store: SQLiteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as own:
        own.execute("DELETE FROM placet_event WHERE account = 1 AND seq = 2")
        own.commit()
    found = store.inspect()
    faults = [next(found)]
    changes = [Put(Key("approval", f"{at:02}"), b"{}", _index(at + 1)) for at in range(20)]
    store.commit("globex", changes, [new_event(0, b"{}")])
    assert len([*faults, *found]) == 1


def test_an_inspection_that_is_left_holds_nothing(store: SQLiteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as own:
        own.execute("DELETE FROM placet_event")
        own.commit()
    found = store.inspect()
    next(found)
    del found
    with store._connections.one() as connection:
        assert not connection.in_transaction


# -- sizes -----------------------------------------------------------------------------------------


def test_sizes_are_those_of_the_files(store: SQLiteStore, path: Path) -> None:
    log = path.with_name("main.db-wal").stat().st_size
    measures = store.measures()
    assert log > 0
    assert measures["log beside it"] == log
    store.close()
    assert measures["database"] == path.stat().st_size


def test_the_log_of_a_linked_file_is_beside_the_file(
    store: SQLiteStore, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    with closing(SQLiteStore(link)) as linked:
        assert linked.measures() == store.measures()


def test_room_that_is_free_is_counted(store: SQLiteStore) -> None:
    store.commit("acme", [Put(COUNTER, b"x" * 100_000, {})], [])
    before = store.measures()["free in it"]
    store.commit("acme", [Drop(COUNTER)], [])
    assert store.measures()["free in it"] >= before + 90_000
