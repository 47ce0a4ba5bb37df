"""One step from a snapshot to the next: each table is written once, whatever the number of facts.

Facts are absolute ("this noun is so now", "this noun is gone"), so that a fact may come twice: a
cold start reads documents (`placet.access.loading`) and then the log, which overlap.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from typing import Any, TypeVar, cast

import msgspec

from placet.access.match import Placed, place, selector_of, unselected
from placet.access.placements import changed, changed_by_scope
from placet.access.registry import role_permissions
from placet.access.snapshot import Snapshot
from placet.access.table import Table
from placet.access.views import Views
from placet.catalogue import Catalogue
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Delegation,
    Group,
    Membership,
    Noun,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.refs import EVERYONE, encode

__all__ = ["Fact", "advance", "of_catalogue"]

_T = TypeVar("_T")


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A noun as it is now, or, where `gone`, as it was before it was removed."""

    noun: Noun
    gone: bool = False


def of_catalogue(catalogue: Catalogue) -> Snapshot:
    """The index of an account in which nothing is stored yet."""
    nouns = (
        *catalogue.permissions,
        *catalogue.roles,
        *catalogue.resource_groups,
        *catalogue.policies,
    )
    for noun in nouns:
        noun.validate()
    base = advance(Snapshot(), map(Fact, nouns))
    base.builtin_policies = base.policies
    return base


def advance(
    base: Snapshot,
    facts: Iterable[Fact],
    *,
    revision: int | None = None,
    authority: int | None = None,
) -> Snapshot:
    """The snapshot after `facts`; `revision` and `authority` as they are then, None if unchanged.

    >>> after = advance(Snapshot(), [Fact(User(id="sam"))], revision=1)
    >>> after.revision, "user:sam" in after.users
    (1, True)
    """
    after = _after(base, facts)
    return msgspec.structs.replace(
        after,
        revision=after.revision if revision is None else revision,
        authority=after.authority if authority is None else authority,
    )


def _after(base: Snapshot, facts: Iterable[Fact]) -> Snapshot:
    step = None
    for fact in facts:
        handle = _HANDLERS.get(type(fact.noun))
        if handle is not None:
            step = step or _Step(base)
            handle(step, fact.noun, None if fact.gone else fact.noun)
    # Most commits are no facts of access: a request, a review.
    return base if step is None else step.finish()


class _Step:
    """What changes in each table, on top of a snapshot that stays as it is."""

    def __init__(self, base: Snapshot) -> None:
        self.base = base
        self.changes: dict[str, dict[Any, Any]] = defaultdict(dict)
        self.buckets: dict[str, dict[Any, dict[str, bool]]] = {table: {} for table in _FREEZE}
        self.stale_roles: set[str] = set()
        self.registry_changed = False
        self.touched: set[str] = set()
        self.rebuilt = False
        self._moved: dict[tuple[str, str], dict[str, tuple[str, Placed | None]]] = {}
        self._texts: dict[Any, Any] = {}
        self.share = self._texts.setdefault

    def now(self, table: str, key: Any) -> Any:
        """The value of `key` so far in this step."""
        changed = self.changes[table]
        return changed[key] if key in changed else getattr(self.base, table).get(key)

    def set(self, table: str, key: Any, value: Any) -> None:
        """Give `key` a value; None removes it."""
        self.changes[table][key] = value

    def move(self, table: str, name: str, key: str, scope: str, placed: Placed | None) -> None:
        """Say how an assignment of `name` is now; None when it is not of it any more."""
        self._moved.setdefault((table, name), {})[key] = (scope, placed)

    def text(self, value: _T) -> _T:
        """One object for all that are equal."""
        found: _T = self._texts.setdefault(value, value)
        return found

    # Buckets are copied once a step and then changed in place: a bundle that puts a hundred
    # thousand assignments on one group must not copy a growing tuple a hundred thousand times.
    def bucket(self, table: str, key: Any) -> dict[str, bool]:
        """The bucket of `key`, as a dict of this step's own that may be changed."""
        buckets = self.buckets[table]
        own = buckets.get(key)
        if own is None:
            found = getattr(self.base, table).get(key)
            own = buckets[key] = dict.fromkeys(found or (), True)
        return own

    def finish(self) -> Snapshot:
        """The next snapshot."""
        after = copy(self.base)
        for table, changes in self.changes.items():
            self._update(after, table, changes)
        for table, buckets in self.buckets.items():
            if not buckets:
                continue  # and what is made on demand is not made for nothing
            freeze = _FREEZE[table]
            frozen = {key: freeze(bucket) or None for key, bucket in buckets.items()}
            self._update(after, table, frozen)
        self._place(after)
        self._expand_roles(after)
        after.views = Views() if self.rebuilt else after.views.without(self.touched)
        return after

    def touch(self, principal: str) -> None:
        """Say that the grants of this principal changed: of everybody in it, where it is many."""
        if principal == EVERYONE or principal.startswith("group:"):
            self.rebuilt = True
        else:
            # Compiled under the name that was asked for, too: an owner may have been left out.
            self.touched.update((principal, principal.partition("@/")[0]))

    def _place(self, after: Snapshot) -> None:
        held: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for (table, name), moved in self._moved.items():
            before = getattr(self.base, table).get(name)
            change = changed_by_scope if table == "by_principal" else changed
            held[table][name] = change(before, moved)
        for table, changes in held.items():
            # On top of the base's, which may have been made a moment ago.
            setattr(after, table, getattr(self.base, table).updated(changes))

    def _update(self, after: Snapshot, table: str, changes: Mapping[Any, Any]) -> None:
        known: Table[Any, Any] = getattr(after, table)
        setattr(after, table, known.updated(changes))

    def _expand_roles(self, after: Snapshot) -> None:
        if self.registry_changed:
            stale = set(after.roles) | self.stale_roles  # also those that are gone
        else:
            stale = set(self.stale_roles)
            grown = bool(stale)
            while grown:  # whoever includes a stale role is stale
                more = {
                    role.ref
                    for role in after.roles.values()
                    if role.ref not in stale and not stale.isdisjoint(role.includes)
                }
                stale |= more
                grown = bool(more)
        expanded: dict[str, frozenset[str] | None] = {}
        for ref in stale:
            role = after.roles.get(ref)
            expanded[ref] = (
                None if role is None else role_permissions(role, after.roles, after.permissions)
            )
        self._update(after, "role_perms", expanded)


_FREEZE: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "parents": tuple,
    "members": tuple,
    "delegated": tuple,
    "owned_by": tuple,
    "policies_for": tuple,
    "reports": tuple,
}


def _user(step: _Step, noun: User, now: User | None) -> None:
    _related(step, "reports", "manager", step.now("users", noun.ref), now)
    step.set("users", noun.ref, now)
    step.touch(noun.ref)


def _group(step: _Step, noun: Group, now: Group | None) -> None:
    step.set("groups", noun.ref, now)
    step.rebuilt = True


def _service_account(step: _Step, noun: ServiceAccount, now: ServiceAccount | None) -> None:
    step.set("service_accounts", noun.ref, now)
    # A nearer one of its name may be meant from now on.
    step.rebuilt = True


def _membership(step: _Step, noun: Membership, now: Membership | None) -> None:
    step.touch(noun.member)
    parents = step.bucket("parents", noun.member)
    members = step.bucket("members", noun.group)
    if now is None:
        parents.pop(noun.group, None)
        members.pop(noun.member, None)
    else:
        parents[noun.group] = True
        members[noun.member] = True


def _permission(step: _Step, noun: Permission, now: Permission | None) -> None:
    if now is not None:
        now = msgspec.structs.replace(
            now,
            id=step.text(now.id),
            resource_type=step.text(now.resource_type),
            allowed_scope_levels=step.text(now.allowed_scope_levels),
        )
    step.set("permissions", noun.id if now is None else now.id, now)
    step.registry_changed = step.rebuilt = True


def _role(step: _Step, noun: Role, now: Role | None) -> None:
    if now is not None:
        shared = tuple(map(step.text, now.permissions))
        now = msgspec.structs.replace(now, permissions=shared)
    step.set("roles", noun.ref, now)
    step.stale_roles.add(noun.ref)
    step.rebuilt = True


def _resource(step: _Step, noun: Resource, now: Resource | None) -> None:
    before: Resource | None = step.now("resources", noun.ref)
    moved = (now is not None and now.scope is not None) - (
        before is not None and before.scope is not None
    )
    if moved:
        count: int = step.now("homes", noun.type) or 0
        step.set("homes", noun.type, count + moved or None)
        step.rebuilt = step.rebuilt or 0 in (count, count + moved)
    _related(step, "owned_by", "owner", before, now)
    step.set("resources", noun.ref, now)


def _related(
    step: _Step,
    table: str,
    attribute: str,
    before: User | Resource | None,
    now: User | Resource | None,
) -> None:
    """Keep under the name of whom an attribute names, who or what it is the attribute of."""
    was = before and before.attributes.get(attribute)
    named = now and now.attributes.get(attribute)
    if before is not None and was != named and isinstance(was, str):
        step.bucket(table, was).pop(before.ref, None)
    if now is not None and was != named and isinstance(named, str):
        step.bucket(table, named)[now.ref] = True


def _resource_group(step: _Step, noun: ResourceGroup, now: ResourceGroup | None) -> None:
    step.set("selectors", noun.ref, now and selector_of(now))
    step.set("resource_groups", noun.ref, now and unselected(now))
    step.rebuilt = True


def _policy(step: _Step, noun: ApprovalPolicy, now: ApprovalPolicy | None) -> None:
    before = step.now("policies", noun.ref)
    if now is None:
        now = step.base.builtin_policies.get(noun.ref)
    for permission in before.applies_to if before else ():
        step.bucket("policies_for", permission).pop(noun.ref, None)
    for permission in now.applies_to if now else ():
        step.bucket("policies_for", permission)[noun.ref] = True
    step.set("policies", noun.ref, now)
    step.rebuilt = True


def _delegation(step: _Step, noun: Delegation, now: Delegation | None) -> None:
    before = step.now("delegations", noun.id)
    if before is not None:
        step.bucket("delegated", before.delegate).pop(noun.id, None)
    if now is not None:
        step.bucket("delegated", now.delegate)[noun.id] = True
    step.set("delegations", noun.id, now)


def _assignment(step: _Step, noun: Assignment, now: Assignment | None) -> None:
    key = encode(noun.scope, noun.id)
    before: Placed | None = step.now("assignments", key)
    after = None if now is None else place(key, now, step.share)
    step.set("assignments", key, after)
    for placed in (before, after):
        if placed is not None:
            step.touch(placed.principal)
            for table, name in _holders(placed):
                # The later one wins where both name the same.
                step.move(table, name, key, placed.scope, placed if placed is after else None)


def _holders(placed: Placed) -> Iterator[tuple[str, str]]:
    """The tables in which an assignment is found, and under which names."""
    yield "by_principal", placed.principal
    yield "by_role", placed.role
    if placed.resource_group is not None:
        yield "by_resource_group", placed.resource_group


_HANDLERS = cast(
    Mapping[type, Callable[[_Step, Noun, Noun | None], None]],
    {
        User: _user,
        Group: _group,
        ServiceAccount: _service_account,
        Membership: _membership,
        Permission: _permission,
        Role: _role,
        Resource: _resource,
        ResourceGroup: _resource_group,
        ApprovalPolicy: _policy,
        Delegation: _delegation,
        Assignment: _assignment,
    },
)
