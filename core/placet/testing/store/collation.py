"""Text: compared by code point and kept as it is, in ids, clauses, orders, cursors and accounts.

What databases like to do to text shows here: fold case, ignore accents or blanks at the end,
normalize, compare as UTF-16 does, end at a NUL, take the empty text for none.
"""

from unicodedata import normalize

import pytest

from placet.storage.port import Cursor, Query, Store
from placet.testing.store._base import (
    ACCOUNT,
    Theme,
    approval,
    fill,
    ids,
    pages,
    user,
    user_key,
)

__all__ = ["CollationTheme"]

COMPOSED = "caf\u00e9"
DECOMPOSED = "cafe\u0301"

AWKWARD = [
    "it's",
    'say "hi"',
    "100%",
    "a_b",
    "back\\slash",
    "a;--",
    "a/b:c",
    "\U0001f511",
    "\uff53am",
]

LETTERS = ["A", "Z", "_", "a", "a b", "a-b", "aa", "b", "z", "\u00e9", "\uff5a", "\U0001f511"]
"""In code-point order; in that of no language, and not in that of UTF-16."""

ORDERED = [
    *(" ", " a", "!", "A", "A ", "B", "Sam", "\\", "_", "a", "a ", "a  ", "a b", "a-b", "aa"),
    *("e\u0301", "ss", "\u00df", "\u00e9", "\u0130", "\u0131", "\u03a3", "\u03c2", "\u03c3"),
    *("\u1e9b", "\u212a", "\ue000", "\ufb01", "\uff21", "\uffe6", "\ufffd"),
    # UTF-16 writes these three with surrogates, and they would come before U+E000 and U+FFxx.
    *("\U00010000", "\U0001f511", "\U0010fffd"),
]
"""In code-point order: what collations of languages and of UTF-16 would order otherwise."""

ALIKE = {
    "case": ("sam", "Sam", "SAM"),
    "case beyond ASCII": ("\u03c3", "\u03a3", "\u03c2"),
    "dotless i": ("i", "I", "\u0130", "\u0131"),
    "sharp s": ("strasse", "stra\u00dfe", "STRASSE", "stra\u1e9ee"),
    "accents": ("cafe", "caf\u00e9"),
    "composition": (normalize("NFC", "caf\u00e9"), normalize("NFD", "caf\u00e9")),
    "compatibility": ("fi", "\ufb01"),
    "width": ("A", "\uff21"),
    "the Kelvin sign": ("K", "\u212a", "k"),
    "blanks at an end": ("a", "a ", " a", "a  ", "a\u00a0", "a\t", "a\n"),
    "blanks alone": (" ", "  ", "\u00a0"),
    "signs that are not seen": ("ab", "a\u200bb", "a\u00adb", "\ufeffab"),
    "digits": ("1", "01", "1.0", "\u0661"),
    "names of nothing": ("null", "NULL", "None", "''", '""'),
    "a NUL": ("a", "a\0", "a\0b", "a\0c", "\0"),
}
"""Texts that somebody might take for the same, by what would have to be ignored for that."""

each_likeness = pytest.mark.parametrize("texts", ALIKE.values(), ids=ALIKE.keys())
each_direction = pytest.mark.parametrize("descending", [False, True])


class CollationTheme(Theme):
    """Which texts are the same, and which comes first."""

    def test_ids_that_differ_only_in_case_are_two_documents(self, store: Store) -> None:
        """No folding (failure mode 1)."""
        fill(store, user("Sam", b"1"), user("sam", b"2"))
        found = store.get(ACCOUNT, [user_key("sam"), user_key("Sam"), user_key("SAM")])
        assert [doc and doc.body for doc in found] == [b"2", b"1", None]

    def test_ids_that_only_look_alike_are_two_documents(self, store: Store) -> None:
        """No Unicode normalization (failure mode 2)."""
        fill(store, user(COMPOSED, b"1"), user(DECOMPOSED, b"2"))
        found = store.get(ACCOUNT, [user_key(DECOMPOSED), user_key(COMPOSED)])
        assert [doc and doc.body for doc in found] == [b"2", b"1"]

    def test_an_id_may_hold_any_sign(self, store: Store) -> None:
        """Quotes, wildcards, separators, letters beyond 16 bits."""
        fill(store, *[user(id, id.encode()) for id in AWKWARD])
        found = store.get(ACCOUNT, [user_key(id) for id in AWKWARD])
        assert [doc and doc.body.decode() for doc in found] == AWKWARD

    def test_accounts_that_differ_only_in_case_are_two(self, store: Store) -> None:
        """No folding here either."""
        store.commit("Acme", [user("a")], [])
        store.commit("acme", [user("b")], [])
        assert ids(store.find("Acme", Query("user"))) == ["a"]

    def test_accounts_are_listed_in_code_point_order(self, store: Store) -> None:
        """Each once, however many commits it had."""
        names = ["b", "a", "B", "é", "z", "🔑", "\uff5a", "a-b", "a_b"]
        for name in [*names, "a"]:
            store.commit(name, [user("sam")], [])
        assert store.accounts() == tuple(sorted(names))

    @each_likeness
    def test_ids_that_are_alike_are_documents_of_their_own(
        self, store: Store, texts: tuple[str, ...]
    ) -> None:
        """Each is found under its own id, and comes back with it."""
        fill(store, *[user(id, id.encode()) for id in texts])
        found = store.get(ACCOUNT, [user_key(id) for id in texts])
        assert [doc and (doc.key.id, doc.body.decode()) for doc in found] == [
            (id, id) for id in texts
        ]
        assert store.count(ACCOUNT, Query("user")) == len(texts)

    @each_likeness
    def test_values_that_are_alike_match_themselves_only(
        self, store: Store, texts: tuple[str, ...]
    ) -> None:
        """In a clause on a text, counted and found."""
        fill(store, *[user(str(number), bundle=text) for number, text in enumerate(texts)])
        for number, text in enumerate(texts):
            query = Query("user", {"bundle": (text,)})
            assert ids(store.find(ACCOUNT, query)) == [str(number)]
            assert store.count(ACCOUNT, query) == 1

    @each_likeness
    def test_members_that_are_alike_match_themselves_only(
        self, store: Store, texts: tuple[str, ...]
    ) -> None:
        """In a clause on a field of texts, though the members stand side by side."""
        fill(store, approval("all", label=texts), approval("none", label=()))
        fill(store, *[approval(str(number), label=(text,)) for number, text in enumerate(texts)])
        for number, text in enumerate(texts):
            query = Query("approval", {"label": (text,)})
            assert ids(store.find(ACCOUNT, query)) == [str(number), "all"]
            assert store.count(ACCOUNT, query) == 2

    @each_likeness
    def test_values_come_back_as_they_were_put(self, store: Store, texts: tuple[str, ...]) -> None:
        """Neither normalized nor trimmed."""
        put = approval("a", status=texts[-1], scope="", label=(*texts, ""))
        fill(store, put)
        (doc,) = store.get(ACCOUNT, [put.key])
        assert doc is not None
        assert doc.index == put.index

    @each_likeness
    def test_accounts_that_are_alike_are_accounts_of_their_own(
        self, store: Store, texts: tuple[str, ...]
    ) -> None:
        """Each with its own documents and numbers."""
        for number, account in enumerate(texts):
            for _ in range(number + 1):
                store.commit(account, [user("sam", account.encode())], [])
        assert store.accounts() == tuple(sorted(texts))
        for number, account in enumerate(texts):
            (doc,) = store.get(account, [user_key("sam")])
            assert doc is not None
            assert (doc.version, doc.body.decode()) == (number + 1, account)

    def test_text_that_only_looks_alike_does_not_match(self, store: Store) -> None:
        """Case and composition count in values as in ids."""
        values = ["caf\u00e9", "cafe\u0301", "CAF\u00c9"]
        fill(store, *[user(str(number), bundle=text) for number, text in enumerate(values)])
        for number, text in enumerate(values):
            assert ids(store.find(ACCOUNT, Query("user", {"bundle": (text,)}))) == [str(number)]

    def test_an_empty_text_is_a_value(self, store: Store) -> None:
        """The scope of the account itself is written so; an absent field is something else."""
        fill(store, approval("a", scope=""), approval("b", scope="retail"), approval("c"))
        assert ids(store.find(ACCOUNT, Query("approval", {"scope": ("",)}))) == ["a"]

    def test_an_empty_member_is_a_member(self, store: Store) -> None:
        """A field with one empty text is not a field without any."""
        fill(
            store, approval("a", label=("",)), approval("b", label=()), approval("c", label=("x",))
        )
        assert ids(store.find(ACCOUNT, Query("approval", {"label": ("",)}))) == ["a"]

    @pytest.mark.parametrize("sign", [",", "|", " ", "\n", "\0", "\x1f", '"', "'", "\\", '","'])
    def test_a_member_may_hold_what_separates_members(self, store: Store, sign: str) -> None:
        """Two members are not one that looks like both, wherever they stand (failure mode 4)."""
        one, two = (f"a{sign}b",), ("a", "b")
        fill(store, approval("one", label=one), approval("two", label=two))
        assert ids(store.find(ACCOUNT, Query("approval", {"label": one}))) == ["one"]
        assert ids(store.find(ACCOUNT, Query("approval", {"label": two}))) == ["two"]

    @pytest.mark.parametrize("text", AWKWARD)
    def test_a_value_may_hold_any_sign(self, store: Store, text: str) -> None:
        """It matches what is the same, and no pattern."""
        fill(store, user("same", bundle=text), user("other", bundle=f"{text}x"))
        assert ids(store.find(ACCOUNT, Query("user", {"bundle": (text,)}))) == ["same"]

    def test_ids_come_in_code_point_order(self, store: Store) -> None:
        """Whatever the store's own collation is."""
        fill(store, *[user(id) for id in reversed(LETTERS)])
        assert ids(store.find(ACCOUNT, Query("user"))) == LETTERS

    def test_ids_come_in_descending_code_point_order(self, store: Store) -> None:
        """The exact reverse."""
        fill(store, *[user(id) for id in LETTERS])
        assert ids(store.find(ACCOUNT, Query("user", descending=True))) == LETTERS[::-1]

    def test_ids_page_in_code_point_order(self, store: Store) -> None:
        """A cursor compares as the order does."""
        fill(store, *[user(id) for id in LETTERS])
        assert pages(store, Query("user", limit=1)) == LETTERS
        assert pages(store, Query("user", limit=1, descending=True)) == LETTERS[::-1]

    @each_direction
    def test_every_text_has_its_place_in_the_order_of_ids(
        self, store: Store, descending: bool
    ) -> None:
        """Also beyond 16 bits, and against blanks, case and accents."""
        fill(store, *[user(id) for id in ORDERED[1::2]], *[user(id) for id in ORDERED[::2]])
        expected = ORDERED[::-1] if descending else ORDERED
        assert ids(store.find(ACCOUNT, Query("user", descending=descending))) == expected

    @each_direction
    def test_ties_go_by_id_in_code_point_order(self, store: Store, descending: bool) -> None:
        """The second part of every order is text, too."""
        fill(store, *[approval(id, created=7) for id in reversed(ORDERED)])
        query = Query("approval", order="created", descending=descending, limit=5)
        assert pages(store, query) == (ORDERED[::-1] if descending else ORDERED)

    @each_direction
    @pytest.mark.parametrize("order", ["id", "created"])
    def test_a_cursor_compares_by_code_point(
        self, store: Store, order: str, descending: bool
    ) -> None:
        """Behind each of these places, of which half have no document, stands the right rest."""
        kept = ORDERED[::2]
        fill(store, *[approval(id, created=7) for id in kept])
        for place in ORDERED:
            after = Cursor(place if order == "id" else 7, place)
            query = Query("approval", order=order, descending=descending, after=after)
            rest = [id for id in kept if (id < place if descending else id > place)]
            assert ids(store.find(ACCOUNT, query)) == (rest[::-1] if descending else rest)

    @each_direction
    def test_several_values_give_one_page_in_code_point_order(
        self, store: Store, descending: bool
    ) -> None:
        """Where a store looks up value by value, it has to merge by code point, too."""
        fill(store, *[user(id, bundle=f"b{at % 3}") for at, id in enumerate(ORDERED)])
        query = Query("user", {"bundle": ("b0", "b2")}, descending=descending, limit=4)
        expected = [id for at, id in enumerate(ORDERED) if at % 3 != 1]
        assert pages(store, query) == (expected[::-1] if descending else expected)

    @pytest.mark.parametrize("limit", [1, 4, 1000])
    def test_every_account_has_its_place_in_code_point_order(
        self, store: Store, limit: int
    ) -> None:
        """Listed in parts or at once."""
        for account in reversed(ORDERED):
            store.commit(account, [], [])
        found: list[str] = []
        for _ in ORDERED:
            found += store.accounts(after=found[-1] if found else "", limit=limit)
        assert found == ORDERED
