"""Resource groups as the vendor writes them, and back."""

from typing import Any, Literal

import msgspec

from placet.errors import AccessDenied
from placet.model import IncludedScope, ResourceGroup, ResourceSelector
from placet.refs import is_below, scope_level
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.scopes import path_text, scope_json, scope_of
from placet_falcon.harness.words import check_identifier, invalid, moment

__all__ = ["GroupBody", "group_json", "group_of", "group_response_json"]

_INCLUDING, _EXCLUDING = "INCLUDING_CHILD_SCOPES", "EXCLUDING_CHILD_SCOPES"


class _IncludedScope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    filter: Literal["EXCLUDING_CHILD_SCOPES", "INCLUDING_CHILD_SCOPES"]
    account_identifier: str | None = None
    org_identifier: str | None = None
    project_identifier: str | None = None


class _Resources(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource_type: str
    identifiers: tuple[str, ...] | None = None
    attribute_filter: dict[str, Any] | None = None


class _ResourceFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resources: tuple[_Resources, ...] | None = None
    include_all_resources: bool | None = None


class GroupBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A resource group as it is sent."""

    identifier: str
    name: str
    account_identifier: str | None = None
    org_identifier: str | None = None
    project_identifier: str | None = None
    color: str | None = None
    description: str | None = None
    tags: dict[str, str] | None = None
    included_scopes: tuple[_IncludedScope, ...] | None = None
    resource_filter: _ResourceFilter | None = None


def group_of(body: GroupBody, account: str, scope: str) -> ResourceGroup:
    """The resource group that a body means. Raises Invalid, Refused or AccessDenied."""
    check_identifier("identifier", body.identifier)
    if body.identifier.startswith("_"):
        raise Refused("INVALID_REQUEST", "custom resource groups cannot start with _")
    _check_account(body.account_identifier, account)
    filter = body.resource_filter or _ResourceFilter()
    included = tuple(_included(one, account, scope) for one in body.included_scopes or ())
    own = len(included) == 1 and included[0].scope == scope
    return ResourceGroup(
        id=body.identifier,
        scope=scope,
        name=body.name,
        description=body.description or "",
        color=body.color or "",
        tags=body.tags or {},
        all=bool(filter.include_all_resources),
        resources=tuple(_selector(one) for one in filter.resources or ()),
        # No scope is said: the group is about its own, and not about what lies under it.
        include_child_scopes=own and included[0].include_child_scopes,
        included_scopes=None if own or not included else included,
        allowed_scope_levels=(scope_level(scope),),
    )


def group_json(account: str, group: ResourceGroup, scope: str) -> dict[str, Any]:
    """A resource group, as it is seen in `scope`: a built-in one is of every scope."""
    at = scope if group.managed else group.scope
    included = group.included_scopes
    if included is None:
        included = (IncludedScope(at, group.include_child_scopes),)
    return {
        **scope_json(account, at),
        "identifier": group.id,
        "name": group.name or group.id,
        "color": group.color or None,
        "description": group.description or None,
        "tags": group.tags,
        "allowedScopeLevels": list(group.allowed_scope_levels),
        "includedScopes": [
            {
                "filter": _INCLUDING if one.include_child_scopes else _EXCLUDING,
                **scope_json(account, one.scope),
            }
            for one in included
        ],
        "resourceFilter": {
            "resources": [
                {
                    "resourceType": one.type,
                    "identifiers": list(one.ids) if one.ids is not None else None,
                    "attributeFilter": None,
                }
                for one in group.resources
            ],
            "includeAllResources": group.all,
        },
    }


def group_response_json(account: str, group: ResourceGroup, scope: str) -> dict[str, Any]:
    """A resource group with its times."""
    return {
        "resourceGroup": group_json(account, group, scope),
        "createdAt": moment(group.created_at),
        "lastModifiedAt": moment(group.updated_at),
        "harnessManaged": group.managed,
    }


def _selector(said: _Resources) -> ResourceSelector:
    if said.attribute_filter is not None:
        raise invalid(
            "resourceFilter.resources", "holds an attributeFilter; select by type or identifiers"
        )
    # No identifiers, and an empty list of them, both mean the type as a whole.
    return ResourceSelector(said.resource_type, said.identifiers or None)


def _included(said: _IncludedScope, account: str, scope: str) -> IncludedScope:
    _check_account(said.account_identifier, account)
    included = scope_of(said.org_identifier, said.project_identifier)
    if not is_below(included, scope):
        where = path_text(account, scope)
        raise invalid("includedScopes", f"holds a scope that does not lie in {where}")
    return IncludedScope(included, said.filter == _INCLUDING)


def _check_account(said: str | None, account: str) -> None:
    if said not in (None, "", account):
        raise AccessDenied(f"these credentials are of account {account!r}, not of {said!r}")
