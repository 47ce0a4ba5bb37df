"""A sorted run of places: what the memory store's indexes are made of.

A place is a tuple that compares by code point and number: (value, id). The run is a list of short
sorted lists, so that adding to a million places moves a few hundred of them, not all.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

from placet.storage.matching import Place

__all__ = ["SortedRun"]

_CHUNK = 512
_FEW = 16


class SortedRun:
    """Distinct places, always sorted.

    A bound need not be a place: `(5,)` lies before every `(5, id)`, and `(5, "a", "")` right behind
    `(5, "a")`. That is how one half-open form, low <= place < high, serves ranges and cursors.

    >>> run = SortedRun([(2, "b"), (1, "c"), (2, "a")])
    >>> list(run.walk(low=(2,)))
    [(2, 'a'), (2, 'b')]
    """

    __slots__ = ("_chunks", "_lasts", "_size")

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._fill(sorted(places))

    def _fill(self, ordered: list[Place]) -> None:
        self._chunks = [ordered[at : at + _CHUNK] for at in range(0, len(ordered), _CHUNK)]
        self._lasts = [chunk[-1] for chunk in self._chunks]
        self._size = len(ordered)

    def __len__(self) -> int:
        return self._size

    def add(self, place: Place) -> None:
        """Add a place that is not there yet."""
        self._size += 1
        if not self._chunks:
            self._chunks.append([place])
            self._lasts.append(place)
            return
        number = min(bisect_left(self._lasts, place), len(self._chunks) - 1)
        chunk = self._chunks[number]
        insort(chunk, place)
        if len(chunk) > 2 * _CHUNK:
            self._chunks.insert(number + 1, chunk[_CHUNK:])
            del chunk[_CHUNK:]
            self._lasts.insert(number, chunk[-1])
            self._lasts[number + 1] = self._chunks[number + 1][-1]
        else:
            self._lasts[number] = chunk[-1]

    def update(self, places: Sequence[Place]) -> None:
        """Add places that are not there yet; many at once cost less than one by one."""
        if len(places) * _FEW < self._size:
            for place in places:
                self.add(place)
        else:
            self._fill(sorted([*self.walk(), *sorted(places)]))

    def remove(self, place: Place) -> None:
        """Take a place out; raises KeyError where it is not."""
        number, offset = self._find(place)
        if number == len(self._chunks) or self._chunks[number][offset] != place:
            raise KeyError(place)
        self._size -= 1
        chunk = self._chunks[number]
        del chunk[offset]
        if chunk:
            self._lasts[number] = chunk[-1]
        else:
            del self._chunks[number]
            del self._lasts[number]

    def walk(
        self, low: Place | None = None, high: Place | None = None, descending: bool = False
    ) -> Iterator[Place]:
        """The places from `low` up to, not with, `high`; None is open. Do not change meanwhile."""
        first, start = (0, 0) if low is None else self._find(low)
        last, stop = (len(self._chunks), 0) if high is None else self._find(high)
        numbers = range(first, min(last + 1, len(self._chunks)))
        for number in reversed(numbers) if descending else numbers:
            chunk = self._chunks[number]
            part = chunk[start if number == first else 0 : stop if number == last else len(chunk)]
            yield from reversed(part) if descending else part

    def count(self, low: Place | None = None, high: Place | None = None) -> int:
        """How many places lie from `low` up to, not with, `high`; None is open."""
        above = self._size if high is None else self._rank(high)
        return max(0, above - (0 if low is None else self._rank(low)))

    def _find(self, bound: Place) -> tuple[int, int]:
        number = bisect_left(self._lasts, bound)
        if number == len(self._chunks):
            return number, 0
        return number, bisect_left(self._chunks[number], bound)

    def _rank(self, bound: Place) -> int:
        number, offset = self._find(bound)
        return sum(map(len, self._chunks[:number])) + offset
