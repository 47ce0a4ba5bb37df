"""No public client calls the gate: what the vendor's sample scripts send, against a real server.

They send Basic at once, without waiting to be asked, and test for exactly 201.
"""

import base64
import json
import secrets
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from vendor_worlds import DEPLOYMENT

GATE = "Manager Approval"
TOKEN = f"sat.acme.pipeline.{secrets.token_urlsafe(24)}"
PASSWORD = secrets.token_urlsafe(16)
CREDENTIALS = """
[[credentials]]
for = "service_account:pipeline"
kind = "token"
secret_env = "OF_PIPELINE"
[[credentials]]
for = "user:max"
kind = "basic"
secret_env = "OF_MAX"
[[credentials]]
for = "user:kim"
kind = "basic"
secret_env = "OF_KIM"
"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the service of this module is told."""
    bundle = tmp_path_factory.mktemp("bundle") / "deployment.toml"
    bundle.write_text(DEPLOYMENT + CREDENTIALS, "utf-8")
    passwords = {"OF_MAX": PASSWORD, "OF_KIM": PASSWORD}
    return {"PLACET_BUNDLE": str(bundle), "OF_PIPELINE": TOKEN, **passwords}


@pytest.fixture(scope="module")
def url(served: Any) -> str:
    return str(served.url)


def sent(url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON of a POST."""
    packed = json.dumps(body).encode()
    request = Request(url, packed, {"Content-Type": "application/json", **headers}, method="POST")
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def arrives(url: str, snapshot: int) -> None:
    """A snapshot comes to its gate: what a pipeline tells the service."""
    labels = {"environment": "21015", "release": "10013", "snapshot": str(snapshot)}
    path = f"{url}/placet/v1/accounts/acme/gates/Manager%20Approval/requests"
    status, _ = sent(path, {"labels": labels}, {"x-api-key": TOKEN})
    assert status == 201


def says(
    url: str, status: str, query: str = "", who: str = "max", password: str = PASSWORD
) -> tuple[int, Any]:
    packed = base64.b64encode(f"acme/{who}:{password}".encode()).decode()
    body = {"environmentId": "21015", "gateName": GATE, "notes": "as agreed", "status": status}
    path = f"{url}/flexdeploy/rest/v1/releases/10013/gate/approval{query}"
    return sent(path, body, {"Authorization": f"Basic {packed}", "Accept": "application/json"})


def test_with_a_snapshot(url: str) -> None:
    arrives(url, 11125)
    arrives(url, 62014)
    assert says(url, "APPROVED", "?snapshotId=11125") == (
        201,
        {
            "environmentId": "21015",
            "gateName": GATE,
            "status": "APPROVED",
            "notes": "as agreed",
            "releaseId": 10013,
            "snapshotId": 11125,
        },
    )
    assert says(url, "REJECTED")[1]["snapshotId"] == 62014


def test_without_a_snapshot(url: str) -> None:
    arrives(url, 70001)
    arrives(url, 70002)
    assert [says(url, "APPROVED")[1]["snapshotId"] for _ in range(2)] == [70002, 70001]
    assert says(url, "APPROVED")[0] == 400


def test_refusals(url: str) -> None:
    arrives(url, 80001)
    assert says(url, "APPROVED", who="kim")[0] == 403
    assert says(url, "APPROVED", password="wrong")[0] == 401
    assert says(url, "approved")[0] == 400
    assert says(url, "REJECTED")[0] == 201
