"""Who may do what: view to read, edit to create, approve to settle; each on the workspace."""

import pytest
from iacm_client import BODY, Caller

from placet import SYSTEM, Assignment, ResourceGroup, User
from placet.model import ResourceSelector
from placet.testing import PlacetUnderTest


def test_who_may_only_look_cannot_settle(iacm: Caller) -> None:
    id = iacm.create()
    for status in ("approved", "rejected", "pending"):
        refused = iacm.settle(id, status, by="vera")
        assert (refused.status_code, refused.json["name"]) == (403, "ForbiddenError")


def test_who_may_not_look_learns_nothing_of_what_is_there(iacm: Caller) -> None:
    """The same for an approval that is there and for one that is not."""
    there = iacm.create()
    for id in (there, "00000000-0000-7000-8000-000000000000"):
        for refused in (
            iacm("GET", f"/approvals/{id}", by="kim"),
            iacm.settle(id, "approved", "kim"),
        ):
            assert (refused.status_code, "iac_workspace_view" in refused.json["message"]) == (
                403,
                True,
            )


def test_what_is_not_there_is_not_found_by_who_may_look(iacm: Caller) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    assert iacm("GET", f"/approvals/{unknown}", by="vera").status_code == 404
    assert iacm.settle(unknown, "approved").status_code == 404


def test_an_approval_of_another_project_is_not_found(iacm: Caller) -> None:
    id = iacm.create()
    path = f"/iacm/api/orgs/infra/projects/other/approvals/{id}"
    assert iacm("GET", path).status_code == 404
    assert iacm("PUT", path, json={"status": "approved"}).status_code == 404
    assert iacm.status(id) == "pending"


def test_an_approval_of_another_account_is_not_found(iacm: Caller, placet: PlacetUnderTest) -> None:
    id = iacm.create()
    acme = placet.tenant("acme")
    acme.users.create(User(id="ann"), actor=SYSTEM)
    acme.assignments.create(
        Assignment(id="ann", principal="user:ann", role="_account_admin"), actor=SYSTEM
    )
    token = acme.credentials.issue("user:ann", actor=SYSTEM).token
    result = iacm("GET", f"/approvals/{id}", headers={"x-api-key": token})
    assert (result.status_code, result.json["name"]) == (404, "NotFoundError")


@pytest.mark.parametrize("query", ["", "?workspace=vpc"])
def test_a_list_is_for_those_who_may_look(iacm: Caller, query: str) -> None:
    iacm.create()
    assert iacm("GET", f"/approvals{query}", by="kim").status_code == 403
    assert iacm("GET", f"/approvals{query}", by="vera").status_code == 200


@pytest.fixture
def one_workspace(placet: PlacetUnderTest) -> None:
    """kim may look at, and approve, the workspace `vpc` alone."""
    with placet.acting(SYSTEM):
        placet.resource_groups.create(
            ResourceGroup(
                id="vpc", scope="infra", resources=(ResourceSelector("IAC_WORKSPACE", ("vpc",)),)
            )
        )
        placet.assignments.create(
            Assignment(
                id="kim", scope="infra", principal="user:kim", role="approver", resource_group="vpc"
            )
        )


@pytest.mark.usefixtures("one_workspace")
def test_rights_on_one_workspace_reach_no_other(iacm: Caller) -> None:
    vpc, dns = iacm.create(), iacm.create(workspace_id="dns")
    assert iacm.listed("?workspace=vpc", by="kim") == [vpc]
    assert iacm("GET", "/approvals?workspace=dns", by="kim").status_code == 403
    assert iacm("GET", "/approvals", by="kim").status_code == 403
    assert iacm.settle(dns, "approved", by="kim").status_code == 403
    assert iacm.settle(vpc, "approved", by="kim").status_code == 200


def test_a_deny_on_one_workspace_takes_it_out_of_every_list(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    with placet.acting(SYSTEM):
        placet.resource_groups.create(
            ResourceGroup(
                id="vpc", scope="infra", resources=(ResourceSelector("IAC_WORKSPACE", ("vpc",)),)
            )
        )
        placet.assignments.create(
            Assignment(
                id="no", scope="infra", principal="user:vera", role="viewer", effect="deny",
                resource_group="vpc",
            )
        )  # fmt: skip
    iacm.create()
    dns = iacm.create(workspace_id="dns")
    assert iacm.listed(by="vera") == [dns]
    assert iacm("GET", "/approvals?workspace=vpc", by="vera").status_code == 403


def test_creating_needs_the_right_to_edit_the_workspace(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    iacm.token("vera")
    before = placet.store.head("default")
    refused = iacm("POST", by="vera", json=BODY)
    assert (refused.status_code, "iac_workspace_edit" in refused.json["message"]) == (403, True)
    assert placet.store.head("default") == before


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_who_may_not_approve_opens_nothing_that_is_settled(
    iacm: Caller, placet: PlacetUnderTest, status: str
) -> None:
    iacm.token("plugin")
    before = placet.store.head("default")
    refused = iacm("POST", by="plugin", json={**BODY, "status": status})
    assert (refused.status_code, refused.json["name"]) == (403, "ForbiddenError")
    assert placet.store.head("default") == before


@pytest.mark.parametrize("where", ["header", "query", "other header", "both"])
def test_the_account_that_is_named_is_that_of_the_token(iacm: Caller, where: str) -> None:
    header = {"header": "Harness-Account", "other header": "x-account-id"}.get(where)
    for account, status in (("default", 200), ("acme", 403)):
        headers = {header: account} if header else {}
        query = "" if header else f"?accountIdentifier={account}"
        if where == "both":
            headers = {"Harness-Account": "default"}
        assert iacm("GET", f"/approvals{query}", headers=headers).status_code == status
