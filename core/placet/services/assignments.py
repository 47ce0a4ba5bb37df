"""Who has which role, on what, where."""

import secrets
import string
from collections.abc import Iterable

import msgspec

from placet.access.snapshot import Snapshot
from placet.catalogue import assignment_operation
from placet.conditions import compile
from placet.errors import Invalid, InvalidState
from placet.model import Assignment
from placet.refs import parse_principal, scope_level
from placet.services.records import Records
from placet.services.references import known_principal, known_resource_group, known_role
from placet.services.work import Work

__all__ = ["Assignments", "check_level", "new_assignment_id"]

_LETTERS = string.ascii_letters + string.digits


def new_assignment_id() -> str:
    """An id for an assignment that was given none.

    >>> len(new_assignment_id())
    36
    """
    return "role_assignment_" + "".join(secrets.choice(_LETTERS) for _ in range(20))


def check_level(world: Snapshot, noun: Assignment) -> None:
    """Raise Invalid if the role or resource group of an assignment is not for its scope's level."""
    level = scope_level(noun.scope)
    role = world.roles.get(noun.role)
    if role is not None and level not in role.allowed_scope_levels:
        raise Invalid(
            f"role {role.id!r} cannot be assigned at {level} level, only at "
            f"{', '.join(role.allowed_scope_levels)}"
        )
    group = world.resource_groups.get(noun.resource_group or "")
    if group is not None and level not in group.allowed_scope_levels:
        raise Invalid(
            f"resource group {group.id!r} cannot be used at {level} level, only at "
            f"{', '.join(group.allowed_scope_levels)}"
        )


class Assignments(Records[Assignment]):
    """Assignments. Giving somebody a role is managing that somebody, and asks for that right."""

    noun = Assignment
    operations = "assignments"
    sorts = (
        "id", "scope", "principal", "role", "resource_group", "disabled", "managed", "created_at",
        "updated_at",
    )  # fmt: skip

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """An assignment is known by id in its scope."""
        return (self._view.scope_or(scope), id)

    def _words(self, noun: Assignment) -> tuple[str, ...]:
        return (noun.id, noun.principal, noun.role)

    def _exact(self, work: Work, noun: Assignment) -> Assignment:
        world = work.world
        if noun.approval is not None or noun.policies:
            raise Invalid(
                f"assignment {noun.id!r} names an approval or its policies: only an approval "
                "that was given sets those"
            )
        before = work.get(Assignment, noun.scope, noun.id)
        if before is not None and before.approval is not None:
            raise InvalidState(
                f"assignment {noun.id!r} was given by approval {before.approval!r} and cannot be "
                "changed; revoke its grant"
            )
        exact = msgspec.structs.replace(
            noun,
            principal=known_principal(world, noun.principal, noun.scope, closed=work.closed),
            role=known_role(world, noun.role, noun.scope),
            resource_group=None
            if noun.resource_group is None
            else known_resource_group(world, noun.resource_group, noun.scope),
        )
        if noun.condition is not None:
            compile(noun.condition)
        check_level(world, exact)
        return exact

    def _authorize_edit(self, work: Work, noun: Assignment) -> None:
        before = work.get(Assignment, noun.scope, noun.id)
        for principal in {noun.principal, before.principal if before else noun.principal}:
            self._authorize(work, principal, noun.scope, "edit")

    def _authorize_delete(
        self, work: Work, noun: Assignment | None, parts: tuple[str, ...]
    ) -> None:
        if noun is None:
            self._authorize_list(work, parts[0])
        else:
            self._authorize(work, noun.principal, noun.scope, "edit")

    def _authorize_view(self, work: Work, noun: Assignment | None, parts: tuple[str, ...]) -> None:
        if noun is None:
            self._authorize_list(work, parts[0])
        else:
            self._authorize(work, noun.principal, noun.scope, "view")

    def _authorize_list(self, work: Work, scope: str) -> None:
        kinds: Iterable[str] = ("users", "groups", "service_accounts", "roles")
        if not any(work.may(f"{kind}.view", scope) for kind in kinds):
            work.authorize("users.view", scope)

    def _visible(self, work: Work, noun: Assignment) -> bool:
        kind = parse_principal(noun.principal).kind
        return work.may(assignment_operation(kind, "view"), noun.scope)

    def _authorize(self, work: Work, principal: str, scope: str, what: str) -> None:
        ref = parse_principal(principal)
        work.authorize(assignment_operation(ref.kind, what), scope, ref.id or None)
