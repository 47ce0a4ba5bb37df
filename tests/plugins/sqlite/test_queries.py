"""Every query that the core lets pass is answered as the memory store answers it."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.storage.memory import MemoryStore
from placet.storage.port import Cursor, IndexValue, Key, Put, Query, Range, Store
from placet_sqlite.store import SQLiteStore

LEAST, MOST = -(2**63), 2**63 - 1
FAR = 2**70
TEXTS = ["", "a", "A", "é", "z\0z", "\U0001f511"]
UNWRITABLE = "\ud800"


class Stores(NamedTuple):
    """The same documents twice."""

    sqlite: Store
    memory: Store


def _documents() -> Iterator[Put]:
    """Ties, extremes and gaps: each value of a field with several of every other field."""
    numbers = [LEAST, -1, 0, 0, 1, MOST]
    for at, (created, deadline, text) in enumerate(product(numbers, numbers, TEXTS)):
        index: dict[str, IndexValue] = {"created": created, "deadline": deadline}
        if at % 5:
            index["status"] = text
        if at % 3:
            index["scope"] = TEXTS[at % 4]
            index["reviewer"] = tuple(TEXTS[at % 6 : at % 6 + at % 4])
        if at % 2:
            index["decide_by"] = numbers[at % 5]
            index["label"] = (text, text, "shared")
        yield Put(Key("approval", f"{text or '-'}{at:03}"), b"{}", index)
    for at, text in product(range(30), TEXTS):
        yield Put(Key("user", f"{at}{text}"), b"{}", {"bundle": text} if at % 3 else {})
        yield Put(Key("session", f"{at}{text}"), b"{}", {"expires": at % 7, "principal": text})


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    path: Path = tmp_path_factory.mktemp("queries") / "main.db"
    both = Stores(SQLiteStore(path), MemoryStore())
    documents = list(_documents())
    for store in both:
        # Most are found along an index, and those that come one by one while they wait to be filed.
        single = documents[5:216:18]
        store.commit("acme", [one for one in documents if one not in single], [])
        for one in single:
            store.commit("acme", [one], [])
        # Of another account: nothing of it is ever to be seen.
        store.commit("globex", documents[::3], [])
    yield both
    both.sqlite.close()


NUMBERS = st.sampled_from([-FAR, LEAST, LEAST + 1, -1, 0, 1, 2, MOST - 1, MOST, MOST + 1, FAR])
VALUES = st.lists(st.sampled_from([*TEXTS, "shared", "none", UNWRITABLE]), max_size=8).map(tuple)
MANY = VALUES.map(lambda values: (*values, *(f"none-{at}" for at in range(60)), *values))
Values = st.SearchStrategy[tuple[str | int, ...]]
LISTS: Values = st.one_of(VALUES, VALUES, VALUES, MANY)
INTEGERS: Values = st.lists(NUMBERS, max_size=6).map(tuple)
WHERE: st.SearchStrategy[dict[str, tuple[str | int, ...]]] = st.fixed_dictionaries(
    {},
    optional={
        "status": LISTS,
        "scope": LISTS,
        "reviewer": LISTS,
        "label": LISTS,
        "decide_by": INTEGERS,
        "created": INTEGERS,
        "deadline": INTEGERS,
    },
)
RANGES = st.none() | st.builds(
    Range,
    st.sampled_from(["created", "deadline", "decide_by"]),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
)
LIMITS = st.sampled_from([1, 2, 7, 1000])
SKIPS = st.sampled_from([0, 0, 0, 1, 5, MOST // 2])


@st.composite
def queries(draw: st.DrawFn) -> Query:
    order = draw(st.sampled_from(["id", "created", "deadline"]))
    value: st.SearchStrategy[str | int] = NUMBERS if order != "id" else st.sampled_from(TEXTS)
    after = draw(st.none() | st.builds(Cursor, value, st.sampled_from([*TEXTS, "a100", "z"])))
    if after is not None and order == "id":
        after = Cursor(after.id, after.id)
    # At most three clauses: with more, hardly any page has a document.
    where = dict(list(draw(WHERE).items())[: draw(st.integers(0, 3))])
    return Query(
        "approval",
        where,
        draw(RANGES),
        order,
        draw(st.booleans()),
        after,
        0 if after else draw(SKIPS),
        draw(LIMITS),
    )


@given(queries())
def test_a_page_is_that_of_the_memory_store(stores: Stores, query: Query) -> None:
    assert stores.sqlite.find("acme", query) == stores.memory.find("acme", query)


@given(queries())
def test_a_count_is_that_of_the_memory_store(stores: Stores, query: Query) -> None:
    assert stores.sqlite.count("acme", query) == stores.memory.count("acme", query)


@pytest.mark.parametrize("kind", ["user", "session"])
@given(st.data())
def test_a_kind_without_orders_is_found_by_id(
    stores: Stores, kind: str, data: st.DataObject
) -> None:
    where = {"user": "bundle", "session": "principal"}
    within = st.none() | st.builds(Range, st.just("expires"), st.none() | NUMBERS, st.none())
    query = Query(
        kind,
        data.draw(st.just({}) | st.fixed_dictionaries({where[kind]: LISTS})),
        data.draw(within) if kind == "session" else None,
        descending=data.draw(st.booleans()),
        skip=data.draw(SKIPS),
        limit=data.draw(LIMITS),
    )
    assert stores.sqlite.find("acme", query) == stores.memory.find("acme", query)
    assert stores.sqlite.count("acme", query) == stores.memory.count("acme", query)


def test_pages_walk_through_all_that_matches(stores: Stores) -> None:
    whole = Query("approval", {"label": ("shared", "a")}, order="deadline", limit=1000)
    expected = [doc.key for doc in stores.memory.find("acme", whole).docs]
    found: list[Key] = []
    after: Cursor | None = None
    for _ in expected:
        page = stores.sqlite.find("acme", Query("approval", whole.where, order="deadline",
                                                after=after, limit=7))  # fmt: skip
        found += [doc.key for doc in page.docs]
        if (after := page.next) is None:
            break
    assert found == expected
