"""An enforcement point that asks the AuthZEN surface, over the fixture of the certification."""

from pathlib import Path
from typing import Any

import msgspec
from falcon import testing

from placet import SYSTEM
from placet.testing import PlacetUnderTest, engine
from placet_falcon import SURFACES, HostSettings, SurfaceCatalogues, create_app

__all__ = ["ALICE", "BOB", "BUNDLE", "KEY", "PUBLIC", "RECORD_1", "RECORD_2", "Pep", "certified"]

BUNDLE = Path(__file__).parents[1] / "hosts" / "falcon_authzen" / "certification.toml"
PUBLIC = "https://pdp.example.com"
KEY = "k" * 32
ALICE = {"type": "user", "id": "alice"}
BOB = {"type": "user", "id": "bob"}
RECORD_1 = {"type": "record", "id": "record-1"}
RECORD_2 = {"type": "record", "id": "record-2"}


def certified(**options: Any) -> PlacetUnderTest:
    """The account of the scenario, in a closed directory as a service has it."""
    options = {"directory": "closed", **options}
    return engine(BUNDLE, plugins=[SurfaceCatalogues(SURFACES)], **options)


class Pep:
    """Asks as the service account `pep`, or as whom it is told."""

    def __init__(self, placet: PlacetUnderTest, **settings: Any) -> None:
        self.placet = placet
        self.settings = HostSettings(**{"public_url": PUBLIC, "secret_keys": (KEY,), **settings})
        self.http = testing.TestClient(create_app(placet, settings=self.settings))
        self._tokens: dict[str, str] = {}

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        by: str | None = "service_account:pep",
        prefix: str = "",
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        method: str = "POST",
    ) -> testing.Result:
        """One request; `path` behind `/access/v1/`, `raw` a body as it is."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if by is not None:
            if by not in self._tokens:
                self._tokens[by] = self.placet.credentials.issue(by, actor=SYSTEM).token
            sent.setdefault("Authorization", f"Bearer {self._tokens[by]}")
        data = raw if raw is not None else msgspec.json.encode(body)
        return self.http.simulate_request(
            method, f"{prefix}/access/v1/{path}", body=data, headers=sent
        )

    def decides(
        self, subject: Any, action: Any, resource: Any, *, context: Any = None, **options: Any
    ) -> bool:
        """The decision of one evaluation."""
        body = {
            "subject": subject,
            "action": {"name": action} if isinstance(action, str) else action,
            "resource": resource,
        }
        if context is not None:
            body["context"] = context
        result = self.post("evaluation", body, **options)
        assert result.status_code == 200, result.text
        decision = result.json["decision"]
        assert isinstance(decision, bool)
        return decision

    def found(self, kind: str, **body: Any) -> Any:
        """The results of a search that has to succeed."""
        result = self.post(f"search/{kind}", body)
        assert result.status_code == 200, result.text
        return result.json["results"]
