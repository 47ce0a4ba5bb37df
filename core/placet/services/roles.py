"""Roles, the permissions that they are made of, and resource groups."""

from collections.abc import Iterator, Sequence

import msgspec

from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.errors import Invalid, InvalidState, Problem
from placet.model import Permission, Record, Resource, ResourceGroup, Role
from placet.refs import parse_resource, scope_level, text_fault
from placet.services.endings import cancel_requests
from placet.services.records import Records, builtins_at_level
from placet.services.references import known_pattern, known_role
from placet.services.work import Work

__all__ = ["Permissions", "ResourceGroups", "Resources", "Roles", "refuse_role_circle"]


def refuse_role_circle(world: Snapshot, role: Role) -> None:
    """Raise Invalid if a role includes itself, by way of other roles (failure mode 24)."""
    waiting, seen = list(role.includes), set[str]()
    while waiting:
        ref = waiting.pop()
        if ref == role.ref:
            raise Invalid(f"role {role.id!r} would include itself, by way of other roles")
        if ref not in seen:
            seen.add(ref)
            included = world.roles.get(ref)
            waiting.extend(included.includes if included else ())


def _refuse_useless(world: Snapshot, role: Role, pattern: str, path: str) -> None:
    """Raise Invalid, with its path, for a permission that the role could never give."""
    fault = ""
    try:
        known_pattern(world, pattern)
    except Invalid as error:
        fault = error.message
    permission = world.permissions.get(pattern)
    if permission is not None:
        if permission.status in ("staging", "inactive"):
            fault = f"permission {pattern!r} is {permission.status} and cannot be given"
        elif set(permission.allowed_scope_levels).isdisjoint(role.allowed_scope_levels):
            fault = (
                f"permission {pattern!r} is used at {', '.join(permission.allowed_scope_levels)} "
                f"level, and role {role.id!r} is for {', '.join(role.allowed_scope_levels)}"
            )
    if fault:
        raise Invalid(fault, [Problem(path, fault)])


class Roles(Records[Role]):
    """Named sets of permissions. Built-in ones come from code and cannot be changed."""

    noun = Role
    operations = "roles"

    def _exact(self, work: Work, noun: Role) -> Role:
        before = self._stored(work, noun)
        had = frozenset(before.permissions if before else ())
        for at, pattern in enumerate(noun.permissions):
            if pattern not in had or pattern not in work.world.permissions:
                _refuse_useless(work.world, noun, pattern, f"permissions[{at}]")
        repeated = len(noun.permissions) - len(set(noun.permissions))
        if repeated:
            raise Invalid(f"role {noun.id!r} names {repeated} of its permissions more than once")
        includes = tuple(known_role(work.world, ref, noun.scope) for ref in noun.includes)
        return msgspec.structs.replace(noun, includes=includes)

    def _verify(self, work: Work, noun: Role) -> None:
        refuse_role_circle(work.world, noun)

    def _dependents(self, work: Work, noun: Role) -> Sequence[Record]:
        for role in work.world.roles.values():
            if noun.ref in role.includes:
                raise InvalidState(f"role {noun.id!r} is included by role {role.ref!r}")
        return self._assignments(work, every(work.world.by_role.get(noun.ref)))

    def _builtin_at(self, snapshot: Snapshot, parts: tuple[str, ...]) -> Role | None:
        found = snapshot.roles.get(f"{parts[1]}@/")
        usable = found is not None and found.managed
        return found if usable else None

    def _builtins(self, snapshot: Snapshot, scope: str) -> Iterator[Role]:
        return builtins_at_level(snapshot.roles.values(), scope)


class ResourceGroups(Records[ResourceGroup]):
    """Named selections of resources. Built-in ones come from code and cannot be changed."""

    noun = ResourceGroup
    operations = "resource_groups"

    def _dependents(self, work: Work, noun: ResourceGroup) -> Sequence[Record]:
        return self._assignments(work, every(work.world.by_resource_group.get(noun.ref)))

    def _builtin_at(self, snapshot: Snapshot, parts: tuple[str, ...]) -> ResourceGroup | None:
        found = snapshot.resource_groups.get(f"{parts[1]}@/")
        usable = found is not None and found.managed
        return found if usable else None

    def _builtins(self, snapshot: Snapshot, scope: str) -> Iterator[ResourceGroup]:
        return builtins_at_level(snapshot.resource_groups.values(), scope)


class Permissions(Records[Permission]):
    """The closed registry: what is not in it can be neither given nor asked for."""

    noun = Permission
    operations = "permissions"

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """A permission is known by id in the whole account."""
        if fault := text_fault(id):
            raise Invalid(f"permission id {id!r} {fault}")
        return (id,)

    def _parts(self, noun: Permission) -> tuple[str, ...]:
        return (noun.id,)

    def _placed(self, noun: Permission) -> Permission:
        return noun

    def _builtin_at(self, snapshot: Snapshot, parts: tuple[str, ...]) -> Permission | None:
        return snapshot.permissions.get(parts[0])

    def _builtins(self, snapshot: Snapshot, scope: str) -> Iterator[Permission]:
        level = scope_level(scope)
        for permission in snapshot.permissions.values():
            if permission.created_at is None and level in permission.allowed_scope_levels:
                yield permission


class Resources(Records[Resource]):
    """The catalogue of resources whose attributes policies may rest on."""

    noun = Resource
    operations = "resources"
    sorts = ("id", "type", "created_at", "updated_at")

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """A resource is known by `type:id` in the whole account."""
        ref = parse_resource(id)
        if ref.id is None:
            raise Invalid(f"{id!r} is a type; write 'type:id'")
        return ref.type, ref.id

    def _parts(self, noun: Resource) -> tuple[str, ...]:
        return (noun.type, noun.id)

    def _name_of(self, noun: Resource) -> str:
        return noun.ref

    def _scope_of(self, noun: Resource) -> str:
        return noun.scope or ""

    def _words(self, noun: Resource) -> tuple[str, ...]:
        return (noun.type, noun.id)

    def _authorize_edit(self, work: Work, noun: Resource) -> None:
        # A resource is known by type and id in the whole account, so that a first entry captures
        # it from every scope: that needs the right at the account. To move one needs it at both
        # ends.
        stored = work.get(Resource, noun.type, noun.id)
        before = "" if stored is None else self._scope_of(stored)
        for scope in sorted({self._scope_of(noun), before}):
            work.authorize("resources.edit", scope, noun.ref)

    def _authorize_view(self, work: Work, noun: Resource | None, parts: tuple[str, ...]) -> None:
        work.authorize("resources.view", self._scope_of(noun) if noun else "", ":".join(parts))

    def _authorize_delete(self, work: Work, noun: Resource | None, parts: tuple[str, ...]) -> None:
        work.authorize("resources.delete", self._scope_of(noun) if noun else "", ":".join(parts))

    def remove(self, work: Work, noun: Resource, *, cascade: bool) -> None:
        """Drop the resource and, in the same commit, cancel every request that waits on it.

        Nobody can be asked about what is gone, or goes by another name now. Raises InvalidState
        for a resource with more than 10,000 such requests.
        """
        reason = f"{noun.ref} was deleted"
        cancel_requests(self._tenant.store, work, {"resource": noun.ref}, reason)
        super().remove(work, noun, cascade=cascade)
