"""A client of the Harness access surface over the small account of `office`."""

from typing import Any

from falcon import testing
from falcon_client import Browser

from placet.testing import PlacetUnderTest
from placet_falcon import create_app
from placet_falcon.harness import SURFACE

__all__ = ["ASSIGNMENTS", "Client", "body"]

ASSIGNMENTS = "/authz/api/roleassignments"


class Client(Browser):
    """Calls this surface as users; what fails is told by the code of its body."""

    def __init__(self, placet: PlacetUnderTest) -> None:
        super().__init__(placet)
        self.http = testing.TestClient(create_app(placet, surfaces=[SURFACE]))

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The data of an envelope that has to be a success."""
        result = self.call(method, path, **options)
        assert (result.status_code, result.json["status"]) == (200, "SUCCESS"), result.text
        return result.json["data"]

    def code(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        result = self.call(method, path, **options)
        return result.status_code, result.json["code"]

    def assign(self, identifier: str, query: str = "", **fields: Any) -> testing.Result:
        """A new role assignment."""
        return self.call("POST", f"{ASSIGNMENTS}{query}", json=body(identifier, **fields))


def body(identifier: str | None, **fields: Any) -> dict[str, Any]:
    """The body of a role assignment: eve gets viewer1, unless it says otherwise."""
    return {
        "identifier": identifier,
        "resourceGroupIdentifier": "_all_account_level_resources",
        "roleIdentifier": "viewer1",
        "principal": {"identifier": "eve", "type": "USER"},
        **fields,
    }
