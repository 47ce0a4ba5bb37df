"""What a caller can send by mistake or on purpose: the vendor's error, and nothing stored."""

import json
from typing import Any, NamedTuple

import pytest
from britive_tenant import Tenant

from placet.storage.memory import MemoryStore
from placet.storage.port import Key
from placet_falcon.surface import Surface
from placet_falcon.surfaces import SURFACES

WITHDRAW = "v1/approvals/consumer/papservice/resource"
ASK = "access/admin/environments/prod/approvalRequest"
ONE = "v1/approvals/{id}"
DEEP = b'{"approverComment": ' + b'{"a":' * 100 + b"1" + b"}" * 101
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000


class Bad(NamedTuple):
    """A request; the status and code of its refusal, and a word that the message has to hold.

    `{id}` is a pending request of sam's, `{settled}` an approved one.
    """

    method: str
    path: str
    status: int
    code: str
    says: str
    json: Any = None
    body: bytes | None = None
    content_type: str = "application/json"
    by: str | None = "sam"


CASES = (
    Bad("GET", "v1/approvals?requestType=mine", 400, "E1003", "myApprovals"),
    Bad("GET", "v1/approvals?requestType=myRequests&requestType=myApprovals", 400, "E1003", "once"),
    Bad("GET", "v1/approvals?filter=status", 400, "E1003", "operator"),
    Bad("GET", "v1/approvals?filter=status%20eq", 400, "E1003", "lacks a value"),
    Bad("GET", "v1/approvals?filter=status%20eq%20PENDING,", 400, "E1003", "lacks a value"),
    Bad("GET", "v1/approvals?filter=status%20ne%20PENDING", 400, "E1003", "'eq' or 'co'"),
    Bad("GET", "v1/approvals?filter=user%20eq%20sam", 400, "E1003", "'status'"),
    Bad("GET", "v1/approvals?filter=status%20eq%20MAYBE", 400, "E1003", "PENDING, APPROVED"),
    Bad("GET", "v1/approvals?filter=status%20eq%20pending", 400, "E1003", "'pending'"),
    Bad("GET", "v1/approvals?filter=%00", 400, "E1003", "control character"),
    Bad("GET", "v1/approvals?filter=%FF", 400, "E1003", "UTF-8"),
    Bad("GET", "v1/approvals?filtr=x", 400, "E1003", "did you mean 'filter'"),
    Bad("GET", "v1/approvals?pageToken=nonsense", 400, "E1003", "pageToken"),
    Bad("GET", "v1/approvals?pageToken=%C3%A9", 400, "E1003", "pageToken"),
    Bad("GET", "v1/approvals?pageToken=WyJhIiwiIiwiIiwieCJd", 400, "E1003", "pageToken"),
    Bad("GET", "v1/approvals?pageToken=WyIiLCIiLCIiLCJ4Il0", 400, "E1003", "cursor"),
    Bad("GET", "v1/approvals?pageToken=a&pageToken=b", 400, "E1003", "more than once"),
    Bad("GET", "v1/approvals?consumer=other", 400, "E1003", "papservice"),
    Bad("GET", "v1/approvals?activeStatus=active", 400, "E1012", "not offered"),
    Bad("GET", "v1/approvals?createdWithinDays=3", 400, "E1012", "not offered"),
    Bad("GET", "v1/approvals/none", 404, "E1004", "none"),
    Bad("GET", "v1/approvals/" + "x" * 300, 404, "E1004", "no approval"),
    Bad("GET", "v1/approvals/a%00b", 400, "E1003", "control character"),
    Bad("GET", ONE, 404, "E1004", "no approval", by="eve"),
    Bad("GET", f"{ONE}?requestType=other", 400, "E1003", "myApprovals"),
    Bad("GET", f"{ONE}?verbose=1", 400, "E1003", "no parameter"),
    Bad("PATCH", ONE, 400, "E1003", "approveRequest", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=maybe", 400, "E1003", "maybe", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=", 400, "E1003", "approveRequest", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes&approveRequest=no", 400, "E1003", "once", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes&killSession=7", 400, "E1003", "kill", by="ana"),
    Bad("PATCH", "v1/approvals/none?approveRequest=yes", 404, "E1004", "none", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 404, "E1004", "no approval", by="eve"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 403, "PE-0002", "stands behind"),
    Bad("PATCH", f"{ONE}?approveRequest=revoke", 400, "E1003", "nothing to revoke", by="ana"),
    Bad("PATCH", "v1/approvals/{settled}?approveRequest=no", 400, "E1003", "approved", by="bo"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "approverComment",
        {"approverComment": 7}, by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "4096",
        {"approverComment": "x" * 4097}, by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "object", [1], by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "not JSON", body=b"{", by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "UTF-8", body=b'{"a":"\xff"}',
        by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "nested deeper", body=DEEP, by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "nested deeper", body=VERY_DEEP,
        by="ana"),
    Bad("PATCH", f"{ONE}?approveRequest=yes", 400, "E1003", "application/json", body=b"a=b",
        content_type="application/x-www-form-urlencoded", by="ana"),
    Bad("DELETE", "v1/approvals/none", 404, "E1004", "none"),
    Bad("DELETE", "v1/approvals/{settled}", 400, "E1003", "approved"),
    Bad("DELETE", ONE, 403, "PE-0002", "core_approval_cancel", by="ana"),
    Bad("DELETE", "v1/approvals/consumer/other/resource?resourceId=a/b", 404, "E1004", "consumer"),
    Bad("DELETE", WITHDRAW, 400, "E1003", "resourceId"),
    Bad("DELETE", f"{WITHDRAW}?resourceId=a", 400, "E1003", "PROFILE"),
    Bad("DELETE", f"{WITHDRAW}?resourceId=a/b/c", 400, "E1003", "'/'"),
    Bad("DELETE", f"{WITHDRAW}?resourceId=a/b", 404, "E1004", "a/b"),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "revokerComment", {"approvals": ["x"]}),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "255",
        {"approvals": ["x"], "revokerComment": "x" * 256}),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "approvals", {"revokerComment": "x"}),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "approvals",
        {"revokerComment": "x", "approvals": [7]}),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "1000",
        {"revokerComment": "x", "approvals": ["x"] * 1001}),
    Bad("POST", "v1/approvals/revoke", 400, "E1003", "bool",
        {"revokerComment": "x", "approvals": ["x"], "killSession": "yes"}),
    Bad("POST", "v1/approvals/revoke", 404, "E1004", "none",
        {"revokerComment": "x", "approvals": ["none"]}),
    Bad("POST", ASK, 403, "PE-0002", "cannot ask", {"justification": "please"}, by="eve"),
    Bad("POST", ASK, 400, "E1003", "justification", {"justification": 7}),
    Bad("POST", ASK, 400, "E1003", "4096", {"justification": "x" * 4097}),
    Bad("POST", ASK, 400, "E1003", "256", {"ticketId": "x" * 257}),
    Bad("POST", ASK, 400, "E1003", "object", "text"),
    Bad("POST", ASK, 400, "E1003", "not JSON", body=b"nonsense"),
    Bad("POST", ASK, 400, "E1003", "application/json", body=b"a: 1",
        content_type="application/yaml"),
    Bad("POST", f"{ASK}?force=1", 400, "E1003", "no parameter", {}),
    Bad("POST", "access/a%2Fb/environments/c/approvalRequest", 400, "E1003", "'/'"),
    Bad("POST", f"access/{'x' * 300}/environments/prod/approvalRequest", 400, "E1003", "256"),
    Bad("POST", "access/%20/environments/prod/approvalRequest", 400, "E1003", "blank"),
    Bad("GET", "access?filter=x", 400, "E1012", "not offered"),
    Bad("GET", "access?size=many", 400, "E1003", "size"),
    Bad("GET", "resource-manager/my-resources?type=frequently-used", 400, "E1012", "not offered"),
    Bad("GET", "nothing", 404, "E1004", "nothing at this address"),
    Bad("PUT", "v1/approvals", 405, "E1012", "GET"),
    Bad("GET", "v1/approvals/revoke", 405, "E1012", "POST"),
    Bad("GET", "v1/approvals", 401, "E0000", "nobody is known", by=None),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.method} {bad.path} {bad.says}"[:80])
def test_a_bad_request_is_refused_in_the_vendors_shape_and_stores_nothing(
    tenant: Tenant, bad: Bad
) -> None:
    names = {"id": tenant.ask(), "settled": tenant.ask(environment="settled")}
    tenant.decide(names["settled"], "yes")
    path = bad.path
    for name, id in names.items():
        path = path.replace(f"{{{name}}}", id)
    if bad.by is not None:
        tenant.token(bad.by)
    before = tenant.placet.store.head("default")
    body = bad.body if bad.json is None else json.dumps(bad.json).encode()
    result = tenant.call(
        bad.method, path, by=bad.by, body=body, headers={"Content-Type": bad.content_type}
    )
    assert (result.status_code, result.json["errorCode"]) == (bad.status, bad.code)
    assert bad.says in result.json["message"]
    assert list(result.json) == ["status", "message", "errorCode", "details"]
    assert result.json["status"] == bad.status
    assert result.headers["content-type"] == "application/json"
    assert tenant.placet.store.head("default") == before


def test_a_body_that_is_too_large_is_refused(tenant: Tenant) -> None:
    result = tenant.call("POST", ASK, body=b" " * (1024 * 1024 + 1))
    assert (result.status_code, result.json["errorCode"]) == (413, "E1003")


def test_a_store_that_is_down_is_maintenance(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK then says so at once, instead of asking six times."""
    from placet.errors import Unavailable

    def down(self: MemoryStore, account: str, keys: list[Key]) -> None:
        raise Unavailable("the disk is full")

    tenant.token("sam")
    monkeypatch.setattr(MemoryStore, "get", down)
    result = tenant.call("GET", "v1/approvals")
    assert (result.status_code, result.json["errorCode"]) == (503, "MAINT0001")
    assert "disk" not in result.text


def test_the_surface_is_served() -> None:
    assert any(surface.name == "britive" for surface in SURFACES)


def test_no_other_surface_owns_its_paths() -> None:
    def owns(surface: Surface) -> bool:
        return surface.owns("/api/v1/approvals")

    assert [surface.name for surface in SURFACES if owns(surface)] == ["britive"]
