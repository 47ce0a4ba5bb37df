"""What a caller can send by mistake or on purpose: a clear refusal, and nothing stored."""

from typing import Any, NamedTuple

import pytest
from falcon_client import Browser
from office import SYSTEM

from placet import Assignment, User
from placet.testing import PlacetUnderTest

DEEP = b'{"permission": "invoice.pay", "args": ' + b'{"a":' * 100 + b"1" + b"}" * 101
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000


class Bad(NamedTuple):
    """A request, the status and code of its refusal, and a word that the message has to hold."""

    method: str
    path: str
    status: int
    code: str
    says: str
    json: Any = None
    body: bytes | None = None
    content_type: str = "application/json"
    by: str = "root"


CASES = (
    Bad("POST", "roles", 400, "invalid", "empty", {}),
    Bad("POST", "check", 400, "invalid", "permission", {}),
    Bad("POST", "check", 400, "invalid", "on: expected", {"permission": "invoice.pay", "on": 7}),
    Bad("POST", "check", 400, "invalid", "not a principal", {"permission": "invoice.pay",
        "principal": "sam"}),
    Bad("POST", "check", 400, "invalid", "did you mean 'permission'", {"permission": "invoice.pay",
        "permision": "x"}),
    Bad("POST", "check-many", 400, "invalid", "questions", {}),
    Bad("POST", "check-many", 400, "invalid", "questions[0].permision",
        {"questions": [{"permission": "invoice.pay", "permision": "x"}]}),
    Bad("POST", "who-can", 400, "invalid", "1 to 1000", {"permission": "invoice.pay", "limit": 0}),
    Bad("POST", "who-can", 400, "invalid", "cursor", {"permission": "invoice.pay", "after": "x"}),
    Bad("POST", "who-can", 400, "invalid", "kinds", {"permission": "invoice.pay", "kinds": ["x"]}),
    Bad("POST", "who-can", 400, "invalid", "did you mean 'invoice.pay'",
        {"permission": "invoice.pya"}),
    Bad("POST", "what-can", 400, "invalid", "did you mean 'invoice'", {"on": "invoic:7"}),
    Bad("POST", "what-can", 400, "invalid", "principal", {"principal": ""}),
    Bad("POST", "which", 400, "invalid", "permission", {}),
    Bad("POST", "which", 403, "access_denied", "core_access_view",
        {"permission": "invoice.pay", "principal": "user:kim"}, by="sam"),
    Bad("POST", "filter", 400, "invalid", "scope", {"permission": "invoice.pay", "scope": "a"}),
    Bad("POST", "users", 400, "invalid", "256", {"id": "x" * 257}),
    Bad("POST", "users", 400, "invalid", "control character", {"id": "a\nb"}),
    Bad("POST", "users", 400, "invalid", "blank", {"id": " a"}),
    Bad("POST", "users", 400, "invalid", "expected `object`", [1]),
    Bad("POST", "roles", 400, "invalid", "did you mean 'invoice.pay'",
        {"id": "r", "permissions": ["invoice.pya"]}),
    Bad("POST", "assignments", 400, "invalid", "no role", {"principal": "user:sam", "role": "no"}),
    Bad("POST", "assignments", 400, "invalid", "directory",
        {"principal": "user:ghost", "role": "clerk"}),
    Bad("POST", "assignments", 400, "invalid", "expires_at",
        {"principal": "user:sam", "role": "clerk", "expires_at": "tomorrow"}),
    Bad("POST", "assignments", 400, "invalid", "expires_at",
        {"principal": "user:sam", "role": "clerk", "expires_at": "2026-01-01T00:00:00"}),
    Bad("POST", "resource-groups", 400, "invalid", "resources[0].idz",
        {"id": "g", "resources": [{"type": "invoice", "idz": ["7"]}]}),
    Bad("POST", "policies", 400, "invalid", "requirement.cuont",
        {"id": "p", "applies_to": ["invoice.pay"],
         "requirement": {"kind": "reviews", "count": 1, "source": "owner", "cuont": 2}}),
    Bad("POST", "policies", 400, "invalid", "ten years",
        {"id": "p", "applies_to": ["invoice.pay"], "decide_within": 10**15,
         "requirement": {"kind": "reviews", "count": 1, "source": "owner"}}),
    Bad("POST", "policies", 400, "invalid", "requirement",
        {"id": "p", "applies_to": ["invoice.pay"], "requirement": {"kind": "magic"}}),
    Bad("POST", "users", 409, "already_exists", "already", {"id": "sam"}),
    Bad("PUT", "users/ghost", 404, "not_found", "ghost", {"name": "Ghost"}),
    Bad("PUT", "users/sam", 400, "invalid", "address says", {"id": "kim"}),
    Bad("PUT", "roles/clerk?scope=retail", 400, "invalid", "address says", {"scope": "ops"}),
    Bad("PUT", "roles/_account_admin", 409, "invalid_state", "built in", {}),
    Bad("DELETE", "roles/clerk", 409, "invalid_state", "still used"),
    Bad("DELETE", "roles/ghost", 404, "not_found", "ghost"),
    Bad("GET", "roles/ghost", 404, "not_found", "ghost"),
    Bad("GET", "resources/invoice", 400, "invalid", "type:id"),
    Bad("GET", "approvals/ghost", 404, "not_found", "ghost"),
    Bad("POST", "approvals/ghost/reviews", 404, "not_found", "ghost", {"verdict": "approve"}),
    Bad("POST", "approvals/ghost/reviews", 400, "invalid", "verdict", {"verdict": "maybe"}),
    Bad("GET", "roles?limt=1", 400, "invalid", "did you mean 'limit'"),
    Bad("GET", "roles?limit=1&limit=2", 400, "invalid", "more than once"),
    Bad("GET", "roles?limit=many", 400, "invalid", "limit"),
    Bad("GET", "roles?limit=0", 400, "invalid", "1 to 1000"),
    Bad("GET", "roles?skip=-1", 400, "invalid", "skip"),
    Bad("GET", "roles?sort=colour", 400, "invalid", "sort"),
    Bad("GET", "roles?scope=a/b/c", 400, "invalid", "scope"),
    Bad("GET", "roles?search=%00", 400, "invalid", "control character"),
    Bad("GET", "roles?search=%FF", 400, "invalid", "UTF-8"),
    Bad("GET", "roles/a%00b", 400, "invalid", "control character"),
    Bad("GET", "approvals?status=maybe", 400, "invalid", "status"),
    Bad("GET", "approvals?after=nonsense", 400, "invalid", "cursor"),
    Bad("GET", "approvals?label=release", 400, "invalid", "key:value"),
    Bad("GET", "audit/events?after=-1", 400, "invalid", "after"),
    Bad("GET", "audit/events?after=" + "9" * 40, 400, "invalid", "after"),
    Bad("GET", "approvals/x?verbose=1", 400, "invalid", "no parameter here"),
    Bad("POST", "roles", 400, "invalid", "not JSON", body=b'{"id": '),
    Bad("POST", "roles", 400, "invalid", "byte 6", body=b'{"id":}'),
    Bad("POST", "roles", 400, "invalid", "UTF-8", body=b'{"id": "\xff"}'),
    Bad("POST", "approvals", 400, "invalid", "nested deeper", body=DEEP),
    Bad("POST", "approvals", 400, "invalid", "nested deeper", body=VERY_DEEP),
    Bad("POST", "roles", 415, "unsupported_media_type", "application/json", body=b"id=r",
        content_type="application/x-www-form-urlencoded"),
    Bad("POST", "bundle/apply", 415, "unsupported_media_type", "application/toml", body=b"a: 1",
        content_type="application/yaml"),
    Bad("POST", "bundle/apply", 400, "invalid", "TOML", body=b"= 1",
        content_type="application/toml"),
    Bad("PATCH", "roles", 405, "method_not_allowed", "GET, POST"),
    Bad("GET", "nothing", 404, "not_found", "nothing at this address"),
    Bad("POST", "users", 403, "access_denied", "core_user_manage", {"id": "new"}, by="eve"),
    Bad("GET", "audit/events", 403, "access_denied", "core_audit_view", by="eve"),
    Bad("POST", "permits", 403, "access_denied", "invoice.pay", {"permission": "invoice.pay"},
        by="eve"),
    Bad("POST", "permits", 400, "invalid", "did you mean 'invoice.pay'",
        {"permission": "invoice.pya"}, by="eve"),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.method} {bad.path} {bad.says}"[:70])
def test_a_bad_request_is_refused_in_one_shape_and_stores_nothing(
    browser: Browser, placet: PlacetUnderTest, bad: Bad
) -> None:
    browser.get("grants", by=bad.by)
    before = placet.store.head("default")
    if bad.body is not None:
        result = browser.call(
            bad.method, bad.path, by=bad.by, body=bad.body,
            headers={"Content-Type": bad.content_type},
        )  # fmt: skip
    else:
        result = browser.call(bad.method, bad.path, by=bad.by, json=bad.json)
    error = result.json["error"]
    assert (result.status_code, error["code"]) == (bad.status, bad.code)
    assert bad.says in error["message"]
    assert error["request_id"] == result.headers["X-Request-ID"]
    assert result.headers["Content-Type"] == "application/json"
    assert placet.store.head("default") == before


def test_a_message_does_not_send_back_all_that_was_sent(browser: Browser) -> None:
    result = browser.post("check", {"permission": "x" * 100_000, "principal": "y" * 100_000})
    assert len(result.content) < 5000


def test_each_mistake_is_named_with_its_place(browser: Browser) -> None:
    result = browser.post("users", {"id": " x", "name": "n" * 300, "email": "e" * 300})
    paths = [problem["path"] for problem in result.json["error"]["problems"]]
    assert paths == ["id", "name", "email"]


def test_a_decided_approval_cannot_be_decided_again(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    id = browser.post("approvals", {"permission": "invoice.pay"}, by="sam").json["id"]
    browser.post(f"approvals/{id}/reviews", {"verdict": "approve"}, by="dana")
    browser.get("grants", by="finn")
    before = placet.store.head("default")
    again = browser.post(f"approvals/{id}/reviews", {"verdict": "reject"}, by="finn")
    assert (again.status_code, again.json["error"]["code"]) == (409, "invalid_state")
    assert again.json["error"]["details"]["status"] == "approved"
    assert placet.store.head("default") == before


def test_an_object_of_another_account_is_not_found(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    acme = placet.tenant("acme")
    acme.users.create(User(id="ann"), actor=SYSTEM)
    acme.assignments.create(
        Assignment(id="ann", principal="user:ann", role="_account_admin"), actor=SYSTEM
    )
    token = acme.credentials.issue("user:ann", actor=SYSTEM).token
    id = browser.post("approvals", {"permission": "invoice.pay"}, by="sam").json["id"]
    before = placet.store.head("default"), placet.store.head("acme")
    result = browser.post(
        f"/placet/v1/accounts/acme/approvals/{id}/reviews",
        {"verdict": "approve"},
        by=None,
        headers={"x-api-key": token},
    )
    assert (result.status_code, result.json["error"]["code"]) == (404, "not_found")
    assert (placet.store.head("default"), placet.store.head("acme")) == before


def test_get_and_delete_with_a_content_type_and_no_body_are_not_parsed(browser: Browser) -> None:
    headers = {"Content-Type": "application/json"}
    assert browser.get("roles", headers=headers).status_code == 200
    assert browser.delete("users/eve", headers=headers).status_code == 200
