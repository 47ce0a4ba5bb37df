"""What a query says of one document: for a store that looks at documents one by one."""

from collections.abc import Mapping
from typing import Any

from placet.storage.port import Index, Query, Range

__all__ = ["Place", "bounds", "matches", "place_of", "range_bounds"]

Place = tuple[Any, ...]
"""Where a document stands in an order: (value, id). Places compare by code point and number."""


def place_of(id: str, index: Index, order: str) -> Place | None:
    """Where a document stands in `order`; None where it lacks the field (a range's, never a
    page's).

    >>> place_of("g1", {"created": 5}, "created")
    (5, 'g1')
    """
    if order == "id":
        return (id, id)
    value = index.get(order)
    return None if value is None else (value, id)


def range_bounds(within: Range | None) -> tuple[Place | None, Place | None]:
    """The bounds of a range, low <= place < high; None is open.

    A bound need not be a place: `(5,)` lies before every `(5, id)`.
    """
    if within is None:
        return None, None
    low = None if within.low is None else (within.low,)
    high = None if within.high is None else (within.high,)
    return low, high


def bounds(query: Query) -> tuple[Place | None, Place | None]:
    """The part of the order in which `query` looks: its range, where that is on it, and cursor."""
    on_order = query.range is not None and query.range.field == query.order
    low, high = range_bounds(query.range if on_order else None)
    if query.after is not None:
        place: Place = (query.after.value, query.after.id)
        if query.descending:
            high = place if high is None else min(high, place)
        else:
            # Right behind the place, and before every other.
            behind = (*place, "")
            low = behind if low is None else max(low, behind)
    return low, high


def matches(
    index: Index, where: Mapping[str, tuple[str | int, ...]], within: Range | None = None
) -> bool:
    """Whether a document of this index meets every clause, and has a number in the range.

    >>> index = {"status": "pending", "label": ("ci", "eu")}
    >>> matches(index, {"status": ("pending",), "label": ("eu", "us")})
    True
    >>> matches(index, {}, Range("decide_by"))
    False
    """
    for field, values in where.items():
        value = index.get(field)
        # A page that skips looks at very many: a single value goes without a loop of its own.
        if isinstance(value, tuple):
            if not any(member in values for member in value):
                return False
        elif value not in values:
            return False
    if within is not None:
        value = index.get(within.field)
        if not isinstance(value, int):
            return False
        if within.low is not None and value < within.low:
            return False
        if within.high is not None and value >= within.high:
            return False
    return True
