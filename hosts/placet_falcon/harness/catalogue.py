"""What this vendor knows by itself: permissions of its platform, and its built-in roles.

The permissions of the core's own services are this vendor's identifiers already, and stand in
`placet.catalogue`; here is only what the core does not have.
"""

from collections.abc import Iterator

from placet.catalogue import CORE_CATALOGUE, OPERATIONS, Catalogue
from placet.model import Permission, Role
from placet.model.permission import ALL_LEVELS
from placet.refs import ScopeLevel

__all__ = ["CATALOGUE"]

_UPPER: tuple[ScopeLevel, ...] = ("account", "organization")
_TOP: tuple[ScopeLevel, ...] = ("account",)
_PROJECT: tuple[ScopeLevel, ...] = ("project",)

# (module and resource, resource type, actions, levels)
_TABLE: tuple[tuple[str, str, str, tuple[ScopeLevel, ...]], ...] = (
    ("core_user", "USER", "invite", ALL_LEVELS),
    ("core_account", "ACCOUNT", "view", _TOP),
    ("core_license", "LICENSE", "view edit", _TOP),
    ("core_organization", "ORGANIZATION", "create", _TOP),
    ("core_organization", "ORGANIZATION", "view edit delete", _UPPER),
    ("core_project", "PROJECT", "create", _UPPER),
    ("core_project", "PROJECT", "view edit delete", ALL_LEVELS),
    ("core_setting", "SETTING", "view edit", ALL_LEVELS),
    ("core_dashboards", "DASHBOARDS", "view edit", _TOP),
    ("core_governancePolicy", "GOVERNANCEPOLICY", "view edit delete", ALL_LEVELS),
    ("core_variable", "VARIABLE", "view edit delete", ALL_LEVELS),
    ("core_file", "FILE", "view edit delete access", ALL_LEVELS),
    ("core_template", "TEMPLATE", "view edit delete access", ALL_LEVELS),
    ("core_delegate", "DELEGATE", "view edit delete", ALL_LEVELS),
    ("core_delegateconfiguration", "DELEGATECONFIGURATION", "view edit delete", ALL_LEVELS),
    ("core_secret", "SECRET", "view edit delete access", ALL_LEVELS),
    ("core_connector", "CONNECTOR", "view edit delete access", ALL_LEVELS),
    ("core_environment", "ENVIRONMENT", "view edit delete access", ALL_LEVELS),
    (
        "core_environmentgroup",
        "ENVIRONMENT_GROUP",
        "view edit delete access",
        ALL_LEVELS,
    ),
    ("core_service", "SERVICE", "view edit delete access", ALL_LEVELS),
    ("core_pipeline", "PIPELINE", "view edit delete execute", _PROJECT),
    ("ccm_overview", "CCM_OVERVIEW", "view", _TOP),
    ("ccm_perspective", "CCM_PERSPECTIVE", "view edit delete", _TOP),
    ("ccm_budget", "CCM_BUDGET", "view edit delete", _TOP),
    ("ff_environment", "ENVIRONMENT", "edit targetGroupEdit apiKeyCreate", ALL_LEVELS),
    ("ff_featureflag", "FEATUREFLAG", "toggle edit delete", ALL_LEVELS),
    ("gitops_agent", "GITOPS_AGENT", "view edit delete", ALL_LEVELS),
    ("gitops_application", "GITOPS_APP", "view edit delete sync", ALL_LEVELS),
    ("chaos_chaosexperiment", "CHAOS_EXPERIMENT", "view edit delete execute", ALL_LEVELS),
    ("sto_testtarget", "STO_TESTTARGET", "view edit", ALL_LEVELS),
    ("sto_exemption", "STO_EXEMPTION", "view create approve", ALL_LEVELS),
    ("code_repo", "CODE_REPOSITORY", "view create edit delete push", ALL_LEVELS),
    ("cet_agentToken", "CET_TOKEN", "create view revoke", ALL_LEVELS),
)


def _made() -> Iterator[Permission]:
    known = {permission.id for permission in CORE_CATALOGUE.permissions}
    for module, resource_type, actions, levels in _TABLE:
        for action in actions.split():
            id = f"{module}_{action}"
            if id not in known:
                yield Permission(
                    id=id,
                    resource_type=resource_type,
                    action=action,
                    allowed_scope_levels=levels,
                )


_PERMISSIONS = tuple(_made())
_OWN = (*CORE_CATALOGUE.permissions, *_PERMISSIONS)
# The workspaces of another of this vendor's surfaces: without it, they mean nothing.
_WORKSPACE = tuple(
    f"iac_workspace_{action}"
    for action in (
        "view", "edit", "delete", "editvariable", "deletevariable", "approve", "accessstate",
    )
)  # fmt: skip
_BIND, _ESCALATE = (OPERATIONS[name].permission for name in ("authz.bind", "authz.escalate"))
_NOT_FOR_VIEWERS = frozenset(
    OPERATIONS[operation].permission for operation in ("credentials.view", "access.view")
)


def _at(level: ScopeLevel) -> tuple[str, ...]:
    """Everything that can be given at a level, but for the rights to give what one lacks."""
    given = tuple(
        one.id
        for one in _OWN
        if level in one.allowed_scope_levels and one.id not in (_BIND, _ESCALATE)
    )
    return given + _WORKSPACE


def _views(level: ScopeLevel) -> tuple[str, ...]:
    """Everything that can be looked at, but for credentials, and for others' access."""
    return tuple(id for id in _at(level) if id.endswith("_view") and id not in _NOT_FOR_VIEWERS)


def _of(*beginnings: str) -> tuple[str, ...]:
    return tuple(one.id for one in _PERMISSIONS if one.id.startswith(beginnings))


def _role(id: str, name: str, permissions: tuple[str, ...], levels: tuple[ScopeLevel, ...]) -> Role:
    return Role(
        id=id, name=name, permissions=permissions, allowed_scope_levels=levels, managed=True
    )


_ORGANIZATION: tuple[ScopeLevel, ...] = ("organization",)
_DEPLOYING = (
    "core_pipeline_view", "core_pipeline_execute", "core_service_access",
    "core_environment_access", "core_environmentgroup_access", "core_secret_access",
    "core_connector_access", "core_template_access", "core_file_access",
)  # fmt: skip

CATALOGUE = Catalogue(
    permissions=_PERMISSIONS,
    roles=(
        # `_account_admin` is the core's: it holds what every loaded surface brings.
        _role("_account_viewer", "Account Viewer", _views("account"), _TOP),
        _role("_account_basic", "Account Basic", ("core_license_view", "core_account_view"), _TOP),
        _role("_billing_admin", "Billing Admin", _of("core_license_"), _TOP),
        _role("_ccm_admin", "CCM Admin", _of("ccm_"), _TOP),
        _role(
            "_ccm_viewer",
            "CCM Viewer",
            tuple(id for id in _of("ccm_") if id.endswith("_view")),
            _TOP,
        ),
        _role("_dashboard_viewer", "Dashboard Viewer", ("core_dashboards_view",), _TOP),
        _role("_dashboard_admin", "Dashboard Admin", _of("core_dashboards_"), _TOP),
        # Makes administrators of its projects, who hold what cannot be held at its own level. A
        # project's administrator holds all that there is to give there.
        _role(
            "_organization_admin",
            "Organization Admin",
            (*_at("organization"), _BIND),
            _ORGANIZATION,
        ),
        _role("_organization_viewer", "Organization Viewer", _views("organization"), _ORGANIZATION),
        _role(
            "_organization_basic", "Organization Basic", ("core_organization_view",), _ORGANIZATION
        ),
        _role("_project_admin", "Project Admin", _at("project"), _PROJECT),
        _role("_project_viewer", "Project Viewer", _views("project"), _PROJECT),
        _role("_project_basic", "Project Basic", ("core_project_view",), _PROJECT),
        _role("_pipeline_executor", "Pipeline Executor", _DEPLOYING, _PROJECT),
        _role(
            "_feature_flag_manage_role",
            "Feature Flag Manage Role",
            ("ff_featureflag_toggle", "ff_featureflag_edit"),
            ALL_LEVELS,
        ),
        _role("_feature_flag_admin_role", "Feature Flag Admin", _of("ff_"), ALL_LEVELS),
        _role("_gitops_admin_role", "GitOps Admin", _of("gitops_"), ALL_LEVELS),
        _role("_chaos_admin", "Chaos Admin", _of("chaos_"), ALL_LEVELS),
        _role(
            "_sto_developer_role",
            "STO Developer",
            (
                "sto_testtarget_view",
                "sto_testtarget_edit",
                "sto_exemption_view",
                "sto_exemption_create",
            ),
            ALL_LEVELS,
        ),
        _role("_sto_secops_role", "STO SecOps", _of("sto_"), ALL_LEVELS),
        _role("_code_admin", "Code Admin", _of("code_"), ALL_LEVELS),
        _role("_cet_admin", "CET Admin", _of("cet_"), ALL_LEVELS),
    ),
)
"""The vendor's permissions and roles; its resource groups are the core's."""
