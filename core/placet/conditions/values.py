"""The values of conditions: their types, CEL's equality, order and membership, times as text.

Facts stay as Python has them; a value is looked at when a condition uses it, never before. Types
are those of CEL, and nothing is converted, with one exception: an int and a double are compared as
doubles, as Google's runtime does (so that 2**53 + 1 equals 2.0**53).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from placet.conditions.outcomes import Error, Undecided

__all__ = [
    "MAX_INT",
    "MIN_INT",
    "TIMES",
    "Kind",
    "contained",
    "equal",
    "kind",
    "number",
    "ordered",
    "parse_duration",
    "parse_timestamp",
]

Kind: TypeAlias = Literal[
    "null", "bool", "int", "double", "string", "list", "map", "timestamp", "duration"
]

MIN_INT = -(2**63)
MAX_INT = 2**63 - 1

# The types whose values need no second look; int and datetime do, and so do subclasses.
_EXACT: dict[type, Kind] = {
    type(None): "null",
    bool: "bool",
    float: "double",
    str: "string",
    list: "list",
    tuple: "list",
    dict: "map",
    timedelta: "duration",
}
_SUBCLASSES: tuple[tuple[type, Kind], ...] = (
    (str, "string"),
    (float, "double"),
    (Mapping, "map"),
    (list, "list"),
    (tuple, "list"),
    (timedelta, "duration"),
)
_NUMBERS = frozenset[Kind](("int", "double"))
_ORDERED = frozenset[Kind](("bool", "string", "timestamp", "duration"))
_KEYS = frozenset[Kind](("bool", "int", "double"))


def kind(value: object) -> Kind:
    """CEL's name for the type of a fact.

    Raises Undecided for what has no place in a condition: another Python type, an int beyond 64
    bits, a datetime without a time zone.

    >>> kind(True), kind(1), kind((1, "a"))
    ('bool', 'int', 'list')
    """
    exact = _EXACT.get(value.__class__)
    if exact is not None:
        return exact
    if isinstance(value, int):
        if not MIN_INT <= value <= MAX_INT:
            raise Undecided(Error("an int of the facts is beyond 64 bits"))
        return "int"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Undecided(Error("a datetime of the facts has no time zone; give it one"))
        return "timestamp"
    for base, name in _SUBCLASSES:
        if isinstance(value, base):
            return name
    raise Undecided(
        Error(
            f"a value of the facts is a Python {type(value).__name__}; a condition knows None, "
            "bool, int, float, str, list, tuple, dict, datetime and timedelta"
        )
    )


def equal(left: object, right: object) -> bool:
    """CEL's `==`: never an error between types; lists and maps element by element.

    >>> equal(1, 1.0), equal(1, True), equal([1, "a"], (1.0, "a"))
    (True, False, True)
    """
    mine, other = kind(left), kind(right)
    if mine != other:
        return mine in _NUMBERS and other in _NUMBERS and _double(left) == _double(right)
    if mine == "list":
        return _equal_lists(left, right)  # type: ignore[arg-type]  # both are lists
    if mine == "map":
        return _equal_maps(left, right)  # type: ignore[arg-type]  # both are maps
    if mine == "timestamp":
        return _utc(left) == _utc(right)  # type: ignore[arg-type]  # both are datetimes
    return left == right


def _equal_lists(left: Sequence[object], right: Sequence[object]) -> bool:
    # Not Python's own ==, which takes 1 for True, and a NaN for equal to itself.
    return len(left) == len(right) and all(map(equal, left, right))


def _equal_maps(left: Mapping[str, object], right: Mapping[str, object]) -> bool:
    return len(left) == len(right) and all(
        key in right and equal(value, right[key]) for key, value in left.items()
    )


def ordered(compare: Callable[[Any, Any], bool], left: object, right: object) -> bool | None:
    """Whether `compare` (`operator.lt` and its like) holds; None where CEL has no such order.

    >>> import operator
    >>> ordered(operator.lt, 1, 1.5), ordered(operator.lt, 1, "a")
    (True, None)
    """
    mine, other = kind(left), kind(right)
    if mine == other == "int":
        return compare(left, right)
    if mine in _NUMBERS and other in _NUMBERS:
        return compare(_double(left), _double(right))
    if mine != other or mine not in _ORDERED:
        return None
    if mine == "timestamp":
        return compare(_utc(left), _utc(right))  # type: ignore[arg-type]  # both are datetimes
    return compare(left, right)


def contained(item: object, container: object) -> bool | None:
    """CEL's `in`: an element of a list or a key of a map; None where CEL has no such question.

    >>> contained(1.0, [1]), contained("a", {"a": None}), contained("a", "abc")
    (True, True, None)
    """
    sort = kind(container)
    if sort == "list":
        # By its kind, `container` is a list: the checker cannot know.
        if item.__class__ is str:
            return item in container  # type: ignore[operator]  # a list
        return any(equal(item, member) for member in container)  # type: ignore[attr-defined]
    if sort != "map":
        return None
    mine = kind(item)
    if mine == "string":
        return item in container  # type: ignore[operator]  # a map
    # The keys of facts are text, so that no other key can be there.
    return False if mine in _KEYS else None


def number(value: object) -> int | None:
    """The whole number that an index of a list stands for; None if it is none.

    >>> number(2.0), number(2.5), number(True)
    (2, None, None)
    """
    mine = kind(value)
    if mine == "int":
        return value  # type: ignore[return-value]  # an int
    if mine == "double" and math.isfinite(value) and value == int(value):  # type: ignore[call-overload, arg-type]
        return int(value)  # type: ignore[call-overload, no-any-return]
    return None


def _double(value: object) -> float:
    return float(value)  # type: ignore[arg-type]  # called for numbers alone


def _utc(moment: datetime) -> datetime:
    # Python compares two moments of one zone by the wall clock, wrong where clocks are put back.
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]"
    r"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)
_DURATION = re.compile(r"([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|ms|s|m|h))+|0)")
_TERM = re.compile(r"([0-9]*)\.?([0-9]*)(ns|us|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_LONGEST = 64
_MOST = 315_576_000_001 * 10**9


def parse_timestamp(text: str) -> datetime | None:
    """The moment that an RFC 3339 text names, in UTC; None if it names none.

    A date, `T`, a time to the second or finer (digits below a microsecond are cut off), and `Z` or
    an offset: the years 1 to 9999.

    >>> parse_timestamp("2026-01-01T01:00:00+01:00").isoformat()
    '2026-01-01T00:00:00+00:00'
    >>> parse_timestamp("2026-01-01") is None
    True
    """
    parts = _TIMESTAMP.fullmatch(text)
    if parts is None:
        return None
    date, time, fraction, offset = parts.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    try:
        moment = datetime.fromisoformat(f"{date}T{time}.{micros}{offset or '+00:00'}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_duration(text: str) -> timedelta | None:
    """The length of time that a text such as `1h30m` or `-1.5s` names; None if it names none.

    Units are h, m, s, ms, us and ns; what is below a microsecond is cut off. The most is about ten
    thousand years, as in CEL.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    >>> parse_duration("1d") is None
    True
    """
    whole = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
    if whole is None:
        return None
    sign, terms = whole.groups()
    nanos = 0
    for digits, fraction, unit in _TERM.findall(terms):
        size = _UNITS[unit]
        nanos += int(digits or "0") * size + int(fraction or "0") * size // 10 ** len(fraction)
    if nanos >= _MOST:
        return None
    length = timedelta(microseconds=nanos // 1000)
    return -length if sign == "-" else length


# The functions that read a time from text, each with an example for messages.
TIMES: dict[str, tuple[Callable[[str], datetime | timedelta | None], str]] = {
    "timestamp": (parse_timestamp, "2026-01-31T12:00:00Z"),
    "duration": (parse_duration, "1h30m"),
}
