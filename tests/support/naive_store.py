"""A store that answers by looking at every document, and the ways to share one between handles.

It is right, and slow. Each choice that a query makes is a method of its own, so that a broken store
(`broken_reads`) can get exactly one of them wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from placet.storage.kinds import check_query
from placet.storage.memory import MemoryStore
from placet.storage.port import Cursor, Doc, Index, IndexValue, Page, Query, Range
from placet.testing import OpenStore

__all__ = ["NaiveStore", "sharing"]


class NaiveStore(MemoryStore):
    """The memory store with another way to find and to count."""

    def find(self, account: str, query: Query) -> Page:
        check_query(query)
        with self._lock:
            docs = self.matching(account, query)
        docs.sort(key=lambda doc: self.place(doc, query.order), reverse=query.descending)
        docs = self.behind(docs, query)[self.skipped(query) :]
        page = docs[: self.size(query)]
        return Page(tuple(page), self.next(query, page, len(docs) > len(page)))

    def count(self, account: str, query: Query) -> int:
        check_query(query)
        with self._lock:
            return len(self.matching(account, query))

    def matching(self, account: str, query: Query) -> list[Doc]:
        docs = self._account(account).kinds[query.kind].docs.values()
        return [doc for doc in docs if self.matches(self.indexed(account, doc), query)]

    def indexed(self, account: str, doc: Doc) -> Index:
        """The values under which the document is found."""
        return doc.index

    def matches(self, index: Index, query: Query) -> bool:
        return self.holds(index, query.where) and (
            query.range is None or self.inside(index.get(query.range.field), query.range)
        )

    def holds(self, index: Index, where: Mapping[str, tuple[str | int, ...]]) -> bool:
        return all(self.has(index.get(field), values) for field, values in where.items())

    def has(self, value: IndexValue | None, wanted: Sequence[str | int]) -> bool:
        members = value if isinstance(value, tuple) else (value,)
        return any(self.same(member, one) for member in members for one in wanted)

    def same(self, value: str | int | None, wanted: str | int) -> bool:
        return value == wanted

    def inside(self, value: IndexValue | None, within: Range) -> bool:
        return (
            isinstance(value, int)
            and (within.low is None or value >= within.low)
            and (within.high is None or value < within.high)
        )

    def text(self, text: str) -> Any:
        """What a text is compared by."""
        return text

    def place(self, doc: Doc, order: str) -> tuple[Any, Any]:
        value = doc.key.id if order == "id" else doc.index[order]
        return self.at(value, doc.key.id)

    def at(self, value: IndexValue, id: str) -> tuple[Any, Any]:
        return (self.text(value) if isinstance(value, str) else value, self.text(id))

    def behind(self, docs: list[Doc], query: Query) -> list[Doc]:
        """The sorted documents that come after the cursor."""
        if query.after is None:
            return docs
        after = self.at(query.after.value, query.after.id)
        places = [(self.place(doc, query.order), doc) for doc in docs]
        return [
            doc for place, doc in places if (place < after if query.descending else place > after)
        ]

    def skipped(self, query: Query) -> int:
        return query.skip

    def size(self, query: Query) -> int:
        return query.limit

    def next(self, query: Query, page: list[Doc], more: bool) -> Cursor | None:
        if not more:
            return None
        last = page[-1]
        value = last.key.id if query.order == "id" else last.index[query.order]
        assert not isinstance(value, tuple)
        return Cursor(value, last.key.id)


def sharing(kind: type[MemoryStore]) -> OpenStore:
    """Opens handles on data that all handles of one name share, as long as the function lives."""
    firsts: dict[str, MemoryStore] = {}

    def open_store(name: str = "main") -> MemoryStore:
        store = kind()
        # The lock, the accounts and whatever a broken store remembers are the first one's.
        store.__dict__.update(firsts.setdefault(name, store).__dict__)
        return store

    return open_store
