"""JSON that means the same to everybody: I-JSON (RFC 7493), as the specification asks for.

A decision point must not read another document than whoever enforces its decision: of two members
with one name one parser takes the first and another the last, half a surrogate pair is replaced by
some and kept by others, and a number beyond a double is rounded, or is infinity.
"""

import json
import math
import re
from typing import Any, NoReturn

import msgspec

from placet.errors import Invalid

__all__ = ["MAX_DEPTH", "read_ijson"]

MAX_DEPTH = 64
MAX_INT = 2**53 - 1
_SHORT = 64 * 1024
_LONG_NUMBER = re.compile(rb"[0-9]{16}")
"""Whatever is shorter is below `MAX_INT`."""


def read_ijson(body: bytes) -> Any:
    """The value in an I-JSON text. Raises Invalid for any other text.

    >>> read_ijson(b'{"a": 1}')
    {'a': 1}
    >>> read_ijson(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    placet.errors.Invalid: the body is not I-JSON: it has two members 'a' in one object
    """
    value = _plain(body)
    if value is not None:
        return value
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 (byte {error.start})") from None
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Invalid(
            f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    # Fewer brackets than levels allowed cannot be too deep, and only an escape makes half a pair.
    if b"\\u" in body or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _look(value, 0)
    return value


def _plain(body: bytes) -> Any:
    """The value in a text that is written as shortly as can be, as most clients do; else None.

    Such a text is what is written of the value that is read from it: no member has been dropped,
    no number rounded and no letter replaced. It is the way that takes least time; the other says
    what is wrong.
    """
    if len(body) > _SHORT or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        return None
    if _LONG_NUMBER.search(body):
        return None
    try:
        value = msgspec.json.decode(body)
        return value if msgspec.json.encode(value) == body else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                _refuse(f"it has two members {name[:64]!r} in one object")
            seen.add(name)
    return found


def _constant(text: str) -> NoReturn:
    _refuse(f"{text} is no number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse(f"{text[:64]} is beyond the range of a double")
    return value


def _int(text: str) -> int:
    # The length first: reading a long number takes time that grows with its square.
    if len(text) > 17 or abs(int(text)) > MAX_INT:
        _refuse(f"{text[:64]} is beyond the integers that a double holds; send it as text")
    return int(text)


def _look(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        _text(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            _text(name)
            _look(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _look(item, depth + 1)


def _text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        _refuse("a text in it holds half of a surrogate pair")


def _too_deep() -> Invalid:
    return Invalid(f"the body is nested deeper than {MAX_DEPTH} levels")


def _refuse(why: str) -> NoReturn:
    raise Invalid(f"the body is not I-JSON: {why}")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int
)
