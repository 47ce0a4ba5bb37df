"""Pages: a total order, places in it that stay, and skipping for numbered pages."""

import pytest

from placet.storage.port import Cursor, Query, Range, Store
from placet.testing.store._base import ACCOUNT, Theme, approval, drop, fill, ids, pages, user

__all__ = ["PagesTheme"]

CREATED = {"c": 1, "a": 2, "b": 2, "e": 2, "d": 3}
"""Approvals by `created`, with ties."""

BY_CREATED = ["c", "a", "b", "e", "d"]


class PagesTheme(Theme):
    """One page after another."""

    @pytest.fixture
    def tied(self, store: Store) -> Store:
        """Five approvals, three of one moment; `deadline` runs the other way."""
        fill(
            store,
            *[
                approval(
                    id, created=at, deadline=-at, status="pending" if id in "abd" else "approved"
                )
                for id, at in CREATED.items()
            ],
        )
        return store

    def test_an_order_sorts_by_its_field(self, store: Store) -> None:
        """As a number, not as text; negative ones first."""
        for id, at in {"a": 10, "b": 9, "c": -1, "d": 100}.items():
            fill(store, approval(id, created=at))
        assert ids(store.find(ACCOUNT, Query("approval", order="created"))) == list("cbad")

    def test_ties_go_by_id(self, tied: Store) -> None:
        """So that the order is total."""
        assert ids(tied.find(ACCOUNT, Query("approval", order="created"))) == BY_CREATED

    def test_ties_go_by_id_in_the_same_direction(self, tied: Store) -> None:
        """Descending is the exact reverse."""
        query = Query("approval", order="created", descending=True)
        assert ids(tied.find(ACCOUNT, query)) == BY_CREATED[::-1]

    def test_each_order_sorts_by_its_own_field(self, tied: Store) -> None:
        """A kind may have several."""
        assert ids(tied.find(ACCOUNT, Query("approval", order="deadline"))) == list("dabec")

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("order", ["id", "created", "deadline"])
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
    def test_pages_are_complete_for_every_limit(
        self, tied: Store, limit: int, order: str, descending: bool
    ) -> None:
        """None is missed or repeated, ties or not."""
        whole = ids(tied.find(ACCOUNT, Query("approval", order=order, descending=descending)))
        query = Query("approval", order=order, descending=descending, limit=limit)
        assert pages(tied, query) == whole
        assert sorted(whole) == sorted(CREATED)

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_filtered_pages_are_complete(self, tied: Store, limit: int, descending: bool) -> None:
        """By one clause, by one of several values, by a range."""
        for where, within, expected in (
            ({"status": ("pending",)}, None, list("abd")),
            ({"status": ("approved", "pending")}, None, BY_CREATED),
            ({}, Range("created", 2, 3), list("abe")),
            ({}, Range("deadline", -3, -1), list("abed")),
            ({"status": ("pending",)}, Range("deadline", -2, 0), list("ab")),
        ):
            query = Query("approval", where, within, "created", descending, limit=limit)
            assert pages(tied, query) == (expected[::-1] if descending else expected)

    def test_the_last_page_has_no_next(self, tied: Store) -> None:
        """Also when it is full to the brim, or empty."""
        assert tied.find(ACCOUNT, Query("approval", limit=5)).next is None
        assert tied.find(ACCOUNT, Query("approval", limit=6)).next is None
        assert tied.find(ACCOUNT, Query("approval", {"status": ("none",)})).next is None

    def test_next_is_the_place_of_the_last_document(self, tied: Store) -> None:
        """Value and id."""
        assert tied.find(ACCOUNT, Query("approval", limit=2)).next == Cursor("b", "b")
        by_created = Query("approval", order="created", limit=2)
        assert tied.find(ACCOUNT, by_created).next == Cursor(2, "a")

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("order", ["id", "created"])
    def test_paging_can_go_on_behind_every_document(
        self, tied: Store, order: str, descending: bool
    ) -> None:
        """From each in turn, the rest follows."""
        whole = tied.find(ACCOUNT, Query("approval", order=order, descending=descending)).docs
        for number, doc in enumerate(whole):
            value = doc.key.id if order == "id" else CREATED[doc.key.id]
            after = Cursor(value, doc.key.id)
            query = Query("approval", order=order, descending=descending, after=after)
            assert tied.find(ACCOUNT, query).docs == whole[number + 1 :]

    def test_a_place_needs_no_document(self, tied: Store) -> None:
        """Between two, before all, behind all."""
        for value, id, expected in (
            (2, "aa", list("bed")),
            (-5, "x", BY_CREATED),
            (2, "zz", ["d"]),
            (9, "a", []),
        ):
            query = Query("approval", order="created", after=Cursor(value, id))
            assert ids(tied.find(ACCOUNT, query)) == expected

    def test_a_place_belongs_to_an_order_not_to_a_query(self, tied: Store) -> None:
        """Another filter can go on from it."""
        after = tied.find(ACCOUNT, Query("approval", order="created", limit=2)).next
        query = Query("approval", {"status": ("pending",)}, order="created", after=after)
        assert ids(tied.find(ACCOUNT, query)) == ["b", "d"]

    def test_paging_goes_on_behind_a_document_that_was_dropped(self, store: Store) -> None:
        """The place stays."""
        fill(store, *[user(id) for id in "abcd"])
        after = store.find(ACCOUNT, Query("user", limit=2)).next
        fill(store, drop("b"))
        assert ids(store.find(ACCOUNT, Query("user", after=after))) == ["c", "d"]

    def test_what_is_put_before_the_place_does_not_shift_the_pages(self, store: Store) -> None:
        """Nothing is seen twice, as it would be by counting."""
        fill(store, *[user(id) for id in "bcde"])
        after = store.find(ACCOUNT, Query("user", limit=2)).next
        fill(store, user("a"), user("bb"))
        assert ids(store.find(ACCOUNT, Query("user", after=after))) == ["d", "e"]

    def test_what_is_put_behind_the_place_is_seen(self, store: Store) -> None:
        """On the page where it belongs."""
        fill(store, *[user(id) for id in "ace"])
        after = store.find(ACCOUNT, Query("user", limit=1)).next
        fill(store, user("d"))
        assert ids(store.find(ACCOUNT, Query("user", after=after))) == ["c", "d", "e"]

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("skip", [0, 1, 2, 4, 5, 6, 1000])
    def test_skip_passes_over_so_many(self, tied: Store, skip: int, descending: bool) -> None:
        """In the order asked; beyond the end is empty."""
        whole = BY_CREATED[::-1] if descending else BY_CREATED
        query = Query("approval", order="created", descending=descending, skip=skip, limit=2)
        assert ids(tied.find(ACCOUNT, query)) == whole[skip : skip + 2]

    def test_skip_counts_matches_only(self, tied: Store) -> None:
        """Not what a clause or a range leaves out."""
        where = Query("approval", {"status": ("pending",)}, order="created", skip=2)
        assert ids(tied.find(ACCOUNT, where)) == ["d"]
        several = Query("approval", {"status": ("pending", "approved")}, order="created", skip=3)
        assert ids(tied.find(ACCOUNT, several)) == ["e", "d"]
        within = Query("approval", range=Range("deadline", -2, 0), order="created", skip=2)
        assert ids(tied.find(ACCOUNT, within)) == ["b", "e"]

    def test_a_skipped_page_can_be_gone_on_from(self, tied: Store) -> None:
        """Its `next` is a place like any other."""
        page = tied.find(ACCOUNT, Query("approval", order="created", skip=1, limit=2))
        query = Query("approval", order="created", after=page.next)
        assert ids(tied.find(ACCOUNT, query)) == ["e", "d"]

    def test_a_page_holds_up_to_a_thousand(self, store: Store) -> None:
        """The largest limit; without one, a hundred."""
        names = [f"{number:04}" for number in range(1001)]
        fill(store, *[user(name) for name in names])
        assert ids(store.find(ACCOUNT, Query("user", limit=1000))) == names[:1000]
        assert ids(store.find(ACCOUNT, Query("user"))) == names[:100]
        assert pages(store, Query("user", limit=1000)) == names

    def test_a_moved_document_stands_at_its_new_place(self, tied: Store) -> None:
        """And no longer at the old one."""
        fill(tied, approval("c", created=9))
        assert ids(tied.find(ACCOUNT, Query("approval", order="created"))) == list("abedc")
