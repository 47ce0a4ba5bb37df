"""Bodies as the vendor's clients send them: more than is needed, null for nothing, or none."""

from collections.abc import Mapping
from typing import Any

import falcon

from placet.errors import Invalid, Problem
from placet_falcon.decoding import Body

__all__ = ["read_body", "text_in"]

_BODY = Body(dict[str, Any])


def read_body(req: falcon.Request) -> Mapping[str, Any]:
    """The JSON object of a body, `{}` where there is none. Raises Invalid for anything else."""
    return _BODY.read(req)


def text_in(body: Mapping[str, Any], name: str, *, most: int) -> str:
    """The text of a member, "" where it is absent or null; at most `most` characters.

    >>> text_in({"justification": None}, "justification", most=10)
    ''
    """
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(name, f"expected `str`, got `{type(value).__name__}`")
    if len(value) > most:
        raise _wrong(name, f"is {len(value)} characters long; {most} is the most")
    return value


def _wrong(name: str, why: str) -> Invalid:
    problem = Problem(name, why)
    return Invalid(f"the body is not right: {problem}", [problem])
