"""Whichever index drives a query, the memory store answers as a plain filter and sort would."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from placet.storage.memory import MemoryStore
from placet.storage.port import Cursor, Doc, IndexValue, Key, Put, Query, Range

NUMBERS = st.integers(0, 6)
TEXTS = st.sampled_from(["x", "y", "z"])
INDEXES: st.SearchStrategy[Mapping[str, IndexValue]] = st.fixed_dictionaries(
    {"created": NUMBERS, "deadline": NUMBERS},
    optional={
        "status": TEXTS,
        "reviewer": st.lists(TEXTS, max_size=3).map(tuple),
        "decide_by": NUMBERS,
    },
)
QUERIES = st.builds(
    Query,
    kind=st.just("approval"),
    where=st.dictionaries(
        st.sampled_from(["status", "reviewer"]), st.lists(TEXTS, max_size=3).map(tuple)
    ),
    range=st.none()
    | st.builds(
        Range,
        st.sampled_from(["created", "decide_by"]),
        st.none() | NUMBERS,
        st.none() | NUMBERS,
    ),
    order=st.sampled_from(["id", "created"]),
    descending=st.booleans(),
    skip=st.integers(0, 5),
    limit=st.integers(1, 5),
)


def _matching(docs: list[Doc], query: Query) -> list[Doc]:
    def matches(doc: Doc) -> bool:
        for field, values in query.where.items():
            value = doc.index.get(field, ())
            if not set(value if isinstance(value, tuple) else (value,)) & set(values):
                return False
        if query.range is None:
            return True
        number = doc.index.get(query.range.field)
        if not isinstance(number, int):
            return False
        low, high = query.range.low, query.range.high
        return (low is None or low <= number) and (high is None or number < high)

    return sorted(
        filter(matches, docs), key=lambda doc: _place(doc, query.order), reverse=query.descending
    )


def _place(doc: Doc, order: str) -> tuple[int, str]:
    value = doc.index["created"] if order == "created" else 0
    assert isinstance(value, int)
    return value, doc.key.id


def _docs(store: MemoryStore, names: list[str]) -> list[Doc]:
    found = store.get("acme", [Key("approval", name) for name in names])
    return [doc for doc in found if doc is not None]


@given(
    rounds=st.lists(st.dictionaries(st.sampled_from("abcdefghijkl"), INDEXES), max_size=4),
    query=QUERIES,
)
def test_find_and_count_agree_with_a_plain_filter(
    rounds: list[dict[str, Mapping[str, IndexValue]]], query: Query
) -> None:
    store = MemoryStore()
    for part in rounds:
        puts = [Put(Key("approval", name), b"{}", index) for name, index in part.items()]
        store.commit("acme", puts, [])
        # Asked in between, so that later rounds change indexes that are there already.
        store.find("acme", query)
        store.count("acme", query)
    expected = _matching(_docs(store, list("abcdefghijkl")), query)
    page = store.find("acme", query)
    end = query.skip + query.limit
    assert list(page.docs) == expected[query.skip : end]
    assert (page.next is not None) == (len(expected) > end)
    assert store.count("acme", query) == len(expected)


@given(
    part=st.dictionaries(st.sampled_from("abcdefghijkl"), INDEXES),
    query=QUERIES,
    value=NUMBERS,
    name=st.sampled_from("abcdefghijklm"),
)
def test_a_cursor_agrees_with_a_plain_filter(
    part: dict[str, Mapping[str, IndexValue]], query: Query, value: int, name: str
) -> None:
    store = MemoryStore()
    puts = [Put(Key("approval", name), b"{}", index) for name, index in part.items()]
    store.commit("acme", puts, [])
    by_id = query.order == "id"
    after = Cursor(name if by_id else value, name)
    place = (0 if by_id else value, name)
    whole = _matching(_docs(store, list(part)), query)
    expected = [
        doc
        for doc in whole
        if (
            _place(doc, query.order) < place
            if query.descending
            else _place(doc, query.order) > place
        )
    ]
    page = store.find(
        "acme",
        Query(
            query.kind,
            query.where,
            query.range,
            query.order,
            query.descending,
            after=after,
            limit=query.limit,
        ),
    )
    assert list(page.docs) == expected[: query.limit]
