"""What the vendor's own administrators may give, over the wire."""

import pytest
from falcon import testing
from harness_client import ASSIGNMENTS, Client, body
from office import SYSTEM

from placet import Assignment, Role
from placet.testing import PlacetUnderTest

ORG = "?orgIdentifier=retail"
PROJECT = f"{ORG}&projectIdentifier=checkout"
IN_ORG = {"resourceGroupIdentifier": "_all_organization_level_resources"}
IN_PROJECT = {"resourceGroupIdentifier": "_all_project_level_resources"}


def assign(client: Client, who: str, query: str, **fields: str) -> testing.Result:
    """What `who` is answered on giving eve a role."""
    return client.call("POST", f"{ASSIGNMENTS}{query}", json=body("a", **fields), by=who)


@pytest.fixture(autouse=True)
def administrators(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        for who, scope, role in (
            ("dana", "retail", "_organization_admin"),
            ("finn", "retail/checkout", "_project_admin"),
        ):
            placet.assignments.create(
                Assignment(id=who, scope=scope, principal=f"user:{who}", role=role)
            )
        placet.roles.create(Role(id="payer", permissions=("invoice.pay",)))


@pytest.mark.parametrize(
    "role",
    [
        "_project_admin",
        "_project_viewer",
        "_project_basic",
        "_pipeline_executor",
        "_gitops_admin_role",
    ],
)
@pytest.mark.parametrize("who", ["dana", "finn"])
def test_a_projects_roles_are_given_by_its_administrators(
    client: Client, who: str, role: str
) -> None:
    made = assign(client, who, PROJECT, roleIdentifier=role, **IN_PROJECT)
    assert made.status_code == 200, made.text


@pytest.mark.parametrize("role", ["_organization_admin", "_organization_viewer", "_code_admin"])
def test_an_organizations_roles_are_given_by_its_administrator(client: Client, role: str) -> None:
    made = assign(client, "dana", ORG, roleIdentifier=role, **IN_ORG)
    assert made.status_code == 200, made.text


def test_a_projects_administrator_gives_nothing_that_is_not_of_the_project(
    client: Client, placet: PlacetUnderTest
) -> None:
    """Failure mode 34: a role of the account that holds more than the vendor's."""
    refused = assign(client, "finn", PROJECT, roleIdentifier="payer", **IN_PROJECT)
    assert refused.status_code == 403
    assert "Missing permission invoice.pay on invoice" in refused.json["message"]
    assert not placet.check("user:eve", "invoice.pay", scope="retail/checkout")


def test_an_organizations_administrator_gives_any_role_there(client: Client) -> None:
    made = assign(client, "dana", ORG, roleIdentifier="payer", **IN_ORG)
    assert made.status_code == 200, made.text


@pytest.mark.parametrize("who", ["dana", "finn"])
def test_but_nobody_of_them_gives_anything_above(client: Client, who: str) -> None:
    """Failure modes 36 and 37."""
    refused = assign(client, who, "", roleIdentifier="_account_viewer")
    assert refused.status_code == 403


def test_who_manages_users_does_not_lift_itself(client: Client, placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="hr", permissions=("core_user_manage", "core_user_view")))
        placet.assignments.create(Assignment(id="hr", principal="user:eve", role="hr"))
    refused = assign(client, "eve", "", roleIdentifier="_account_admin")
    assert (refused.status_code, refused.json["code"]) == (403, "NG_ACCESS_DENIED")
