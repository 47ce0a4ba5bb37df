"""A scan reads a kind in the order of its rows, however few of them are the account's."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from placet import Assignment, Corrupt, Permission, Placet, Role
from placet.model import SYSTEM
from placet.storage.nouns import key_of
from placet.storage.port import Key, Put, Query, Store
from placet_sqlite.store import SQLiteStore

START = b'{"format":1,"data":{'


def _users(store: Store, account: str, count: int) -> None:
    puts = [Put(Key("user", f"u{number}"), b"%d" % number, {}) for number in range(count)]
    store.commit(account, puts, [])


@pytest.mark.parametrize("others", [0, 1, 500])
@pytest.mark.parametrize("own", [0, 1, 500])
def test_a_scan_finds_all_of_an_account_among_any_number_of_others(
    tmp_path: Path, own: int, others: int
) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        for account in ("a", "b", "c", "d", "e", "f"):
            _users(store, account, others)
        _users(store, "mine", own)
        _users(store, "z", others)
        found = [row for part in store.scan("mine", "user") for row in part]
        docs = store.find("mine", Query("user", limit=1000)).docs
        assert sorted(found) == sorted((doc.key.id, doc.body) for doc in docs)
        assert len(found) == own


def test_a_connection_that_scanned_is_used_again(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "main.db")) as store:
        _users(store, "mine", 3)
        sizes = []
        for _ in range(2):
            with store._connections.one() as connection:
                sizes += connection.execute("PRAGMA cache_size").fetchone()
            assert sum(map(len, store.scan("mine", "user"))) == 3
        assert len(set(sizes)) == 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Sam may read invoices, and is denied it."""
    path = tmp_path / "main.db"
    with Placet.open(f"sqlite:///{path}") as placet, placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("invoice.read"))
        placet.roles.create(Role(id="reader", permissions=("invoice.read",)))
        allowed = Assignment(id="allow", principal="user:sam", role="reader")
        placet.assignments.create(allowed)
        placet.assignments.create(msgspec.structs.replace(allowed, id="deny", effect="deny"))
        assert not placet.check("user:sam", "invoice.read", "invoice:1")
    return path


def _put(path: Path, id: str, body: bytes) -> None:
    with closing(SQLiteStore(path)) as store:
        key = key_of(Assignment(id=id, principal="user:sam", role="reader@/"))
        store.commit("default", [Put(key, body, {"scope": ""})], [])


def test_a_cold_start_decides_as_the_engine_that_wrote(file: Path) -> None:
    with Placet.open(f"sqlite:///{file}") as placet:
        assert not placet.check("user:sam", "invoice.read", "invoice:1")
        placet.assignments.delete("deny", actor=SYSTEM)
        assert placet.check("user:sam", "invoice.read", "invoice:1")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (START + b'"id":"deny","principal":', r"assignment '\|deny' cannot be read"),
        (b"\xff", r"assignment '\|deny' cannot be read"),
        (START + b'"id":"deny\xff"}}', r"assignment '\|deny' cannot be read"),
        (START + b'"id":"deny"}}', r"assignment '\|deny' cannot be read: .*principal"),
        (b'{"format":9,"data":{}}', r"assignment '\|deny' (has format 9|cannot be read)"),
        (
            START + b'"id":"other","principal":"user:sam","role":"reader@/"}}',
            r"assignment '\|deny' holds another one",
        ),
    ],
)
def test_a_document_that_cannot_be_read_opens_no_door(file: Path, body: bytes, said: str) -> None:
    """One denial of many is damaged: nothing is decided, however often it is asked."""
    _put(file, "deny", body)
    with Placet.open(f"sqlite:///{file}") as placet:
        for _ in range(2):
            with pytest.raises(Corrupt, match=said):
                placet.check("user:sam", "invoice.read", "invoice:1")
        _put(file, "deny", START + b'"id":"deny","principal":"user:sam","role":"reader@/"}}')
        assert placet.check("user:sam", "invoice.read", "invoice:1")
