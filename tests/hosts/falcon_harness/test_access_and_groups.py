"""Access checks, the registry of permissions, resource groups, and what the vendor brings along."""

from collections import Counter
from typing import Any

import pytest
from harness_client import ASSIGNMENTS, Client

from placet.catalogue import CORE_CATALOGUE
from placet.testing import PlacetUnderTest
from placet_falcon import SURFACES
from placet_falcon.harness import SURFACE

ACL = "/authz/api/acl"
GROUPS = "/resourcegroup/api/v2/resourcegroup"


def check(permission: str, type: str, **fields: Any) -> dict[str, Any]:
    return {"permission": permission, "resourceType": type, **fields}


def permitted(client: Client, *checks: dict[str, Any], **options: Any) -> list[bool]:
    asked = {"permissions": list(checks), **options.pop("fields", {})}
    data = client.data("POST", ACL, json=asked, **options)
    return [row["permitted"] for row in data["accessControlList"]]


def test_rows_come_in_the_order_of_the_questions(client: Client) -> None:
    checks = [
        check("core_role_view", "ROLE"),
        check("core_role_edit", "ROLE"),
        check("no_such_permission", "ROLE"),
        check("core_role_view", "SECRET"),
        check("core_role_view", "ROLE", resourceIdentifier="r"),
    ]
    assert permitted(client, *checks, by="kim") == [True, False, False, False, True]
    assert permitted(client, by="kim") == []


def test_nulls_are_left_out_of_rows(client: Client) -> None:
    data = client.data("POST", ACL, json={"permissions": [check("core_role_view", "ROLE")]})
    assert data["accessControlList"] == [
        {"permission": "core_role_view", "resourceScope": {"accountIdentifier": "default"},
         "resourceType": "ROLE", "permitted": True}
    ]  # fmt: skip
    assert data["principal"] == {"principalIdentifier": "root", "principalType": "USER",
                                 "identifier": "root", "type": "USER"}  # fmt: skip


def test_a_grant_on_one_resource_is_none_on_all(client: Client) -> None:
    group = {"identifier": "one", "name": "One", "includedScopes": [],
             "resourceFilter": {"resources": [
                 {"resourceType": "SECRET", "identifiers": ["a"]}]}}  # fmt: skip
    client.data("POST", GROUPS, json={"resourceGroup": group})
    client.assign("ra1", resourceGroupIdentifier="one")
    one = check("core_secret_view", "SECRET", resourceIdentifier="a")
    other = check("core_secret_view", "SECRET", resourceIdentifier="b")
    whole = check("core_secret_view", "SECRET")
    assert permitted(client, one, other, whole, by="eve") == [True, False, False]


def test_a_scope_itself_is_asked_about_within_it_too(client: Client) -> None:
    client.assign("ra1", "?orgIdentifier=retail", roleIdentifier="_organization_viewer",
                  resourceGroupIdentifier="_all_organization_level_resources")  # fmt: skip
    here = check("core_organization_view", "ORGANIZATION", resourceIdentifier="retail")
    there = check("core_organization_view", "ORGANIZATION", resourceIdentifier="other")
    assert permitted(client, here, there, by="eve") == [True, False]


@pytest.mark.parametrize(
    "principal",
    [
        {"principalIdentifier": "eve", "principalType": "USER"},
        {"identifier": "eve", "type": "USER"},
    ],
)
def test_an_administrator_may_ask_about_others_and_nobody_else(
    client: Client, principal: dict[str, str]
) -> None:
    one = check("core_role_view", "ROLE")
    asked = {"permissions": [one], "principal": principal}
    data = client.data("POST", ACL, json=asked)
    assert data["principal"]["principalIdentifier"] == "eve"
    assert [row["permitted"] for row in data["accessControlList"]] == [False]
    refused = client.call("POST", ACL, json=asked, by="kim")
    assert (refused.status_code, refused.json["code"]) == (400, "INVALID_REQUEST")
    assert permitted(client, one, by="eve", fields={"principal": principal}) == [False]


def test_permissions_are_of_the_level_of_the_scope(client: Client) -> None:
    def ids(query: str) -> set[str]:
        rows = client.data("GET", f"/authz/api/permissions{query}")
        return {row["permission"]["identifier"] for row in rows}

    account, project = ids(""), ids("?orgIdentifier=o&projectIdentifier=p")
    assert "core_pipeline_execute" in project - account
    assert "core_organization_create" in account - project
    assert ids("?scopeFilterDisabled=true") >= account | project
    assert "PIPELINE" in client.data(
        "GET", "/authz/api/permissions/resourcetypes?orgIdentifier=o&projectIdentifier=p"
    )


@pytest.mark.parametrize("path", [GROUPS, "/authz/api/v2/resourcegroup", f"/gateway{GROUPS}"])
def test_a_resource_group_lives_its_whole_life(client: Client, path: str) -> None:
    said = {
        "identifier": "g1", "name": "G", "color": "#fff", "tags": {"a": "b"},
        "includedScopes": [{"filter": "INCLUDING_CHILD_SCOPES", "orgIdentifier": "retail"}],
        "resourceFilter": {"includeAllResources": False, "resources": [
            {"resourceType": "SECRET", "identifiers": ["a"]}, {"resourceType": "SERVICE"}]},
    }  # fmt: skip
    made = client.data("POST", path, json={"resourceGroup": said})
    shown = made["resourceGroup"]
    assert shown["includedScopes"] == [
        {"filter": "INCLUDING_CHILD_SCOPES", "accountIdentifier": "default",
         "orgIdentifier": "retail", "projectIdentifier": None}]  # fmt: skip
    assert [one["identifiers"] for one in shown["resourceFilter"]["resources"]] == [["a"], None]
    assert client.data("GET", f"{path}/g1") == made
    again = client.data("PUT", f"{path}/g1", json={"resourceGroup": {**shown, "name": "New"}})
    assert again["resourceGroup"]["name"] == "New"
    listed = client.data("GET", f"{path}?searchTerm=new")
    assert [row["resourceGroup"]["identifier"] for row in listed["content"]] == ["g1"]
    client.assign("ra1", resourceGroupIdentifier="g1")
    assert client.data("DELETE", f"{path}/g1") is True
    assert client.code("GET", f"{path}/g1") == (400, "RESOURCE_NOT_FOUND_EXCEPTION")
    assert client.code("GET", f"{ASSIGNMENTS}/ra1") == (400, "RESOURCE_NOT_FOUND_EXCEPTION")


def test_no_identifier_stands_twice_in_the_registry() -> None:
    brought = [surface.catalogue for surface in SURFACES if surface.catalogue]
    for of in ("permissions", "roles", "resource_groups"):
        ids = Counter(one.id for part in (CORE_CATALOGUE, *brought) for one in getattr(part, of))
        assert [id for id, times in ids.items() if times > 1] == []


def test_built_in_roles_hold_only_what_their_level_can_give(placet: PlacetUnderTest) -> None:
    assert SURFACE.catalogue is not None
    known = {one.id: one for one in (*CORE_CATALOGUE.permissions, *SURFACE.catalogue.permissions)}
    for role in SURFACE.catalogue.roles:
        for id in role.permissions:
            if id in known:
                assert set(known[id].allowed_scope_levels) & set(role.allowed_scope_levels), id
            else:
                assert id.startswith("iac_workspace_")
