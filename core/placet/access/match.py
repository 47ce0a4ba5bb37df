"""Whether an assignment reaches: its window, its resource group, its condition.

One matcher, for enforcement, explanations, sources of reviewers and the widening guard.
"""

from datetime import datetime

import msgspec

from placet.conditions import Condition, compile
from placet.model import Assignment, ResourceGroup
from placet.refs import ResourceRef, is_below, parse_resource

__all__ = ["EVERYTHING", "Placed", "Selector", "place", "selector_of", "window_open"]


class Selector(msgspec.Struct, frozen=True):
    """A resource group, compiled: whole types, single resources, and the scopes it reaches."""

    all: bool = False
    types: frozenset[str] = frozenset()
    resources: frozenset[ResourceRef] = frozenset()
    include_child_scopes: bool = True
    included: tuple[tuple[str, bool], ...] | None = None

    def covers(self, resource: ResourceRef) -> bool:
        """Whether it holds `resource`; a type as a whole is held only as a whole."""
        return self.all or resource.type in self.types or resource in self.resources

    def reaches(self, placed: str, scope: str) -> bool:
        """Whether an assignment placed in `placed` reaches `scope`, at or below it."""
        if self.included is None:
            return scope == placed or self.include_child_scopes
        return any(
            scope == root or (children and is_below(scope, root))
            for root, children in self.included
        )


EVERYTHING = Selector(all=True)
"""What an assignment without a resource group reaches: all, at and below its scope."""


def selector_of(group: ResourceGroup) -> Selector:
    """The resource group as a few set tests."""
    return Selector(
        group.all,
        frozenset(selector.type for selector in group.resources if selector.ids is None),
        frozenset(
            ResourceRef(selector.type, name)
            for selector in group.resources
            for name in selector.ids or ()
        ),
        group.include_child_scopes,
        None
        if group.included_scopes is None
        else tuple((part.scope, part.include_child_scopes) for part in group.included_scopes),
    )


class Placed(msgspec.Struct, frozen=True, gc=False):
    """An assignment in the index: what a check needs of it, ready to be tested.

    It is part of no cycle, and the garbage collector need not walk a million of them.
    """

    key: str
    assignment: Assignment
    only: frozenset[ResourceRef] | None
    condition: Condition | None

    def narrowed_to(self, resource: ResourceRef) -> bool:
        """Whether its `only` lets it reach `resource`: that one, or its type as a whole."""
        only = self.only
        return only is None or resource in only or ResourceRef(resource.type) in only


def place(key: str, assignment: Assignment) -> Placed:
    """The assignment, compiled; `key` is the id under which it is stored."""
    return Placed(
        key,
        assignment,
        frozenset(map(parse_resource, assignment.only)) if assignment.only else None,
        None if assignment.condition is None else compile(assignment.condition),
    )


def window_open(assignment: Assignment, now: datetime) -> bool:
    """Whether `now` lies in the half-open window of an enabled assignment."""
    return not (
        assignment.disabled
        or (assignment.not_before is not None and now < assignment.not_before)
        or (assignment.expires_at is not None and now >= assignment.expires_at)
    )
