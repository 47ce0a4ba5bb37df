"""Which facts a condition asks for: what may be left out, and what has to come along with it."""

from collections.abc import Iterator
from functools import lru_cache

from placet.conditions.parser import parse
from placet.conditions.syntax import Call, Choice, Compare, Has, ListOf, Logic, Node, Not, Path

__all__ = ["roots_of"]


@lru_cache(maxsize=4096)
def roots_of(text: str) -> frozenset[str]:
    """The roots that a condition names anywhere: `subject`, `resource`, `action`, `context`, `now`.

    Raises Invalid for what is no condition.

    >>> sorted(roots_of("context.owners[resource.id] == subject.id"))
    ['context', 'resource', 'subject']
    """
    return frozenset(_roots(parse(text)))


def _roots(node: Node) -> Iterator[str]:
    match node:
        case Path(root=root, steps=steps):
            yield root
            for step in steps:
                if isinstance(step, Node):
                    yield from _roots(step)
        case Has(path=path):
            yield from _roots(path)
        case Not(operand=operand):
            yield from _roots(operand)
        case Compare(left=left, right=right):
            yield from (*_roots(left), *_roots(right))
        case Choice(test=test, yes=yes, no=no):
            yield from (*_roots(test), *_roots(yes), *_roots(no))
        case Logic(operands=parts) | ListOf(items=parts) | Call(arguments=parts):
            for part in parts:
                yield from _roots(part)
