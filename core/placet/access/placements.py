"""The assignments of one principal, role or resource group: few as a tuple, many as a table.

Nearly all have few, and a tuple of those is smaller than any map. Of many, a change copies one
shard, never all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from placet.access.match import Placed
from placet.access.table import Table

__all__ = ["Changes", "Many", "ScopedMany", "at_scope", "changed", "changed_by_scope", "every",
           "gathered", "gathered_by", "gathered_by_key", "gathered_by_scope"]  # fmt: skip

FEW = 24

_V = TypeVar("_V")
_key = attrgetter("key")

Many = tuple[Placed, ...] | Table[str, Placed]
"""Assignments by stored id."""
ScopedMany = tuple[Placed, ...] | Table[str, Many]
"""Assignments by scope: those of a principal."""
Changes = Mapping[str, tuple[str, Placed | None]]
"""By stored id: the scope, which never changes, and the assignment as it is now; None if gone."""


def every(held: ScopedMany | Many | None) -> Iterator[Placed]:
    """All of them."""
    if held is None:
        return
    if isinstance(held, tuple):
        yield from held
        return
    for part in held.values():
        if isinstance(part, Placed):
            yield part
        else:
            yield from every(part)


def at_scope(held: ScopedMany | None, scope: str) -> Iterator[Placed]:
    """Those that are placed at exactly this scope."""
    if held is None:
        return
    if isinstance(held, tuple):
        for placed in held:
            if placed.scope == scope:
                yield placed
    else:
        yield from every(held.get(scope))


def gathered(placed: Sequence[Placed]) -> Many:
    """All of these; no two have one stored id."""
    if len(placed) <= FEW:
        return tuple(placed)
    return Table.of(map(_key, placed), placed)


def gathered_by_scope(placed: Sequence[Placed]) -> ScopedMany:
    """All of these, found by scope when they are many; no two have one stored id."""
    if len(placed) <= FEW:
        return tuple(placed)
    scopes: defaultdict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        scopes[one.scope].append(one)
    return Table.of(scopes, [gathered(part) for part in scopes.values()])


def gathered_by_key(placed: Iterable[Placed]) -> Table[str, Placed]:
    """All of these by their stored id."""
    every = tuple(placed)
    return Table.of(map(_key, every), every)


def gathered_by(
    field: str, freeze: Callable[[Sequence[Placed]], _V], placed: Iterable[Placed]
) -> Table[str, _V]:
    """All of these by a field of theirs, those of each name as `freeze` makes them."""
    name_of = attrgetter(field)
    # Sorted, for a list for each name would be too much for the garbage collector to look into.
    ordered = sorted(filter(name_of, placed), key=name_of)
    found = {name: freeze(tuple(held)) for name, held in groupby(ordered, name_of)}
    return Table.of(found, found.values())


def changed(held: Many | None, changes: Changes) -> Many | None:
    """They after some changes; None when none are left."""
    if isinstance(held, Table):
        return held.updated({key: placed for key, (_, placed) in changes.items()}) or None
    return gathered(_after(held, changes)) or None


def changed_by_scope(held: ScopedMany | None, changes: Changes) -> ScopedMany | None:
    """They after some changes, found by scope when they are many; None when none are left."""
    if not isinstance(held, Table):
        return gathered_by_scope(_after(held, changes)) or None
    scopes: defaultdict[str, dict[str, tuple[str, Placed | None]]] = defaultdict(dict)
    for key, change in changes.items():
        scopes[change[0]][key] = change
    parts = {scope: changed(held.get(scope), part) for scope, part in scopes.items()}
    return held.updated(parts) or None


def _after(held: tuple[Placed, ...] | None, changes: Changes) -> list[Placed]:
    kept = [placed for placed in held or () if placed.key not in changes]
    kept.extend(placed for _, placed in changes.values() if placed is not None)
    return kept
