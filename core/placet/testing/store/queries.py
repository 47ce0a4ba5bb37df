"""Queries: which documents match, and how many; what a kind does not declare is refused."""

import pytest

from placet.errors import Invalid
from placet.storage.port import Cursor, Query, Range, Store
from placet.testing.store._base import ACCOUNT, Theme, approval, drop, event, fill, ids, user

__all__ = ["QueriesTheme"]

Where = dict[str, tuple[str | int, ...]]

WHERE: dict[str, tuple[Where, list[str]]] = {
    "no clause": ({}, ["a", "b", "c", "d"]),
    "one value": ({"status": ("pending",)}, ["a", "b"]),
    "one of several values": ({"status": ("approved", "pending", "unheard of")}, ["a", "b", "c"]),
    "the last of several values": ({"status": ("unheard of", "approved")}, ["c"]),
    "a value named twice": ({"status": ("pending", "pending")}, ["a", "b"]),
    "no value": ({"status": ()}, []),
    "a value that nothing has": ({"status": ("rejected",)}, []),
    "text in another case": ({"status": ("Pending",)}, []),
    "the beginning of a text": ({"status": ("pend",)}, []),
    "a wildcard": ({"status": ("%",)}, []),
    "a number": ({"decide_by": (20,)}, ["b"]),
    "one of several numbers": ({"decide_by": (10, 20, 21)}, ["a", "b"]),
    "a member of texts": ({"reviewer": ("sam",)}, ["a", "b"]),
    "the last member of texts": ({"reviewer": ("dana",)}, ["b", "c"]),
    "several members of one document": ({"reviewer": ("sam", "dana")}, ["a", "b", "c"]),
    "part of a member": ({"reviewer": ("sam,dana",)}, []),
    "a field that most lack": ({"gate": ("g",)}, ["d"]),
    "two clauses": ({"status": ("pending",), "reviewer": ("dana",)}, ["b"]),
    "two clauses that exclude each other": ({"status": ("approved",), "reviewer": ("sam",)}, []),
    "three clauses": (
        {"status": ("pending", "approved"), "reviewer": ("dana",), "decide_by": (20, 30)},
        ["b", "c"],
    ),
}

RANGE: dict[str, tuple[Range, list[str]]] = {
    "low counts, high does not": (Range("decide_by", 10, 30), ["a", "b"]),
    "open below": (Range("decide_by", None, 20), ["a"]),
    "open above": (Range("decide_by", 20, None), ["b", "c"]),
    "open on both sides": (Range("decide_by"), ["a", "b", "c"]),
    "one number wide": (Range("decide_by", 20, 21), ["b"]),
    "empty": (Range("decide_by", 20, 20), []),
    "upside down": (Range("decide_by", 30, 10), []),
    "beyond all": (Range("decide_by", 31, None), []),
    "over an order": (Range("created", 2, 4), ["b", "c"]),
}

UNDECLARED: dict[str, Query] = {
    "kind": Query("unheard_of"),
    "field": Query("user", {"colour": ("red",)}),
    "field of another kind": Query("user", {"status": ("pending",)}),
    "order": Query("user", order="bundle"),
    "order that is only a field": Query("approval", order="decide_by"),
    "range": Query("approval", range=Range("colour", 1, 2)),
    "range over a text": Query("approval", range=Range("status", 1, 2)),
    "text for a number": Query("approval", {"decide_by": ("10",)}),
    "number for a text": Query("approval", {"status": (10,)}),
    "limit of none": Query("user", limit=0),
    "limit beyond a page": Query("user", limit=1001),
    "skip backwards": Query("user", skip=-1),
    "cursor of another order": Query("approval", order="created", after=Cursor("a", "a")),
    "cursor and skip": Query("user", after=Cursor("a", "a"), skip=1),
}


class QueriesTheme(Theme):
    """Which documents match."""

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        """Four approvals, and a user whom no query on approvals may find."""
        fill(
            store,
            approval("a", created=1, status="pending", reviewer=("sam",), decide_by=10),
            approval("b", created=2, status="pending", reviewer=("sam", "dana"), decide_by=20),
            approval("c", created=3, status="approved", reviewer=("kim", "dana"), decide_by=30),
            approval("d", created=4, reviewer=(), gate="g"),
            user("u"),
        )
        return store

    @pytest.mark.parametrize(("where", "matching"), WHERE.values(), ids=WHERE.keys())
    def test_where_finds(self, filled: Store, where: Where, matching: list[str]) -> None:
        """Clauses are ANDed, values of a clause ORed."""
        assert ids(filled.find(ACCOUNT, Query("approval", where))) == matching

    @pytest.mark.parametrize(("where", "matching"), WHERE.values(), ids=WHERE.keys())
    def test_where_counts(self, filled: Store, where: Where, matching: list[str]) -> None:
        """A document counts once, however many values match."""
        assert filled.count(ACCOUNT, Query("approval", where)) == len(matching)

    @pytest.mark.parametrize(("where", "matching"), WHERE.values(), ids=WHERE.keys())
    def test_where_finds_backwards(self, filled: Store, where: Where, matching: list[str]) -> None:
        """By another order, descending: the same documents."""
        query = Query("approval", where, order="created", descending=True)
        assert ids(filled.find(ACCOUNT, query)) == matching[::-1]

    @pytest.mark.parametrize(("within", "matching"), RANGE.values(), ids=RANGE.keys())
    def test_range_finds(self, filled: Store, within: Range, matching: list[str]) -> None:
        """Half open; what lacks the field is outside."""
        assert ids(filled.find(ACCOUNT, Query("approval", range=within))) == matching

    @pytest.mark.parametrize(("within", "matching"), RANGE.values(), ids=RANGE.keys())
    def test_range_counts(self, filled: Store, within: Range, matching: list[str]) -> None:
        """As many as it finds."""
        assert filled.count(ACCOUNT, Query("approval", range=within)) == len(matching)

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("order", ["id", "created"])
    def test_a_range_and_clauses_narrow_together(
        self, filled: Store, order: str, descending: bool
    ) -> None:
        """In any order."""
        query = Query(
            "approval",
            {"reviewer": ("sam", "dana")},
            Range("decide_by", 20, 31),
            order,
            descending,
        )
        assert ids(filled.find(ACCOUNT, query)) == (["c", "b"] if descending else ["b", "c"])
        assert filled.count(ACCOUNT, query) == 2

    def test_a_range_over_the_order_bounds_the_page(self, filled: Store) -> None:
        """From both ends, in either direction."""
        up = Query("approval", range=Range("created", 2, 4), order="created")
        down = Query("approval", range=Range("created", 2, 4), order="created", descending=True)
        assert ids(filled.find(ACCOUNT, up)) == ["b", "c"]
        assert ids(filled.find(ACCOUNT, down)) == ["c", "b"]

    @pytest.mark.parametrize("number", [-(2**62), -1, 0, 2**31, 2**53 + 1, 2**62])
    def test_a_number_is_exact(self, store: Store, number: int) -> None:
        """64 bits, with a sign, no rounding."""
        fill(store, *[approval(f"a{step}", decide_by=number + step) for step in (-1, 0, 1)])
        assert ids(store.find(ACCOUNT, Query("approval", {"decide_by": (number,)}))) == ["a0"]
        within = Range("decide_by", number, number + 1)
        assert ids(store.find(ACCOUNT, Query("approval", range=within))) == ["a0"]

    def test_a_clause_may_name_many_values(self, store: Store) -> None:
        """A thousand."""
        fill(store, *[user(f"{number:03}", bundle=f"b{number}") for number in range(20)])
        values = tuple(f"b{number}" for number in range(10, 1010))
        assert store.count(ACCOUNT, Query("user", {"bundle": values})) == 10
        assert len(store.find(ACCOUNT, Query("user", {"bundle": values})).docs) == 10

    def test_a_query_finds_only_its_kind(self, store: Store) -> None:
        """Fields of the same name belong to several."""
        fill(store, user("u", bundle="x"), approval("a"))
        assert ids(store.find(ACCOUNT, Query("user"))) == ["u"]
        assert store.count(ACCOUNT, Query("approval")) == 1

    def test_a_dropped_document_matches_nothing(self, store: Store) -> None:
        """Its index goes with it, and does not come back with its id."""
        fill(store, user("sam", bundle="x"))
        fill(store, drop("sam"))
        fill(store, user("sam"))
        assert store.count(ACCOUNT, Query("user", {"bundle": ("x",)})) == 0
        assert ids(store.find(ACCOUNT, Query("user"))) == ["sam"]

    def test_found_documents_are_whole(self, store: Store) -> None:
        """The same as `get` gives."""
        fill(store, approval("a", b"1", status="pending", reviewer=("sam",)))
        fill(store, approval("b", b"2"))
        page = store.find(ACCOUNT, Query("approval"))
        assert page.docs == store.get(ACCOUNT, [doc.key for doc in page.docs])

    @pytest.mark.parametrize(
        "query",
        [
            Query("approval", {"status": ("pending",)}, limit=1),
            Query("approval", {"status": ("pending",)}, skip=2),
            Query("approval", {"status": ("pending",)}, after=Cursor("b", "b")),
            Query("approval", {"status": ("pending",)}, order="created", descending=True),
        ],
        ids=["limit", "skip", "after", "order"],
    )
    def test_count_is_about_all_matches(self, filled: Store, query: Query) -> None:
        """Whatever the page says."""
        assert filled.count(ACCOUNT, query) == 2

    @pytest.mark.parametrize("query", UNDECLARED.values(), ids=UNDECLARED.keys())
    def test_what_is_not_declared_is_refused(self, store: Store, query: Query) -> None:
        """By `find` and by `count`, on an empty account and on a full one."""
        for _ in range(2):
            with pytest.raises(Invalid):
                store.find(ACCOUNT, query)
            with pytest.raises(Invalid):
                store.count(ACCOUNT, query)
            store.commit(ACCOUNT, [user("sam"), approval("a")], [event()])
