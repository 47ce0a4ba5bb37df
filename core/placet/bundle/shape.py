"""Every mistake in the shape of a file: unknown keys, missing keys, values of a wrong type.

msgspec stops at the first mistake, and rightly so where a machine writes. A person who writes a
bundle wants all of them at once, each with its path and the nearest right word; so a document that
msgspec refuses is walked a second time, here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from placet.access.registry import nearest
from placet.bundle.document import Bundle
from placet.errors import Problem
from placet.model import Time

__all__ = ["shape_problems"]


def shape_problems(document: object) -> tuple[Problem, ...]:
    """What keeps plain data from being a Bundle, mistake by mistake, in the order of the file.

    >>> str(shape_problems({"roles": [{"id": "a", "permisions": []}]})[0])
    "roles[0].permisions: is no key here; did you mean 'permissions'?"
    """
    return tuple(_walk(_root(), document, ""))


@lru_cache(maxsize=1)
def _root() -> inspect.Type:
    return inspect.type_info(Bundle)


def _walk(kind: inspect.Type, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(kind, inspect.UnionType):
        yield from _union(kind, value, path)
    elif not _takes(kind, value):
        yield Problem(path, f"is {_told(value)}; write {_wanted(kind)}")
    elif isinstance(kind, inspect.StructType):
        yield from _table(kind, value, path)
    elif isinstance(kind, inspect.VarTupleType):
        for at, item in enumerate(value):
            yield from _walk(kind.item_type, item, f"{path}[{at}]")
    elif isinstance(kind, inspect.DictType):
        for key, item in value.items():
            yield from _walk(kind.value_type, item, _under(path, key))
    elif isinstance(kind, inspect.LiteralType):
        yield from _word(kind, value, path)
    elif isinstance(kind, inspect.DateTimeType):
        try:
            msgspec.convert(value, Time)
        except msgspec.ValidationError:
            yield Problem(path, "is no time with an offset; write one such as 2026-01-31T09:00:00Z")


def _table(kind: inspect.StructType, value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in kind.fields}
    meant = set[str]()
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            close = nearest(str(key), [name for name in fields if name not in value])
            meant.add(close or "")
            hint = f"did you mean {close!r}?" if close else f"the keys are {', '.join(fields)}"
            yield Problem(_under(path, key), f"is no key here; {hint}")
        else:
            yield from _walk(field.type, item, _under(path, key))
    for name, field in fields.items():
        if field.required and name not in value and name not in meant:
            yield Problem(_under(path, name), f"is missing; write {_wanted(field.type)}")


def _union(kind: inspect.UnionType, value: Any, path: str) -> Iterator[Problem]:
    chosen = next((one for one in kind.types if _takes(one, value)), None)
    if chosen is not None:
        yield from _walk(chosen, value, path)
        return
    wanted = " or ".join(
        _wanted(one) for one in kind.types if not isinstance(one, inspect.NoneType)
    )
    yield Problem(path, f"is {_told(value)}; write {wanted}")


def _word(kind: inspect.LiteralType, value: Any, path: str) -> Iterator[Problem]:
    if value not in kind.values:
        words = [str(word) for word in kind.values]
        close = nearest(value, words)
        hint = f"did you mean {close!r}?" if close else f"it is {_wanted(kind)}"
        yield Problem(path, f"is {value!r}; {hint}")


def _takes(kind: inspect.Type, value: Any) -> bool:
    """Whether a value is of the right sort to be looked at more closely."""
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return isinstance(value, dict)
    if isinstance(kind, inspect.VarTupleType):
        return isinstance(value, list)
    if isinstance(kind, inspect.StrType | inspect.LiteralType):
        return isinstance(value, str)
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(kind, inspect.DateTimeType):
        return isinstance(value, str | datetime)
    if isinstance(kind, inspect.NoneType):
        return value is None
    return True


def _wanted(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(word) for word in kind.values)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_wanted(one) for one in kind.types)
    return _WANTED.get(type(kind), "something else")


_WANTED: Mapping[type, str] = {
    inspect.StructType: "a table",
    inspect.DictType: "a table",
    inspect.VarTupleType: "a list",
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.DateTimeType: "a time such as 2026-01-31T09:00:00Z",
}


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    for kind, word in ((str, "text"), (int, "a number"), (float, "a number"), (dict, "a table")):
        if isinstance(value, kind):
            return word
    return "a list" if isinstance(value, list) else "a time"


def _under(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
