"""A tenant in which profiles can be asked for, and people who call as Britive's clients do."""

from typing import Any

from falcon import testing
from office import SYSTEM

from placet import ApprovalPolicy, Assignment, Group, Resource, Role, User
from placet.model import AccessYield, PassYield, parse_reviews
from placet.testing import PlacetUnderTest, engine
from placet_falcon import create_app
from placet_falcon.britive import SURFACE
from placet_falcon.host import HostSettings
from placet_falcon.surface import SurfaceCatalogues

__all__ = ["Tenant", "tenant_of_sam"]

PUBLIC = "https://{account}.britive-app.com"


class Tenant:
    """Calls the surface as users. sam asks; ana and bo approve; root administers; eve has nothing.

    A profile in an environment is lent for an hour (sam holds nothing); a profile on a resource
    takes a pass that is good for half an hour (sam holds it, and has to ask). Both are decided
    within ten minutes.
    """

    def __init__(self, placet: PlacetUnderTest) -> None:
        self.placet = placet
        self.clock = placet.clock
        settings = HostSettings(public_url=PUBLIC)
        self.http = testing.TestClient(create_app(placet, surfaces=[SURFACE], settings=settings))
        self.tokens: dict[str, str] = {}

    def token(self, name: str) -> str:
        """The token of a user."""
        if name not in self.tokens:
            issued = self.placet.credentials.issue(f"user:{name}", actor=SYSTEM)
            self.tokens[name] = issued.token
        return self.tokens[name]

    def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = "sam",
        word: str = "Bearer",
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> testing.Result:
        """One request; `path` below `/api`."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if by is not None:
            sent.setdefault("Authorization", f"{word} {self.token(by)}")
        return self.http.simulate_request(method, f"/api/{path}", headers=sent, **request)

    def get(self, path: str, by: str = "sam") -> Any:
        """The JSON of an answer that is expected to be 200."""
        result = self.call("GET", path, by=by)
        assert result.status_code == 200, result.text
        return result.json

    def ask(
        self,
        profile: str = "admin",
        environment: str = "prod",
        *,
        by: str = "sam",
        why: str = "deploy",
    ) -> str:
        """The id of a request for a profile."""
        path = f"access/{profile}/environments/{environment}/approvalRequest"
        result = self.call("POST", path, by=by, json={"justification": why})
        assert result.status_code == 200, result.text
        return str(result.json["requestId"])

    def ask_resource(self, profile: str = "root", resource: str = "db1", *, by: str = "sam") -> str:
        """The id of a request for a profile on a resource."""
        path = f"resource-manager/my-resources/profiles/{profile}/resources/{resource}"
        result = self.call("POST", f"{path}/approvalRequest", by=by, json={"justification": "fix"})
        assert result.status_code == 200, result.text
        return str(result.json["requestId"])

    def decide(
        self, id: str, word: str, *, by: str = "ana", comment: str | None = None
    ) -> testing.Result:
        """Say yes, no or revoke."""
        body: dict[str, Any] = {} if comment is None else {"json": {"approverComment": comment}}
        return self.call("PATCH", f"v1/approvals/{id}?approveRequest={word}", by=by, **body)

    def item(self, id: str, by: str = "sam") -> Any:
        """The details of a request."""
        return self.get(f"v1/approvals/{id}", by)

    def listed(self, query: str = "", by: str = "sam") -> list[str]:
        """The ids of a list, all of its pages."""
        found: list[str] = []
        path = f"v1/approvals/?{query}"
        while path:
            page = self.get(path, by)
            found.extend(item["requestId"] for item in page["result"])
            path = page["pagination"]["next"].partition("/api/")[2]
        return found


def tenant_of_sam() -> Tenant:
    """The tenant, in memory, at nine."""
    placet = engine(directory="closed", plugins=[SurfaceCatalogues([SURFACE])])
    with placet.acting(SYSTEM):
        for name in ("sam", "kim", "ana", "bo", "eve", "root"):
            placet.users.create(User(id=name))
        for group, members in (("engineers", ("sam", "kim")), ("approvers", ("ana", "bo"))):
            placet.groups.create(Group(id=group))
            placet.groups.add_members(group, [f"user:{name}" for name in members])
        placet.roles.create(Role(id="dba", permissions=("resource.profile.checkout",)))
        for who, role in (("group:engineers", "dba"), ("user:root", "_account_admin")):
            placet.assignments.create(Assignment(id=role, principal=who, role=role))
        placet.resources.create(
            Resource(
                type="profile",
                id="admin/prod",
                attributes={
                    "application_name": "AWS",
                    "profile_name": "Admin",
                    "environment_name": "Production",
                },
            )
        )
        placet.resources.create(Resource(type="resource_profile", id="root/db1"))
        placet.policies.create(
            ApprovalPolicy(
                id="profiles",
                applies_to=("profile.checkout",),
                needed="when_denied",
                requesters=("group:engineers",),
                requirement=parse_reviews("1 from group:approvers"),
                yields=AccessYield("_britive_profile_checkout", 3600),
                decide_within=600,
            )
        )
        placet.policies.create(
            ApprovalPolicy(
                id="resources",
                applies_to=("resource.profile.checkout",),
                requirement=parse_reviews("1 from group:approvers"),
                yields=PassYield(),
                decide_within=600,
                use_within=1800,
            )
        )
    return Tenant(placet)
