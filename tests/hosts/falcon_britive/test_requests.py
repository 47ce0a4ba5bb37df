"""Asking for a profile: on purpose, once, and only where there is something to ask for."""

from britive_tenant import Tenant
from office import SYSTEM

from placet import Assignment

PATH = "access/admin/environments/prod/approvalRequest"
CAN = ("user:sam", "profile.checkout", "profile:admin/prod")


def test_a_request_is_answered_with_its_details(tenant: Tenant) -> None:
    asked = tenant.call("POST", PATH, json={"justification": "deploy"})
    assert asked.status_code == 200
    assert asked.json == tenant.item(asked.json["requestId"])
    assert (asked.json["status"], asked.json["resource"]) == ("PENDING", "admin/prod")


def test_a_request_is_an_approval_of_the_core(tenant: Tenant) -> None:
    path = "resource-manager/my-resources/profiles/root/resources/db1/approvalRequest"
    body = {"justification": "fix", "ticketId": "INC-7", "ticketType": "jira"}
    id = tenant.call("POST", path, json=body).json["requestId"]
    stored = tenant.placet.approvals.get(id, actor=SYSTEM)
    assert (stored.permission, stored.resource) == (
        "resource.profile.checkout",
        "resource_profile:root/db1",
    )
    assert (stored.requester, stored.origin) == ("user:sam", "britive")
    assert stored.labels == {"ticket_id": "INC-7", "ticket_type": "jira"}


def test_a_body_may_be_absent(tenant: Tenant) -> None:
    assert tenant.call("POST", PATH).status_code == 200


def test_a_justification_may_be_null(tenant: Tenant) -> None:
    asked = tenant.call("POST", PATH, json={"justification": None})
    assert asked.json["justification"] == ""


def test_asking_again_is_the_same_request(tenant: Tenant) -> None:
    assert tenant.ask() == tenant.ask(why="please")


def test_after_a_rejection_asking_again_is_a_new_request(tenant: Tenant) -> None:
    first = tenant.ask()
    tenant.decide(first, "no")
    assert tenant.ask() != first


def test_after_a_time_out_asking_again_is_a_new_request(tenant: Tenant) -> None:
    first = tenant.ask()
    tenant.clock.advance("10m")
    assert tenant.ask() != first


def test_with_access_there_is_nothing_to_ask_for(tenant: Tenant) -> None:
    tenant.decide(tenant.ask(), "yes")
    asked = tenant.call("POST", PATH, json={"justification": "again"})
    assert (asked.status_code, asked.content) == (204, b"")
    assert tenant.placet.check(*CAN)


def test_once_access_has_ended_it_is_asked_for_again(tenant: Tenant) -> None:
    first = tenant.ask()
    tenant.decide(first, "yes")
    tenant.clock.advance("1h")
    assert tenant.ask() != first


def test_once_access_was_revoked_it_is_asked_for_again(tenant: Tenant) -> None:
    first = tenant.ask()
    tenant.decide(first, "yes")
    tenant.decide(first, "revoke")
    assert tenant.ask() != first


def test_an_unused_pass_is_shown_and_not_taken_for_access(tenant: Tenant) -> None:
    """`check` is not true with a pass: the answer is the approval, not 204."""
    id = tenant.ask_resource()
    tenant.decide(id, "yes")
    assert not tenant.placet.check(
        "user:sam", "resource.profile.checkout", "resource_profile:root/db1"
    )
    assert tenant.ask_resource() == id
    assert tenant.item(id)["status"] == "APPROVED"


def test_once_a_pass_is_used_it_is_asked_for_again(tenant: Tenant) -> None:
    id = tenant.ask_resource()
    tenant.decide(id, "yes")
    with tenant.placet.permit(
        "resource.profile.checkout", "resource_profile:root/db1", actor="user:sam"
    ):
        pass
    assert tenant.ask_resource() != id


def test_who_may_not_ask_is_refused(tenant: Tenant) -> None:
    asked = tenant.call("POST", PATH, by="eve", json={"justification": "please"})
    assert (asked.status_code, asked.json["errorCode"]) == (403, "PE-0002")


def test_without_a_policy_nobody_can_be_asked(tenant: Tenant) -> None:
    tenant.placet.policies.delete("profiles", actor=SYSTEM)
    assert tenant.call("POST", PATH).status_code == 403


def test_a_name_may_hold_what_addresses_escape(tenant: Tenant) -> None:
    asked = tenant.call("POST", "access/a%25b/environments/é%20ü/approvalRequest")
    assert asked.json["resource"] == "a%b/é ü"


def test_profiles_are_listed_to_those_who_may_have_them(tenant: Tenant) -> None:
    (app,) = tenant.get("access")
    assert (app["appName"], app["profiles"][0]["profileName"]) == ("AWS", "Admin")
    assert tenant.get("access", "eve") == []
    assert tenant.get("resource-manager/my-resources", "eve") == []


def test_profiles_are_also_tables_of_ids(tenant: Tenant) -> None:
    tables = tenant.get("access?type=sdk")
    assert (tables["count"], tables["accesses"]) == (
        1,
        [{"appContainerId": "AWS", "environmentId": "prod", "papId": "admin"}],
    )


def test_profiles_are_searched_by_name(tenant: Tenant) -> None:
    assert [len(tenant.get(f"access?search={word}")) for word in ("PRODUCT", "staging")] == [1, 0]


def test_profiles_of_resources_come_in_pages_where_a_size_is_given(tenant: Tenant) -> None:
    page = tenant.get("resource-manager/my-resources?page=0&size=5")
    assert (page["count"], [row["resourceId"] for row in page["data"]]) == (1, ["db1"])


def test_what_is_held_is_listed_as_well(tenant: Tenant) -> None:
    tenant.placet.assignments.create(
        Assignment(id="eve", principal="user:eve", role="_britive_profile_checkout"), actor=SYSTEM
    )
    assert len(tenant.get("access", "eve")) == 1
