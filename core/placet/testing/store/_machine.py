"""The state machine of the model test: one random step after another on a store and its model."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from placet.errors import Conflict, PlacetError
from placet.storage.memory import MemoryStore
from placet.storage.port import (
    Change,
    Check,
    Cursor,
    Drop,
    Head,
    IndexValue,
    Key,
    NewEvent,
    Page,
    Put,
    Query,
    Range,
    Store,
)
from placet.storage.sealing import chain_fault, new_event

__all__ = ["run_machine"]

# Few of each, so that steps meet: ties, replaced documents, stale versions, shared values.
IDS = ["A", "a", "aa", "b", "\u00e9", "\U0001f511"]
NUMBERS = st.integers(-1, 2)
TEXTS = ["", "a", "A"]
KEYS = st.builds(Key, st.sampled_from(["approval", "approval", "user"]), st.sampled_from(IDS))
MEMBERS = st.lists(st.sampled_from(TEXTS), max_size=3).map(tuple)
ANY_ORDER = st.sampled_from(["id", "created", "deadline"])
EXPECT = st.sampled_from(["any", "any", "as read", "as read", "absent", "stale"])

APPROVALS: st.SearchStrategy[Mapping[str, IndexValue]] = st.fixed_dictionaries(
    {"created": NUMBERS, "deadline": NUMBERS},
    optional={
        "status": st.sampled_from(TEXTS),
        "scope": st.sampled_from(TEXTS),
        "reviewer": MEMBERS,
        "decide_by": NUMBERS,
    },
)
USERS: st.SearchStrategy[Mapping[str, IndexValue]] = st.fixed_dictionaries(
    {}, optional={"bundle": st.sampled_from(TEXTS)}
)
CLAUSES: st.SearchStrategy[tuple[str, tuple[str | int, ...]]] = st.one_of(
    st.tuples(st.sampled_from(["status", "scope", "reviewer"]), MEMBERS),
    st.tuples(st.just("decide_by"), st.lists(NUMBERS, max_size=3).map(tuple)),
)
# At most two clauses: with more, hardly any page has a document.
WHERE: st.SearchStrategy[Mapping[str, tuple[str | int, ...]]] = st.lists(CLAUSES, max_size=2).map(
    dict
)
RANGES = st.builds(
    Range,
    st.sampled_from(["created", "deadline", "decide_by"]),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
)
EVENTS = st.lists(
    st.builds(new_event, st.integers(0, 9), st.sampled_from([b"{}", b"[]"])), max_size=3
)


T = TypeVar("T")


class _Machine(RuleBasedStateMachine):
    def __init__(self, store: Store, account: str) -> None:
        super().__init__()
        self.store = store
        self.model = MemoryStore()
        self.account = account

    def both(self, call: Callable[[Store], T]) -> T | None:
        """What `call` gives on both; a refusal has to be the same on both, too."""
        outcomes: list[tuple[object, ...]] = []
        result: T | None = None
        for store in (self.store, self.model):
            try:
                result = call(store)
                outcomes.append((result,))
            except Conflict as error:
                outcomes.append((Conflict, frozenset(error.keys)))
            except PlacetError as error:
                outcomes.append((type(error),))
        assert outcomes[0] == outcomes[1]
        return result

    @initialize(indexes=st.lists(APPROVALS, min_size=len(IDS), max_size=len(IDS)))
    def fill(self, indexes: list[Mapping[str, IndexValue]]) -> None:
        # So that the first page asked for has something to get wrong.
        puts = [
            Put(Key("approval", id), b"{}", index) for id, index in zip(IDS, indexes, strict=True)
        ]
        self.both(lambda store: store.commit(self.account, puts, []))

    @rule(
        keys=st.lists(KEYS, max_size=5, unique=True),
        events=EVENTS,
        data=st.data(),
    )
    def commit(self, keys: list[Key], events: list[NewEvent], data: st.DataObject) -> None:
        changes = [self.change(key, data) for key in keys]
        self.both(lambda store: store.commit(self.account, changes, events))
        assert self.store.head(self.account) == self.model.head(self.account)

    def change(self, key: Key, data: st.DataObject) -> Change:
        (doc,) = self.model.get(self.account, [key])
        version = doc.version if doc else 0
        expect = {"any": None, "as read": version, "absent": 0, "stale": version + 1}[
            data.draw(EXPECT)
        ]
        form = data.draw(st.sampled_from(["put", "put", "put", "drop", "check"]))
        if form == "put":
            index = data.draw(APPROVALS if key.kind == "approval" else USERS)
            return Put(key, data.draw(st.sampled_from([b"{}", b"1"])), index, expect)
        if form == "drop":
            return Drop(key, expect)
        return Check(key, version if expect is None else expect)

    @rule(keys=st.lists(KEYS, max_size=4))
    def get(self, keys: list[Key]) -> None:
        self.both(lambda store: store.get(self.account, keys))

    @rule(where=WHERE, data=st.data())
    def find(self, where: Mapping[str, tuple[str | int, ...]], data: st.DataObject) -> None:
        self.walk(where, None, data)

    @rule(where=WHERE, within=RANGES, data=st.data())
    def find_in_range(
        self,
        where: Mapping[str, tuple[str | int, ...]],
        within: Range,
        data: st.DataObject,
    ) -> None:
        self.walk(where, within, data)

    def walk(
        self,
        where: Mapping[str, tuple[str | int, ...]],
        within: Range | None,
        data: st.DataObject,
    ) -> None:
        """Each page in turn, from the first, behind some, or behind some place."""
        order = data.draw(ANY_ORDER)
        descending = data.draw(st.booleans())
        limit = data.draw(st.integers(1, 4))
        start = data.draw(st.sampled_from(["first", "skip", "after"]))
        after = None
        skip = 0
        if start == "skip":
            skip = data.draw(st.integers(0, 4))
        elif start == "after":
            id = data.draw(st.sampled_from(IDS))
            after = Cursor(id if order == "id" else data.draw(NUMBERS), id)
        for _ in range(len(IDS) + 1):
            query = Query("approval", where, within, order, descending, after, skip, limit)
            page = self.page(query)
            if page is None or page.next is None:
                return
            after, skip = page.next, 0
        raise AssertionError("paging did not end")

    def page(self, query: Query) -> Page | None:
        self.both(lambda store: store.count(self.account, query))
        return self.both(lambda store: store.find(self.account, query))

    @rule(bundle=MEMBERS, descending=st.booleans(), limit=st.integers(1, 4))
    def find_users(self, bundle: tuple[str, ...], descending: bool, limit: int) -> None:
        self.page(Query("user", {"bundle": bundle}, descending=descending, limit=limit))

    @rule(after=st.integers(0, 12), limit=st.integers(1, 5))
    def events(self, after: int, limit: int) -> None:
        self.both(lambda store: store.events(self.account, after, limit))

    @rule(name=st.sampled_from(TEXTS), events=EVENTS)
    def commit_elsewhere(self, name: str, events: list[NewEvent]) -> None:
        # The account of the other steps is not disturbed, and the list of accounts has more names.
        account = f"{self.account}{name}{name}"
        self.both(lambda store: store.commit(account, [Put(Key("user", "b"), b"{}", {})], events))
        self.both(lambda store: store.head(account))

    @rule(after=st.sampled_from(["", "a", "aa", "z"]), limit=st.integers(1, 4))
    def accounts(self, after: str, limit: int) -> None:
        # Accounts of earlier runs come before this one's, and of later ones there are none yet.
        self.both(lambda store: store.accounts(self.account + after, limit))

    def teardown(self) -> None:
        log = self.both(lambda store: store.events(self.account, 0, 1000))
        assert log is not None
        assert chain_fault(Head(), log) is None


def run_machine(store: Store, examples: int = 80, steps: int = 25) -> None:
    """Run the machine so many times, each time on an account of its own."""
    accounts = count(1)

    class Machine(_Machine):
        def __init__(self) -> None:
            super().__init__(store, f"account-{next(accounts):06}")

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # Explaining a failure takes longer than finding it.
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
