"""A file that was cut or edited is refused, whole; a write that was cut short does no harm."""

import shutil
from pathlib import Path

import pytest
from tinydb import TinyDB

from placet.errors import Corrupt, Unavailable
from placet.storage.port import Head, Key, Put
from placet.storage.sealing import new_event
from placet_tinydb.store import TinyDBStore

SAM = Key("user", "sam")


def _commit(path: Path, body: bytes) -> bytes:
    """Commit a document and an event; what the file holds afterwards."""
    store = TinyDBStore(path)
    store.commit("acme", [Put(SAM, body, {"bundle": "x"})], [new_event(1, body)])
    store.close()
    return path.read_bytes()


def _assert_corrupt(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    store = TinyDBStore(path)
    with pytest.raises(Corrupt):
        store.head("acme")
    store.close()
    # Not repaired, not emptied: a person has to look.
    assert path.read_bytes() == content


def test_a_write_cut_at_any_byte_leaves_the_commit_before_it(tmp_path: Path) -> None:
    path, beside = tmp_path / "main.json", tmp_path / "main.json.tmp"
    before = _commit(path, b"1")
    after = _commit(path, b"2")
    for cut in range(len(after) + 1):
        path.write_bytes(before)
        beside.write_bytes(after[:cut])
        store = TinyDBStore(path)
        (doc,) = store.get("acme", [SAM])
        assert doc is not None
        assert (doc.version, doc.body, store.head("acme").seq) == (1, b"1", 1)
        assert not beside.exists()
        store.close()


def test_a_first_write_cut_at_any_byte_leaves_an_empty_store(tmp_path: Path) -> None:
    path, beside = tmp_path / "main.json", tmp_path / "main.json.tmp"
    first = _commit(path, b"1")
    path.unlink()
    for cut in range(len(first) + 1):
        beside.write_bytes(first[:cut])
        store = TinyDBStore(path)
        assert store.head("acme") == Head()
        store.close()


def test_a_file_cut_at_any_byte_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    content = _commit(path, b"1")
    for cut in range(len(content)):
        _assert_corrupt(path, content[:cut])


def test_a_file_with_any_byte_changed_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    content = _commit(path, b"1")
    for at in range(len(content)):
        _assert_corrupt(path, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def test_a_file_with_something_behind_it_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    _assert_corrupt(path, _commit(path, b"1") + b"\n")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\x00" * 100, b'{"_default": {}}', b"hello"]
)
def test_a_file_of_something_else_is_corrupt_and_kept(tmp_path: Path, content: bytes) -> None:
    _assert_corrupt(tmp_path / "main.json", content)


def test_a_file_that_another_program_rewrote_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    _commit(path, b"1")
    with TinyDB(path) as db:
        db.table("documents").update({"body": "2"})
    _assert_corrupt(path, path.read_bytes())


def test_a_file_of_another_format_names_both_formats(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    content = _commit(path, b"1")
    path.write_bytes(content.replace(b'"format":1', b'"format":2', 1))
    store = TinyDBStore(path)
    with pytest.raises(Corrupt, match="has format 2, and this placet reads 1"):
        store.head("acme")


def test_any_tinydb_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    _commit(path, b"{}")
    with TinyDB(path, access_mode="r") as db:
        (document,) = db.table("documents").all()
        (event,) = db.table("events").all()
    assert (document["account"], document["id"], document["body"]) == ("acme", "sam", "{}")
    assert (event["seq"], event["at"]) == (1, 1)


def test_a_copy_of_the_file_is_a_backup(tmp_path: Path) -> None:
    path, copy = tmp_path / "main.json", tmp_path / "copy.json"
    _commit(path, b"1")
    shutil.copy(path, copy)
    store = TinyDBStore(copy)
    assert store.accounts() == ("acme",)
    store.close()


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files")
    store = TinyDBStore(tmp_path / "main.json")
    store.commit("acme", [Put(SAM, b"1", {})], [new_event(1, b"{}")])
    before = (store.head("acme"), store.get("acme", [SAM]), store.events("acme", 0, 10))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(Unavailable, match=r"main\.json cannot be written"):
            store.commit("acme", [Put(SAM, b"x" * 200_000, {})], [new_event(2, b"{}")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (store.head("acme"), store.get("acme", [SAM]), store.events("acme", 0, 10)) == before
    assert store.commit("acme", [Put(SAM, b"2", {}, expect=1)], []).version == 2
    store.close()
