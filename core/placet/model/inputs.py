"""What a reviewer has to fill in: typed, perhaps required, perhaps one of some values."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from placet.errors import Problem
from placet.model._base import MAX_NAME, MAX_TEXT, Checker, JsonObject

__all__ = ["Input", "InputKind", "check_inputs", "input_problems"]

InputKind = Literal["text", "integer", "number", "boolean", "texts"]
MAX_INPUTS = 16

_ARTICLES = {"text": "text", "integer": "an integer", "number": "a number",
             "boolean": "true or false", "texts": "a list of texts"}  # fmt: skip


class Input(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to fill in. With `allowed`, it is one of these; of "texts", each member is.

    `required` says that nobody can approve without it; what is given is looked at whatever the
    verdict, whoever or whatever reviews (failure mode T52).
    """

    name: str
    kind: InputKind = "text"
    required: bool = False
    allowed: tuple[Any, ...] = ()
    description: str = ""


def check_inputs(check: Checker, inputs: Sequence[Input], path: str) -> None:
    """Report names that are taken twice, and allowed values that the kind does not allow."""
    if len(inputs) > MAX_INPUTS:
        check.fail(path, f"has {len(inputs)} entries; {MAX_INPUTS} is the most")
    seen: set[str] = set()
    for at, wanted in enumerate(inputs):
        here = f"{path}[{at}]"
        check.id(f"{here}.name", wanted.name)
        check.text(f"{here}.description", wanted.description, MAX_NAME)
        if wanted.name in seen:
            check.fail(f"{here}.name", f"is {wanted.name!r} once more")
        seen.add(wanted.name)
        member = "text" if wanted.kind == "texts" else wanted.kind
        for value in wanted.allowed:
            if not _is(member, value):
                check.fail(f"{here}.allowed", f"has {value!r}, which is not {_ARTICLES[member]}")


def input_problems(
    inputs: Iterable[Input], given: JsonObject, *, approving: bool
) -> tuple[Problem, ...]:
    """What is wrong with what a reviewer has filled in; empty where nothing is.

    >>> wanted = [Input(name="window", required=True, allowed=("day", "night"))]
    >>> [str(one) for one in input_problems(wanted, {"window": "noon"}, approving=True)]
    ["inputs.window: is 'noon'; it is one of 'day', 'night'"]
    """
    known = tuple(inputs)
    names = {wanted.name for wanted in known}
    found = [Problem(f"inputs.{name}", _unknown(names)) for name in given if name not in names]
    for wanted in known:
        path = f"inputs.{wanted.name}"
        if wanted.name not in given:
            if wanted.required and approving:
                found.append(Problem(path, f"is missing; fill in {_ARTICLES[wanted.kind]}"))
            continue
        value = given[wanted.name]
        if not _is(wanted.kind, value):
            found.append(Problem(path, f"is {value!r}; fill in {_ARTICLES[wanted.kind]}"))
        elif wanted.allowed and not all(
            any(_same(one, option) for option in wanted.allowed)
            for one in (value if wanted.kind == "texts" else (value,))
        ):
            options = ", ".join(map(repr, wanted.allowed))
            verb = "its members are some" if wanted.kind == "texts" else "it is one"
            found.append(Problem(path, f"is {value!r}; {verb} of {options}"))
        elif wanted.required and approving and value in ("", []):
            found.append(Problem(path, f"is empty; fill in {_ARTICLES[wanted.kind]}"))
    return tuple(dict.fromkeys(found))


def _unknown(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"is not asked for; {f'there are {listed}' if listed else 'nothing is'}"


def _is(kind: str, value: object) -> bool:
    if kind == "text":
        return isinstance(value, str) and len(value) <= MAX_TEXT
    if kind == "texts":
        return (
            isinstance(value, list | tuple)
            and len(value) <= MAX_NAME
            and all(_is("text", member) for member in value)
        )
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind == "number" and isinstance(value, float))


def _same(value: object, option: object) -> bool:
    # True is 1 to Python, and not to who fills in a form.
    return value == option and isinstance(value, bool) is isinstance(option, bool)
