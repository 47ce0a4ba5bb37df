"""Role assignments: made, shown, switched, deleted; and what the vendor has no word for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from harness_client import ASSIGNMENTS, Client, body

from placet import Assignment, Group
from placet.model import SYSTEM
from placet.testing import PlacetUnderTest

LATER = datetime(2027, 1, 1, tzinfo=UTC)
CREW = {"identifier": "crew", "type": "USER_GROUP"}
ORG = "?orgIdentifier=retail"


def ids(page: Any) -> list[str]:
    return [row["roleAssignment"]["identifier"] for row in page["content"]]


def test_one_is_made_and_read(client: Client) -> None:
    made = client.assign("ra1").json["data"]
    assert made == {
        "roleAssignment": {
            "identifier": "ra1",
            "resourceGroupIdentifier": "_all_account_level_resources",
            "roleIdentifier": "viewer1",
            "roleReference": {"identifier": "viewer1", "scopeLevel": "account"},
            "principal": {"scopeLevel": None, "identifier": "eve", "type": "USER"},
            "disabled": False,
            "managed": False,
            "internal": False,
        },
        "scope": {
            "accountIdentifier": "default",
            "orgIdentifier": None,
            "projectIdentifier": None,
        },
        "createdAt": 1767258001000,
        "lastModifiedAt": 1767258001000,
        "harnessManaged": False,
    }
    assert client.data("GET", f"{ASSIGNMENTS}/ra1") == made
    assert client.data("GET", f"/gateway{ASSIGNMENTS}/ra1") == made


def test_it_is_access(client: Client, placet: PlacetUnderTest) -> None:
    client.assign("ra1")
    assert placet.check("user:eve", "core_secret_view")
    client.put(f"{ASSIGNMENTS}/ra1", body("ra1", disabled=True))
    assert not placet.check("user:eve", "core_secret_view")
    client.put(f"{ASSIGNMENTS}/ra1", body("ra1", disabled=False))
    assert placet.check("user:eve", "core_secret_view")


@pytest.mark.parametrize("identifier", [None, ""])
def test_one_without_an_identifier_is_given_one(client: Client, identifier: Any) -> None:
    made = client.call("POST", ASSIGNMENTS, json=body(identifier)).json["data"]
    assert made["roleAssignment"]["identifier"].startswith("role_assignment_")


def test_switching_moves_its_last_change_and_nothing_else(
    client: Client, placet: PlacetUnderTest
) -> None:
    made = client.assign("ra1").json["data"]
    placet.clock.advance("1s")
    changed = client.data("PUT", f"{ASSIGNMENTS}/ra1", json=body("ra1", disabled=True))
    assert changed["lastModifiedAt"] == made["lastModifiedAt"] + 1000
    assert changed["createdAt"] == made["createdAt"]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"resourceGroupIdentifier": "other"}, "resource group"),
        ({"principal": {"identifier": "sam", "type": "USER"}}, "principal"),
        ({"principal": {"identifier": "eve", "type": "SERVICE_ACCOUNT"}}, "principal type"),
        ({"roleIdentifier": "viewer2"}, "role"),
        ({"roleReference": {"identifier": "viewer1", "scopeLevel": "project"}}, "role"),
    ],
)
def test_nothing_but_disabled_changes(client: Client, fields: dict[str, Any], what: str) -> None:
    client.assign("ra1")
    refused = client.put(f"{ASSIGNMENTS}/ra1", body("ra1", disabled=True, **fields))
    assert refused.status_code == 400
    assert refused.json["message"] == f"Cannot change {what} in the role assignment"
    shown = client.data("GET", f"{ASSIGNMENTS}/ra1")
    assert shown["roleAssignment"]["disabled"] is False


def test_the_scope_of_a_principal_does_not_change(client: Client) -> None:
    client.assign(
        "ra1", ORG, principal=CREW, resourceGroupIdentifier="_all_organization_level_resources"
    )
    wrong = body("ra1", principal={**CREW, "scopeLevel": "account"},
                 resourceGroupIdentifier="_all_organization_level_resources")  # fmt: skip
    refused = client.put(f"{ASSIGNMENTS}/ra1{ORG}", wrong)
    assert refused.json["message"] == "Cannot change principal scope in the role assignment"


def test_a_group_is_of_the_scope_or_of_the_level_that_is_named(
    client: Client, placet: PlacetUnderTest
) -> None:
    placet.groups.create(Group(id="crew"), actor=SYSTEM)
    group = "_all_organization_level_resources"
    client.assign("own", ORG, principal=CREW, resourceGroupIdentifier=group)
    above = {**CREW, "scopeLevel": "account"}
    client.assign("above", ORG, principal=above, resourceGroupIdentifier=group)
    stored = [placet.assignments.get(id, scope="retail", actor=SYSTEM).principal
              for id in ("own", "above")]  # fmt: skip
    assert stored == ["group:crew@/retail", "group:crew@/"]
    page = client.data("GET", f"{ASSIGNMENTS}{ORG}&sortOrders=identifier,ASC")
    levels = [row["roleAssignment"]["principal"]["scopeLevel"] for row in page["content"]]
    assert levels == ["account", "organization"]


def test_a_service_account_is_the_nearest_going_up(client: Client) -> None:
    made = client.assign(
        "ra1", ORG, principal={"identifier": "ci", "type": "SERVICE_ACCOUNT"},
        resourceGroupIdentifier="_all_organization_level_resources",
    ).json["data"]  # fmt: skip
    assert made["roleAssignment"]["principal"]["scopeLevel"] == "account"


def test_the_scope_level_of_a_user_is_passed_over(client: Client) -> None:
    who = {"identifier": "eve", "type": "USER", "scopeLevel": "project"}
    made = client.assign("ra1", principal=who).json["data"]
    assert made["roleAssignment"]["principal"]["scopeLevel"] is None


UNSPOKEN = (
    Assignment(id="x", principal="user:eve", role="viewer1", effect="deny"),
    Assignment(id="x", principal="user:eve", role="viewer1", condition="true"),
    Assignment(id="x", principal="user:eve", role="viewer1", expires_at=LATER),
    Assignment(id="x", principal="user:eve", role="viewer1", not_before=LATER),
    Assignment(id="x", principal="user:eve", role="viewer1", only=("SECRET:a",)),
    Assignment(id="x", principal="everyone", role="viewer1"),
    Assignment(id="x", principal="service:robot", role="viewer1"),
    Assignment(id="x", principal="api_key:k1", role="viewer1"),
    Assignment(id="x", principal="group:crew@/retail", role="viewer1"),
)


@pytest.mark.parametrize("noun", UNSPOKEN, ids=lambda noun: str(noun.principal))
def test_what_there_is_no_word_for_is_not_there(
    client: Client, placet: PlacetUnderTest, noun: Assignment
) -> None:
    placet.assignments.create(noun, actor=SYSTEM)
    assert "x" not in ids(client.data("GET", ASSIGNMENTS))
    assert "x" not in ids(client.data("POST", f"{ASSIGNMENTS}/filter", json={}))
    whole = client.data("POST", f"{ASSIGNMENTS}/aggregate", json={})["roleAssignments"]
    assert "x" not in [one["identifier"] for one in whole]
    rows = client.data("POST", f"{ASSIGNMENTS}/v2/filter", json={})["content"]
    assert "x" not in [row["identifier"] for row in rows]
    assert client.code("GET", f"{ASSIGNMENTS}/x") == (400, "RESOURCE_NOT_FOUND_EXCEPTION")
    before = placet.store.head("default")
    missing = client.put(f"{ASSIGNMENTS}/x", body("x"))
    assert (missing.status_code, missing.json["message"]) == (
        400, "Could not find the role assignment in the scope /ACCOUNT/default")  # fmt: skip
    missing = client.delete(f"{ASSIGNMENTS}/x")
    assert (missing.status_code, missing.json["message"]) == (400, "Invalid Role Assignment")
    assert placet.store.head("default") == before


def test_no_resource_group_is_shown_as_everything(client: Client, placet: PlacetUnderTest) -> None:
    placet.assignments.create(
        Assignment(id="x", principal="user:eve", role="viewer1"), actor=SYSTEM
    )
    shown = client.data("GET", f"{ASSIGNMENTS}/x")["roleAssignment"]
    assert shown["resourceGroupIdentifier"] == "_all_resources_including_child_scopes"


def test_the_same_identifier_is_refused_in_the_scope_and_free_in_another(client: Client) -> None:
    client.assign("ra1")
    assert client.assign("ra1", roleIdentifier="viewer2").json["code"] == "DUPLICATE_FIELD"
    group = "_all_organization_level_resources"
    assert client.assign("ra1", ORG, resourceGroupIdentifier=group).status_code == 200


def test_the_same_content_is_refused_whoever_made_it(
    client: Client, placet: PlacetUnderTest
) -> None:
    placet.assignments.create(
        Assignment(
            id="native", principal="user:eve", role="viewer1",
            resource_group="_all_account_level_resources",
        ),
        actor=SYSTEM,
    )  # fmt: skip
    refused = client.assign("ra1")
    assert (refused.status_code, refused.json["code"]) == (400, "DUPLICATE_FIELD")


def test_a_word_of_the_api_is_an_identifier_for_everything_but_post(client: Client) -> None:
    for number, word in enumerate(("filter", "aggregate", "validate", "multi")):
        who = {"identifier": ("eve", "sam", "dana", "finn")[number], "type": "USER"}
        client.assign(word, principal=who)
        path = f"{ASSIGNMENTS}/{word}"
        assert client.data("GET", path)["roleAssignment"]["identifier"] == word
        put = client.data("PUT", path, json=body(word, principal=who, disabled=True))
        assert put["roleAssignment"]["disabled"] is True
        assert client.data("DELETE", path)["roleAssignment"]["identifier"] == word


def test_the_last_administrator_stays(client: Client) -> None:
    refused = client.delete(f"{ASSIGNMENTS}/root")
    assert (refused.status_code, refused.json["code"]) == (400, "INVALID_REQUEST")
    everything = "_all_resources_including_child_scopes"
    client.assign("second", roleIdentifier="_account_admin", resourceGroupIdentifier=everything)
    assert client.data("DELETE", f"{ASSIGNMENTS}/root")


def test_a_proposal_is_validated_without_any_right(client: Client) -> None:
    asked = {
        "roleAssignment": body("x", roleIdentifier="no", resourceGroupIdentifier="no",
                               principal={"identifier": "no", "type": "USER"}),
        "validatePrincipal": True, "validateRole": True, "validateResourceGroup": True,
    }  # fmt: skip
    said = client.data("POST", f"{ASSIGNMENTS}/validate", json=asked, by="eve")
    where = "/ACCOUNT/default"
    assert [said[f"{what}ValidationResult"]["errorMessage"]
            for what in ("role", "resourceGroup", "principal")] == [
        f"Did not find role in {where}",
        f"Did not find resource group identifier in {where}",
        f"user not found with the given identifier no in the scope {where}",
    ]  # fmt: skip
    assert {one["valid"] for one in said.values()} == {one["isValid"] for one in said.values()}


def test_what_was_not_asked_about_is_valid(client: Client) -> None:
    asked = {"roleAssignment": body("x", roleIdentifier="no")}
    said = client.data("POST", f"{ASSIGNMENTS}/validate", json=asked)
    assert {one["valid"] for one in said.values()} == {True}


@pytest.mark.parametrize("kind", ["SERVICE", "API_KEY"])
def test_other_kinds_of_principals_get_no_roles_here(client: Client, kind: str) -> None:
    who = {"identifier": "eve", "type": kind}
    refused = client.assign("ra1", principal=who).json["message"]
    assert refused == f"Role assignments for principalType {kind} cannot be changed"
    asked = {"roleAssignment": body("x", principal=who), "validatePrincipal": True}
    said = client.data("POST", f"{ASSIGNMENTS}/validate", json=asked)
    assert "Incorrect Principal Type" in said["principalValidationResult"]["errorMessage"]
