"""Pages and counts of a kind: what is filed, and the few documents that wait to be.

Where `TABLES[kind].files_later`, both are read one after the other: in a transaction, or what is
filed meanwhile is missed.
"""

from collections.abc import Sequence
from heapq import merge
from itertools import islice

import msgspec

from placet.storage.matching import Place, bounds, matches, place_of
from placet.storage.port import Cursor, Doc, Page, Query
from placet_sqlite.driver import Runs
from placet_sqlite.filing import unfiled_docs
from placet_sqlite.finding import count_filed, find_filed
from placet_sqlite.layout import TABLES

__all__ = ["count_docs", "find_docs"]


def find_docs(runs: Runs, account: str, query: Query) -> Page:
    """One page of a query that the core has checked."""
    waiting: Sequence[tuple[Place, Doc]] = ()
    if query.order != "id" or _narrows(query):
        waiting = _waiting(runs, account, query)
    if not waiting:
        return find_filed(runs, account, query)
    # However those that wait stand among the others: of what is skipped, so many at least are
    # filed.
    passed = max(0, query.skip - len(waiting))
    first, end = query.skip - passed, query.skip - passed + query.limit
    page = find_filed(runs, account, msgspec.structs.replace(query, skip=passed, limit=end))
    filed = [(_place(doc, query.order), doc) for doc in page.docs]
    merged = merge(filed, waiting, key=lambda one: one[0], reverse=query.descending)
    found = list(islice(merged, first, None))
    docs = tuple(doc for _, doc in found[: query.limit])
    more = len(found) > query.limit or page.next is not None
    return Page(docs, Cursor(*found[query.limit - 1][0]) if more else None)


def count_docs(runs: Runs, account: str, query: Query) -> int:
    """How many documents match a query that the core has checked."""
    whole = Query(query.kind, query.where, query.range)
    waiting = _waiting(runs, account, whole) if _narrows(query) else ()
    return count_filed(runs, account, whole) + len(waiting)


def _narrows(query: Query) -> bool:
    return bool(query.where) or query.range is not None


def _waiting(runs: Runs, account: str, query: Query) -> Sequence[tuple[Place, Doc]]:
    """Those that wait and match, with their places, in the order that was asked for."""
    table = TABLES[query.kind]
    if not table.files_later:
        return ()
    docs = unfiled_docs(
        runs, account, table, lambda index: matches(index, query.where, query.range)
    )
    low, high = bounds(query)
    found = [(_place(doc, query.order), doc) for doc in docs]
    inside = [
        (place, doc)
        for place, doc in found
        if (low is None or place >= low) and (high is None or place < high)
    ]
    return sorted(inside, key=lambda one: one[0], reverse=query.descending)


def _place(doc: Doc, order: str) -> Place:
    place = place_of(doc.key.id, doc.index, order)
    assert place is not None, "every document has what its kind is ordered by"
    return place
