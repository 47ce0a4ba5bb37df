"""Roles as the vendor writes them, and what it asks of a new one."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from placet.errors import AlreadyExists, Invalid, NotFound
from placet.model import Role
from placet.refs import scope_level
from placet.services.base import Order
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.scopes import path_text, scope_json
from placet_falcon.harness.words import check_identifier, check_named, invalid, moment
from placet_falcon.host import Call

__all__ = [
    "BUILT_IN_FIRST",
    "INTERNAL",
    "UPDATED",
    "check_role",
    "created_role",
    "deleted_role",
    "is_listed",
    "readable",
    "role_json",
    "role_response_json",
    "stored",
]

INTERNAL = frozenset({"_account_basic", "_organization_basic", "_project_basic"})
"""Built-in roles that no list shows."""
_NAME = re.compile(r"[a-zA-Z_][0-9a-zA-Z-_ ]{0,127}")
_MOST_TAGS = 128
_LONGEST_DESCRIPTION = 1024
BUILT_IN_FIRST = Order[Role](lambda role: not role.managed)
UPDATED = Order[Role](lambda role: moment(role.updated_at) or 0, descending=True)


def is_listed(role: Role) -> bool:
    """Whether lists show a role."""
    return not (role.managed and role.id in INTERNAL)


def readable(role: Role, scope: str) -> bool:
    """Whether a role is one of `scope`: its own, or a built-in one of its level."""
    return not role.managed or scope_level(scope) in role.allowed_scope_levels


def check_role(
    identifier: str,
    name: str,
    permissions: Sequence[str],
    description: str,
    tags: Mapping[str, str],
) -> None:
    """Raise Invalid or Refused for what the vendor takes as no role."""
    check_identifier("identifier", identifier)
    if identifier.startswith("_"):
        raise Refused("INVALID_REQUEST", "custom roles cannot start with _")
    if not _NAME.fullmatch(name):
        raise invalid(
            "name",
            "has to begin with a letter or _, and to hold at most 128 letters, digits, blanks, "
            "- and _",
        )
    if len(set(permissions)) != len(permissions):
        raise invalid("permissions", "names a permission more than once")
    if len(description) > _LONGEST_DESCRIPTION:
        raise invalid("description", f"is longer than {_LONGEST_DESCRIPTION} characters")
    if len(tags) > _MOST_TAGS:
        raise invalid("tags", f"holds {len(tags)} tags; {_MOST_TAGS} is the most")


def created_role(call: Call, role: Role) -> Role:
    """The role, stored. Raises Refused for one that is there, or cannot hold its permissions."""
    try:
        return stored(lambda: call.placet.roles.create(role, actor=call.actor))
    except AlreadyExists:
        where = path_text(call.placet.account, role.scope)
        raise Refused(
            "DUPLICATE_FIELD",
            f"A role with identifier {role.id} in this scope {where} is already present",
        ) from None


def stored(store: Callable[[], Role]) -> Role:
    """What `store` returns, its refusal of permissions in the vendor's words."""
    try:
        return store()
    except Invalid as error:
        if any(problem.path.startswith("permissions") for problem in error.problems):
            raise Refused(
                "INVALID_ARGUMENT",
                "Invalid argument(s): Some of the specified permissions in the role are invalid or "
                "cannot be given at this scope. Please check the permissions again",
            ) from error
        raise


def deleted_role(call: Call, role: str, scope: str) -> Role:
    """The role, removed with its assignments. Raises Refused where that cannot be."""
    where = path_text(call.placet.account, scope)
    try:
        return call.placet.roles.delete(
            check_named("role", role), scope=scope, cascade=True, actor=call.actor
        )
    except NotFound:
        raise Refused(
            "INVALID_REQUEST", f"Could not find the role {role} in the scope {where}"
        ) from None


def role_json(role: Role) -> dict[str, Any]:
    """A role in the words of the envelope API."""
    return {
        "identifier": role.id,
        "name": role.name or role.id,
        "permissions": list(role.permissions),
        "allowedScopeLevels": list(role.allowed_scope_levels),
        "description": role.description or None,
        "tags": role.tags,
    }


def role_response_json(account: str, role: Role) -> dict[str, Any]:
    """A role with its scope, None for a built-in one, and its times."""
    return {
        "role": role_json(role),
        "scope": None if role.managed else scope_json(account, role.scope),
        "harnessManaged": role.managed,
        "createdAt": moment(role.created_at),
        "lastModifiedAt": moment(role.updated_at),
    }
