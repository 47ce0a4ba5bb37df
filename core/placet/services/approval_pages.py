"""Pages of approvals: what is asked in terms of time, as queries of what is stored.

Only time ends an approval without a commit, so "pending" and "expired" are ranges of `decide_by`;
and a list of "those or those" is several queries, merged into one order without repeats.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice

import msgspec

from placet.clock import milliseconds
from placet.model import Approval, ApprovalStatus
from placet.storage.codec import decode, label_term
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Cursor, Doc, Query, Range, Store

__all__ = ["Either", "Where", "all_of", "labelled", "page_of", "queries", "skipped"]

Where = Mapping[str, tuple[str | int, ...]]


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


def page_of(
    store: Store,
    account: str,
    asked: Sequence[Query],
    *,
    descending: bool,
    after: Cursor | None,
    limit: int,
) -> tuple[Sequence[Approval], Cursor | None]:
    """One page of all queries in one order, and where to go on; None when that was all."""
    found: dict[str, Approval] = {}
    more = False
    for query in asked:
        page = store.find(
            account,
            msgspec.structs.replace(
                query, order="created", descending=descending, after=after, limit=limit
            ),
        )
        for doc in page.docs:
            if doc.key.id not in found:
                found[doc.key.id] = decode(Approval, doc)
        more = more or page.next is not None
    ordered = sorted(found.values(), key=lambda one: (one.created_at, one.id), reverse=descending)
    more = more or len(ordered) > limit
    cut = ordered[:limit]
    if not more or not cut:
        return cut, None
    return cut, Cursor(milliseconds(cut[-1].created_at), cut[-1].id)


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


def _place(doc: Doc) -> tuple[int, str]:
    created = doc.index["created"]
    assert isinstance(created, int), "a store has checked it"
    return created, doc.key.id


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
