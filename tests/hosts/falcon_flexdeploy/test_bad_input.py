"""What a caller can send by mistake or on purpose: a clear refusal, and nothing stored."""

from typing import Any, NamedTuple

import pytest
from flexdeploy_client import GATE, RELEASE, Operator

from placet import SYSTEM, Corrupt, Unavailable, User
from placet.model import Credential
from placet.testing import PlacetUnderTest

BODY = {"environmentId": "21015", "gateName": GATE, "status": "APPROVED"}
DEEP = b'{"notes": ' + b"[" * 200 + b"]" * 200 + b"}"
BASE = "/flexdeploy/rest/v1/releases"


class Bad(NamedTuple):
    """A request, the status of its refusal, and a word that the message has to hold."""

    path: str
    status: int
    says: str
    json: Any = None
    body: bytes | None = None
    content_type: str = "application/json"
    method: str = "POST"
    by: str = "max"


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in BODY.items() if key != name}


CASES = (
    Bad(RELEASE, 400, "environmentId", without("environmentId")),
    Bad(RELEASE, 400, "gateName", without("gateName")),
    Bad(RELEASE, 400, "status", without("status")),
    Bad(RELEASE, 400, "gateName", {**BODY, "gateName": 7}),
    Bad(RELEASE, 400, "environmentId", {**BODY, "environmentId": True}),
    Bad(RELEASE, 400, "environmentId", {**BODY, "environmentId": None}),
    Bad(RELEASE, 400, "notes", {**BODY, "notes": 7}),
    Bad(RELEASE, 400, "is the most", {**BODY, "notes": "n" * 5000}),
    Bad(RELEASE, 400, "APPROVED, REJECTED", {**BODY, "status": "approved"}),
    Bad(RELEASE, 400, "APPROVED, REJECTED", {**BODY, "status": "PENDING"}),
    Bad(RELEASE, 400, "release", {**BODY, "releaseId": 10014}),
    Bad(RELEASE, 400, "no number", {**BODY, "releaseId": "ten"}),
    Bad(RELEASE, 400, "waits", {**BODY, "gateName": "unknown"}),
    Bad(RELEASE, 400, "waits", {**BODY, "gateName": "g" * 5000}),
    Bad(RELEASE, 400, "waits", {**BODY, "environmentId": "e" * 5000}),
    Bad(f"{RELEASE}?snapshotId=7", 400, "waits", BODY),
    Bad(f"{RELEASE}?snapshotId=seven", 400, "no number", BODY),
    Bad(f"{RELEASE}?snapshotId={2**63}", 400, "no number", BODY),
    Bad(f"{RELEASE}?snapshotId=", 400, "no number", BODY),
    Bad(f"{RELEASE}?snapshotId=1&snapshotId=2", 400, "more than once", BODY),
    Bad(f"{RELEASE}?snapshotId=%FF", 400, "UTF-8", BODY),
    Bad(f"{BASE}/ten/gate/approval", 400, "no number", BODY),
    Bad(f"{BASE}/{'9' * 100}/gate/approval", 400, "no number", BODY),
    Bad(f"{BASE}/1%00/gate/approval", 400, "control", BODY),
    Bad(f"{BASE}/10014/gate/approval", 400, "waits", BODY),
    Bad(RELEASE, 400, "environmentId"),
    Bad(RELEASE, 400, "object", [BODY]),
    Bad(RELEASE, 400, "not JSON", body=b'{"status": '),
    Bad(RELEASE, 400, "UTF-8", body=b'{"status": "\xff"}'),
    Bad(RELEASE, 400, "nested deeper", body=DEEP),
    Bad(RELEASE, 415, "application/json", body=b"status=APPROVED",
        content_type="application/x-www-form-urlencoded"),
    Bad(RELEASE, 413, "too large", body=b" " * 1_100_000),
    Bad(RELEASE, 403, "kim", BODY, by="kim"),
    Bad(RELEASE, 401, "nobody", BODY, by="ghost"),
    Bad(RELEASE, 405, "POST", method="GET"),
    Bad(RELEASE, 405, "POST", BODY, method="PUT"),
    Bad("/flexdeploy/rest/v1/releases", 404, "nothing at this address", BODY),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.method} {bad.status} {bad.says}"[:60])
def test_what_is_wrong_is_refused_and_nothing_is_stored(
    operator: Operator, placet: PlacetUnderTest, bad: Bad
) -> None:
    operator.arrives(1)
    before = placet.store.head("default")
    request: dict[str, Any] = {}
    if bad.body is not None:
        request = {"body": bad.body, "headers": {"Content-Type": bad.content_type}}
    elif bad.json is not None:
        request = {"json": bad.json}
    result = operator(bad.path, bad.by, bad.method, **request)
    assert (result.status_code, result.json["code"]) == (bad.status, str(bad.status))
    assert bad.says in result.json["message"]
    assert sorted(result.json) == ["code", "message", "requestId"]
    assert result.headers["Content-Type"] == "application/json"
    assert placet.store.head("default") == before


@pytest.mark.parametrize("authorization", [None, "Basic", "Basic !", "Basic bWF4OnNlc2FtZQ=="])
def test_who_is_not_known_is_asked_for_basic(operator: Operator, authorization: str | None) -> None:
    """The last is `max:sesame`, which names no account."""
    headers = {} if authorization is None else {"Authorization": authorization}
    result = operator.http.simulate_post(RELEASE, json=BODY, headers=headers)
    assert (result.status_code, result.json["code"]) == (401, "401")
    assert 'Basic realm="placet"' in result.headers["WWW-Authenticate"]


def test_a_gate_of_another_account_is_out_of_reach(
    operator: Operator, placet: PlacetUnderTest
) -> None:
    id = operator.arrives(1)
    acme = placet.tenant("acme")
    acme.users.create(User(id="max"), actor=SYSTEM)
    acme.credentials.create(
        Credential(id="max", principal="user:max", kind="basic", secret_hash="hash of sesame"),
        actor=SYSTEM,
    )
    packed = "Basic YWNtZS9tYXg6c2VzYW1l"  # acme/max:sesame
    result = operator.http.simulate_post(RELEASE, json=BODY, headers={"Authorization": packed})
    assert (result.status_code, operator.status(id)) == (400, "pending")


@pytest.mark.parametrize("error", [Unavailable("the disk is full"), Corrupt("what is this")])
def test_a_store_that_fails_is_a_fault_of_the_service(
    operator: Operator,
    placet: PlacetUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    operator.arrives(1)

    def fail(*args: object) -> object:
        raise error

    monkeypatch.setattr(placet.store, "find", fail)
    result = operator.says("APPROVED")
    assert (result.status_code, result.json["code"]) == (500, "500")
