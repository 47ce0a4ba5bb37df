"""What a caller can send by mistake or on purpose: the vendor's refusal, and nothing stored."""

from typing import Any, NamedTuple

import pytest
from harness_client import ASSIGNMENTS, Client, body

from placet import Assignment, Unavailable, User
from placet.model import SYSTEM
from placet.storage.port import Store
from placet.testing import PlacetUnderTest

ROLE = {"identifier": "r1", "name": "R"}
V1, ROLES, ACL = "/v1/roles", "/authz/api/roles", "/authz/api/acl"
GROUPS = "/authz/api/v2/resourcegroup"
DEEP = b'{"a":' * 100 + b"1" + b"}" * 100
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000
CHECK = {"permission": "core_role_view", "resourceType": "ROLE"}


class Bad(NamedTuple):
    """A request, the status and code of its refusal, and a word that the message holds."""

    method: str
    path: str
    json: Any = None
    status: int = 400
    code: str = "INVALID_REQUEST"
    says: str = ""
    sent: bytes | None = None
    content_type: str = "application/json"
    by: str | None = "root"
    headers: dict[str, str] = {}


def many(*, count: int) -> dict[str, str]:
    return {f"k{number}": "" for number in range(count)}


CASES = (
    Bad("POST", V1, {}, says="identifier"),
    Bad("POST", V1, {"identifier": "r1"}, says="name"),
    Bad("POST", V1, [ROLE], says="object"),
    Bad("POST", V1, {**ROLE, "identifier": 7}, says="identifier"),
    Bad("POST", V1, {**ROLE, "identifier": "1r"}, says="identifier"),
    Bad("POST", V1, {**ROLE, "identifier": "r-1"}, says="identifier"),
    Bad("POST", V1, {**ROLE, "identifier": "r" * 129}, says="128"),
    Bad("POST", V1, {**ROLE, "identifier": "r\n"}, says="identifier"),
    Bad("POST", V1, {**ROLE, "identifier": "stepGroup"}, says="reserved"),
    Bad("POST", V1, {**ROLE, "identifier": "_mine"}, says="custom roles cannot start with _"),
    Bad("POST", V1, {**ROLE, "name": ""}, says="name"),
    Bad("POST", V1, {**ROLE, "name": "1"}, says="name"),
    Bad("POST", V1, {**ROLE, "name": "R."}, says="name"),
    Bad("POST", V1, {**ROLE, "name": "R" * 129}, says="name"),
    Bad("POST", V1, {**ROLE, "description": "d" * 1025}, says="1024"),
    Bad("POST", V1, {**ROLE, "tags": many(count=129)}, says="128"),
    Bad("POST", V1, {**ROLE, "tags": {"a": 1}}, says="tags"),
    Bad("POST", V1, {**ROLE, "permissions": ["core_role_view"] * 2}, says="more than once"),
    Bad("POST", V1, {**ROLE, "permissions": "core_role_view"}, says="permissions"),
    Bad("POST", V1, {**ROLE, "permissions": ["no_such"]}, code="INVALID_ARGUMENT"),
    Bad("POST", V1, {**ROLE, "permissions": ["core_pipeline_view"]}, code="INVALID_ARGUMENT"),
    Bad("POST", V1, {**ROLE, "identifier": "viewer1"}, code="DUPLICATE_FIELD", says="viewer1"),
    Bad("POST", V1, ROLE, 403, "NG_ACCESS_DENIED", "core_role_edit", by="kim"),
    Bad("POST", V1, {**ROLE, "identifier": "viewer1"}, 403, "NG_ACCESS_DENIED", by="kim"),
    Bad("PUT", f"{V1}/viewer1", ROLE, says="do not match"),
    Bad("PUT", f"{V1}/r1", ROLE, says="Could not find the role in the scope /ACCOUNT/default"),
    Bad("PUT", f"{V1}/_account_viewer", {"identifier": "_account_viewer", "name": "V"},
        says="Could not find the role"),
    Bad("PUT", f"{V1}/viewer1", {"identifier": "viewer1", "name": "?"}, says="name"),
    Bad("PUT", f"{V1}/viewer1", {"identifier": "viewer1", "name": "V", "permissions": ["no"]},
        code="INVALID_ARGUMENT"),
    Bad("PUT", f"{V1}/viewer1", {"identifier": "viewer1", "name": "V"}, 403, "NG_ACCESS_DENIED",
        "core_role_edit", by="kim"),
    Bad("GET", f"{V1}/no", says="Role not found in Account scope for given identifier."),
    Bad("GET", "/v1/orgs/o/roles/no", says="Role not found in Organization scope"),
    Bad("GET", "/v1/orgs/o/projects/p/roles/no", says="Role not found in Project scope"),
    Bad("GET", f"{V1}/_project_admin", says="Role not found"),
    Bad("GET", f"{V1}/viewer1@%2Fother", says="identifier"),
    Bad("GET", f"{V1}/viewer1", None, 403, "NG_ACCESS_DENIED", "core_role_view", by="eve"),
    Bad("DELETE", f"{V1}/no", says="Could not find the role no in the scope /ACCOUNT/default"),
    Bad("DELETE", f"{V1}/_account_viewer", says="built in"),
    Bad("DELETE", f"{V1}/viewer1", None, 403, "NG_ACCESS_DENIED", "core_role_delete", by="kim"),
    Bad("GET", f"{V1}?limit=0", says="limit"),
    Bad("GET", f"{V1}?limit=101", says="limit"),
    Bad("GET", f"{V1}?limit=many", says="limit"),
    Bad("GET", f"{V1}?limit=", says="limit"),
    Bad("GET", f"{V1}?page=-1", says="page"),
    Bad("GET", f"{V1}?page=99999999999999999999", says="page"),
    Bad("GET", f"{V1}?sort=colour", says="sort"),
    Bad("GET", f"{V1}?sort=name&order=up", says="order"),
    Bad("GET", f"{V1}?search_term=%00", says="control"),
    Bad("GET", f"{V1}?search_term=%FF", says="UTF-8"),
    Bad("GET", f"{V1}?page=1&page=2", says="more than once"),
    Bad("PATCH", V1, None, 405),
    Bad("GET", "/v1/orgs/retail/nothing", None, 404, "RESOURCE_NOT_FOUND"),
    Bad("GET", "/authz/api/nothing", None, 404, "RESOURCE_NOT_FOUND"),
    Bad("POST", V1, None, says="JSON", sent=b'{"identifier": '),
    Bad("POST", V1, None, says="UTF-8", sent=b'{"identifier": "\xff"}'),
    Bad("POST", V1, None, sent=b'{"identifier": "r1", "name": "\\ud800"}'),
    Bad("POST", V1, None, sent=b'{"identifier": "\\ud800", "name": "R"}'),
    Bad("POST", V1, None, says="nested deeper", sent=DEEP),
    Bad("POST", V1, None, says="nested deeper", sent=VERY_DEEP),
    Bad("POST", V1, None, says="object", sent=b"null"),
    Bad("POST", V1, None, 415, "MEDIA_NOT_SUPPORTED", sent=b"identifier: r1",
        content_type="application/yaml"),
    Bad("POST", V1, None, 413, sent=b'"' + b"x" * (1024 * 1024) + b'"'),
    Bad("GET", V1, None, 401, "INVALID_TOKEN", by=None),
    Bad("GET", V1, None, 401, "INVALID_TOKEN", by=None, headers={"x-api-key": "nonsense"}),
    Bad("GET", V1, None, 401, "INVALID_TOKEN", by=None,
        headers={"x-api-key": "pat.default.nobody.secret"}),
    Bad("GET", V1, None, 403, "NG_ACCESS_DENIED", "acme", headers={"Harness-Account": "acme"}),
    Bad("GET", V1, None, 403, "NG_ACCESS_DENIED", "acme", headers={"x-account-id": "acme"}),
    Bad("GET", f"{V1}?account=acme", None, 403, "NG_ACCESS_DENIED", "acme"),
    Bad("GET", f"{ASSIGNMENTS}?accountIdentifier=acme", None, 403, "NG_ACCESS_DENIED", "acme"),
    Bad("GET", f"{ASSIGNMENTS}?accountIdentifier=acme", None, 403, "NG_ACCESS_DENIED", "several",
        headers={"Harness-Account": "default"}),
    Bad("GET", f"{ASSIGNMENTS}?accountIdentifier=default&accountIdentifier=acme", None, 403,
        "NG_ACCESS_DENIED", "several"),
    Bad("POST", ROLES, {**ROLE, "allowedScopeLevels": ["project"]}, says="'account' level"),
    Bad("POST", ROLES, {**ROLE, "allowedScopeLevels": ["galaxy"]}, says="galaxy"),
    Bad("PUT", f"{ROLES}/viewer1", {"identifier": "viewer1", "name": "V",
        "allowedScopeLevels": ["project"]}, says="Cannot change the scopes"),
    Bad("PUT", f"{ROLES}/viewer1", ROLE, says="do not match"),
    Bad("PUT", f"{ROLES}/r1", ROLE, says="Could not find"),
    Bad("GET", f"{ROLES}/no", code="RESOURCE_NOT_FOUND_EXCEPTION", says="[no]"),
    Bad("DELETE", f"{ROLES}/no", says="Could not find"),
    Bad("POST", ASSIGNMENTS, {}, says="resourceGroupIdentifier"),
    Bad("POST", ASSIGNMENTS, body("1x"), says="identifier"),
    Bad("POST", ASSIGNMENTS, body("x" * 129), says="identifier"),
    Bad("POST", ASSIGNMENTS, body("null"), says="reserved"),
    Bad("POST", ASSIGNMENTS, body("x", roleIdentifier=""), says="roleIdentifier"),
    Bad("POST", ASSIGNMENTS, body("x", roleIdentifier="viewer1@/retail"), says="roleIdentifier"),
    Bad("POST", ASSIGNMENTS, body("x", resourceGroupIdentifier=""), says="empty"),
    Bad("POST", ASSIGNMENTS, body("x", resourceGroupIdentifier="g@/retail"), says="@/"),
    Bad("POST", ASSIGNMENTS, body("x", resourceGroupIdentifier="_all_resources"),
        says="_all_resources is deprecated"),
    Bad("POST", ASSIGNMENTS, body("x", resourceGroupIdentifier="no"), says="Did not find resource"),
    Bad("POST", ASSIGNMENTS, body("x", resourceGroupIdentifier="_all_project_level_resources"),
        says="Did not find resource group"),
    Bad("POST", ASSIGNMENTS, body("x", roleIdentifier="no"), says="Did not find role"),
    Bad("POST", ASSIGNMENTS, body("x", roleIdentifier="_project_admin"), says="Did not find role"),
    Bad("POST", ASSIGNMENTS, body("x", principal=None), says="principal"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "eve"}), says="type"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "", "type": "USER"}), says="empty"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "no", "type": "USER"}),
        says="user not found with the given identifier no"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "no", "type": "USER_GROUP"}),
        says="user group not found"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "no", "type": "SERVICE_ACCOUNT"}),
        says="Service Account not found"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "crew", "type": "USER_GROUP",
        "scopeLevel": "organization"}), says="Principal scope level cannot be organization"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "crew@/retail",
        "type": "USER_GROUP"}), says="@/"),
    Bad("POST", ASSIGNMENTS, body("x", principal={"identifier": "eve", "type": "GOD"}), says="GOD"),
    Bad("POST", ASSIGNMENTS, body("x", roleReference={"identifier": "viewer2",
        "scopeLevel": "account"}), says="roleReference"),
    Bad("POST", ASSIGNMENTS, body("x", roleReference={"identifier": "viewer1",
        "scopeLevel": "project"}), says="roleReference"),
    Bad("POST", ASSIGNMENTS, body("x", disabled="no"), says="disabled"),
    Bad("POST", ASSIGNMENTS, body("kim"), code="DUPLICATE_FIELD"),
    Bad("POST", ASSIGNMENTS, body("x"), 403, "NG_ACCESS_DENIED",
        "Missing permission core_user_manage on user with identifier eve", by="kim"),
    Bad("POST", ASSIGNMENTS, body("kim"), 403, "NG_ACCESS_DENIED", by="kim"),
    Bad("POST", f"{ASSIGNMENTS}?projectIdentifier=p", body("x"), says="orgIdentifier"),
    Bad("POST", f"{ASSIGNMENTS}?orgIdentifier=a/b", body("x"), says="orgIdentifier"),
    Bad("POST", f"{ASSIGNMENTS}?orgIdentifier={'o' * 257}", body("x"), says="orgIdentifier"),
    Bad("GET", f"{ASSIGNMENTS}?pageSize=101", says="pageSize"),
    Bad("GET", f"{ASSIGNMENTS}?pageSize=0", says="pageSize"),
    Bad("GET", f"{ASSIGNMENTS}?pageIndex=-1", says="pageIndex"),
    Bad("GET", f"{ASSIGNMENTS}?pageIndex=2147483648", says="pageIndex"),
    Bad("GET", f"{ASSIGNMENTS}/no", code="RESOURCE_NOT_FOUND_EXCEPTION", says="[no]"),
    Bad("GET", ASSIGNMENTS, None, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("GET", f"{ASSIGNMENTS}/kim", None, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("GET", f"{ASSIGNMENTS}/no", None, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("PUT", f"{ASSIGNMENTS}/kim", body("sam"), says="do not match"),
    Bad("PUT", f"{ASSIGNMENTS}/no", body("no"), says="Could not find the role assignment"),
    Bad("PUT", f"{ASSIGNMENTS}/kim", body("kim"), 403, "NG_ACCESS_DENIED", by="kim"),
    Bad("DELETE", f"{ASSIGNMENTS}/no", says="Invalid Role Assignment"),
    Bad("DELETE", f"{ASSIGNMENTS}/kim", None, 403, "NG_ACCESS_DENIED", by="kim"),
    Bad("DELETE", f"{ASSIGNMENTS}/a%00b", says="control"),
    Bad("POST", f"{ASSIGNMENTS}/filter", {"principalTypeFilter": ["GOD"]}, says="GOD"),
    Bad("POST", f"{ASSIGNMENTS}/filter", {"roleFilter": "clerk"}, says="roleFilter"),
    Bad("POST", f"{ASSIGNMENTS}/filter", {}, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("POST", f"{ASSIGNMENTS}/aggregate", {}, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("POST", f"{ASSIGNMENTS}/v2/filter", {}, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("POST", f"{ASSIGNMENTS}/v2/filter", {"scopeFilters": [{"filter": "ALL"}]}, says="filter"),
    Bad("POST", f"{ASSIGNMENTS}/v2/filter", {"scopeFilters": [{"filter": "INCLUDING_CHILD_SCOPES",
        "accountIdentifier": "acme"}]}, 403, "NG_ACCESS_DENIED"),
    Bad("POST", f"{ASSIGNMENTS}/validate", {}, says="roleAssignment"),
    Bad("POST", f"{ASSIGNMENTS}/multi", None, says="Request body is empty"),
    Bad("POST", f"{ASSIGNMENTS}/multi", None, says="Request body is empty", sent=b"null"),
    Bad("POST", f"{ASSIGNMENTS}/multi", {"roleAssignments": [1]}, says="roleAssignments"),
    Bad("POST", f"{ASSIGNMENTS}/delete/batch", {"a": 1}, says="array"),
    Bad("POST", ACL, {"permissions": [{}]}, says="permissions"),
    Bad("POST", ACL, {"permissions": [CHECK] * 10_001}, says="permissions"),
    Bad("POST", ACL, {"permissions": [{**CHECK, "resourceIdentifier": "a",
        "resourceAttributes": {"a": "b"}}]}, says="together"),
    Bad("POST", ACL, {"permissions": [{**CHECK, "resourceScope": {"accountIdentifier": "acme"}}]},
        403, "NG_ACCESS_DENIED"),
    Bad("POST", ACL, {"permissions": [CHECK], "principal": {"principalIdentifier": "eve"}},
        says="principalType"),
    Bad("POST", ACL, {"permissions": [CHECK], "principal": {"principalIdentifier": "eve",
        "principalType": "USER"}}, says="different principal", by="kim"),
    Bad("GET", "/authz/api/permissions", None, 403, "NG_ACCESS_DENIED", by="eve"),
    Bad("POST", GROUPS, {}, says="resourceGroup"),
    Bad("POST", GROUPS, {"resourceGroup": {"identifier": "g", "name": "G", "includedScopes": [
        {"filter": "INCLUDING_CHILD_SCOPES", "accountIdentifier": "acme"}]}}, 403,
        "NG_ACCESS_DENIED"),
    Bad("POST", GROUPS, {"resourceGroup": {"identifier": "_g", "name": "G"}}, says="start with _"),
    Bad("POST", f"{GROUPS}?orgIdentifier=o", {"resourceGroup": {"identifier": "g", "name": "G",
        "includedScopes": [{"filter": "INCLUDING_CHILD_SCOPES"}]}}, says="includedScopes"),
    Bad("POST", GROUPS, {"resourceGroup": {"identifier": "g", "name": "G", "resourceFilter": {
        "resources": [{"resourceType": "X", "attributeFilter": {}}]}}}, says="attributeFilter"),
    Bad("PUT", f"{GROUPS}/_all_account_level_resources", {"resourceGroup": {
        "identifier": "_all_account_level_resources", "name": "A"}}, says="start with _"),
    Bad("PUT", f"{GROUPS}/g", {"resourceGroup": {"identifier": "g", "name": "G"}},
        says="Could not"),
    Bad("DELETE", f"{GROUPS}/_all_account_level_resources", says="built in"),
    Bad("DELETE", f"{GROUPS}/no", code="RESOURCE_NOT_FOUND_EXCEPTION"),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.method} {bad.path} {bad.says}"[:90])
def test_a_bad_request_is_refused_in_the_vendors_shape_and_stores_nothing(
    client: Client, placet: PlacetUnderTest, bad: Bad
) -> None:
    if bad.by is not None:
        client.get(V1, by=bad.by)
    before = placet.store.head("default")
    if bad.sent is None:
        options: dict[str, Any] = {"json": bad.json} if bad.json is not None else {}
        result = client.call(bad.method, bad.path, by=bad.by, headers=bad.headers, **options)
    else:
        sent = {"Content-Type": bad.content_type}
        result = client.call(bad.method, bad.path, by=bad.by, body=bad.sent, headers=sent)
    said = result.json
    assert (result.status_code, said["code"]) == (bad.status, bad.code), result.text
    assert bad.says in said["message"]
    assert said["status"] in ("FAILURE", "ERROR")
    assert said["correlationId"] == result.headers["X-Request-ID"]
    assert ("responseMessages" in said) == (said["status"] == "ERROR")
    assert ("failedPermissionChecks" in said) == (bad.status == 403)
    assert result.headers["Content-Type"] == "application/json"
    assert placet.store.head("default") == before


def test_what_is_of_another_account_is_not_there(client: Client, placet: PlacetUnderTest) -> None:
    acme = placet.tenant("acme")
    acme.users.create(User(id="ann"), actor=SYSTEM)
    acme.assignments.create(
        Assignment(id="ann", principal="user:ann", role="_account_admin"), actor=SYSTEM
    )
    token = {"x-api-key": acme.credentials.issue("user:ann", actor=SYSTEM).token}
    assert client.code("GET", f"{ASSIGNMENTS}/kim", by=None, headers=token) == (
        400, "RESOURCE_NOT_FOUND_EXCEPTION")  # fmt: skip
    for method, path in (("PUT", "kim"), ("DELETE", "kim")):
        sent = {"json": body("kim")} if method == "PUT" else {}
        refused = client.code(method, f"{ASSIGNMENTS}/{path}", by=None, headers=token, **sent)
        assert refused == (400, "INVALID_REQUEST")
    assert client.call("GET", f"{V1}/viewer1", by=None, headers=token).status_code == 400


@pytest.mark.parametrize("sent", [{**ROLE, "name": "?"}, {**ROLE, "name": 7}, {"identifier": "r"}])
def test_a_failure_names_the_field(client: Client, sent: dict[str, Any]) -> None:
    said = client.call("POST", V1, json=sent).json
    assert [error["fieldId"] for error in said["errors"]] == ["name"]


class _Away:
    """A store that cannot be reached any more."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("the disk is gone")


def test_a_store_that_is_away_is_a_500_and_no_503(
    client: Client, placet: PlacetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(V1)
    tenant = placet.roles.view.tenant
    monkeypatch.setattr(tenant, "store", _Away(tenant.store))
    assert client.code("POST", V1, json=ROLE) == (500, "UNKNOWN_ERROR")
