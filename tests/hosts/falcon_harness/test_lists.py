"""Pages, sorts and filters of role assignments, and many at once."""

from typing import Any

import pytest
from harness_client import ASSIGNMENTS, Client, body

from placet import Assignment, Role
from placet.model import SYSTEM
from placet.testing import PlacetUnderTest

FILTER = f"{ASSIGNMENTS}/filter"


def ids(page: Any) -> list[str]:
    return [row["roleAssignment"]["identifier"] for row in page["content"]]


def test_a_page_is_numbered_from_zero(client: Client) -> None:
    page = client.data("GET", f"{ASSIGNMENTS}?pageIndex=1&pageSize=3&sortOrders=identifier,ASC")
    assert ids(page) == ["sam"]
    del page["content"]
    assert page == {
        "totalPages": 2, "totalItems": 4, "pageItemCount": 1, "pageSize": 3, "pageIndex": 1,
        "empty": False, "pageToken": None,
    }  # fmt: skip


def test_an_empty_page_says_what_was_asked(client: Client) -> None:
    page = client.data("GET", f"{ASSIGNMENTS}?orgIdentifier=nothing&pageIndex=7&pageSize=9")
    assert page == {
        "totalPages": 0, "totalItems": 0, "pageItemCount": 0, "pageSize": 9, "content": [],
        "pageIndex": 7, "empty": True, "pageToken": None,
    }  # fmt: skip


def test_the_newest_change_comes_first(client: Client, placet: PlacetUnderTest) -> None:
    client.assign("ra1")
    placet.clock.advance("1s")
    client.assign("ra0", roleIdentifier="viewer2")
    found = ids(client.data("GET", ASSIGNMENTS))
    assert found[:2] == ["ra0", "ra1"]
    assert found[2:] == sorted(found[2:])


@pytest.mark.parametrize(
    ("orders", "first"),
    [
        (["identifier,ASC"], "kim"),
        (["identifier,asc"], "kim"),
        (["identifier"], "sam"),
        (["identifier,sideways"], "sam"),
        (["roleIdentifier,ASC", "identifier,ASC"], "root"),
        (["{identifier ASC}", "identifier,ASC"], "kim"),
        (["nothing,ASC"], "kim"),
        (["principalType,ASC", "principalIdentifier,DESC"], "sam"),
    ],
)
def test_sort_orders(client: Client, orders: list[str], first: str) -> None:
    page = client.call("GET", ASSIGNMENTS, params={"sortOrders": orders}, params_csv=False)
    assert ids(page.json["data"])[0] == first


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"kim", "kim_views", "off", "root", "sam", "team"}),
        ({"roleFilter": []}, {"kim", "kim_views", "off", "root", "sam", "team"}),
        ({"roleFilter": ["clerk"]}, {"kim", "sam"}),
        ({"roleFilter": ["clerk", "_account_admin"]}, {"kim", "root", "sam"}),
        ({"roleFilter": ["clerk"], "disabledFilter": [True]}, set()),
        ({"resourceGroupFilter": ["_all_account_level_resources"]}, {"off"}),
        ({"principalTypeFilter": ["USER_GROUP"]}, {"team"}),
        ({"principalTypeFilter": ["SERVICE"]}, set()),
        ({"principalScopeLevelFilter": ["account"]}, {"team"}),
        ({"principalFilter": [{"identifier": "kim", "type": "USER"}]}, {"kim", "kim_views"}),
        ({"principalFilter": [{"identifier": "finance", "type": "USER_GROUP",
                               "scopeLevel": "account"}]}, {"team"}),
        ({"principalFilter": [{"identifier": "finance", "type": "USER_GROUP",
                               "scopeLevel": "project"}]}, set()),
        ({"harnessManagedFilter": [True]}, set()),
        ({"disabledFilter": [True]}, {"off"}),
        ({"disabledFilter": [True, False], "roleFilter": ["viewer1"]}, {"off", "team"}),
        ({"roleReferenceFilter": [{"identifier": "clerk", "scopeLevel": "account"}]},
         {"kim", "sam"}),
    ],
)  # fmt: skip
def test_a_filter(client: Client, wanted: dict[str, Any], found: set[str]) -> None:
    client.assign("off", disabled=True)
    client.assign("team", principal={"identifier": "finance", "type": "USER_GROUP"},
                  resourceGroupIdentifier="_all_resources_including_child_scopes")  # fmt: skip
    assert set(ids(client.data("POST", FILTER, json=wanted))) == found
    whole = client.data("POST", f"{ASSIGNMENTS}/aggregate", json=wanted)
    assert {one["identifier"] for one in whole["roleAssignments"]} == found


def test_an_aggregate_has_each_role_and_resource_group_once(client: Client) -> None:
    whole = client.data("POST", f"{ASSIGNMENTS}/aggregate", json={"roleFilter": ["clerk"]})
    assert [one["role"]["identifier"] for one in whole["roles"]] == ["clerk"]
    assert whole["resourceGroups"] == [
        {"identifier": "_all_resources_including_child_scopes",
         "name": "All Resources Including Child Scopes"}
    ]  # fmt: skip
    assert whole["scope"]["accountIdentifier"] == "default"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"kim", "kim_views", "root", "sam", "team"}),
        ({"scopeFilters": [{"filter": "INCLUDING_CHILD_SCOPES"}], "roleFilter": ["viewer1"]},
         {"below", "team"}),
        ({"scopeFilters": [{"filter": "EXCLUDING_CHILD_SCOPES", "orgIdentifier": "retail"}]},
         set()),
        ({"scopeFilters": [{"filter": "EXCLUDING_CHILD_SCOPES", "orgIdentifier": "retail",
                            "projectIdentifier": "shop"}]}, {"below"}),
        ({"principalFilter": {"identifier": "dana", "type": "USER"}}, {"team"}),
        ({"principalFilter": {"identifier": "finance", "type": "USER_GROUP"}}, {"team"}),
        ({"disabledFilter": True}, set()),
        ({"harnessManagedFilter": False, "roleFilter": ["clerk"]}, {"kim", "sam"}),
    ],
)  # fmt: skip
def test_a_filter_across_scopes(client: Client, wanted: dict[str, Any], found: set[str]) -> None:
    everything = "_all_resources_including_child_scopes"
    client.assign("team", principal={"identifier": "finance", "type": "USER_GROUP"},
                  resourceGroupIdentifier=everything)  # fmt: skip
    client.assign("below", "?orgIdentifier=retail&projectIdentifier=shop",
                  resourceGroupIdentifier="_all_project_level_resources")  # fmt: skip
    rows = client.data("POST", f"{ASSIGNMENTS}/v2/filter", json=wanted)["content"]
    assert {row["identifier"] for row in rows} == found


def test_a_row_across_scopes_names_what_it_is_about(client: Client) -> None:
    asked = {"principalFilter": {"identifier": "kim", "type": "USER"}, "roleFilter": ["clerk"]}
    (row,) = client.data("POST", f"{ASSIGNMENTS}/v2/filter", json=asked)["content"]
    assert row["principal"]["name"] == "Kim"
    assert row["role"]["role"]["identifier"] == "clerk"
    assert row["resourceGroup"]["identifier"] == "_all_resources_including_child_scopes"
    assert row["scope"]["accountName"] == "default"


def test_a_list_shows_the_kinds_of_principals_that_the_caller_may_see(
    client: Client, placet: PlacetUnderTest
) -> None:
    client.assign("team", principal={"identifier": "finance", "type": "USER_GROUP"})
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="groups", permissions=("core_usergroup_view",)))
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="groups"))
    assert ids(client.data("GET", ASSIGNMENTS, by="eve")) == ["team"]
    refused = client.call("POST", FILTER, json={"principalTypeFilter": ["USER"]}, by="eve")
    assert (refused.status_code, refused.json["code"]) == (403, "NG_ACCESS_DENIED")
    assert refused.json["failedPermissionChecks"][0]["permission"] == "core_user_view"


def test_each_of_many_stands_alone(client: Client, placet: PlacetUnderTest) -> None:
    client.assign("there")
    many = [
        body("a", principal={"identifier": "sam", "type": "USER"}),
        body("there"),
        body("twin"),
        body("unknown", roleIdentifier="nothing"),
        body("b", roleIdentifier="viewer2"),
        body("bad id!", roleIdentifier="viewer2", principal={"identifier": "sam", "type": "USER"}),
        body("robot", principal={"identifier": "x", "type": "SERVICE"}),
        body("b", principal={"identifier": "dana", "type": "USER"}),
    ]
    made = client.data("POST", f"{ASSIGNMENTS}/multi", json={"roleAssignments": many})
    assert [one["roleAssignment"]["identifier"] for one in made] == ["a", "b"]


def test_many_that_are_sent_again_make_what_was_missing_and_nothing_twice(
    client: Client, placet: PlacetUnderTest
) -> None:
    """Failure mode 48."""
    many = {"roleAssignments": [
        body("a", principal={"identifier": "sam", "type": "USER"}), body("b"),
        body("c", roleIdentifier="later"),
    ]}  # fmt: skip
    made = client.data("POST", f"{ASSIGNMENTS}/multi", json=many)
    assert [one["roleAssignment"]["identifier"] for one in made] == ["a", "b"]
    placet.roles.create(Role(id="later"), actor=SYSTEM)
    again = client.data("POST", f"{ASSIGNMENTS}/multi", json=many)
    assert [one["roleAssignment"]["identifier"] for one in again] == ["c"]
    assert {"a", "b", "c"} <= set(ids(client.data("GET", ASSIGNMENTS)))
    assert client.data("POST", f"{ASSIGNMENTS}/multi", json=many) == []


def test_many_without_the_right_to_any_make_none(client: Client) -> None:
    asked = {"roleAssignments": [body("a")]}
    assert client.data("POST", f"{ASSIGNMENTS}/multi", json=asked, by="kim") == []
    assert client.data("POST", f"{ASSIGNMENTS}/multi", json={"roleAssignments": []}) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"resourceGroupIdentifier": "_all_resources"},
        {"principal": {"identifier": "g", "type": "USER_GROUP", "scopeLevel": "project"}},
    ],
)
def test_one_of_many_that_can_never_be_refuses_all(
    client: Client, placet: PlacetUnderTest, fields: dict[str, Any]
) -> None:
    client.get(ASSIGNMENTS)
    before = placet.store.head("default")
    asked = {"roleAssignments": [body("a"), body("b", **fields)]}
    assert client.code("POST", f"{ASSIGNMENTS}/multi", json=asked) == (400, "INVALID_REQUEST")
    assert placet.store.head("default") == before


def test_many_are_deleted_and_the_others_explained(client: Client) -> None:
    client.assign("a")
    said = client.data("POST", f"{ASSIGNMENTS}/delete/batch", json=["a", "nothing", "root"])
    assert (said["successfullyDeleted"], said["failedToDelete"]) == (1, 2)
    errors = said["roleAssignmentErrorResponseDTOList"]
    assert [one["roleAssignmentId"] for one in errors] == ["nothing", "root"]
    assert "administer" in errors[1]["errorMessage"]
