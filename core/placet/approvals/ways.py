"""The ways in which a requirement can be met, each a set of leaves.

A node of a tree goes by its number in the order of `placet.model.walk`, so that the same leaf
written twice is two leaves.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product

from placet.errors import Invalid
from placet.model import (
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Requirement,
    Reviews,
    walk,
)

__all__ = ["children", "ways"]

MAX_WAYS = 256


def ways(requirement: Requirement, number: int = 0) -> tuple[frozenset[int], ...]:
    """The sets of leaves (by number) each of which, when all met, satisfies the requirement.

    Raises Invalid for a tree with more than 256 of them.
    """
    if isinstance(requirement, Reviews | ConditionHolds):
        return (frozenset({number}),)
    below = [ways(child, at) for at, child in children(requirement, number)]
    if isinstance(requirement, AnyOf):
        found: Iterable[frozenset[int]] = chain.from_iterable(below)
    elif isinstance(requirement, AtLeast):
        found = (
            frozenset[int]().union(*choice)
            for picked in combinations(below, requirement.count)
            for choice in product(*picked)
        )
    else:
        found = (frozenset[int]().union(*choice) for choice in product(*below))
    distinct: dict[frozenset[int], None] = {}
    for way in found:
        distinct[way] = None
        if len(distinct) > MAX_WAYS:
            raise Invalid(
                f"the requirement can be met in more than {MAX_WAYS} ways; split the policy"
            )
    return tuple(distinct)


def children(
    requirement: AllOf | AnyOf | AtLeast | InOrder, number: int
) -> Iterator[tuple[int, Requirement]]:
    """The children with their numbers: a node's number is its place in `walk`'s order."""
    number += 1
    for child in requirement.of:
        yield number, child
        number += len(walk(child))
