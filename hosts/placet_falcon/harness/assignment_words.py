"""Role assignments as the vendor writes them, and back.

What the vendor has no words for is never shown: an assignment that denies, that a condition or a
time limits, that an approval gave, or whose principal, role or resource group no identifier of its
scope names.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from placet.access.holders import is_plain
from placet.model import Assignment
from placet.refs import (
    OWNED_KINDS,
    Owned,
    PrincipalRef,
    ScopeLevel,
    parse_owned,
    parse_principal,
    scope_chain,
    scope_level,
)
from placet.services.assignments import LISTED_KINDS, new_assignment_id
from placet.services.base import Order
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.scopes import level_rank, owner_at, path_text, scope_json
from placet_falcon.harness.words import (
    ALL_RESOURCES,
    KINDS,
    PrincipalType,
    check_identifier,
    check_named,
    invalid,
    moment,
    principal_type,
)

__all__ = [
    "NEWEST",
    "SORTS",
    "AssignmentBody",
    "PrincipalBody",
    "RoleReference",
    "assignment_json",
    "check_changes",
    "draft",
    "fault_message",
    "fault_messages",
    "group_id",
    "is_admin",
    "level_of_role",
    "noun_of",
    "refuse_early",
    "response_json",
    "role_id",
    "speakable",
]

_ADMINS = frozenset({"_account_admin", "_organization_admin", "_project_admin"})


class PrincipalBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who gets a role."""

    identifier: str
    type: PrincipalType
    scope_level: ScopeLevel | None = None


class RoleReference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A role and the level of the scope that owns it."""

    identifier: str
    scope_level: ScopeLevel


class AssignmentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An assignment as it is sent; `managed` and `internal` are read-only and passed over."""

    identifier: str | None = None
    resource_group_identifier: str
    role_identifier: str = ""
    role_reference: RoleReference | None = None
    principal: PrincipalBody
    disabled: bool | None = None


def speakable(noun: Assignment) -> bool:
    """Whether the vendor has words for an assignment."""
    if not is_plain(noun):
        return False
    kind = noun.principal.partition(":")[0]
    if kind not in LISTED_KINDS:
        return False
    named = [noun.role] if noun.resource_group is None else [noun.role, noun.resource_group]
    if kind in OWNED_KINDS:
        named.append(noun.principal)
    return all(
        ref.endswith("@/") or ref.partition("@/")[2] in scope_chain(noun.scope) for ref in named
    )


def role_id(noun: Assignment) -> str:
    """The identifier of its role."""
    return noun.role.partition("@/")[0]


def group_id(noun: Assignment) -> str:
    """The identifier of its resource group."""
    return ALL_RESOURCES if noun.resource_group is None else noun.resource_group.partition("@/")[0]


def level_of_role(noun: Assignment) -> ScopeLevel:
    """The level of the scope that owns its role; a built-in one is of every scope."""
    owned = parse_owned(noun.role, "role")
    built_in = not owned.owner and owned.id.startswith("_")
    return scope_level(noun.scope if built_in else owned.owner or "")


def assignment_json(noun: Assignment) -> dict[str, Any]:
    """An assignment in the vendor's words."""
    who = parse_principal(noun.principal)
    return {
        "identifier": noun.id,
        "resourceGroupIdentifier": group_id(noun),
        "roleIdentifier": role_id(noun),
        "roleReference": {"identifier": role_id(noun), "scopeLevel": level_of_role(noun)},
        "principal": {
            "scopeLevel": scope_level(who.owner or "") if who.kind in OWNED_KINDS else None,
            "identifier": who.id,
            "type": principal_type(who.kind),
        },
        "disabled": noun.disabled,
        "managed": noun.managed,
        "internal": False,
    }


def response_json(account: str, noun: Assignment) -> dict[str, Any]:
    """An assignment with its scope and times."""
    return {
        "roleAssignment": assignment_json(noun),
        "scope": scope_json(account, noun.scope),
        "createdAt": moment(noun.created_at),
        "lastModifiedAt": moment(noun.updated_at),
        "harnessManaged": noun.managed,
    }


SORTS: dict[str, Callable[[Assignment], Any]] = {
    "identifier": lambda noun: noun.id,
    "scopeIdentifier": lambda noun: noun.scope,
    "resourceGroupIdentifier": group_id,
    "roleIdentifier": role_id,
    "principalIdentifier": lambda noun: parse_principal(noun.principal).id,
    "principalType": lambda noun: principal_type(parse_principal(noun.principal).kind),
    "createdAt": lambda noun: noun.created_at,
    "lastModifiedAt": lambda noun: noun.updated_at,
    "disabled": lambda noun: noun.disabled,
    "managed": lambda noun: noun.managed,
}
"""What a list of assignments can be sorted by."""
NEWEST = Order[Assignment](SORTS["lastModifiedAt"], descending=True)


def refuse_early(body: AssignmentBody, account: str, scope: str) -> None:
    """What is refused before anybody's rights are asked for, in a list of many as well."""
    if body.resource_group_identifier == "_all_resources":
        raise Refused(
            "INVALID_REQUEST", f"_all_resources is deprecated, please use {ALL_RESOURCES}."
        )
    level, own = body.principal.scope_level, scope_level(scope)
    if body.principal.type != "USER" and level and level_rank(level) > level_rank(own):
        raise Refused(
            "INVALID_REQUEST",
            f"Principal scope level cannot be {level} for {own} scoped role assignment.",
        )
    _role_of(body, scope)


def noun_of(body: AssignmentBody, scope: str) -> Assignment:
    """The assignment that a body means. Raises Invalid or Refused for one that cannot be made."""
    if KINDS[body.principal.type] not in LISTED_KINDS:
        raise Refused(
            "INVALID_REQUEST",
            f"Role assignments for principalType {body.principal.type} cannot be changed",
        )
    id = body.identifier or ""
    return msgspec.structs.replace(
        draft(body, scope), id=check_identifier("identifier", id) if id else new_assignment_id()
    )


def draft(body: AssignmentBody, scope: str) -> Assignment:
    """The assignment that a body means, whether or not it can be made; Invalid for no names."""
    check_named("principal.identifier", body.principal.identifier)
    check_named("resourceGroupIdentifier", body.resource_group_identifier)
    return Assignment(
        id=body.identifier or "",
        scope=scope,
        principal=str(_principal_of(body.principal, scope)),
        role=_role_of(body, scope),
        resource_group=body.resource_group_identifier,
        disabled=bool(body.disabled),
    )


def _principal_of(body: PrincipalBody, scope: str) -> PrincipalRef:
    kind = KINDS[body.type]
    if kind not in OWNED_KINDS:
        return PrincipalRef(kind, body.identifier)
    if body.scope_level is not None:
        if level_rank(body.scope_level) <= level_rank(scope_level(scope)):
            return PrincipalRef(kind, body.identifier, owner_at(body.scope_level, scope))
        return PrincipalRef(kind, body.identifier, scope)
    # A service account is the nearest one going up; a group is one of the scope itself.
    return PrincipalRef(kind, body.identifier, scope if kind == "group" else None)


def _role_of(body: AssignmentBody, scope: str) -> str:
    reference = body.role_reference
    id = body.role_identifier or (reference.identifier if reference else "")
    check_named("roleIdentifier", id)
    if reference is None:
        return id
    if reference.identifier != id:
        raise invalid("roleReference.identifier", f"is not {id!r}, as roleIdentifier says")
    if id.startswith("_"):
        return id
    if level_rank(reference.scope_level) > level_rank(scope_level(scope)):
        raise invalid("roleReference.scopeLevel", f"is below the scope of the assignment: {id!r}")
    return str(Owned(id, owner_at(reference.scope_level, scope)))


def check_changes(body: AssignmentBody, stored: Assignment, account: str) -> None:
    """Raise Refused if a PUT would change anything but `disabled`."""
    if not speakable(stored):
        where = path_text(account, stored.scope)
        raise Refused("INVALID_REQUEST", f"Could not find the role assignment in the scope {where}")
    who, sent = parse_principal(stored.principal), body.principal
    level = scope_level(who.owner or "") if who.kind in OWNED_KINDS else None
    reference = body.role_reference
    role = body.role_identifier or (reference.identifier if reference else "")
    other_role = reference is not None and reference.scope_level != level_of_role(stored)
    for what, differs in (
        ("resource group", body.resource_group_identifier != group_id(stored)),
        ("principal", sent.identifier != who.id),
        ("principal type", sent.type != principal_type(who.kind)),
        ("principal scope", level is not None and sent.scope_level not in (None, level)),
        ("role", role != role_id(stored) or (reference and reference.identifier != role)
         or (other_role and not role.startswith("_"))),
    ):  # fmt: skip
        if differs:
            raise Refused("INVALID_REQUEST", f"Cannot change {what} in the role assignment")


def is_admin(noun: Assignment) -> bool:
    """Whether the vendor guards an assignment as one by which somebody administers."""
    return (
        noun.role.endswith("@/") and role_id(noun) in _ADMINS and group_id(noun).startswith("_all_")
    )


def fault_message(faults: dict[str, str], account: str, body: AssignmentBody, scope: str) -> str:
    """The first of what keeps an assignment from being stored, in the vendor's words."""
    said = fault_messages(faults, account, body, scope)
    return next(text for text in said.values() if text)


def fault_messages(
    faults: dict[str, str], account: str, body: AssignmentBody, scope: str
) -> dict[str, str | None]:
    """What is wrong with the principal, the resource group and the role; None for nothing."""
    where, id = path_text(account, scope), body.principal.identifier
    kinds = {"USER": "user", "USER_GROUP": "user group", "SERVICE_ACCOUNT": "Service Account"}
    kind = kinds.get(body.principal.type)
    if kind is None:
        options = ", ".join(kinds)
        principal: str | None = f"Incorrect Principal Type. Please select one out of [{options}]"
    elif "principal" in faults:
        principal = f"{kind} not found with the given identifier {id} in the scope {where}"
    else:
        principal = None
    return {
        "principal": principal,
        "resource_group": f"Did not find resource group identifier in {where}"
        if "resource_group" in faults
        else None,
        "role": f"Did not find role in {where}" if "role" in faults else None,
    }
