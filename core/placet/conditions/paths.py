"""Selection from the facts: the fast way, and the slow one that says what went wrong.

The fast way is a plain chain of `[]` on maps with text keys. Only where that fails are the facts
walked step by step, to tell a missing key (an outcome of its own) from a wrong type (an error).
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from placet.conditions.outcomes import Error, Missing, Undecided
from placet.conditions.values import kind, number

__all__ = ["Facts", "Key", "Run", "fail", "presence", "selection"]

Facts: TypeAlias = Mapping[str, Any]
Run: TypeAlias = Callable[[Facts], object]
Key: TypeAlias = str | int | Run


def fail(where: str, fault: str) -> NoReturn:
    """Raise Undecided with an error, `where` being its position in the condition."""
    raise Undecided(Error(f"at {where}: {fault}"))


def selection(root: str, keys: tuple[Key, ...], where: str) -> Run:
    """A closure for the value at a path.

    A key is a text, an index, or a closure that gives one of these.

    >>> selection("subject", ("properties", "team"), "")({"subject": {"properties": {"team": "a"}}})
    'a'
    """

    def walk(facts: Facts) -> object:
        if root not in facts:
            raise Undecided(Missing((root,)))
        value, name = facts[root], root
        for key in keys:
            wanted = key(facts) if callable(key) else key
            value = _select(value, wanted, name, where)
            name += _written(wanted)
        return value

    if len(keys) > 2 or not all(isinstance(key, str) for key in keys):
        return walk
    # Every condition spends its time here: no loop, no test of types, until something is wrong.
    first, second = (*keys, None, None)[:2]

    def root_itself(facts: Facts) -> object:
        return facts[root] if root in facts else walk(facts)

    def one_key(facts: Facts) -> object:
        try:
            return facts[root][first]
        except (KeyError, TypeError):
            pass
        return walk(facts)

    def two_keys(facts: Facts) -> object:
        try:
            return facts[root][first][second]
        except (KeyError, TypeError):
            pass
        return walk(facts)

    return (root_itself, one_key, two_keys)[len(keys)]


def presence(root: str, keys: tuple[Key, ...], last: str, where: str) -> Run:
    """A closure for `has()`: whether the map at a path has the key `last`.

    >>> presence("context", (), "ticket", "")({"context": {}})
    False
    """
    above = selection(root, keys, where)

    def run(facts: Facts) -> bool:
        value: Any = above(facts)
        if value.__class__ is not dict and (sort := kind(value)) != "map":
            fail(where, f"has() asks for a key of a map, and this is of type {sort}")
        return last in value

    return run


def _select(value: Any, key: object, name: str, where: str) -> object:
    sort = kind(value)
    if sort == "map":
        if not isinstance(key, str):
            fail(where, f"the keys of {name} are strings; the one here is of type {kind(key)}")
        if key not in value:
            raise Undecided(Missing((name + _written(key),)))
        return value[key]
    if sort != "list":
        fail(where, f"{name} is of type {sort}, from which nothing can be selected")
    index = number(key)
    if index is None:
        fail(where, f"{name} is a list, whose index is an int; the one here is of type {kind(key)}")
    if not 0 <= index < len(value):
        fail(where, f"the index is beyond the ends of the list {name}")
    return value[index]


def _written(key: object) -> str:
    return f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"
