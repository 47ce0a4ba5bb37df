"""Roles as `/v1/.../roles` and `/authz/api/roles` have them."""

from typing import Any

import pytest
from harness_client import ASSIGNMENTS, Client, body

from placet import Permission, Role
from placet.model import SYSTEM
from placet.testing import PlacetUnderTest

LEVELS = (
    ("/v1/roles", "account"),
    ("/v1/orgs/retail/roles", "organization"),
    ("/v1/orgs/retail/projects/shop/roles", "project"),
)


def role(identifier: str = "r1", **fields: Any) -> dict[str, Any]:
    return {"identifier": identifier, "name": "R 1", **fields}


@pytest.mark.parametrize("prefix", ["", "/gateway"])
@pytest.mark.parametrize(("path", "level"), LEVELS)
def test_a_role_is_of_its_scope_and_for_its_level(
    client: Client, prefix: str, path: str, level: str
) -> None:
    made = client.post(prefix + path, role(permissions=["core_secret_view"], tags={"a": "b"}))
    assert made.status_code == 201
    assert made.json["allowed_scope_levels"] == [level]
    assert (made.json["created"], made.json["updated"]) == (1767258001000, 1767258001000)
    assert made.json["harness_managed"] is False
    assert client.get(f"{path}/r1").json == made.json
    others = [other for other, _ in LEVELS if other != path]
    assert {client.get(f"{other}/r1").status_code for other in others} == {400}


def test_a_page_says_in_headers_which_it_is(client: Client) -> None:
    page = client.get("/v1/roles?page=1&limit=2&sort=identifier&order=ASC")
    assert [one["identifier"] for one in page.json] == ["_billing_admin", "_ccm_admin"]
    names = ("X-Total-Elements", "X-Page-Number", "X-Page-Size")
    assert [page.headers[name] for name in names] == ["18", "1", "2"]


def test_built_in_roles_come_first_and_then_the_newest(
    client: Client, placet: PlacetUnderTest
) -> None:
    placet.clock.advance("1h")
    client.post("/v1/roles", role("newest"))
    found = client.get("/v1/roles?limit=100").json
    managed = [one["harness_managed"] for one in found]
    assert managed == sorted(managed, reverse=True)
    assert next(one["identifier"] for one in found if not one["harness_managed"]) == "newest"


def test_roles_of_members_are_hidden_from_lists(client: Client) -> None:
    found = [one["identifier"] for one in client.get("/v1/roles?limit=100").json]
    assert "_account_viewer" in found
    assert "_account_basic" not in found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=identifier", ["early", "late"]),
        ("sort=identifier&order=DESC", ["late", "early"]),
        ("sort=name&order=asc", ["late", "early"]),
        ("sort=created&order=ASC", ["early", "late"]),
        ("sort=updated&order=ASC", ["late", "early"]),
        ("sort=updated&order=Desc", ["early", "late"]),
        ("order=ASC", ["early", "late"]),
    ],
)
def test_a_list_is_sorted_either_way(
    client: Client, placet: PlacetUnderTest, query: str, found: list[str]
) -> None:
    client.post("/v1/roles", role("early", name="Z te"))
    placet.clock.advance("1s")
    client.post("/v1/roles", role("late", name="A te"))
    placet.clock.advance("1s")
    client.put("/v1/roles/early", role("early", name="Z te"))
    page = client.get(f"/v1/roles?search_term=te&{query}").json
    own = [one["identifier"] for one in page if one["identifier"] in ("early", "late")]
    assert own == found


def test_a_search_is_plain_text_in_name_or_identifier(client: Client) -> None:
    assert [one["identifier"] for one in client.get("/v1/roles?search_term=VIEWER2").json] == [
        "viewer2"
    ]
    assert client.get("/v1/roles?search_term=.*").json == []


def test_count_is_a_bare_number_and_wins_over_an_identifier(client: Client) -> None:
    assert client.get("/v1/roles/count").json == 18
    client.post("/v1/roles", role("count"))
    assert client.get("/v1/roles/count").json == 19
    assert client.delete("/v1/roles/count").json["identifier"] == "count"
    assert client.get("/v1/orgs/retail/projects/shop/roles/count").json > 0


def test_an_update_replaces_all_but_when_it_was_made(
    client: Client, placet: PlacetUnderTest
) -> None:
    client.post(
        "/v1/roles", role(permissions=["core_secret_view"], description="d", tags={"a": "b"})
    )
    placet.clock.advance("1s")
    changed = client.put("/v1/roles/r1", role(name="New")).json
    assert (changed["name"], changed["permissions"], changed["tags"]) == ("New", [], {})
    assert changed["updated"] - changed["created"] == 1000


def test_a_deleted_role_takes_its_assignments_along(client: Client) -> None:
    client.assign("ra1")
    assert client.delete("/v1/roles/viewer1").json["identifier"] == "viewer1"
    assert client.code("GET", f"{ASSIGNMENTS}/ra1") == (400, "RESOURCE_NOT_FOUND_EXCEPTION")


def test_an_update_keeps_what_only_the_core_has(client: Client, placet: PlacetUnderTest) -> None:
    placet.roles.create(
        Role(id="both", includes=("viewer2",), permissions=("invoice.*",)), actor=SYSTEM
    )
    shown = client.get("/v1/roles/both").json
    assert shown["permissions"] == ["invoice.*"]
    client.put("/v1/roles/both", {**shown, "name": "Both"})
    assert placet.roles.get("both", actor=SYSTEM).includes == ("viewer2@/",)


def test_the_envelope_has_the_same_role_and_how_many_hold_it(client: Client) -> None:
    client.assign("ra1")
    client.assign("ra2", principal={"identifier": "finance", "type": "USER_GROUP"})
    client.assign("ra3", principal={"identifier": "ci", "type": "SERVICE_ACCOUNT"})
    page = client.data("GET", "/authz/api/roles?searchTerm=viewer1")
    (row,) = page["content"]
    assert row["role"]["allowedScopeLevels"] == ["account", "organization", "project"]
    assert [row[name] for name in ("roleAssignedToUserCount", "roleAssignedToUserGroupCount",
        "roleAssignedToServiceAccountCount")] == [1, 1, 1]  # fmt: skip


def test_the_envelope_makes_changes_and_deletes_roles(client: Client) -> None:
    made = client.data("POST", "/authz/api/roles", json=role(allowedScopeLevels=["account"]))
    assert made["scope"]["accountIdentifier"] == "default"
    assert client.data("PUT", "/authz/api/roles/r1", json=role(name="N"))["role"]["name"] == "N"
    only = client.data("GET", "/authz/api/roles?harnessManaged=false&sortOrders=identifier,ASC")
    assert [row["role"]["identifier"] for row in only["content"]] == [
        "clerk", "r1", "viewer1", "viewer2"]  # fmt: skip
    assert client.data("DELETE", "/authz/api/roles/r1")["role"]["identifier"] == "r1"


@pytest.mark.parametrize("status", ["staging", "inactive", "experimental"])
def test_a_permission_that_is_not_in_use_never_grants(
    client: Client, placet: PlacetUnderTest, status: Any
) -> None:
    placet.permissions.create(
        Permission(id="x_y", resource_type="X", action="y", status=status), actor=SYSTEM
    )
    made = client.post("/v1/roles", role(permissions=["x_y"]))
    assert made.status_code == (201 if status == "experimental" else 400)
    if status == "experimental":
        client.assign("ra1", roleIdentifier="r1")
    asked = {"permissions": [{"permission": "x_y", "resourceType": "X"}],
             "principal": {"principalIdentifier": "eve", "principalType": "USER"}}  # fmt: skip
    (row,) = client.data("POST", "/authz/api/acl", json=asked)["accessControlList"]
    assert row["permitted"] is False


def test_a_body_may_hold_more_than_is_read(client: Client) -> None:
    assert client.post("/v1/roles?unknown=1", role(surprise=1)).status_code == 201
    assert client.assign("ra1", managed=True, internal=True).json["data"]["harnessManaged"] is False
    assert body("x")
