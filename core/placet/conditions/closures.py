"""Tree to closures: each node becomes one function of the facts, calling those below it.

A closure returns a value or raises `Undecided`. What needs both operands asks the second even when
the first is undecided, so that all missing names are known at once.
"""

import operator
from collections.abc import Callable
from typing import Any

from placet.conditions.outcomes import Error, Missing, Undecided, join
from placet.conditions.paths import Facts, Run, fail, presence, selection
from placet.conditions.syntax import (
    Call,
    Choice,
    Compare,
    Constant,
    Has,
    ListOf,
    Logic,
    Node,
    Not,
    Path,
    Step,
    locate,
)
from placet.conditions.values import TIMES, contained, equal, kind, ordered

__all__ = ["closure"]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


def closure(node: Node, text: str) -> Run:
    """The function of the facts that a tree means; `text` is its source, for positions.

    >>> from placet.conditions.parser import parse
    >>> closure(parse("size(context.tags) > 1"), "")({"context": {"tags": ["a", "b"]}})
    True
    """

    def below(node: Node) -> Run:
        return closure(node, text)

    def step(key: Step) -> str | int | Run:
        return below(key) if isinstance(key, Node) else key

    where = str(locate(text, node.at))
    match node:
        case Constant(value=value):
            return lambda facts: value
        case Path(root=root, steps=steps):
            return selection(root, tuple(map(step, steps)), where)
        case Has(path=path, key=key):
            return presence(path.root, tuple(map(step, path.steps)), key, where)
        case Logic(decisive=decisive, operands=operands):
            return _logic(decisive, tuple(map(below, operands)), where)
        case Not(operand=operand):
            return _negation(below(operand), where)
        case Choice(test=test, yes=yes, no=no):
            return _choice(below(test), below(yes), below(no), where)
        case ListOf(items=items):
            return _list(items, tuple(map(below, items)))
        case Compare(operator="==" | "!=" as sign, left=left, right=right):
            if isinstance(left, Constant):
                left, right = right, left
            if isinstance(right, Constant) and isinstance(right.value, str):
                return _equal_text(below(left), right.value, sign == "==")
            return _both(below(left), below(right), _equality(sign == "=="))
        case Compare(operator="in", left=left, right=right):
            if isinstance(right, ListOf) and (texts := _texts(right)):
                return _in_texts(below(left), texts)
            return _both(below(left), below(right), _membership(where))
        case Compare(operator=sign, left=left, right=right):
            return _both(below(left), below(right), _order(sign, where))
        case Call(name=name, arguments=(receiver, part)):
            return _both(below(receiver), below(part), _method(name, where))
        case Call(name=name, arguments=(argument,)):
            return _function(name, below(argument), where)
    raise AssertionError(f"the parser makes no {type(node).__name__}")


def _logic(decisive: bool, operands: tuple[Run, ...], where: str) -> Run:
    sign = "||" if decisive else "&&"

    def run(facts: Facts) -> bool:
        trouble: Missing | Error | None = None
        for operand in operands:
            try:
                value = operand(facts)
                if value is decisive:
                    return decisive
                if value is not (not decisive):
                    fail(where, f"{sign!r} takes bools; one here is of type {kind(value)}")
            except Undecided as undecided:
                trouble = join(trouble, undecided.outcome)
        if trouble is not None:
            raise Undecided(trouble)
        return not decisive

    return run


def _negation(operand: Run, where: str) -> Run:
    def run(facts: Facts) -> bool:
        value = operand(facts)
        if value is True:
            return False
        if value is False:
            return True
        fail(where, f"'!' takes a bool; this one is of type {kind(value)}")

    return run


def _choice(test: Run, yes: Run, no: Run, where: str) -> Run:
    def run(facts: Facts) -> object:
        value = test(facts)
        if value is True:
            return yes(facts)
        if value is False:
            return no(facts)
        fail(where, f"'?' takes a bool before it; this one is of type {kind(value)}")

    return run


def _list(items: tuple[Node, ...], runs: tuple[Run, ...]) -> Run:
    if all(isinstance(item, Constant) for item in items):
        fixed = tuple(run({}) for run in runs)
        return lambda facts: fixed

    def run(facts: Facts) -> tuple[object, ...]:
        values: list[object] = []
        trouble: Missing | Error | None = None
        for item in runs:
            try:
                values.append(item(facts))
            except Undecided as undecided:
                trouble = join(trouble, undecided.outcome)
        if trouble is not None:
            raise Undecided(trouble)
        return tuple(values)

    return run


def _both(left: Run, right: Run, combine: Callable[[Any, Any], object]) -> Run:
    def run(facts: Facts) -> object:
        try:
            value = left(facts)
        except Undecided as undecided:
            trouble = undecided.outcome
        else:
            return combine(value, right(facts))
        try:
            right(facts)
        except Undecided as undecided:
            trouble = join(trouble, undecided.outcome)
        raise Undecided(trouble)

    return run


def _equality(wanted: bool) -> Callable[[object, object], bool]:
    return equal if wanted else lambda left, right: not equal(left, right)


def _equal_text(operand: Run, text: str, wanted: bool) -> Run:
    # The commonest condition there is; `equal` would ask for both types.
    def run(facts: Facts) -> bool:
        value = operand(facts)
        return (value == text if value.__class__ is str else equal(value, text)) is wanted

    return run


def _texts(listed: ListOf) -> frozenset[str]:
    values = [item.value if isinstance(item, Constant) else None for item in listed.items]
    texts = frozenset(value for value in values if isinstance(value, str))
    return texts if all(isinstance(value, str) for value in values) else frozenset()


def _in_texts(operand: Run, texts: frozenset[str]) -> Run:
    def run(facts: Facts) -> bool:
        value = operand(facts)
        return (
            value in texts if value.__class__ is str else kind(value) == "string" and value in texts
        )

    return run


def _membership(where: str) -> Callable[[object, object], bool]:
    def combine(item: object, container: object) -> bool:
        found = contained(item, container)
        if found is None:
            fail(where, f"'in' has no meaning between {kind(item)} and {kind(container)}")
        return found

    return combine


def _order(sign: str, where: str) -> Callable[[object, object], bool]:
    compare = _ORDERS[sign]

    def combine(left: object, right: object) -> bool:
        holds = ordered(compare, left, right)
        if holds is None:
            fail(where, f"{sign!r} has no meaning between {kind(left)} and {kind(right)}")
        return holds

    return combine


def _method(name: str, where: str) -> Callable[[object, object], bool]:
    method = _METHODS[name]

    def combine(text: object, part: object) -> bool:
        if isinstance(text, str) and isinstance(part, str):
            return method(text, part)
        fail(where, f"{name}() takes two strings, and these are {kind(text)} and {kind(part)}")

    return combine


def _function(name: str, argument: Run, where: str) -> Run:
    def size(facts: Facts) -> int:
        value: Any = argument(facts)
        if (sort := kind(value)) not in ("string", "list", "map"):
            fail(where, f"size() takes a string, a list or a map; this one is of type {sort}")
        return len(value)

    def time(facts: Facts) -> object:
        value = argument(facts)
        if (sort := kind(value)) == name:
            return value
        if not isinstance(value, str):
            fail(where, f"{name}() takes a string; this one is of type {sort}")
        moment = read(value)
        if moment is None:
            fail(where, f"{name}() cannot read this string; write it as '{example}'")
        return moment

    if name == "size":
        return size
    read, example = TIMES[name]
    return time
