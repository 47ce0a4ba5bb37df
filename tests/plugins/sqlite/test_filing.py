"""A new document of a kind that comes one by one waits, and is filed with others: nobody sees it.

`test_queries.py` and the contract hold every query against the memory store, some waiting.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from placet.errors import Corrupt
from placet.storage.memory import MemoryStore
from placet.storage.port import Change, Drop, Index, Key, Put, Query, Store
from placet_sqlite.filing import MOST_UNFILED
from placet_sqlite.store import SQLiteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    with closing(SQLiteStore(path)) as opened:
        yield opened


def _approval(at: int, status: str = "pending") -> Put:
    index: Index = {
        "created": at // 2,
        "deadline": -at,
        "status": status,
        "label": (f"own-{at}", "all"),
    }
    return Put(Key("approval", f"{at:03}"), b"{}", index)


def _waiting(path: Path) -> Sequence[str]:
    with closing(sqlite3.connect(path)) as own:
        rows = own.execute("SELECT id FROM placet_approval WHERE unfiled = 1 ORDER BY id")
        return [id for (id,) in rows]


def _ids(store: Store, **where: tuple[str | int, ...]) -> Sequence[str]:
    return [doc.key.id for doc in store.find("acme", Query("approval", where, limit=1000)).docs]


def test_what_comes_one_by_one_waits(store: SQLiteStore, path: Path) -> None:
    for at in range(3):
        store.commit("acme", [_approval(at)], [])
    assert _waiting(path) == ["000", "001", "002"]


def test_it_is_found_while_it_waits(store: SQLiteStore, path: Path) -> None:
    for at in range(3):
        store.commit("acme", [_approval(at)], [])
    assert _ids(store, label=("own-1", "own-2")) == ["001", "002"]


def test_it_is_found_by_its_new_status_while_it_waits(store: SQLiteStore, path: Path) -> None:
    store.commit("acme", [_approval(1)], [])
    store.commit("acme", [_approval(1, "approved")], [])
    assert _waiting(path) == ["001"]
    assert _ids(store, status=("approved",)) == ["001"]
    assert _ids(store, status=("pending",)) == []


def test_no_more_than_some_wait(store: SQLiteStore, path: Path) -> None:
    for at in range(MOST_UNFILED):
        store.commit("acme", [_approval(at)], [])
    assert len(_waiting(path)) == MOST_UNFILED
    store.commit("acme", [_approval(MOST_UNFILED)], [])
    assert _waiting(path) == []
    assert _ids(store, label=("all",)) == [f"{at:03}" for at in range(MOST_UNFILED + 1)]


def test_a_commit_of_many_files_them_at_once(store: SQLiteStore, path: Path) -> None:
    store.commit("acme", [_approval(at) for at in range(MOST_UNFILED + 1)], [])
    assert _waiting(path) == []


def test_what_waits_in_another_account_goes_on_waiting(store: SQLiteStore, path: Path) -> None:
    store.commit("globex", [_approval(500)], [])
    for at in range(MOST_UNFILED + 1):
        store.commit("acme", [_approval(at)], [])
    assert _waiting(path) == ["500"]


def test_what_is_filed_stays_filed(store: SQLiteStore, path: Path) -> None:
    store.commit("acme", [_approval(at) for at in range(MOST_UNFILED + 1)], [])
    store.commit("acme", [_approval(3, "approved")], [])
    assert _waiting(path) == []
    assert _ids(store, status=("approved",)) == ["003"]


def test_what_was_dropped_while_it_waited_is_gone(store: SQLiteStore, path: Path) -> None:
    store.commit("acme", [_approval(1)], [])
    store.commit("acme", [Drop(Key("approval", "001"))], [])
    assert _waiting(path) == []
    assert _ids(store) == []


def test_what_is_filed_keeps_its_version(store: SQLiteStore) -> None:
    for at in range(MOST_UNFILED + 1):
        store.commit("acme", [_approval(at)], [])
    docs = store.find("acme", Query("approval")).docs
    assert [doc.version for doc in docs] == list(range(1, MOST_UNFILED + 2))


@pytest.mark.parametrize("filed", [False, True])
def test_a_row_that_lost_its_members_is_corrupt(
    store: SQLiteStore, path: Path, filed: bool
) -> None:
    """What is filed has nothing but lists of texts there, and what waits has all its fields."""
    count = MOST_UNFILED + 1 if filed else 1
    store.commit("acme", [_approval(at) for at in range(count)], [])
    with closing(sqlite3.connect(path)) as own:
        own.execute(
            "UPDATE placet_approval SET members = ?", ('{"label": "own-0"}' if filed else None,)
        )
        own.commit()
    with pytest.raises(Corrupt, match="members of a document cannot be read"):
        store.get("acme", [Key("approval", "000")])
    with pytest.raises(Corrupt, match="members of a document cannot be read"):
        store.find("acme", Query("approval", {"status": ("pending",)}))


AT = st.integers(0, 60)
STATUS = st.sampled_from(["pending", "approved"])


class Filing(RuleBasedStateMachine):
    """The same commits in memory; whatever waits, both answer alike, and the file is sound."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.sqlite = SQLiteStore(Path(self.folder.name) / "main.db")
        self.memory = MemoryStore()

    def teardown(self) -> None:
        self.sqlite.close()
        self.folder.cleanup()

    @rule(ats=st.lists(AT, min_size=1, max_size=25, unique=True), status=STATUS)
    def put(self, ats: list[int], status: str) -> None:
        self._commit([_approval(at, status) for at in ats])

    @rule(at=AT, status=STATUS)
    def put_one(self, at: int, status: str) -> None:
        self._commit([_approval(at, status)])

    @rule(at=AT)
    def drop(self, at: int) -> None:
        self._commit([Drop(Key("approval", f"{at:03}"))])

    @rule(
        where=st.sampled_from([{}, {"status": ("pending",)}, {"label": ("all", "own-3")}]),
        order=st.sampled_from(["id", "created", "deadline"]),
        descending=st.booleans(),
        skip=st.integers(0, 30),
        limit=st.integers(1, 30),
    )
    def ask(
        self,
        where: dict[str, tuple[str | int, ...]],
        order: str,
        descending: bool,
        skip: int,
        limit: int,
    ) -> None:
        query = Query("approval", where, order=order, descending=descending, skip=skip, limit=limit)
        page = self.sqlite.find("acme", query)
        assert page == self.memory.find("acme", query)
        if page.next is not None:
            behind = Query("approval", where, None, order, descending, page.next, limit=limit)
            assert self.sqlite.find("acme", behind) == self.memory.find("acme", behind)
        assert self.sqlite.count("acme", query) == self.memory.count("acme", query)

    @invariant()
    def sound(self) -> None:
        assert list(self.sqlite.inspect()) == []

    def _commit(self, changes: Sequence[Change]) -> None:
        for store in (self.sqlite, self.memory):
            store.commit("acme", changes, [])


Filing.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestFiling = Filing.TestCase
