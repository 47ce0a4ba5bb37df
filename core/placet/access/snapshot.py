"""Everything that access rests on, at one revision of one account's log, as an immutable index.

What a principal holds is found by a few dictionary probes: principal -> the subjects that it is
(itself, its groups, everyone), scope -> itself and what is above it, and one probe for each pair.
The number of assignments is no term in it. For those who ask it is kept compiled
(`placet.access.held`): grants, never answers.

`placet.access.loading` makes the first snapshot and `placet.access.advance` the next; whoever reads
the old one goes on undisturbed (failure mode 19).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from placet.access.match import EVERYTHING, Placed, Selector
from placet.access.placements import (
    Many,
    ScopedMany,
    at_scope,
    every,
    gathered,
    gathered_by,
    gathered_by_key,
)
from placet.access.table import Table
from placet.access.views import Views
from placet.model import (
    ApprovalPolicy,
    Delegation,
    Group,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.refs import EVERYONE, scope_chain

__all__ = ["Snapshot"]

_V = TypeVar("_V")
_EMPTY: Table[Any, Any] = Table()


def _find_members(snapshot: "Snapshot") -> Table[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for member, groups in snapshot.parents.items():
        for group in groups:
            found[group].append(member)
    return Table.of(found, [*map(tuple, found.values())])


def _find_owned_by(snapshot: "Snapshot") -> Table[str, tuple[str, ...]]:
    return _named_in(snapshot.resources, "owner")


def _find_reports(snapshot: "Snapshot") -> Table[str, tuple[str, ...]]:
    return _named_in(snapshot.users, "manager")


def _named_in(
    table: Table[str, Resource] | Table[str, User], attribute: str
) -> Table[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for ref, noun in table.items():
        named = noun.attributes.get(attribute)
        if isinstance(named, str):
            found[named].append(ref)
    return Table.of(found, [*map(tuple, found.values())])


def _find_assignments(snapshot: "Snapshot") -> Table[str, Placed]:
    return gathered_by_key(snapshot.every_placed())


def _find_by_role(snapshot: "Snapshot") -> Table[str, Many]:
    return gathered_by("role", gathered, snapshot.every_placed())


def _find_by_resource_group(snapshot: "Snapshot") -> Table[str, Many]:
    return gathered_by("resource_group", gathered, snapshot.every_placed())


class _OnDemand(Generic[_V]):
    """A table that is another one turned round, made when it is first asked for.

    Who may do what is found without it, so that a process which only answers that never has it, and
    starts sooner. The first change makes it, and from then on it goes from snapshot to snapshot.
    """

    def __init__(self, make: Callable[["Snapshot"], Table[str, _V]]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, snapshot: "Snapshot", _: type) -> Table[str, _V]:
        found: Table[str, _V] | None = getattr(snapshot, self._slot)
        if found is None:
            # Two that make it at once make the same.
            found = self._make(snapshot)
            setattr(snapshot, self._slot, found)
        return found

    def __set__(self, snapshot: "Snapshot", table: Table[str, _V]) -> None:
        setattr(snapshot, self._slot, table)

    def __delete__(self, snapshot: "Snapshot") -> None:
        setattr(snapshot, self._slot, None)


class Snapshot(msgspec.Struct, kw_only=True, eq=False):
    """The index of one account, as tables; `Snapshot()` is that of an empty account."""

    revision: int = 0
    """The number of the last event that is in this snapshot."""
    authority: int = 0
    """The version of the last commit that changed who may do what."""
    permissions: Table[str, Permission] = _EMPTY
    users: Table[str, User] = _EMPTY
    groups: Table[str, Group] = _EMPTY
    service_accounts: Table[str, ServiceAccount] = _EMPTY
    roles: Table[str, Role] = _EMPTY
    role_perms: Table[str, frozenset[str]] = _EMPTY
    resources: Table[str, Resource] = _EMPTY
    homes: Table[str, int] = _EMPTY
    """Type -> how many stored resources of it have a home scope."""
    resource_groups: Table[str, ResourceGroup] = _EMPTY
    """Those that are stored without what they select, which is in `selectors`."""
    selectors: Table[str, Selector] = _EMPTY
    policies: Table[str, ApprovalPolicy] = _EMPTY
    builtin_policies: Table[str, ApprovalPolicy] = _EMPTY
    """Default policies that come from code: a stored one of the same name replaces one."""
    policies_for: Table[str, tuple[str, ...]] = _EMPTY
    delegations: Table[str, Delegation] = _EMPTY
    delegated: Table[str, tuple[str, ...]] = _EMPTY
    """Delegate -> the ids of the delegations to it."""
    parents: Table[str, tuple[str, ...]] = _EMPTY
    """Member -> the groups that it is directly in."""
    by_principal: Table[str, ScopedMany] = _EMPTY
    _members: Table[str, tuple[str, ...]] | None = None
    _assignments: Table[str, Placed] | None = None
    _owned_by: Table[str, tuple[str, ...]] | None = None
    _reports: Table[str, tuple[str, ...]] | None = None
    _by_role: Table[str, Many] | None = None
    _by_resource_group: Table[str, Many] | None = None
    views: Views = msgspec.field(default_factory=Views)
    """Compiled grants of those who asked (`placet.access.held`)."""

    members = _OnDemand(_find_members)
    """Group -> its direct members."""
    owned_by = _OnDemand(_find_owned_by)
    """Owner, as the attribute of a resource names it -> those resources."""
    reports = _OnDemand(_find_reports)
    """Manager, as the attribute of a user names it -> those users."""
    assignments = _OnDemand(_find_assignments)
    """Stored id -> assignment, allows and denies."""
    by_role = _OnDemand(_find_by_role)
    """Role -> the assignments of it."""
    by_resource_group = _OnDemand(_find_by_resource_group)
    """Resource group -> the assignments on it."""

    def subjects(self, principal: str) -> tuple[str, ...]:
        """The principal, every group it is in directly or through groups, and everyone.

        A disabled group passes nothing on. Diamonds count once; a cycle, which the write side
        refuses, ends here as well (failure modes 24 and 29).
        """
        found = [principal]
        seen = {principal}
        for member in found:
            for group in self.parents.get(member) or ():
                if group not in seen:
                    seen.add(group)
                    known = self.groups.get(group)
                    if known is not None and not known.disabled:
                        found.append(group)
        if principal != EVERYONE:
            found.append(EVERYONE)
        return tuple(found)

    def members_of(self, group: str) -> frozenset[str]:
        """Everybody in a group, groups within it resolved; the groups themselves are left out."""
        found: set[str] = set()
        seen = {group}
        waiting = [group]
        while waiting:
            current = waiting.pop()
            known = self.groups.get(current)
            if known is None or known.disabled:
                continue
            for member in self.members.get(current) or ():
                if member.startswith("group:"):
                    if member not in seen:
                        seen.add(member)
                        waiting.append(member)
                else:
                    found.add(member)
        return frozenset(found)

    def placed(self, principal: str, scope: str) -> Iterator[Placed]:
        """The assignments of exactly this principal at exactly this scope."""
        return at_scope(self.by_principal.get(principal), scope)

    def every_placed(self) -> Iterator[Placed]:
        """All assignments, in no particular order."""
        for held in self.by_principal.values():
            yield from every(held)

    def selector(self, placed: Placed) -> Selector | None:
        """What the assignment reaches; None when its resource group is gone."""
        if placed.resource_group is None:
            return EVERYTHING
        return self.selectors.get(placed.resource_group)

    def owner_of(self, table: Table[str, _V], prefix: str, id: str, scope: str) -> str | None:
        """The exact reference of the nearest `id` going up from `scope`; None when there is none.

        `table` holds owned nouns by reference; `prefix` is what stands before the id in it.
        """
        for owner in scope_chain(scope):
            ref = f"{prefix}{id}@/{owner}"
            if ref in table:
                return ref
        return None
