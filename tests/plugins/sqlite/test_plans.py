"""What is read is walked to along an index: no statement scans a table, and no page sorts one.

The plans are those of the statements that the store really runs.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from placet.storage.kinds import KINDS
from placet.storage.port import Change, Check, Cursor, Drop, Key, Put, Query, Range, Store
from placet.storage.sealing import new_event
from placet_sqlite import finding
from placet_sqlite.store import SQLiteStore

APPROVALS = 300
Plans = Callable[[Callable[[Store], object]], list[str]]


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plans]:
    """Runs a call on a store with many approvals: the steps of the plans of its statements."""
    path = tmp_path / "main.db"
    traced: list[str] = []
    connect = sqlite3.connect

    def connect_traced(*args: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]  # as they came
        connection.set_trace_callback(traced.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_traced)
    # So few that each clause matches "very many".
    monkeypatch.setattr(finding, "_FEW", (10,))
    monkeypatch.setattr(finding, "_MANY", (20,))
    with closing(SQLiteStore(path)) as store:
        store.commit("acme", [_approval(at) for at in range(APPROVALS)], [new_event(0, b"{}")])
        # One that waits to be filed.
        store.commit("acme", [_approval(APPROVALS)], [new_event(0, b"{}")])

        def run(call: Callable[[Store], object]) -> list[str]:
            traced.clear()
            call(store)
            statements = [sql for sql in traced if sql.startswith(("SELECT", "UPDATE", "DELETE"))]
            with closing(connect(path)) as connection:
                return [
                    row[-1]
                    for sql in statements
                    for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")
                ]

        yield run


def _approval(at: int) -> Put:
    index = {
        "created": at // 2,
        "deadline": at // 3,
        "decide_by": at,
        "status": ("pending", "approved")[at % 2],
        "scope": ("a", "b", "c")[at % 3],
        "label": ("shared", f"own-{at}"),
        "reviewer": ("user:dana", "user:finn"),
    }
    return Put(Key("approval", f"{at:03}"), b"{}", index)


def _assert_walks(steps: list[str]) -> None:
    """Everything is a search, but for what was found: by a subquery, a glance, along the page."""
    assert steps
    for step in steps:
        if step.startswith("SCAN"):
            assert (
                step in ("SCAN p", "SCAN w", "SCAN CONSTANT ROW") or "subquery" in step.lower()
            ), steps


def _sorts(steps: list[str]) -> int:
    return sum("TEMP B-TREE FOR" in step and "RIGHT PART" not in step for step in steps)


QUERIES = {
    "all by id": Query("approval"),
    "all by created": Query("approval", order="created"),
    "all by deadline": Query("approval", order="deadline"),
    "descending": Query("approval", order="created", descending=True),
    "behind a cursor": Query("approval", order="created", after=Cursor(50, "100")),
    "behind an id": Query("approval", after=Cursor("100", "100")),
    "one value": Query("approval", {"status": ("pending",)}, order="created"),
    "one value, descending": Query("approval", {"status": ("pending",)}, None, "created", True),
    "one value, behind a cursor": Query(
        "approval", {"status": ("pending",)}, order="created", after=Cursor(50, "100")
    ),
    "two clauses": Query("approval", {"status": ("pending",), "scope": ("a",)}, order="created"),
    "one member": Query("approval", {"label": ("shared",)}, order="created"),
    "a member and a clause": Query(
        "approval", {"label": ("shared",), "status": ("pending",)}, order="created"
    ),
    "members of two fields": Query(
        "approval", {"label": ("shared",), "reviewer": ("user:dana",)}, order="created"
    ),
    "a range on the order": Query("approval", range=Range("created", 10, 20), order="created"),
    "a clause and a range on the order": Query(
        "approval", {"status": ("pending",)}, Range("created", 10, 20), "created"
    ),
    "a range beside the order": Query(
        "approval", range=Range("decide_by", 10, None), order="created"
    ),
    "a clause and a range beside the order": Query(
        "approval", {"status": ("pending",)}, Range("decide_by", 10, None), "created"
    ),
    "another order": Query("approval", {"status": ("pending",)}, order="deadline"),
    "an order that is a clause too": Query("approval", {"deadline": (5,)}, order="id"),
    "skipping": Query("approval", {"status": ("pending",)}, order="created", skip=20),
    "a kind without orders": Query("user", {"bundle": ("x",)}),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_page_is_a_walk_along_an_index(plans: Plans, query: Query) -> None:
    steps = plans(lambda store: store.find("acme", query))
    _assert_walks(steps)
    # The one sort is that of the page itself.
    # A glance sorts the few entries that it took, and both its documents and the page are sorted.
    assert _sorts(steps) <= (3 if "SCAN w" in steps else 1), steps


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_count_searches(plans: Plans, query: Query) -> None:
    steps = plans(lambda store: store.count("acme", query))
    _assert_walks(steps)
    assert _sorts(steps) == 0, steps


MANY_VALUES = {
    "two values": Query("approval", {"status": ("pending", "approved")}, order="created"),
    "two members": Query("approval", {"label": ("shared", "own-7")}, order="created"),
    "two values and a clause": Query(
        "approval", {"status": ("pending", "approved"), "scope": ("a",)}, order="created"
    ),
}


@pytest.mark.parametrize("query", MANY_VALUES.values(), ids=MANY_VALUES.keys())
def test_each_of_several_values_is_walked_as_far_as_the_page_goes(
    plans: Plans, query: Query
) -> None:
    steps = plans(lambda store: store.find("acme", query))
    _assert_walks(steps)
    # The walks are merged, and the page is sorted; no walk is.
    assert not any(step.startswith("USE TEMP B-TREE FOR LAST") for step in steps)
    assert _sorts(steps) <= 4, steps


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_every_kind_has_an_index_in_the_first_order(plans: Plans, kind: str) -> None:
    declared = KINDS[kind]
    for field, type in declared.fields.items():
        value = 1 if type == "integer" else "x"
        order = declared.orders[0] if declared.orders else "id"
        if field in declared.orders and field != order:
            continue
        query = Query(kind, {field: (value,)}, order=order)
        steps = plans(lambda store, query=query: store.find("acme", query))  # type: ignore[misc]  # bound now
        _assert_walks(steps)
        assert _sorts(steps) <= 1, (field, steps)


@pytest.mark.parametrize("descending", [False, True])
def test_behind_a_cursor_a_range_does_not_start_over(plans: Plans, descending: bool) -> None:
    """Else every page would pass over all the pages before it."""
    query = Query(
        "approval",
        {"status": ("pending",)},
        Range("created", 10, 120),
        "created",
        descending,
        Cursor(60, "100"),
    )
    (search,) = [
        step
        for step in plans(lambda store: store.find("acme", query))
        if "placet_approval_status" in step
    ]
    begin, end = ("<", ">") if descending else (">", "<")
    assert f"(created,id){begin}(?,?)" in search
    assert f"created{end}?" in search


def test_a_few_that_match_are_sorted_rather_than_many_passed(plans: Plans) -> None:
    query = Query("approval", {"label": ("own-7",)}, order="deadline")
    steps = plans(lambda store: store.find("acme", query))
    _assert_walks(steps)
    assert not any("placet_approval_by_deadline" in step for step in steps)


READS: dict[str, Callable[[Store], object]] = {
    "accounts": lambda store: store.accounts("a", 10),
    "head": lambda store: store.head("acme"),
    "get": lambda store: store.get("acme", [Key("approval", "001"), Key("user", "sam")]),
    "events": lambda store: store.events("acme", 0, 10),
}


@pytest.mark.parametrize("call", READS.values(), ids=READS.keys())
def test_what_is_named_is_searched_for(plans: Plans, call: Callable[[Store], object]) -> None:
    steps = plans(call)
    _assert_walks(steps)
    assert _sorts(steps) == 0, steps


def test_a_commit_searches_for_all_that_it_touches(plans: Plans) -> None:
    changes: list[Change] = [
        _approval(7),
        Put(Key("approval", "008"), b"1", {"created": 1, "deadline": 2, "label": ("x",)}),
        Drop(Key("approval", "009")),
        Check(Key("approval", "010"), 1),
        Put(Key("user", "sam"), b"{}", {"bundle": "x"}),
    ]
    steps = plans(lambda store: store.commit("acme", changes, [new_event(1, b"{}")]))
    _assert_walks(steps)
    assert _sorts(steps) == 0, steps
