"""The assignments of one principal, role or resource group: few as a tuple, many as a table.

Nearly all have few, and a tuple of those is smaller than any map. Of many, a change copies one
shard, never all.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from placet.access.match import Placed
from placet.access.table import Table

__all__ = ["Changes", "Many", "ScopedMany", "at_scope", "changed", "changed_by_scope", "every"]

FEW = 24

Many = tuple[Placed, ...] | Table[str, Placed]
"""Assignments by stored id."""
ScopedMany = tuple[Placed, ...] | Table[str, Many]
"""Assignments by scope: those of a principal."""
Changes = Mapping[str, tuple[str, Placed | None]]
"""By stored id: the scope, which never changes, and the assignment as it is now; None if gone."""

_M = TypeVar("_M")


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


def changed(held: Many | None, changes: Changes, *, owned: bool = False) -> Many | None:
    """They after some changes; None when none are left.

    `owned` says that nobody else has them yet, so that a table may be changed in place.
    """
    if isinstance(held, Table):
        return _updated(held, {key: placed for key, (_, placed) in changes.items()}, owned)
    kept = _after(held, changes)
    if len(kept) <= FEW:
        return kept or None
    return Table[str, Placed]().updated({placed.key: placed for placed in kept}).owned()


def changed_by_scope(
    held: ScopedMany | None, changes: Changes, *, owned: bool = False
) -> ScopedMany | None:
    """They after some changes, found by scope when they are many; None when none are left."""
    if not isinstance(held, Table):
        kept = _after(held, changes)
        if len(kept) <= FEW:
            return kept or None
        held = Table[str, Many]().owned()
        changes = {placed.key: (placed.scope, placed) for placed in kept}
    scopes: dict[str, dict[str, tuple[str, Placed | None]]] = {}
    for key, change in changes.items():
        scopes.setdefault(change[0], {})[key] = change
    parts = {scope: changed(held.get(scope), part, owned=owned) for scope, part in scopes.items()}
    return _updated(held, parts, owned)


def _updated(
    table: Table[str, _M], changes: Mapping[str, _M | None], owned: bool
) -> Table[str, _M] | None:
    if owned:
        table.absorb(changes)
        return table if len(table) else None
    return table.updated(changes) or None


def _after(held: tuple[Placed, ...] | None, changes: Changes) -> tuple[Placed, ...]:
    kept = [placed for placed in held or () if placed.key not in changes]
    kept.extend(placed for _, placed in changes.values() if placed is not None)
    return tuple(kept)
