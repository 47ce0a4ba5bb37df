"""The second opinion: access as one naive loop over everything, sharing no code with the index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from placet.model import (
    Assignment,
    Group,
    Membership,
    Noun,
    Permission,
    ResourceGroup,
    Role,
    User,
)


@dataclass
class NaiveWorld:
    """Every noun of an account, by a name that the oracle makes up for itself."""

    nouns: dict[tuple[str, ...], Noun] = field(default_factory=dict)

    def put(self, noun: Noun) -> None:
        self.nouns[_name(noun)] = noun

    def drop(self, noun: Noun) -> None:
        self.nouns.pop(_name(noun), None)

    def of(self, kind: type[Noun]) -> list[Noun]:
        return [noun for noun in self.nouns.values() if type(noun) is kind]

    def check(
        self, principal: str, permission: str, resource: tuple[str, str], scope: str, now: datetime
    ) -> bool:
        """Deny by default, any deny wins, grants flow down."""
        users = [noun for noun in self.of(User) if isinstance(noun, User)]
        if any(f"user:{user.id}" == principal and user.disabled for user in users):
            return False
        effects = set()
        for assignment in self.of(Assignment):
            assert isinstance(assignment, Assignment)
            if (
                assignment.principal in self._who(principal)
                and permission in self._gives(assignment.role, frozenset())
                and self._reaches(assignment, resource, scope)
                and _counts(assignment, now)
            ):
                effects.add(assignment.effect)
        return effects == {"allow"}

    def _who(self, principal: str) -> set[str]:
        who = {principal, "everyone"}
        while True:
            more = {
                membership.group
                for membership in self.of(Membership)
                if isinstance(membership, Membership)
                and membership.member in who
                and self._enabled(membership.group)
            }
            if more <= who:
                return who
            who |= more

    def _enabled(self, group: str) -> bool:
        return any(
            isinstance(noun, Group)
            and f"group:{noun.id}@/{noun.scope}" == group
            and not noun.disabled
            for noun in self.of(Group)
        )

    def _gives(self, role: str, seen: frozenset[str]) -> set[str]:
        given: set[str] = set()
        for noun in self.of(Role):
            assert isinstance(noun, Role)
            if f"{noun.id}@/{noun.scope}" != role or role in seen:
                continue
            for pattern in noun.permissions:
                for permission in self.of(Permission):
                    assert isinstance(permission, Permission)
                    whole = pattern == permission.id
                    prefix = pattern.endswith(".*") and permission.id.startswith(pattern[:-1])
                    if whole or prefix:
                        given.add(permission.id)
            for include in noun.includes:
                given |= self._gives(include, seen | {role})
        return given

    def _reaches(self, assignment: Assignment, resource: tuple[str, str], scope: str) -> bool:
        if not _under(scope, assignment.scope):
            return False
        if assignment.only and f"{resource[0]}:{resource[1]}" not in assignment.only:
            return False
        if assignment.resource_group is None:
            return True
        for group in self.of(ResourceGroup):
            assert isinstance(group, ResourceGroup)
            if f"{group.id}@/{group.scope}" == assignment.resource_group:
                covered = group.all or any(
                    selector.type == resource[0]
                    and (selector.ids is None or resource[1] in selector.ids)
                    for selector in group.resources
                )
                if group.included_scopes is None:
                    here = scope == assignment.scope or group.include_child_scopes
                else:
                    here = any(
                        scope == part.scope
                        or (part.include_child_scopes and _under(scope, part.scope))
                        for part in group.included_scopes
                    )
                return covered and here
        return False


def _name(noun: Noun) -> tuple[str, ...]:
    kind = type(noun).__name__
    if isinstance(noun, Membership):
        return (kind, noun.group, noun.member)
    scope = getattr(noun, "scope", "")
    return (kind, str(scope), str(getattr(noun, "id", "")))


def _under(scope: str, above: str) -> bool:
    parts: Sequence[str] = scope.split("/") if scope else []
    over: Iterable[str] = above.split("/") if above else []
    return list(parts[: len(list(over))]) == (above.split("/") if above else [])


def _counts(assignment: Assignment, now: datetime) -> bool:
    after = assignment.not_before is None or assignment.not_before <= now
    before = assignment.expires_at is None or now < assignment.expires_at
    return not assignment.disabled and after and before
