"""What a caller can send by mistake or on purpose: the vendor's error, and nothing stored."""

from typing import Any, NamedTuple

import pytest
from iacm_client import BODY, PROJECT, Caller

from placet import Corrupt, Unavailable
from placet.testing import PlacetUnderTest

UNKNOWN = "/approvals/00000000-0000-7000-8000-000000000000"
DEEP = b'{"status": ' + b"[" * 200 + b"]" * 200 + b"}"
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000


class Bad(NamedTuple):
    """A request, the status and name of its refusal, and a word that the message has to hold."""

    method: str
    path: str
    status: int
    name: str
    says: str
    json: Any = None
    body: bytes | None = None
    content_type: str = "application/json"
    by: str = "ana"


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in BODY.items() if key != name}


CASES = (
    Bad("POST", "/approvals", 400, "missing_field", "pipeline_execution_id",
        without("pipeline_execution_id")),
    Bad("POST", "/approvals", 400, "missing_field", "pipeline_stage_id",
        without("pipeline_stage_id")),
    Bad("POST", "/approvals", 400, "missing_field", "workspace_id", without("workspace_id")),
    Bad("POST", "/approvals", 400, "missing_field", "workspace_id", {**BODY, "workspace_id": None}),
    Bad("POST", "/approvals", 400, "invalid_length", "empty", {**BODY, "workspace_id": ""}),
    Bad("POST", "/approvals", 400, "invalid_length", "empty", {**BODY, "pipeline_stage_id": ""}),
    Bad("POST", "/approvals", 400, "invalid_field_type", "no", {**BODY, "workspace_id": 7}),
    Bad("POST", "/approvals", 400, "invalid_field_type", "status", {**BODY, "status": True}),
    Bad("POST", "/approvals", 400, "invalid_enum_value", "maybe", {**BODY, "status": "maybe"}),
    Bad("POST", "/approvals", 400, "invalid_enum_value", "'Pending'",
        {**BODY, "status": "Pending"}),
    Bad("POST", "/approvals", 400, "BadRequestError", "256", {**BODY, "workspace_id": "w" * 257}),
    Bad("POST", "/approvals", 400, "BadRequestError", "256",
        {**BODY, "pipeline_execution_id": "e" * 257}),
    Bad("POST", "/approvals", 400, "BadRequestError", "control",
        {**BODY, "workspace_id": "a\nb"}),
    Bad("POST", "/approvals", 400, "missing_payload", "no body"),
    Bad("POST", "/approvals", 400, "BadRequestError", "object", [1]),
    Bad("POST", "/approvals", 400, "BadRequestError", "not JSON", body=b'{"status": '),
    Bad("POST", "/approvals", 400, "BadRequestError", "UTF-8", body=b'{"status": "\xff"}'),
    Bad("POST", "/approvals", 400, "BadRequestError", "", body=b'{"workspace_id": "\\ud800"}'),
    Bad("POST", "/approvals", 400, "BadRequestError", "nested deeper", body=DEEP),
    Bad("POST", "/approvals", 400, "BadRequestError", "nested deeper", body=VERY_DEEP),
    Bad("POST", "/approvals", 415, "unsupported_media_type", "application/json", body=b"a=1",
        content_type="application/x-www-form-urlencoded"),
    Bad("POST", "/approvals", 413, "RequestTooLargeError", "too large", body=b" " * 1_100_000),
    Bad("POST", "/approvals", 403, "ForbiddenError", "iac_workspace_edit", BODY, by="kim"),
    Bad("POST", "/approvals", 403, "ForbiddenError", "iac_workspace_approve",
        {**BODY, "status": "approved"}, by="plugin"),
    Bad("PUT", UNKNOWN, 404, "NotFoundError", "no approval", {"status": "approved"}),
    Bad("PUT", UNKNOWN, 400, "missing_field", "status", {"actioned_by": "x"}),
    Bad("PUT", UNKNOWN, 400, "invalid_enum_value", "unknown", {"status": "unknown"}),
    Bad("PUT", UNKNOWN, 400, "invalid_field_type", "actioned_by",
        {"status": "approved", "actioned_by": 7}),
    Bad("PUT", UNKNOWN, 400, "invalid_length", "actioned_by_email",
        {"status": "approved", "actioned_by_email": "e" * 257}),
    Bad("PUT", "/approvals/7", 400, "invalid_format", "UUID", {"status": "approved"}),
    Bad("GET", "/approvals/ghost", 400, "invalid_format", "UUID"),
    Bad("GET", UNKNOWN, 404, "NotFoundError", "no approval"),
    Bad("GET", UNKNOWN, 403, "ForbiddenError", "iac_workspace_view", by="kim"),
    Bad("GET", "/approvals", 403, "ForbiddenError", "iac_workspace_view", by="kim"),
    Bad("GET", "/approvals?limit=0", 400, "invalid_range", "1 to 1000"),
    Bad("GET", "/approvals?limit=1001", 400, "invalid_range", "1 to 1000"),
    Bad("GET", "/approvals?limit=many", 400, "invalid_field_type", "limit"),
    Bad("GET", "/approvals?page=0", 400, "invalid_range", "page"),
    Bad("GET", "/approvals?page=-1", 400, "invalid_range", "page"),
    Bad("GET", f"/approvals?page={2**63}", 400, "invalid_range", "page"),
    Bad("GET", "/approvals?page=" + "9" * 400, 400, "invalid_field_type", "page"),
    Bad("GET", "/approvals?page=1&page=2", 400, "BadRequestError", "more than once"),
    Bad("GET", "/approvals?status_type=expired", 400, "invalid_enum_value", "expired"),
    Bad("GET", "/approvals?workspace=%00", 400, "BadRequestError", "control"),
    Bad("GET", "/approvals?workspace=%FF", 400, "BadRequestError", "UTF-8"),
    Bad("GET", "/iacm/api/orgs//projects/net/approvals", 400, "invalid_length", "org"),
    Bad("GET", f"/iacm/api/orgs/{'o' * 129}/projects/net/approvals", 400, "invalid_length", "org"),
    Bad("GET", f"/iacm/api/orgs/infra/projects/{'p' * 129}/approvals", 400, "invalid_length",
        "project"),
    Bad("GET", "/iacm/api/orgs/infra/projects/a%00b/approvals", 400, "BadRequestError", "control"),
    Bad("DELETE", "/approvals", 405, "MethodNotAllowedError", "GET, POST"),
    Bad("PATCH", UNKNOWN, 405, "MethodNotAllowedError", "GET, PUT"),
    Bad("GET", "/iacm/api/nothing", 404, "NotFoundError", "nothing at this address"),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.method} {bad.name} {bad.says}"[:60])
def test_what_is_wrong_is_refused_in_the_vendors_shape_and_nothing_is_stored(
    iacm: Caller, placet: PlacetUnderTest, bad: Bad
) -> None:
    iacm.create(pipeline_execution_id="before")
    iacm.token(bad.by)
    before = placet.store.head("default")
    request: dict[str, Any] = {}
    if bad.body is not None:
        request = {"body": bad.body, "headers": {"Content-Type": bad.content_type}}
    elif bad.json is not None:
        request = {"json": bad.json}
    result = iacm(bad.method, bad.path, by=bad.by, **request)
    error = result.json
    assert (result.status_code, error["name"]) == (bad.status, bad.name)
    assert bad.says in error["message"]
    assert sorted(error) == ["fault", "id", "message", "name", "temporary", "timeout"]
    assert (error["fault"], error["timeout"], error["temporary"]) == (False, False, False)
    assert error["id"] == result.headers["X-Request-ID"]
    assert result.headers["goa-error"] == error["name"]
    assert result.headers["Content-Type"] == "application/json"
    assert placet.store.head("default") == before


@pytest.mark.parametrize("key", [None, "", "x", "pat.default.x.y", "sat.other.x.y"])
def test_who_is_not_known_is_told_nothing_else(iacm: Caller, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    result = iacm.http.simulate_get(f"{PROJECT}/approvals", headers=headers)
    assert (result.status_code, result.json["name"]) == (401, "UnauthorizedError")


class Failing:
    """A store that cannot be read any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *args: object) -> object:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "name", "temporary"),
    [
        (Unavailable("the disk is full"), 502, "BadGatewayError", True),
        (Corrupt("what is this"), 500, "InternalServerError", False),
    ],
)
def test_a_store_that_fails_is_a_fault_of_the_service(
    iacm: Caller,
    placet: PlacetUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    name: str,
    temporary: bool,
) -> None:
    iacm.create()
    iacm.token("ana")
    monkeypatch.setattr(placet.store, "find", Failing(error))
    result = iacm("GET")
    assert (result.status_code, result.json["name"]) == (status, name)
    assert (result.json["fault"], result.json["temporary"]) == (True, temporary)
