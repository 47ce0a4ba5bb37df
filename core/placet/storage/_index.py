"""The documents of one kind in memory, and the sorted runs that answer its declared queries.

A run is made when a query first wants it, from then on every change keeps it: no query costs more
for the documents that it does not read, and a kind that is never searched costs nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice

from placet.storage._sorted import SortedRun
from placet.storage.kinds import Kind
from placet.storage.matching import Place, bounds, matches, place_of, range_bounds
from placet.storage.port import Cursor, Doc, IndexValue, Page, Query, Range

__all__ = ["KindIndex"]

_Where = Mapping[str, tuple[str | int, ...]]
_Runs = defaultdict[str | int, SortedRun]


class KindIndex:
    """The documents of one kind in one account. Not for several threads at once."""

    def __init__(self, kind: Kind) -> None:
        self.docs: dict[str, Doc] = {}
        self._kind = kind
        self._orders: dict[str, SortedRun] = {}
        self._clauses: dict[tuple[str, str], _Runs] = {}

    def put(self, docs: Sequence[Doc]) -> None:
        """Store documents of distinct ids, each in place of the one that has its id."""
        if not (self._orders or self._clauses):
            self.docs.update({doc.key.id: doc for doc in docs})
            return
        moved = []
        for doc in docs:
            old = self.docs.get(doc.key.id)
            self.docs[doc.key.id] = doc
            if old is None:
                moved.append(doc)
            elif old.index != doc.index:
                self._remove(old)
                moved.append(doc)
        for order, run in self._orders.items():
            run.update(_places(moved, order))
        for (field, order), runs in self._clauses.items():
            for value, places in _places_by_value(moved, field, order).items():
                runs[value].update(places)

    def drop(self, id: str) -> None:
        """Forget a document; nothing happens where there is none."""
        old = self.docs.pop(id, None)
        if old is not None:
            self._remove(old)

    def find(self, query: Query) -> Page:
        """One page of a query that `check_query` has passed.

        The clause that matches the fewest documents drives, in the order that was asked for, and
        the others filter. Where a range on another field matches fewer documents than that walk
        would pass, they are fetched and sorted instead.
        """
        wanted = query.skip + query.limit + 1
        field, runs = self._narrowest(query.where, query.order)
        aside = query.range if query.range and query.range.field != query.order else None
        found = None
        if aside is not None:
            found = self._find_in_range(query, aside, sum(map(len, runs)), wanted)
        if found is None:
            rest = {name: values for name, values in query.where.items() if name != field}
            low, high = bounds(query)
            walks = [run.walk(low, high, query.descending) for run in runs]
            found = (
                place
                for place in _merged(walks, query.descending)
                if matches(self.docs[place[-1]].index, rest, aside)
            )
        places = list(islice(found, query.skip, wanted))
        docs = tuple(self.docs[place[-1]] for place in places[: query.limit])
        more = len(places) > query.limit
        return Page(docs, Cursor(*places[query.limit - 1]) if more else None)

    def count(self, query: Query) -> int:
        """How many documents match a query that `check_query` has passed."""
        order = query.range.field if query.range else query.order
        low, high = range_bounds(query.range)
        field, runs = self._narrowest(query.where, order)
        rest = {name: values for name, values in query.where.items() if name != field}
        repeats = len(runs) > 1 and field is not None and self._kind.fields[field] == "texts"
        if not rest and not repeats:
            return sum(run.count(low, high) for run in runs)
        places = _merged([run.walk(low, high) for run in runs], False)
        return sum(matches(self.docs[place[-1]].index, rest) for place in places)

    def _find_in_range(
        self, query: Query, within: Range, size: int, wanted: int
    ) -> Iterator[Place] | None:
        """The matches by way of the range's own index; None where walking the order is cheaper."""
        field, runs = self._narrowest(query.where, within.field)
        begin, end = range_bounds(within)
        inside = sum(run.count(begin, end) for run in runs)
        if inside and inside >= min(size, wanted * size // inside):
            return None
        rest = {name: values for name, values in query.where.items() if name != field}
        low, high = bounds(query)
        places = []
        for _, id in _merged([run.walk(begin, end) for run in runs], False):
            place = place_of(id, self.docs[id].index, query.order)
            if place is None or (low and place < low) or (high and place >= high):
                continue
            if matches(self.docs[id].index, rest):
                places.append(place)
        # A set: one document stands several times among the runs of a field of texts.
        return iter(sorted(set(places), reverse=query.descending))

    def _narrowest(self, where: _Where, order: str) -> tuple[str | None, list[SortedRun]]:
        """The clause that matches the fewest documents, as runs in `order`; else one run of all."""
        best: tuple[str | None, list[SortedRun]] | None = None
        least = 0
        for field, values in where.items():
            clause = self._clause(field, order)
            runs = [clause[value] for value in dict.fromkeys(values) if value in clause]
            size = sum(map(len, runs))
            if best is None or size < least:
                best, least = (field, runs), size
        return best or (None, [self._order(order)])

    def _order(self, order: str) -> SortedRun:
        run = self._orders.get(order)
        if run is None:
            run = self._orders[order] = SortedRun(_places(self.docs.values(), order))
        return run

    def _clause(self, field: str, order: str) -> _Runs:
        runs = self._clauses.get((field, order))
        if runs is None:
            runs = self._clauses[field, order] = defaultdict(SortedRun)
            for value, places in _places_by_value(self.docs.values(), field, order).items():
                runs[value] = SortedRun(places)
        return runs

    def _remove(self, doc: Doc) -> None:
        for order, run in self._orders.items():
            if (place := place_of(doc.key.id, doc.index, order)) is not None:
                run.remove(place)
        for (field, order), runs in self._clauses.items():
            if (place := place_of(doc.key.id, doc.index, order)) is not None:
                for value in _values(doc.index.get(field)):
                    runs[value].remove(place)
                    if not runs[value]:
                        del runs[value]


def _values(value: IndexValue | None) -> Iterable[str | int]:
    if value is None:
        return ()
    return set(value) if isinstance(value, tuple) else (value,)


def _places(docs: Iterable[Doc], order: str) -> list[Place]:
    places = (place_of(doc.key.id, doc.index, order) for doc in docs)
    return [place for place in places if place is not None]


def _places_by_value(
    docs: Iterable[Doc], field: str, order: str
) -> Mapping[str | int, Sequence[Place]]:
    found: defaultdict[str | int, list[Place]] = defaultdict(list)
    for doc in docs:
        place = place_of(doc.key.id, doc.index, order)
        if place is not None:
            for value in _values(doc.index.get(field)):
                found[value].append(place)
    return found


def _merged(walks: Sequence[Iterator[Place]], descending: bool) -> Iterator[Place]:
    """The walks as one, each place once."""
    if len(walks) == 1:
        yield from walks[0]
        return
    previous = None
    for place in merge(*walks, reverse=descending):
        if place != previous:
            yield place
        previous = place
