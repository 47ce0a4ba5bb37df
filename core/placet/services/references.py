"""From what people write to what is stored: every reference names its owner."""

from typing import TypeVar

import msgspec

from placet.access.exact import exact_principal
from placet.access.registry import matches, nearest, unknown_permission
from placet.access.snapshot import Snapshot
from placet.access.table import Table
from placet.errors import Invalid
from placet.model import (
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Requirement,
    Reviews,
    parse_source,
)
from placet.refs import OWNED_KINDS, is_below, parse_owned, parse_principal, scope_chain

__all__ = [
    "exact_requirement",
    "exact_source",
    "known_group",
    "known_pattern",
    "known_permission",
    "known_policy",
    "known_principal",
    "known_resource_group",
    "known_role",
]


V = TypeVar("V")


def known_role(world: Snapshot, text: str, scope: str) -> str:
    """The exact reference of an existing role; Invalid, naming the nearest one, for any other."""
    return _known(world.roles, text, scope, "role")


def known_resource_group(world: Snapshot, text: str, scope: str) -> str:
    """The exact reference of an existing resource group."""
    return _known(world.resource_groups, text, scope, "resource group")


def known_policy(world: Snapshot, text: str, scope: str) -> str:
    """The exact reference of an existing approval policy."""
    return _known(world.policies, text, scope, "approval policy")


def known_group(world: Snapshot, text: str, scope: str) -> str:
    """The exact reference of an existing group; `text` is a principal."""
    ref = parse_principal(text)
    if ref.kind != "group":
        raise Invalid(f"{text!r} is not a group; write 'group:id'")
    found = _known(world.groups, text.removeprefix("group:"), scope, "group", "group:")
    return f"group:{found}"


def known_principal(world: Snapshot, text: str, scope: str, *, closed: bool) -> str:
    """The exact reference of a principal; groups exist, others do where the directory is closed."""
    ref = parse_principal(text)
    if ref.kind == "group":
        return known_group(world, text, scope)
    exact = exact_principal(world, text, scope) if ref.kind in OWNED_KINDS else text
    if closed and ref.kind in ("user", "service_account"):
        known = exact in world.users if ref.kind == "user" else exact in world.service_accounts
        if not known:
            others = world.users if ref.kind == "user" else world.service_accounts
            close = nearest(exact, others)
            hint = f"; did you mean {close!r}?" if close else ""
            raise Invalid(f"{text!r} is not in the directory{hint}")
    return exact


def known_pattern(world: Snapshot, pattern: str) -> str:
    """A role's pattern that means something: a registered permission, or a prefix of one."""
    if pattern.endswith(".*"):
        if not any(matches(pattern, permission) for permission in world.permissions):
            raise Invalid(f"no registered permission begins with {pattern[:-1]!r}")
    else:
        known_permission(world, pattern)
    return pattern


def known_permission(world: Snapshot, permission: str) -> str:
    """A registered permission; Invalid, naming the nearest one, for any other."""
    if permission not in world.permissions:
        raise unknown_permission(permission, world.permissions)
    return permission


def exact_source(world: Snapshot, source: str, scope: str, *, closed: bool) -> str:
    """A source of reviewers or requesters whose references are exact and exist."""
    kind, rest = parse_source(source)
    if kind == "role":
        return f"role:{known_role(world, rest, scope)}"
    if kind == "permission":
        return f"permission:{known_permission(world, rest)}"
    if kind in ("user", "group", "service_account"):
        return known_principal(world, source, scope, closed=closed)
    return source


def exact_requirement(
    world: Snapshot, requirement: Requirement, scope: str, *, closed: bool
) -> Requirement:
    """The requirement with exact sources."""
    if isinstance(requirement, Reviews):
        source, *wider = (
            exact_source(world, source, scope, closed=closed) for source in requirement.sources
        )
        return msgspec.structs.replace(requirement, source=source, escalate_to=tuple(wider))
    if isinstance(requirement, ConditionHolds):
        return requirement
    below = tuple(exact_requirement(world, child, scope, closed=closed) for child in requirement.of)
    if isinstance(requirement, AtLeast):
        return AtLeast(name=requirement.name, count=requirement.count, of=below)
    kind: type[AllOf | AnyOf | InOrder] = type(requirement)
    return kind(name=requirement.name, of=below)


def _known(table: Table[str, V], text: str, scope: str, what: str, prefix: str = "") -> str:
    owned = parse_owned(text, what)
    if owned.owner is None:
        for owner in scope_chain(scope):
            if f"{prefix}{owned.id}@/{owner}" in table:
                return f"{owned.id}@/{owner}"
    elif f"{prefix}{text}" in table:
        if prefix or is_below(scope, owned.owner):
            return text
        raise Invalid(
            f"{what} {text!r} belongs to {owned.owner!r}, which is not at or above {scope!r}"
        )
    names = {ref.removeprefix(prefix).partition("@/")[0] for ref in table}
    close = nearest(owned.id, names)
    hint = f"; did you mean {close!r}?" if close and close != owned.id else ""
    where = f"at or above {scope!r}" if scope else "in the account"
    raise Invalid(f"there is no {what} {text!r} {where}{hint}")
