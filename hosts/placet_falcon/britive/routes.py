"""The routes of the Britive surface. Paths with a trailing slash are the same paths."""

from placet_falcon.britive.approvals import Approval, Approvals, Revocations, Withdrawals
from placet_falcon.britive.entitlements import Profiles, ResourceProfiles
from placet_falcon.britive.requests import ProfileRequests, ResourceProfileRequests
from placet_falcon.britive.tenant import Banner, Features, Health, Validation
from placet_falcon.host import Host
from placet_falcon.surface import App

__all__ = ["mount"]


def mount(app: App, host: Host) -> None:
    """Add every route."""
    app.add_route("/api/health", Health())
    app.add_route("/api/features", Features())
    app.add_route("/api/auth/validate", Validation())
    app.add_route("/api/banner", Banner())

    app.add_route("/api/v1/approvals", Approvals(host))
    app.add_route("/api/v1/approvals/revoke", Revocations(host))
    app.add_route("/api/v1/approvals/{id}", Approval(host))
    app.add_route("/api/v1/approvals/consumer/{consumer}/resource", Withdrawals(host))

    app.add_route("/api/access", Profiles(host))
    app.add_route(
        "/api/access/{profile}/environments/{environment}/approvalRequest", ProfileRequests(host)
    )
    mine = "/api/resource-manager/my-resources"
    app.add_route(mine, ResourceProfiles(host))
    app.add_route(
        f"{mine}/profiles/{{profile}}/resources/{{resource}}/approvalRequest",
        ResourceProfileRequests(host),
    )
