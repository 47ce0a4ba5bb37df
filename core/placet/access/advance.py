"""One step from a snapshot to the next: each table is written once, whatever the number of facts.

Facts are absolute ("this noun is so now", "this noun is gone"), so that a fact may come twice: a
cold start reads documents and then the log, which overlap.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec

from placet.access.match import Placed, place, selector_of
from placet.access.registry import role_permissions
from placet.access.snapshot import Snapshot
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
from placet.refs import encode

__all__ = ["Fact", "advance", "of_catalogue"]


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A noun as it is now, or, where `gone`, as it was before it was removed.

    Facts come by the hundred thousand and do not last: the garbage collector passes them by.
    """

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
    step = _Step(base)
    for fact in facts:
        handle = _HANDLERS.get(type(fact.noun))
        if handle is not None:
            handle(step, fact.noun, None if fact.gone else fact.noun)
    after = step.finish()
    if revision is not None:
        after.revision = revision
    if authority is not None:
        after.authority = authority
    return after


class _Step:
    """What changes in each table, on top of a snapshot that stays as it is."""

    def __init__(self, base: Snapshot) -> None:
        self.base = base
        self.changes: dict[str, dict[Any, Any]] = defaultdict(dict)
        self.buckets: dict[str, dict[Any, dict[str, Any]]] = {table: {} for table in _FREEZE}
        self.stale_roles: set[str] = set()
        self.registry_changed = False
        self.denies = base.denies

    def now(self, table: str, key: Any) -> Any:
        """The value of `key` so far in this step."""
        changed = self.changes[table]
        return changed[key] if key in changed else getattr(self.base, table).get(key)

    def set(self, table: str, key: Any, value: Any) -> None:
        """Give `key` a value; None removes it."""
        self.changes[table][key] = value

    # Buckets are copied once a step and then changed in place: a bundle that puts a hundred
    # thousand assignments on one group must not copy a growing tuple a hundred thousand times.
    def bucket(self, table: str, key: Any) -> dict[str, Any]:
        """The bucket of `key`, as a dict of this step's own that may be changed."""
        buckets = self.buckets[table]
        own = buckets.get(key)
        if own is None:
            own = buckets[key] = _thawed(table, getattr(self.base, table).get(key))
        return own

    def finish(self) -> Snapshot:
        """The next snapshot."""
        after = self.base.copy()
        for table, changes in self.changes.items():
            setattr(after, table, getattr(after, table).updated(changes))
        for table, buckets in self.buckets.items():
            freeze = _FREEZE[table]
            frozen = {key: freeze(bucket) or None for key, bucket in buckets.items()}
            setattr(after, table, getattr(after, table).updated(frozen))
        after.denies = self.denies
        self._expand_roles(after)
        return after

    def _expand_roles(self, after: Snapshot) -> None:
        if self.registry_changed:
            stale = set(after.roles)
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
        after.role_perms = after.role_perms.updated(expanded)


def _thawed(table: str, found: Any) -> dict[str, Any]:
    if not found:
        return {}
    if table == "grants":
        return {placed.key: placed for placed in found}
    return dict.fromkeys(found, True)


_FREEZE: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "parents": tuple,
    "members": frozenset,
    "grants": lambda bucket: tuple(bucket.values()),
    "held": tuple,
    "policies_for": tuple,
}


def _user(step: _Step, noun: User, now: User | None) -> None:
    step.set("users", noun.ref, now)


def _group(step: _Step, noun: Group, now: Group | None) -> None:
    step.set("groups", noun.ref, now)


def _service_account(step: _Step, noun: ServiceAccount, now: ServiceAccount | None) -> None:
    step.set("service_accounts", noun.ref, now)


def _membership(step: _Step, noun: Membership, now: Membership | None) -> None:
    parents = step.bucket("parents", noun.member)
    members = step.bucket("members", noun.group)
    if now is None:
        parents.pop(noun.group, None)
        members.pop(noun.member, None)
    else:
        parents[noun.group] = True
        members[noun.member] = True


def _permission(step: _Step, noun: Permission, now: Permission | None) -> None:
    step.set("permissions", noun.id, now)
    step.registry_changed = True


def _role(step: _Step, noun: Role, now: Role | None) -> None:
    step.set("roles", noun.ref, now)
    step.stale_roles.add(noun.ref)


def _resource(step: _Step, noun: Resource, now: Resource | None) -> None:
    step.set("resources", noun.ref, now)


def _resource_group(step: _Step, noun: ResourceGroup, now: ResourceGroup | None) -> None:
    step.set("resource_groups", noun.ref, now)
    step.set("selectors", noun.ref, now and selector_of(now))


def _policy(step: _Step, noun: ApprovalPolicy, now: ApprovalPolicy | None) -> None:
    before = step.now("policies", noun.ref)
    if now is None:
        now = step.base.builtin_policies.get(noun.ref)
    for permission in before.applies_to if before else ():
        step.bucket("policies_for", permission).pop(noun.ref, None)
    for permission in now.applies_to if now else ():
        step.bucket("policies_for", permission)[noun.ref] = True
    step.set("policies", noun.ref, now)


def _delegation(step: _Step, noun: Delegation, now: Delegation | None) -> None:
    step.set("delegations", noun.id, now)


def _assignment(step: _Step, noun: Assignment, now: Assignment | None) -> None:
    key = encode(noun.scope, noun.id)
    before: Assignment | None = step.now("assignments", key)
    if before is not None:
        step.bucket("grants", (before.principal, before.scope)).pop(key, None)
        for name in _named(before):
            step.bucket("held", name).pop(key, None)
        step.denies -= before.effect == "deny"
    if now is not None:
        placed: Placed = place(key, now)
        step.bucket("grants", (now.principal, now.scope))[key] = placed
        for name in _named(now):
            step.bucket("held", name)[key] = True
        step.denies += now.effect == "deny"
    step.set("assignments", key, now)


def _named(assignment: Assignment) -> tuple[str, ...]:
    """What holds an assignment: names under which a deletion finds it, a mark apart each."""
    names = ("role " + assignment.role, "principal " + assignment.principal)
    if assignment.resource_group is None:
        return names
    return (*names, "resource_group " + assignment.resource_group)


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
