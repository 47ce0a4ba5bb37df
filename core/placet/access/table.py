"""An immutable map of hash shards: a change copies one shard and the outer tuple.

Readers hold a reference and never lock; writers make a new table. Nothing here relies on the GIL.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["Table"]

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

_FIRST_SHARDS = 16
_FULL = 256  # entries a shard, on average, before there are to be four times as many shards


class Table(Generic[K, V]):
    """A map that never changes.

    >>> table = Table[str, int]().updated({"a": 1, "b": 2})
    >>> table.updated({"a": None}).get("a"), table.get("a"), len(table)
    (None, 1, 2)
    """

    __slots__ = ("_mask", "_shards", "_size")

    def __init__(self) -> None:
        self._shards: tuple[dict[K, V], ...] = ({},) * _FIRST_SHARDS
        self._mask = _FIRST_SHARDS - 1
        self._size = 0

    @staticmethod
    def of(keys: Iterable[K], values: Collection[V]) -> "Table[K, V]":
        """The table of these; no key comes twice, and no value is None.

        >>> Table.of(["a", "b"], [1, 2]).get("b")
        2
        """
        if not values:
            return Table()
        shards, mask = _spread(zip(keys, values, strict=True), len(values))
        return Table._made(shards, mask, len(values))

    def get(self, key: K, default: D | None = None) -> V | D | None:
        """The value under `key`, or `default`."""
        return self._shards[hash(key) & self._mask].get(key, default)

    def __contains__(self, key: K) -> bool:
        return key in self._shards[hash(key) & self._mask]

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        for shard in self._shards:
            yield from shard

    def items(self) -> Iterator[tuple[K, V]]:
        """Every key and value, in no particular order."""
        for shard in self._shards:
            yield from shard.items()

    def values(self) -> Iterator[V]:
        """Every value, in no particular order."""
        for shard in self._shards:
            yield from shard.values()

    def differing(self, other: "Table[K, V]") -> Iterator[K]:
        """The keys under which another table has another value, or none; in no particular order.

        What both share is not looked at: the next table after a few changes is compared quickly.

        >>> table = Table[str, int]().updated({"a": 1, "b": 2})
        >>> sorted(table.differing(table.updated({"b": 3, "c": 4})))
        ['b', 'c']
        """
        if self._mask != other._mask:
            pairs = [(dict(self.items()), dict(other.items()))]
        else:
            pairs = list(zip(self._shards, other._shards, strict=True))
        for mine, theirs in pairs:
            if mine is not theirs:
                for key in {**mine, **theirs}:
                    if key not in mine or key not in theirs or mine[key] != theirs[key]:
                        yield key

    def updated(self, changes: Mapping[K, V | None]) -> "Table[K, V]":
        """A table with these values set; a value of None removes its key."""
        if not changes:
            return self
        shards, mask, size = self._shards, self._mask, self._size
        if size + len(changes) > _FULL * len(shards):
            shards, mask = _spread(self.items(), size + len(changes))
            fresh = set(range(len(shards)))
        else:
            fresh = set()
        copied = list(shards)
        for key, value in changes.items():
            at = hash(key) & mask
            if at not in fresh:
                copied[at] = dict(copied[at])
                fresh.add(at)
            size += _put(copied[at], key, value)
        return self._made(tuple(copied), mask, size)

    @staticmethod
    def _made(shards: tuple[dict[K, V], ...], mask: int, size: int) -> "Table[K, V]":
        table: Table[K, V] = Table.__new__(Table)
        table._shards, table._mask, table._size = shards, mask, size
        return table


def _put(shard: dict[K, V], key: K, value: V | None) -> int:
    """Put or, where `value` is None, remove; by how much the shard has grown."""
    before = len(shard)
    if value is None:
        shard.pop(key, None)
    else:
        shard[key] = value
    return len(shard) - before


def _spread(items: Iterable[tuple[K, V]], expected: int) -> tuple[tuple[dict[K, V], ...], int]:
    count = _FIRST_SHARDS
    while expected * 4 > _FULL * count:
        count *= 2
    shards: tuple[dict[K, V], ...] = tuple({} for _ in range(count))
    mask = count - 1
    for key, value in items:
        shards[hash(key) & mask][key] = value
    return shards, mask
