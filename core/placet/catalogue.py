"""The one table of administrative operations, and the nouns that come from code.

Each operation of a service names the permission that it asks of its caller, and the type of
resource it asks for it on. The names follow those of the Harness platform, whose roles API the
Falcon host speaks; they stand here and nowhere else.
"""

from collections.abc import Mapping
from typing import NamedTuple

from placet.model import ApprovalPolicy, Permission, ResourceGroup, Role
from placet.refs import PrincipalKind

__all__ = [
    "CORE_CATALOGUE",
    "Catalogue",
    "OPERATIONS",
    "Operation",
    "assignment_operation",
    "merged",
]


class Catalogue(NamedTuple):
    """Nouns that come from code and are never stored: permissions, roles, groups, policies."""

    permissions: tuple[Permission, ...] = ()
    roles: tuple[Role, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()
    policies: tuple[ApprovalPolicy, ...] = ()


class Operation(NamedTuple):
    """What an administrative operation asks of its caller."""

    permission: str
    resource_type: str


OPERATIONS: Mapping[str, Operation] = {
    "roles.view": Operation("core_role_view", "ROLE"),
    "roles.edit": Operation("core_role_edit", "ROLE"),
    "roles.delete": Operation("core_role_delete", "ROLE"),
    "resource_groups.view": Operation("core_resourcegroup_view", "RESOURCEGROUP"),
    "resource_groups.edit": Operation("core_resourcegroup_edit", "RESOURCEGROUP"),
    "resource_groups.delete": Operation("core_resourcegroup_delete", "RESOURCEGROUP"),
    "users.view": Operation("core_user_view", "USER"),
    "users.edit": Operation("core_user_manage", "USER"),
    "users.delete": Operation("core_user_manage", "USER"),
    "groups.view": Operation("core_usergroup_view", "USERGROUP"),
    "groups.edit": Operation("core_usergroup_manage", "USERGROUP"),
    "groups.delete": Operation("core_usergroup_manage", "USERGROUP"),
    "service_accounts.view": Operation("core_serviceaccount_view", "SERVICEACCOUNT"),
    "service_accounts.edit": Operation("core_serviceaccount_edit", "SERVICEACCOUNT"),
    "service_accounts.delete": Operation("core_serviceaccount_delete", "SERVICEACCOUNT"),
    "permissions.view": Operation("core_permission_view", "PERMISSION"),
    "permissions.edit": Operation("core_permission_edit", "PERMISSION"),
    "permissions.delete": Operation("core_permission_delete", "PERMISSION"),
    "resources.view": Operation("core_resource_view", "RESOURCE"),
    "resources.edit": Operation("core_resource_edit", "RESOURCE"),
    "resources.delete": Operation("core_resource_delete", "RESOURCE"),
    "policies.view": Operation("core_approvalpolicy_view", "APPROVALPOLICY"),
    "policies.edit": Operation("core_approvalpolicy_edit", "APPROVALPOLICY"),
    "policies.delete": Operation("core_approvalpolicy_delete", "APPROVALPOLICY"),
    "approvals.view": Operation("core_approval_view", "APPROVAL"),
    "approvals.request_for": Operation("core_approval_requestfor", "APPROVAL"),
    "approvals.cancel": Operation("core_approval_cancel", "APPROVAL"),
    "approvals.override": Operation("core_approval_override", "APPROVAL"),
    "grants.view": Operation("core_grant_view", "GRANT"),
    "grants.revoke": Operation("core_grant_revoke", "GRANT"),
    "gates.view": Operation("core_gate_view", "GATE"),
    "gates.edit": Operation("core_gate_edit", "GATE"),
    "gates.delete": Operation("core_gate_delete", "GATE"),
    "gates.request": Operation("core_gate_request", "GATE"),
    "gates.take": Operation("core_gate_take", "GATE"),
    "gates.override": Operation("core_gate_override", "GATE"),
    "delegations.view": Operation("core_delegation_view", "DELEGATION"),
    "delegations.edit": Operation("core_delegation_edit", "DELEGATION"),
    "delegations.delete": Operation("core_delegation_edit", "DELEGATION"),
    "credentials.view": Operation("core_credential_view", "CREDENTIAL"),
    "credentials.edit": Operation("core_credential_edit", "CREDENTIAL"),
    "credentials.delete": Operation("core_credential_delete", "CREDENTIAL"),
    "audit.view": Operation("core_audit_view", "AUDIT"),
    "access.view": Operation("core_access_view", "ACCESS"),
    "account.edit": Operation("core_account_edit", "ACCOUNT"),
    "authz.bind": Operation("core_authz_bind", "ROLE"),
    "authz.escalate": Operation("core_authz_escalate", "ROLE"),
}
"""Operation of a service -> the permission it asks, and on what.

The last two are asked by the widening guard, where somebody would give more than they hold, and go
by the names that Kubernetes gave them. `core_authz_bind` lets its holder give a role (to anybody in
its scope: by assignment, membership, a token or a policy that yields it); `core_authz_escalate`
lets it give anything there, and change what held roles and approval policies let through. Both are
on roles, so that a resource group can list which: `deployer`, or `deployer@/retail` for one that a
scope owns.
"""


def assignment_operation(kind: PrincipalKind, what: str) -> str:
    """The operation that an assignment of a principal of this kind counts as.

    Giving somebody a role is managing that somebody; `what` is "view" or "edit".

    >>> assignment_operation("group", "edit")
    'groups.edit'
    """
    if kind == "user":
        return f"users.{what}"
    if kind == "group":
        return f"groups.{what}"
    if kind == "service_account":
        return f"service_accounts.{what}"
    return "roles.view" if what == "view" else "account.edit"


def _permissions() -> tuple[Permission, ...]:
    distinct = {operation.permission: operation for operation in OPERATIONS.values()}
    return tuple(
        Permission(
            id=operation.permission,
            resource_type=operation.resource_type,
            action=operation.permission.rpartition("_")[2],
        )
        for operation in distinct.values()
    )


def merged(*catalogues: Catalogue) -> Catalogue:
    """The core's catalogue with others: `_account_admin` holds every permission of all of them."""
    permissions = tuple(permission for part in catalogues for permission in part.permissions)
    admin = Role(
        id="_account_admin",
        name="Account Admin",
        description="Everything that placet and the loaded surfaces can do.",
        permissions=tuple(permission.id for permission in permissions),
        allowed_scope_levels=("account",),
        managed=True,
    )
    return Catalogue(
        permissions,
        (admin, *(role for part in catalogues for role in part.roles)),
        tuple(group for part in catalogues for group in part.resource_groups),
        tuple(policy for part in catalogues for policy in part.policies),
    )


CORE_CATALOGUE = Catalogue(
    permissions=_permissions(),
    resource_groups=(
        ResourceGroup(
            id="_all_resources_including_child_scopes",
            name="All Resources Including Child Scopes",
            all=True,
            managed=True,
        ),
        ResourceGroup(
            id="_all_account_level_resources",
            name="All Account Level Resources",
            all=True,
            include_child_scopes=False,
            allowed_scope_levels=("account",),
            managed=True,
        ),
        ResourceGroup(
            id="_all_organization_level_resources",
            name="All Organization Level Resources",
            all=True,
            include_child_scopes=False,
            allowed_scope_levels=("organization",),
            managed=True,
        ),
        ResourceGroup(
            id="_all_project_level_resources",
            name="All Project Level Resources",
            all=True,
            include_child_scopes=False,
            allowed_scope_levels=("project",),
            managed=True,
        ),
    ),
)
"""What every engine knows: the permissions of its own services, and the `_all_*` groups."""
