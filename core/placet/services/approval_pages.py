"""Pages of approvals: what is asked in terms of time, as queries of what is stored.

Only time ends an approval without a commit, so "pending" and "expired" are ranges of `decide_by`;
and a list of "those or those" is several queries, merged into one order without repeats.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Literal

import msgspec

from placet.model import Approval, ApprovalStatus
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.nouns import label_term
from placet.storage.port import Cursor, Doc, Query, Range, Store

__all__ = ["Either", "PageOrder", "Where", "all_of", "filled", "labelled", "queries", "skipped"]

SCANNED = 2000
"""The most approvals that one page looks at where it has to leave some out."""

Where = Mapping[str, tuple[str | int, ...]]
PageOrder = Literal["created", "deadline"]


class Either(msgspec.Struct, frozen=True):
    """One way to belong to a list: field-in-values; perhaps only while the approval is pending."""

    where: Where
    while_pending: bool = False


def queries(
    where: Where,
    statuses: Collection[ApprovalStatus] | None,
    now: int,
    either: Sequence[Either] = (Either({}),),
) -> Iterator[Query]:
    """The queries whose results together are the list; None for `statuses` means any.

    `now` is in milliseconds. With one way to belong no approval is found twice.

    >>> [query.range for query in queries({}, {"pending"}, 7)]
    [Range(field='decide_by', low=8, high=None)]
    """
    for way in either:
        both = _both(where, way.where)
        if both is None:
            continue
        if not way.while_pending:
            yield from _as_of_now(both, statuses, now)
        elif statuses is None or "pending" in statuses:
            yield from _as_of_now(both, {"pending"}, now)


def filled(
    store: Store,
    account: str,
    asked: Sequence[Query],
    keep: Callable[[Approval], bool],
    *,
    order: PageOrder = "created",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int,
) -> tuple[Sequence[Approval], Cursor | None]:
    """One page of what is to be kept of all that the queries find, and where to go on.

    None when that was all. Where much has to be left out, it looks at some 2000 and no more: the
    page is short then, and there is a place to go on.
    """
    found: list[Approval] = []
    place = after
    looked_at, size = 0, limit
    while True:
        docs, place = _page_of(
            store, account, asked, order=order, descending=descending, after=place, limit=size
        )
        for doc in docs:
            approval = decode(Approval, doc)
            if keep(approval):
                found.append(approval)
                if len(found) == limit and doc is not docs[-1]:
                    return found, _cursor(doc, order)
        looked_at += len(docs)
        if place is None or len(found) == limit or looked_at >= SCANNED:
            return found, place
        size = min(size * 2, MAX_PAGE)


def _page_of(
    store: Store,
    account: str,
    asked: Sequence[Query],
    *,
    order: PageOrder,
    descending: bool,
    after: Cursor | None,
    limit: int,
) -> tuple[Sequence[Doc], Cursor | None]:
    """One page of all queries in one order, and where to go on; None when that was all."""
    found: dict[str, Doc] = {}
    more = False
    for query in asked:
        page = store.find(
            account,
            msgspec.structs.replace(
                query, order=order, descending=descending, after=after, limit=limit
            ),
        )
        found.update((doc.key.id, doc) for doc in page.docs)
        more = more or page.next is not None
    ordered = sorted(found.values(), key=lambda doc: _place(doc, order), reverse=descending)
    more = more or len(ordered) > limit
    cut = ordered[:limit]
    return cut, _cursor(cut[-1], order) if more and cut else None


def labelled(
    store: Store, account: str, where: Where, labels: Mapping[str, str]
) -> tuple[Where, frozenset[str]]:
    """`where` with one of `labels`, and the terms of the others.

    A clause cannot ask for two members at once: the label that the fewest approvals carry is asked
    for, and the others are looked for in what is found.
    """
    terms = [label_term(key, value) for key, value in labels.items()]
    if not terms:
        return where, frozenset()
    if len(terms) > 1:
        terms.sort(
            key=lambda term: store.count(account, Query("approval", where={"label": (term,)}))
        )
    return {**where, "label": (terms[0],)}, frozenset(terms[1:])


def all_of(
    store: Store,
    account: str,
    asked: Sequence[Query],
    *,
    descending: bool,
    carrying: frozenset[str] = frozenset(),
    size: int = 100,
) -> Iterator[Doc]:
    """Everything that the queries find, in one order and without repeats, read as it is wanted.

    `carrying` are the terms of labels that all have to be there; `size` is that of one reading.
    """

    def run(query: Query) -> Iterator[Doc]:
        asking = msgspec.structs.replace(
            query, order="created", descending=descending, limit=min(size, MAX_PAGE)
        )
        while True:
            page = store.find(account, asking)
            yield from page.docs
            if page.next is None:
                return
            asking = msgspec.structs.replace(asking, after=page.next)

    before = None
    for doc in merge(*map(run, asked), key=_place, reverse=descending):
        if doc.key.id != before and carrying <= set(_texts(doc)):
            yield doc
        before = doc.key.id


def skipped(
    store: Store,
    account: str,
    asked: Sequence[Query],
    *,
    descending: bool,
    skip: int,
    limit: int,
    carrying: frozenset[str] = frozenset(),
) -> Sequence[Doc]:
    """One numbered page of all queries. A store skips by itself where one query finds anything."""
    if not carrying and (len(asked) == 1 or skip + limit > MAX_PAGE):
        found = [one for one in asked if len(asked) == 1 or _finds(store, account, one)]
        if not found:
            return ()
        if len(found) == 1:
            query = msgspec.structs.replace(
                found[0], order="created", descending=descending, skip=skip, limit=limit
            )
            return store.find(account, query).docs
    docs = all_of(
        store, account, asked, descending=descending, carrying=carrying, size=skip + limit
    )
    return tuple(islice(docs, skip, skip + limit))


def _finds(store: Store, account: str, query: Query) -> bool:
    return bool(store.find(account, msgspec.structs.replace(query, limit=1)).docs)


def _place(doc: Doc, order: PageOrder = "created") -> tuple[int, str]:
    value = doc.index[order]
    assert isinstance(value, int), "a store has checked it"
    return value, doc.key.id


def _cursor(doc: Doc, order: PageOrder) -> Cursor:
    return Cursor(*_place(doc, order))


def _texts(doc: Doc) -> tuple[str, ...]:
    labels = doc.index.get("label", ())
    assert isinstance(labels, tuple), "a store has checked it"
    return labels


def _as_of_now(
    where: Where, statuses: Collection[ApprovalStatus] | None, now: int
) -> Iterator[Query]:
    """The statuses as of now in terms of what is stored."""
    if statuses is None:
        yield Query("approval", where=where)
        return
    stored = tuple(sorted(set(statuses) - {"pending"}))
    if "pending" in statuses and "expired" in statuses:
        yield Query("approval", where={**where, "status": ("pending", *stored)})
        return
    if stored:
        yield Query("approval", where={**where, "status": stored})
    pending = {**where, "status": ("pending",)}
    if "pending" in statuses:
        yield Query("approval", where=pending, range=Range("decide_by", low=now + 1))
    elif "expired" in statuses:
        yield Query("approval", where=pending, range=Range("decide_by", high=now + 1))


def _both(where: Where, more: Where) -> Where | None:
    """The clauses of both; None where a field would have to have two values at once."""
    merged = dict(where)
    for field, values in more.items():
        shared = tuple(value for value in values if value in merged.get(field, values))
        if not shared:
            return None
        merged[field] = shared
    return merged
