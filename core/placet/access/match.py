"""Whether an assignment reaches: its window, its resource group, its condition.

One matcher, for enforcement, explanations, sources of reviewers and the widening guard.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import msgspec

from placet.conditions import Condition, compile
from placet.model import Assignment, Effect, ResourceGroup
from placet.refs import LONG, ResourceRef, is_below, last_part

__all__ = ["EVERYTHING", "PLAIN", "Placed", "Selector", "Terms", "place", "selector_of",
           "unselected"]  # fmt: skip


_HANDFUL = 8


class Selector(msgspec.Struct, frozen=True, gc=False):
    """A resource group, compiled: whole types, single resources, and the scopes it reaches."""

    all: bool = False
    types: frozenset[str] = frozenset()
    resources: Collection[str] = ()
    include_child_scopes: bool = True
    included: tuple[tuple[str, bool], ...] | None = None

    def covers(self, resource: ResourceRef) -> bool:
        """Whether it holds `resource`; a type as a whole is held only as a whole."""
        return self.all or resource.type in self.types or str(resource) in self.resources

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
    types, resources = [], []
    for selector in group.resources:
        if selector.ids is None:
            types.append(selector.type)
        else:
            resources += [f"{selector.type}:{name}" for name in selector.ids]
    return Selector(
        group.all,
        frozenset(types),
        _few(resources),
        group.include_child_scopes,
        None
        if group.included_scopes is None
        else tuple((part.scope, part.include_child_scopes) for part in group.included_scopes),
    )


def unselected(group: ResourceGroup) -> ResourceGroup:
    """The resource group as it is kept beside its selector: what it selects is kept once.

    One that is managed stays whole.
    """
    if group.managed or not group.resources:
        return group
    return msgspec.structs.replace(group, resources=())


def _few(resources: Iterable[str]) -> Collection[str]:
    """For a test of membership: up to a handful is as fast in a tuple, and a third of the size."""
    found = frozenset(resources)
    return tuple(sorted(found)) if len(found) <= _HANDFUL else found


class Terms(msgspec.Struct, frozen=True):
    """What makes an assignment more than who has which role on what, where.

    `only` narrows it to single resources, `approval` says that one minted it, and `policies` under
    which it was approved. `id` is that of an assignment whose key does not show it.
    """

    effect: Effect = "allow"
    disabled: bool = False
    condition: Condition | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    only: frozenset[str] | None = None
    approval: bool = False
    policies: tuple[str, ...] = ()
    id: str | None = None

    @property
    def plain(self) -> bool:
        """Whether they say no more than that it counts, or, disabled, does not."""
        return msgspec.structs.replace(self, id=None) in (PLAIN, _DISABLED)

    @property
    def lasting(self) -> bool:
        """Whether they hold at any time, on whatever the resource group selects."""
        return (
            self.not_before is None
            and self.expires_at is None
            and self.only is None
            and not self.disabled
        )

    def open_at(self, now: datetime) -> bool:
        """Whether `now` lies in the half-open window of an enabled assignment."""
        return not (
            self.disabled
            or (self.not_before is not None and now < self.not_before)
            or (self.expires_at is not None and now >= self.expires_at)
        )

    def narrowed_to(self, resource: ResourceRef) -> bool:
        """Whether its `only` lets it reach `resource`: that one, or its type as a whole."""
        only = self.only
        return only is None or resource.type in only or str(resource) in only


PLAIN = Terms()
"""The terms of nearly every assignment: an allow, for ever, without a condition."""
_DISABLED = Terms(disabled=True)


class Placed(msgspec.Struct, frozen=True, gc=False):
    """An assignment in the index: what access needs of it, and no more.

    There may be millions: provenance stays in the store, and what nearly all have in common is one
    object (`PLAIN`). `key` is the id under which it is stored. It refers to nothing that could
    refer back to it, so that the garbage collector may pass it over.
    """

    key: str
    principal: str
    scope: str
    role: str
    resource_group: str | None
    terms: Terms

    @property
    def id(self) -> str:
        """The id of the assignment in its scope."""
        return self.terms.id or last_part(self.key)


def _itself(text: str, _: str) -> str:
    return text


def place(key: str, assignment: Assignment, share: Callable[[str, str], str] = _itself) -> Placed:
    """The assignment, compiled; `key` is the id under which it is stored.

    There may be millions, whose texts are mostly those of others: `share` is the `setdefault` of a
    dict of texts, so that all that are equal become one object.
    """
    principal, scope, role = assignment.principal, assignment.scope, assignment.role
    group = assignment.resource_group
    return Placed(
        key,
        share(principal, principal),
        share(scope, scope),
        share(role, role),
        None if group is None else share(group, group),
        # Nearly all are plain, and seen to be so before anything is made.
        _terms(key, assignment)
        if assignment.disabled
        or assignment.condition is not None
        or assignment.expires_at is not None
        or assignment.not_before is not None
        or assignment.only
        or assignment.approval is not None
        or assignment.policies
        or assignment.effect == "deny"
        or key.startswith(LONG)
        else PLAIN,
    )


def _terms(key: str, assignment: Assignment) -> Terms:
    return Terms(
        assignment.effect,
        assignment.disabled,
        None if assignment.condition is None else compile(assignment.condition),
        assignment.not_before,
        assignment.expires_at,
        frozenset(assignment.only) or None,
        assignment.approval is not None,
        assignment.policies,
        assignment.id if key.startswith(LONG) else None,
    )
