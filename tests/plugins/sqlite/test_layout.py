"""The tables of a file follow the declared kinds: made once, brought up to date at opening."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from placet.errors import StoreError
from placet.model import Grant, User
from placet.storage.codec import encode_noun
from placet.storage.nouns import key_of
from placet.storage.port import Head, Index, Key, Put, Query, Range
from placet.storage.sealing import new_event, seal
from placet_sqlite import layout
from placet_sqlite.layout import LAYOUT, STEPS, TABLES
from placet_sqlite.store import SQLiteStore

OPENERS = 20
AT_ONCE = """
import os, sys
from pathlib import Path
from placet.storage.port import Index, Key, Put
from placet_sqlite.store import SQLiteStore

go, start = os.pipe()
children = []
for number in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        os.close(start)
        store = SQLiteStore(Path(sys.argv[1]), timeout_s=60)
        os.read(go, 1)
        try:
            store.commit("acme", [Put(Key("user", str(number)), b"{}", {})], [])
            store.close()
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
    children.append(child)
# All of them read the end of the pipe at this moment.
os.close(start)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


def _fill(path: Path) -> None:
    index: Index = {"created": 1, "deadline": 2, "status": "pending", "label": ("a", "b")}
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(Key("approval", "a"), b"{}", index)], [])
        store.commit("acme", [Put(Key("user", "sam"), b"{}", {"bundle": "x"})], [])


def _alter(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as own:
        for statement in statements:
            own.execute(statement)
        own.commit()


def _schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as own:
        return dict(own.execute("SELECT name, coalesce(sql, '') FROM sqlite_schema"))


def _columns(path: Path, table: str) -> set[str]:
    with closing(sqlite3.connect(path)) as own:
        return {row[1] for row in own.execute(f"PRAGMA table_info({table})")}


def _mark(path: Path) -> object:
    with closing(sqlite3.connect(path)) as own:
        return own.execute("SELECT number, declared FROM placet_layout").fetchall()


def test_no_two_tables_or_indexes_have_the_same_name() -> None:
    names = [name for table in TABLES.values() for name in table.statements]
    names += ['"placet_account"', '"placet_event"', '"placet_layout"', '"placet_account_turn"']
    assert len(set(names)) == len(names)


def test_every_name_begins_with_placet(path: Path) -> None:
    _fill(path)
    assert all(name.removeprefix("sqlite_autoindex_").startswith("placet_")
               for name in _schema(path))  # fmt: skip


def test_every_table_takes_values_of_its_types_only(path: Path) -> None:
    _fill(path)
    tables = [sql for sql in _schema(path).values() if sql.startswith("CREATE TABLE")]
    assert len(tables) > len(TABLES)
    assert all("STRICT" in sql for sql in tables)


def test_opening_again_changes_nothing(path: Path) -> None:
    _fill(path)
    before = path.read_bytes()
    with closing(SQLiteStore(path)) as store:
        assert store.head("acme").version == 2
    assert path.read_bytes() == before


def test_opening_again_needs_no_lock(path: Path) -> None:
    _fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(SQLiteStore(path, timeout_s=0)) as store:
            assert store.head("acme").version == 2


def test_a_file_from_before_a_field_gets_its_column_and_its_index(path: Path) -> None:
    _fill(path)
    whole = _schema(path)
    _alter(
        path,
        "DROP INDEX placet_user_bundle",
        "ALTER TABLE placet_user DROP COLUMN bundle",
        "UPDATE placet_layout SET declared = 'of an earlier release'",
    )
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(Key("user", "kim"), b"{}", {"bundle": "y"})], [])
        (found,) = store.find("acme", Query("user", {"bundle": ("y",)})).docs
        (sam,) = store.get("acme", [Key("user", "sam")])
    assert found.key.id == "kim"
    # The document from before is there; where it cannot be read, it has no such field.
    assert sam is not None
    assert dict(sam.index) == {}
    assert _schema(path).keys() == whole.keys()
    assert "bundle" in _columns(path, "placet_user")


def test_what_is_there_is_indexed_by_a_field_that_is_new(path: Path) -> None:
    user = User(id="sam", bundle="x")
    with closing(SQLiteStore(path)) as store:
        body, index = encode_noun(user)
        store.commit("acme", [Put(key_of(user), body, index)], [])
    _alter(
        path,
        "DROP INDEX placet_user_bundle",
        "ALTER TABLE placet_user DROP COLUMN bundle",
        "UPDATE placet_layout SET declared = 'of an earlier release'",
    )
    with closing(SQLiteStore(path)) as store:
        assert len(store.find("acme", Query("user", {"bundle": ("x",)})).docs) == 1


def test_what_waits_to_be_filed_is_indexed_by_a_field_that_is_new(path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    grant = Grant(
        id="g",
        kind="access",
        approval="a",
        principal="user:sam",
        permission="invoice.read",
        resource="invoice:7",
        digest="d",
        created_at=at,
        starts_at=at + timedelta(hours=1),
        ends_at=at + timedelta(hours=2),
    )
    body, index = encode_noun(grant)
    before = {field: value for field, value in index.items() if field != "starts"}
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(key_of(grant), body, before)], [])
    _alter(
        path,
        "DROP INDEX placet_grant_starts",
        "ALTER TABLE placet_grant DROP COLUMN starts",
        "UPDATE placet_layout SET declared = 'of an earlier release'",
    )
    with closing(SQLiteStore(path)) as store:
        assert len(store.find("acme", Query("grant", range=Range("starts"))).docs) == 1
        assert list(store.inspect()) == []


def test_a_file_of_the_first_layout_keeps_its_log(path: Path) -> None:
    head, events = seal(Head(), [new_event(at, b"{}") for at in (5, 6)])
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE placet_layout (number INTEGER NOT NULL, declared TEXT NOT NULL)")
        own.execute("INSERT INTO placet_layout VALUES (1, '')")
        for statement in STEPS[0]:
            own.execute(statement)
        own.execute(
            "INSERT INTO placet_account VALUES (3, 'acme', ?, ?, ?, ?, 1)",
            (head.version, head.seq, head.at, head.hash),
        )
        own.executemany(
            "INSERT INTO placet_event VALUES (3, ?, ?, ?, ?, ?, ?)",
            [(one.seq, one.version, one.at, one.body, one.digest, one.hash) for one in events],
        )
        own.commit()
    with closing(SQLiteStore(path)) as store:
        assert store.events("acme", 0, 10) == events
        assert store.commit("acme", [], [new_event(7, b"{}")]).seq == 3
        assert list(store.inspect()) == []


def test_a_view_of_the_application_that_names_nothing_keeps_no_file_from_opening(
    path: Path,
) -> None:
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE VIEW broken AS SELECT * FROM gone")
    _fill(path)


def test_a_view_of_the_log_goes_on_showing_it_in_a_later_layout(path: Path) -> None:
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE placet_layout (number INTEGER NOT NULL, declared TEXT NOT NULL)")
        own.execute("INSERT INTO placet_layout VALUES (1, '')")
        for statement in STEPS[0]:
            own.execute(statement)
        own.execute("CREATE VIEW recent AS SELECT seq FROM placet_event")
        own.commit()
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [], [new_event(7, b"{}")])
    with closing(sqlite3.connect(path)) as own:
        assert own.execute("SELECT seq FROM recent").fetchall() == [(1,)]


def test_a_file_of_the_first_layout_gets_its_orders_without_what_waits(path: Path) -> None:
    _fill(path)
    whole = _schema(path)
    _alter(
        path,
        "DROP INDEX placet_grant_by_created",
        "CREATE INDEX placet_grant_by_created ON placet_grant (account, created, id)",
        "DROP INDEX placet_grant_unfiled",
        "ALTER TABLE placet_grant DROP COLUMN unfiled",
        "CREATE TABLE placet_event_first AS SELECT account, seq, version, at, body, digest, hash "
        "FROM placet_event",
        "DROP TABLE placet_event",
        "ALTER TABLE placet_event_first RENAME TO placet_event",
        "UPDATE placet_layout SET number = 1",
    )
    with closing(SQLiteStore(path)) as store:
        assert store.head("acme").version == 2
    assert _schema(path)["placet_grant_by_created"] == whole["placet_grant_by_created"]
    assert _schema(path).keys() == whole.keys()


def test_a_file_from_before_a_field_of_texts_gets_a_table_for_its_members(path: Path) -> None:
    _fill(path)
    whole = _schema(path)
    _alter(
        path,
        "DROP TABLE placet_approval_member",
        "ALTER TABLE placet_approval DROP COLUMN members",
        "UPDATE placet_layout SET declared = ''",
    )
    index: Index = {"created": 1, "deadline": 2, "label": ("c",)}
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(Key("approval", "a"), b"{}", index)], [])
        assert store.count("acme", Query("approval", {"label": ("c",)})) == 1
        assert list(store.inspect()) == []
    assert _schema(path).keys() == whole.keys()


def test_a_file_from_before_a_kind_gets_its_table(path: Path) -> None:
    _fill(path)
    whole = _schema(path)
    _alter(path, "DROP TABLE placet_lease", "UPDATE placet_layout SET declared = ''")
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(Key("lease", "l"), b"{}", {"expires": 1})], [])
    assert _schema(path) == whole


def test_a_file_with_columns_of_a_later_release_can_be_used(path: Path) -> None:
    _fill(path)
    _alter(
        path,
        "ALTER TABLE placet_user ADD COLUMN later TEXT",
        "UPDATE placet_layout SET declared = 'of a later release'",
    )
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [Put(Key("user", "sam"), b"{}", {"bundle": "y"})], [])
        assert store.count("acme", Query("user", {"bundle": ("y",)})) == 1
    assert {"bundle", "later"} < _columns(path, "placet_user")


@pytest.fixture
def a_step_more(monkeypatch: pytest.MonkeyPatch) -> None:
    step: Sequence[str] = (
        "CREATE TABLE placet_step (n INTEGER) STRICT",
        "INSERT INTO placet_step VALUES (1)",
    )
    monkeypatch.setattr(layout, "STEPS", (*STEPS, step))
    monkeypatch.setattr(layout, "LAYOUT", LAYOUT + 1)


def _steps(path: Path) -> object:
    with closing(sqlite3.connect(path)) as own:
        return own.execute("SELECT n FROM placet_step").fetchall()


def test_a_new_file_takes_every_step(path: Path, a_step_more: None) -> None:
    _fill(path)
    assert _steps(path) == [(1,)]


def test_a_file_that_lacks_a_step_takes_it_once(path: Path, request: pytest.FixtureRequest) -> None:
    _fill(path)
    request.getfixturevalue("a_step_more")
    for _ in range(2):
        with closing(SQLiteStore(path)) as store:
            assert store.head("acme").version == 2
    assert _steps(path) == [(1,)]


def test_a_step_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(path)
    before = _schema(path), _mark(path)
    step = ("CREATE TABLE placet_step (n INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)")
    with monkeypatch.context() as patched:
        patched.setattr(layout, "STEPS", (*STEPS, step))
        patched.setattr(layout, "LAYOUT", LAYOUT + 1)
        store = SQLiteStore(path)
        with pytest.raises(StoreError):
            store.head("acme")
    assert (_schema(path), _mark(path)) == before
    with closing(SQLiteStore(path)) as again:
        assert again.head("acme").version == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_many_processes_that_open_a_new_file_at_once_all_open_it(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(path), str(OPENERS)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (done.stdout, done.stderr) == (f"{[0] * OPENERS}\n", "")
    with closing(SQLiteStore(path)) as store:
        assert store.head("acme").version == OPENERS
        assert list(store.inspect()) == []
