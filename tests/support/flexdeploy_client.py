"""A client of the FlexDeploy surface over the account of `vendor_worlds.deployment`."""

import base64
from typing import Any

from falcon import testing

from placet import SYSTEM
from placet.model import Credential
from placet.testing import PlacetUnderTest
from placet_falcon import create_app

__all__ = ["GATE", "RELEASE", "Operator", "PlainPasswords"]

GATE = "Manager Approval"
RELEASE = "/flexdeploy/rest/v1/releases/10013/gate/approval"


class PlainPasswords:
    """What takes the place of argon2, which is slow on purpose."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, hash: str, password: str) -> bool:
        return hash == f"hash of {password}"


class Operator:
    """Brings stages to their gates, and decides about them with pre-emptive Basic."""

    def __init__(self, placet: PlacetUnderTest) -> None:
        self.placet = placet
        self.http = testing.TestClient(create_app(placet))
        for who in ("max", "ina", "kim", "root"):
            placet.credentials.create(
                Credential(
                    id=who, principal=f"user:{who}", kind="basic", secret_hash="hash of sesame"
                ),
                actor=SYSTEM,
            )

    def arrives(self, snapshot: int, gate: str = GATE, by: str = "service_account:pipeline") -> str:
        """A snapshot of release 10013 arrives at its gate; the id of the approval."""
        labels = {"environment": "21015", "release": "10013", "snapshot": str(snapshot)}
        self.placet.clock.advance("1s")
        return self.placet.gates.request(gate, labels=labels, actor=by).id

    def __call__(
        self, path: str = RELEASE, by: str = "max", method: str = "POST", **request: Any
    ) -> testing.Result:
        packed = base64.b64encode(f"default/{by}:sesame".encode()).decode()
        headers = {"Authorization": f"Basic {packed}", **request.pop("headers", {})}
        return self.http.simulate_request(method, path, headers=headers, **request)

    def says(self, status: str, query: str = "", by: str = "max", **more: Any) -> testing.Result:
        body = {"environmentId": "21015", "gateName": GATE, "status": status, **more}
        return self(RELEASE + query, by, json=body)

    def status(self, id: str) -> str:
        return self.placet.approvals.get(id, actor=SYSTEM).status
