"""A client of the IaCM surface over the account of `vendor_worlds.infrastructure`."""

from typing import Any

from falcon import testing

from placet import SYSTEM
from placet.testing import PlacetUnderTest
from placet_falcon import create_app

__all__ = ["BODY", "PROJECT", "Caller"]

PROJECT = "/iacm/api/orgs/infra/projects/net"
BODY = {"pipeline_execution_id": "e1", "pipeline_stage_id": "plan", "workspace_id": "vpc"}


class Caller:
    """Calls the surface as somebody, with a token."""

    def __init__(self, placet: PlacetUnderTest) -> None:
        self.placet = placet
        self.http = testing.TestClient(create_app(placet))
        self._tokens: dict[str, str] = {}

    def token(self, who: str) -> str:
        if who not in self._tokens:
            principal = "service_account:plugin" if who == "plugin" else f"user:{who}"
            self._tokens[who] = self.placet.credentials.issue(principal, actor=SYSTEM).token
        return self._tokens[who]

    def __call__(
        self, method: str, path: str = "/approvals", by: str = "ana", **request: Any
    ) -> testing.Result:
        """`path` is that below the project, unless it is a whole one."""
        headers = {"x-api-key": self.token(by), **request.pop("headers", {})}
        whole = path if path.startswith(("/iacm", "/gateway", "/placet")) else PROJECT + path
        return self.http.simulate_request(method, whole, headers=headers, **request)

    def create(self, by: str = "plugin", **body: Any) -> str:
        result = self("POST", by=by, json={**BODY, **body})
        assert result.status_code == 200, result.text
        return str(result.json["id"])

    def settle(self, id: str, status: str, by: str = "ana", **body: Any) -> testing.Result:
        return self("PUT", f"/approvals/{id}", by=by, json={"status": status, **body})

    def status(self, id: str, by: str = "ana") -> str:
        return str(self("GET", f"/approvals/{id}", by=by).json["status"])

    def listed(self, query: str = "", by: str = "ana") -> list[str]:
        result = self("GET", f"/approvals{query}", by=by)
        assert result.status_code == 200, result.text
        return [one["id"] for one in result.json]
