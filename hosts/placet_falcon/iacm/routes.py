"""The routes of the surface, with and without the prefix of the vendor's cloud."""

from placet_falcon.host import Host
from placet_falcon.iacm.approvals import Approval, Approvals
from placet_falcon.surface import App

__all__ = ["PREFIXES", "mount"]

PREFIXES = ("/iacm/api", "/gateway/iacm/api")


def mount(app: App, host: Host) -> None:
    """Add every route."""
    for prefix in PREFIXES:
        approvals = f"{prefix}/orgs/{{org}}/projects/{{project}}/approvals"
        app.add_route(approvals, Approvals())
        app.add_route(f"{approvals}/{{id}}", Approval())
