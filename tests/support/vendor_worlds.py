"""The accounts that the tests of two vendors' surfaces start from, in memory or behind a server."""

from typing import Any

from placet.bundle.load import loads
from placet.testing import PlacetUnderTest, engine
from placet_falcon import SURFACES, SurfaceCatalogues

__all__ = ["DEPLOYMENT", "INFRASTRUCTURE", "deployment", "infrastructure"]

INFRASTRUCTURE = """
bundle = "infrastructure"
users = [
    {id = "ana", name = "Ana Ruiz", email = "ana@example.com"},
    {id = "bo", name = "Bo Lind"},
    {id = "vera"},
    {id = "kim"},
    {id = "root"},
]
service_accounts = [{id = "plugin", name = "IaCM plug-in"}]

[[roles]]
id = "plugin"
permissions = ["iac_workspace_edit"]
[[roles]]
id = "approver"
permissions = ["iac_workspace_edit", "iac_workspace_view", "iac_workspace_approve"]
[[roles]]
id = "viewer"
permissions = ["iac_workspace_view"]

[[assignments]]
to = ["service_account:plugin"]
role = "plugin"
[[assignments]]
to = ["user:ana", "user:bo"]
role = "approver"
scope = "infra"
[[assignments]]
to = ["user:vera"]
role = "viewer"
scope = "infra"
[[assignments]]
to = ["user:root"]
role = "_account_admin"
"""
"""ana and bo approve workspaces of `infra`, vera looks on, the plug-in opens approvals, kim has
nothing, root administers.
"""

DEPLOYMENT = """
bundle = "deployment"
users = [{id = "max", name = "Max"}, {id = "ina"}, {id = "kim"}, {id = "root"}]
service_accounts = [{id = "pipeline"}]

[[roles]]
id = "release-manager"
[[roles]]
id = "pipeline"
permissions = ["core_gate_request"]

[[assignments]]
to = ["user:max"]
role = "release-manager"
[[assignments]]
to = ["service_account:pipeline", "user:ina"]
role = "pipeline"
[[assignments]]
to = ["user:root"]
role = "_account_admin"

[[gates]]
id = "Manager Approval"
reviews = ["1 from role:release-manager"]
allow_unattributed = true
[[gates]]
id = "QA"
reviews = ["1 from role:release-manager"]
allow_unattributed = true
"""
"""max is in the role of both gates, ina and the pipeline bring stages there, root administers."""


def infrastructure(**options: Any) -> PlacetUnderTest:
    """`INFRASTRUCTURE` in memory."""
    return _world(INFRASTRUCTURE, **options)


def deployment(**options: Any) -> PlacetUnderTest:
    """`DEPLOYMENT` in memory."""
    return _world(DEPLOYMENT, **options)


def _world(bundle: str, **options: Any) -> PlacetUnderTest:
    plugins = [SurfaceCatalogues(SURFACES), *options.pop("plugins", ())]
    loaded = loads(bundle, "toml")
    return engine(loaded, directory="closed", plugins=plugins, **options)
