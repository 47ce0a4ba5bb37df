"""Copying a store: everything comes out the same, however often it was interrupted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import placet_sqlite
import placet_tinydb
from placet.errors import Conflict, Corrupt, Invalid, InvalidState, Unavailable
from placet.hooks import Hooks
from placet.storage import memory
from placet.storage.copying import MAX_PASSES, Copied, copy_store
from placet.storage.kinds import KINDS
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.port import (
    Change,
    Committed,
    Doc,
    Drop,
    Head,
    Index,
    Key,
    NewEvent,
    Page,
    Put,
    Query,
    Store,
    StoredEvent,
)
from placet.storage.sealing import new_event
from placet.storage.walks import accounts, documents, events

PLUGINS = (memory, placet_sqlite, placet_tinydb)
URLS = ("memory://", "sqlite:///{folder}/{name}.db", "tinydb:///{folder}/{name}.json")

# A commit to an account: the number of a document to put, None to drop it, and events.
Step = tuple[str, Mapping[Key, int | None], Sequence[NewEvent]]

ACCOUNTS = st.sampled_from(["acme", "globex"])
KEYS = st.builds(
    Key, st.sampled_from(["approval", "role", "user"]), st.sampled_from(["a", "B", "\u00e9"])
)
EVENTS = st.lists(
    st.builds(new_event, st.integers(0, 9), st.sampled_from([b"{}", b'{"n":1}'])), max_size=3
)
STEPS: st.SearchStrategy[Step] = st.tuples(
    ACCOUNTS, st.dictionaries(KEYS, st.none() | st.integers(0, 3), max_size=4), EVENTS
)
HISTORIES = st.lists(STEPS, max_size=12)


def put(id: str, number: int = 0, kind: str = "user") -> Put:
    key = Key(kind, id)
    return Put(key, b'{"n":%d}' % number, _index(key, number))


def _index(key: Key, number: int) -> Index:
    if key.kind != "approval":
        return {"bundle": str(number)}
    return {"created": number, "deadline": -number, "reviewer": ("user:a", f"user:{number}")}


def take(store: Store, steps: Sequence[Step]) -> None:
    for account, changed, happened in steps:
        changes: list[Change] = [
            Drop(key) if number is None else put(key.id, number, key.kind)
            for key, number in changed.items()
        ]
        store.commit(account, changes, happened)


def everything(store: Store) -> dict[str, tuple[Head, list[Doc], list[StoredEvent]]]:
    return {
        account: (
            store.head(account),
            [doc for kind in KINDS for doc in documents(store, account, kind)],
            list(events(store, account)),
        )
        for account in accounts(store)
    }


class Stop(Exception):
    """The plug is pulled."""


class Interrupted(MemoryStore):
    """Stops once `left` commits were made; if `late`, after one more, which nobody hears of."""

    left: int | None = None
    late = False

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        if self.left == 0 and not self.late:
            raise Stop
        committed = super().commit(account, changes, events)
        if self.left == 0:
            raise Stop
        if self.left is not None:
            self.left -= 1
        return committed


class Moving(MemoryStore):
    """Somebody else takes the next of `steps` before every `every`-th call that reads."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.every = 1
        self.calls = 0

    def move(self) -> None:
        self.calls += 1
        if self.steps and self.calls % self.every == 0:
            take(self, [self.steps.pop(0)])

    def head(self, account: str) -> Head:
        self.move()
        return super().head(account)

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        self.move()
        return super().get(account, keys)

    def find(self, account: str, query: Query) -> Page:
        self.move()
        # Pages of one, so that others come in between.
        if query.limit > 1:
            query = Query(query.kind, after=query.after, limit=1)
        return super().find(account, query)

    def count(self, account: str, query: Query) -> int:
        self.move()
        return super().count(account, query)

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        self.move()
        return super().events(account, after, 1)


class Small(MemoryStore):
    max_changes = 2


@pytest.fixture
def source() -> MemoryStore:
    """Five commits: one of them empty, one put over, one dropped."""
    store = MemoryStore()
    store.commit("acme", [put("sam", 1), put("dana", 1)], [new_event(10, b'{"n":1}')])
    store.commit("acme", [put("sam", 2)], [new_event(20, b'{"n":2}'), new_event(20, b'{"n":3}')])
    store.commit("acme", [], [])
    store.commit("acme", [Drop(Key("user", "dana"))], [new_event(15, b'{"n":4}')])
    store.commit("acme", [put("olga", 5)], [])
    return store


@pytest.fixture
def target(source: MemoryStore) -> MemoryStore:
    """A copy of the source."""
    store = MemoryStore()
    copy_store(source, store)
    return store


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str, str], Store]]:
    """Opens stores by URL, and closes them."""
    stores: list[Store] = []

    def open_store(url: str, name: str) -> Store:
        stores.append(Hooks(PLUGINS).open_store(url.format(folder=tmp_path, name=name)))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


# -- the same ----------------------------------------------------------------------------------


@given(HISTORIES)
def test_any_history_is_copied_exactly(history: list[Step]) -> None:
    source, target = MemoryStore(), MemoryStore()
    take(source, history)
    copy_store(source, target)
    assert everything(target) == everything(source)


@given(HISTORIES, st.integers(1, 4), st.booleans())
def test_interrupted_after_every_few_commits_it_comes_out_the_same(
    history: list[Step], few: int, late: bool
) -> None:
    source, target = MemoryStore(), Interrupted()
    take(source, history)
    target.late = late
    for _ in range(len(history) + 1):
        target.left = few
        try:
            copy_store(source, target)
            break
        except Stop:
            continue
    assert everything(target) == everything(source)


@given(HISTORIES, HISTORIES, st.integers(0, 9))
def test_a_copy_that_was_cut_short_catches_up_with_a_source_that_moved_on(
    history: list[Step], later: list[Step], cut: int
) -> None:
    source, target = MemoryStore(), Interrupted()
    take(source, history)
    target.left = cut
    try:
        copy_store(source, target)
    except Stop:
        take(source, later)
    target.left = None
    copy_store(source, target)
    assert everything(target) == everything(source)


@given(HISTORIES, st.lists(STEPS, max_size=MAX_PASSES - 1), st.integers(1, 7))
def test_a_source_that_moves_while_it_is_read_is_followed(
    history: list[Step], meanwhile: list[Step], every: int
) -> None:
    source, target = Moving(), MemoryStore()
    take(source, history)
    source.steps, source.every = meanwhile, every
    copy_store(source, target)
    # What came in behind an account that was done is for the next time.
    source.steps = []
    copy_store(source, target)
    assert everything(target) == everything(source)


@pytest.mark.parametrize("to", URLS)
@pytest.mark.parametrize("of", URLS)
def test_a_store_of_any_kind_is_copied_into_one_of_any_kind(
    of: str, to: str, source: MemoryStore, opened: Callable[[str, str], Store]
) -> None:
    first, second = opened(of, "first"), opened(to, "second")
    copy_store(source, first)
    copy_store(first, second)
    assert everything(second) == everything(source)


def test_what_is_returned_says_what_both_hold(source: MemoryStore) -> None:
    assert copy_store(source, MemoryStore()) == (Copied("acme", source.head("acme"), 2, 5),)


def test_an_empty_store_gives_an_empty_copy() -> None:
    assert copy_store(MemoryStore(), MemoryStore()) == ()


# -- called again ------------------------------------------------------------------------------


def test_a_copy_that_is_up_to_date_takes_no_commit(
    source: MemoryStore, target: MemoryStore
) -> None:
    assert [one.commits for one in copy_store(source, target)] == [0]


def test_a_copy_takes_only_what_is_new(source: MemoryStore, target: MemoryStore) -> None:
    source.commit("acme", [put("sam", 9)], [])
    assert [one.commits for one in copy_store(source, target)] == [1]


def test_a_document_that_moved_on_is_replaced_at_its_new_version(
    source: MemoryStore, target: MemoryStore
) -> None:
    source.commit("acme", [], [])
    source.commit("acme", [put("sam", 9)], [])
    copy_store(source, target)
    (doc,) = target.get("acme", [Key("user", "sam")])
    assert doc == source.get("acme", [Key("user", "sam")])[0]


def test_a_document_that_is_gone_from_the_source_is_dropped(
    source: MemoryStore, target: MemoryStore
) -> None:
    source.commit("acme", [Drop(Key("user", "sam"))], [])
    copy_store(source, target)
    assert target.get("acme", [Key("user", "sam")]) == (None,)


def test_progress_is_told_of_every_commit(source: MemoryStore) -> None:
    told: list[tuple[str, int, int]] = []
    copy_store(source, MemoryStore(), lambda *progress: told.append(progress))
    assert told == [("acme", done, 5) for done in range(6)]


class MovedOn(MemoryStore):
    """A document is put over between the plan of a copy and the reading of its body."""

    moved = False

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        if not self.moved:
            self.moved = True
            self.commit(account, [put("sam", 2)], [])
        return super().get(account, keys)


def test_a_document_that_moves_on_before_it_is_read_is_left_to_the_next_pass() -> None:
    source, target = MovedOn(), MemoryStore()
    source.commit("acme", [put("sam", 1)], [])
    bodies: list[bytes | None] = []

    def look(account: str, done: int, of: int) -> None:
        (doc,) = target.get("acme", [Key("user", "sam")])
        bodies.append(doc.body if doc else None)

    copy_store(source, target, look)
    # At the begin of a pass and behind its commit, twice.
    assert bodies == [None, None, None, b'{"n":2}']


# -- refused -----------------------------------------------------------------------------------


def test_a_source_that_never_stands_still_is_given_up(source: MemoryStore) -> None:
    def write(account: str, done: int, of: int) -> None:
        source.commit("acme", [], [])

    with pytest.raises(Unavailable, match="written to faster than it can be copied; stop its"):
        copy_store(source, MemoryStore(), write)


def test_a_store_is_not_copied_into_itself(source: MemoryStore) -> None:
    with pytest.raises(Invalid, match="the same store"):
        copy_store(source, source)


FOREIGN: Mapping[str, tuple[Sequence[Sequence[Change]], Sequence[Sequence[NewEvent]], str]] = {
    "another event": (
        [[put("sam", 1), put("dana", 1)]],
        [[new_event(11, b'{"n":1}')]],
        "its event 1 is another",
    ),
    "another event at the same time": (
        [[put("sam", 1), put("dana", 1)]],
        [[new_event(10, b"{}")]],
        "its event 1 is another",
    ),
    "an event too few": (
        [[put("sam", 1)], []],
        [[new_event(10, b'{"n":1}')], [new_event(20, b'{"n":2}')]],
        "its commit 2 has other events",
    ),
    "an event in another commit": (
        [[], []],
        [[], [new_event(10, b'{"n":1}')]],
        "its commit 2 has other events",
    ),
    "more commits": ([[]] * 6, [[]] * 6, "it has 6 commits, the source 5"),
    "another document": (
        [[], [], [], [], [put("olga", 6)]],
        [
            [new_event(10, b'{"n":1}')],
            [new_event(20, b'{"n":2}'), new_event(20, b'{"n":3}')],
            [],
            [new_event(20, b'{"n":4}')],
            [],
        ],
        "its user 'olga' is another",
    ),
}


@pytest.mark.parametrize(("changes", "happened", "why"), FOREIGN.values(), ids=[*FOREIGN])
def test_a_target_that_is_no_copy_is_refused(
    changes: Sequence[Sequence[Change]],
    happened: Sequence[Sequence[NewEvent]],
    why: str,
    source: MemoryStore,
) -> None:
    other = MemoryStore()
    for change, event in zip(changes, happened, strict=True):
        other.commit("acme", change, event)
    with pytest.raises(InvalidState, match=why):
        copy_store(source, other)


def test_a_document_that_the_source_never_had_is_noticed(source: MemoryStore) -> None:
    head = source.head("acme")
    other = MemoryStore()
    docs = (*documents(source, "acme", "user"), Doc(Key("role", "x"), 3, b"{}", {}))
    other.apply(SealedCommit("acme", head, docs, (), source.events("acme", 0, 100)))
    with pytest.raises(InvalidState, match="it has 1 documents of kind 'role', the source 0"):
        copy_store(source, other)


def test_an_account_that_the_source_lacks_is_refused(source: MemoryStore) -> None:
    other = MemoryStore()
    other.commit("globex", [put("sam")], [])
    with pytest.raises(InvalidState, match="account 'globex' of the target is no copy"):
        copy_store(source, other)


def test_nothing_is_written_into_a_store_that_is_refused(source: MemoryStore) -> None:
    other = MemoryStore()
    other.commit("globex", [put("sam")], [])
    with pytest.raises(InvalidState):
        copy_store(source, other)
    assert other.accounts() == ("globex",)


def test_a_commit_of_more_changes_than_the_target_takes_is_refused() -> None:
    source = MemoryStore()
    source.commit("acme", [put("a"), put("b"), put("c")], [])
    with pytest.raises(Invalid, match="takes 3 changes, and the target takes 2 at once"):
        copy_store(source, Small())


def test_a_commit_of_as_many_changes_as_the_target_takes_is_copied() -> None:
    source, target = MemoryStore(), Small()
    source.commit("acme", [put("a"), put("b")], [])
    copy_store(source, target)
    assert everything(target) == everything(source)


def test_somebody_elses_commit_to_the_target_is_noticed(source: MemoryStore) -> None:
    target = MemoryStore()

    def write(account: str, done: int, of: int) -> None:
        if done == 2:
            target.commit("acme", [], [])

    with pytest.raises(Conflict, match="somebody else wrote to account 'acme' of the target"):
        copy_store(source, target, write)


def test_somebody_elses_document_in_the_target_is_noticed(source: MemoryStore) -> None:
    target = MemoryStore()

    def write(account: str, done: int, of: int) -> None:
        if done == 4:
            target.commit("acme", [put("olga")], [])

    with pytest.raises(Conflict) as refused:
        copy_store(source, target, write)
    assert refused.value.keys == (Key("user", "olga"),)


def _broken(source: MemoryStore, log: Sequence[StoredEvent], head: Head) -> MemoryStore:
    store = MemoryStore()
    docs = tuple(documents(source, "acme", "user"))
    store.apply(SealedCommit("acme", head, docs, (), tuple(log)))
    return store


def test_a_source_whose_log_was_edited_is_not_copied_behind_that(source: MemoryStore) -> None:
    first, second, *rest = source.events("acme", 0, 100)
    edited = StoredEvent(second.seq, second.version, second.at, b"{}", second.digest, second.hash)
    broken = _broken(source, [first, edited, *rest], source.head("acme"))
    target = MemoryStore()
    with pytest.raises(Corrupt, match="event 2 was edited"):
        copy_store(broken, target)
    assert target.head("acme").version == 1


def test_a_source_whose_events_stand_in_the_wrong_commit_is_told(source: MemoryStore) -> None:
    first, second, third, last = source.events("acme", 0, 100)
    moved = StoredEvent(third.seq, 1, third.at, third.body, third.digest, third.hash)
    broken = _broken(source, [first, second, moved, last], source.head("acme"))
    with pytest.raises(Corrupt, match="stands behind those of a later commit"):
        copy_store(broken, MemoryStore())


def test_a_source_whose_log_ends_before_its_head_is_told(source: MemoryStore) -> None:
    log = source.events("acme", 0, 100)[:-1]
    broken = _broken(source, log, source.head("acme"))
    with pytest.raises(Corrupt, match=r"came to event 3 at commit 5, and the head .* says 4 at 5"):
        copy_store(broken, MemoryStore())
