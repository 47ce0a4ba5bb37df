"""What JSON can say exactly: the values that attributes, arguments and properties may hold."""

import math
from typing import Any

from placet.errors import Problem

__all__ = ["json_fault"]

MAX_DEPTH = 64


def json_fault(value: Any, path: str) -> Problem | None:
    """What JSON cannot write and read back the same, and where; None where there is nothing.

    A NaN would be written as null, and so pass for another value (failure mode T24); at most 64
    levels nest.

    >>> str(json_fault({"price": float("nan")}, "arguments"))
    'arguments.price: is nan, which JSON cannot write'
    """
    return _fault(value, path, 0, path)


def _fault(value: Any, path: str, depth: int, root: str) -> Problem | None:
    if depth > MAX_DEPTH:
        return Problem(root, f"nests deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return Problem(path, "holds half of a surrogate pair")
    elif isinstance(value, float):
        if not math.isfinite(value):
            return Problem(path, f"is {value}, which JSON cannot write")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            return Problem(path, "is a number of more than 64 bits")
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                return Problem(path, f"has the key {key!r}, which is not text")
            if not key.isascii() and (fault := _fault(key, path, depth + 1, root)):
                return fault
            if fault := _fault(member, f"{path}.{key}", depth + 1, root):
                return fault
    elif isinstance(value, list | tuple):
        for at, member in enumerate(value):
            if fault := _fault(member, f"{path}[{at}]", depth + 1, root):
                return fault
    elif value is not None:
        return Problem(path, f"is a {type(value).__name__}, which JSON cannot write")
    return None
