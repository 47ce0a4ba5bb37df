"""Pieces of statements, with their parameters; and which values SQLite could hold at all."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from placet.storage.port import Query, Range

__all__ = ["Sql", "all_of", "holdable", "in_range", "is_behind_all", "is_empty", "marks",
           "one_of"]  # fmt: skip

_INT64 = range(-(2**63), 2**63)


class Sql(NamedTuple):
    """A piece of a statement, and its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()


def all_of(conditions: Sequence[Sql]) -> Sql:
    """Conditions behind one that is there already."""
    return Sql(
        "".join(f" AND {one.text}" for one in conditions),
        tuple(parameter for one in conditions for parameter in one.parameters),
    )


def one_of(column: str, values: Sequence[str | int]) -> Sql:
    """That a column has one of these values."""
    if len(values) == 1:
        return Sql(f"{column} = ?", tuple(values))
    return Sql(f"{column} IN ({marks(values)})", tuple(values))


def in_range(column: str, within: Range) -> Sql:
    """The conditions of a range that is not empty; it always excludes who lacks the field."""
    parts, parameters = [], []
    if within.low is not None and within.low in _INT64:
        parts.append(f"{column} >= ?")
        parameters.append(within.low)
    if within.high is not None and within.high in _INT64:
        parts.append(f"{column} < ?")
        parameters.append(within.high)
    return Sql(" AND ".join(parts) or f"{column} IS NOT NULL", tuple(parameters))


def is_empty(within: Range | None) -> bool:
    """Whether no number that SQLite can hold is in the range."""
    if within is None:
        return False
    low = _INT64.start if within.low is None else within.low
    high = _INT64.stop if within.high is None else within.high
    return low >= high or low >= _INT64.stop or high <= _INT64.start


def is_behind_all(query: Query) -> bool:
    """Whether the cursor stands at a number behind all that SQLite can hold."""
    if query.after is None or not isinstance(value := query.after.value, int):
        return False
    return value < _INT64.start if query.descending else value >= _INT64.stop


def holdable(value: str | int) -> bool:
    """Whether SQLite could hold the value: no document has one that it could not."""
    if isinstance(value, int):
        return value in _INT64
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def marks(values: Sequence[object]) -> str:
    """A mark for each value, in a statement that takes them."""
    return ", ".join("?" * len(values))
