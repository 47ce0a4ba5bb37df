"""From a URL to a file: which file, when it is touched, and what is said where it cannot be."""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from placet.errors import Invalid, Unavailable
from placet.storage.port import Key, NewEvent, Put
from placet.storage.sealing import new_event
from placet_tinydb import placet_open_store
from placet_tinydb.store import EVENTS_CEILING, TinyDBStore
from placet_tinydb.tables import accounts_in

SAM = Key("user", "sam")

WITHOUT_TINYDB = """
import sys
sys.modules["tinydb"] = None
import placet_tinydb
assert placet_tinydb.placet_open_store("memory://") is None
try:
    placet_tinydb.placet_open_store("tinydb:///main.json")
except ImportError as error:
    print(error)
"""

COUNTING = """
import sys
from pathlib import Path
from placet.storage.port import Key, Put
from placet.storage.sealing import new_event
from placet_tinydb.store import TinyDBStore

store = TinyDBStore(Path(sys.argv[1]))
store.head("acme")
renamed = []
sys.addaudithook(lambda name, args: renamed.append(args) if name == "os.rename" else None)
puts = [Put(Key("user", str(number)), b"{}", {}) for number in range(100)]
store.commit("acme", puts, [new_event(0, b"{}") for _ in range(5)])
print(len(renamed))
store.close()
"""


def _events(count: int) -> list[NewEvent]:
    return [new_event(0, b"{}")] * count


def _use(url: str) -> None:
    store = placet_open_store(url)
    assert store is not None
    store.commit("acme", [Put(SAM, b"{}", {})], [])
    store.close()


def test_three_slashes_name_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _use("tinydb:///main.json")
    assert (tmp_path / "main.json").exists()


def test_four_slashes_name_an_absolute_path(tmp_path: Path) -> None:
    _use(f"tinydb:///{tmp_path / 'main.json'}")
    assert (tmp_path / "main.json").exists()


def test_a_relative_path_is_that_of_the_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    store = placet_open_store("tinydb:///main.json")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert store is not None
    store.commit("acme", [Put(SAM, b"{}", {})], [])
    store.close()
    assert (tmp_path / "main.json").exists()


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    _use(f"tinydb:///{tmp_path / 'a b%20?.json'}")
    assert (tmp_path / "a b%20?.json").exists()


@pytest.mark.parametrize(
    "url",
    ["tinydb:", "tinydb://", "tinydb:///", "tinydb://main.json", "tinydb:main", "tinydb:///a/"],
)
def test_a_url_without_a_file_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(Invalid, match=r"write 'tinydb:///relative\.json'"):
        placet_open_store(url)


def test_opening_touches_no_file(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    assert list(tmp_path.iterdir()) == []
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_reading_writes_no_file_but_the_lock(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    store.head("acme")
    store.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.json.lock"]


def test_a_commit_is_one_write(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(tmp_path / "main.json")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    _use(f"tinydb:///{path}")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    store.head("acme")
    store.close()
    with pytest.raises(Unavailable, match="was closed"):
        store.head("acme")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "nowhere" / "main.json")
    with pytest.raises(Unavailable, match=r"nowhere.main\.json cannot be opened"):
        store.head("acme")


def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "main.json").mkdir()
    store = TinyDBStore(tmp_path / "main.json")
    with pytest.raises(Unavailable, match="cannot be read"):
        store.head("acme")


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder in which this process may not write, even where the tests run as root."""
    if sys.platform == "win32":
        pytest.skip("POSIX permissions")
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


def test_a_read_only_folder_is_unavailable(read_only: Path) -> None:
    store = TinyDBStore(read_only / "main.json")
    with pytest.raises(Unavailable, match="Permission denied"):
        store.head("acme")


def test_a_body_that_is_not_utf_8_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    with pytest.raises(Invalid, match="not UTF-8"):
        store.commit("acme", [Put(SAM, b"{}", {}), Put(Key("user", "x"), b"\xff", {})], [])
    assert store.get("acme", [SAM]) == (None,)
    assert store.commit("acme", [Put(SAM, b"{}", {}, expect=0)], []).version == 1
    store.close()


def test_a_missing_tinydb_is_an_import_error_at_opening() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TINYDB], capture_output=True, text=True, check=True
    )
    assert "install placet[tinydb]" in done.stdout


def test_nothing_is_said_below_four_fifths_of_the_ceiling(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    store.commit("acme", [], _events(EVENTS_CEILING * 8 // 10 - 1))
    store.close()
    assert caplog.record_tuples == []


def test_at_four_fifths_of_the_ceiling_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    store.commit("acme", [], _events(EVENTS_CEILING * 8 // 20))
    store.commit("other", [], _events(EVENTS_CEILING * 8 // 20))
    store.commit("acme", [], _events(1))
    store.close()
    ((logger, level, message),) = caplog.record_tuples
    assert (logger, level) == ("placet.tinydb", logging.WARNING)
    assert "holds 4000 events" in message
    assert "SQLite or PostgreSQL" in message


def test_it_is_said_again_at_the_next_opening(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        store = TinyDBStore(tmp_path / "main.json")
        store.commit("acme", [], _events(EVENTS_CEILING * 8 // 10))
        store.close()
    assert len(caplog.records) == 2


def test_beyond_the_ceiling_commits_still_pass(tmp_path: Path) -> None:
    store = TinyDBStore(tmp_path / "main.json")
    store.commit("acme", [], _events(EVENTS_CEILING))
    assert store.commit("acme", [], _events(1)).seq == EVENTS_CEILING + 1
    store.close()


def test_a_field_that_an_earlier_release_indexed_is_left_behind() -> None:
    sam = {"account": "acme", "kind": "user", "id": "sam", "version": 1, "body": "{}"}
    head = {"account": "acme", "version": 1, "seq": 0, "at": 0, "hash": ""}
    documents = {"1": {**sam, "index": {"bundle": "x", "shoe_size": 43}}}
    (acme,) = accounts_in({"accounts": {"1": head}, "documents": documents, "events": {}})
    assert [dict(doc.index) for doc in acme.puts] == [{"bundle": "x"}]
