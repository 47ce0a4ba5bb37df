"""An approval as it is read: every field, every status, every moment."""

import pytest
from britive_tenant import Tenant
from office import SYSTEM

from placet import ApprovalPolicy, Permission
from placet.model import parse_reviews


def test_an_item_has_every_field_of_the_vendor(tenant: Tenant) -> None:
    id = tenant.ask(why="deploy 7.2")
    assert tenant.item(id, "ana") == {
        "requestId": id,
        "userId": "sam",
        "resource": "admin/prod",
        "action": "profile.checkout",
        "consumer": "papservice",
        "justification": "deploy 7.2",
        "approvers": {"userIds": ["ana", "bo"]},
        "createdAt": "2026-01-01T09:00:00.000Z",
        "updatedAt": "2026-01-01T09:00:00.000Z",
        "status": "PENDING",
        "validFor": 60,
        "timeToApprove": 10,
        "expirationTimeForApproveRequest": "2026-01-01T09:10:00.000Z",
        "expirationTimeApproval": None,
        "actionBy": "",
        "approverComment": "",
    }


def test_a_resource_profile_says_its_consumer_and_how_long_its_pass_is_good(
    tenant: Tenant,
) -> None:
    item = tenant.item(tenant.ask_resource())
    assert (item["consumer"], item["action"]) == ("resourceprofile", "resource.profile.checkout")
    assert (item["resource"], item["validFor"]) == ("root/db1", 30)


def test_what_another_surface_asked_for_is_shown_with_its_type(tenant: Tenant) -> None:
    with tenant.placet.acting(SYSTEM):
        tenant.placet.permissions.create(Permission.dotted("invoice.pay"))
        tenant.placet.policies.create(
            ApprovalPolicy(
                id="pay",
                applies_to=("invoice.pay",),
                needed="when_denied",
                requesters=("user:sam",),
                requirement=parse_reviews("1 from user:ana"),
            )
        )
    asked = tenant.placet.request("invoice.pay", "invoice:7", actor="user:sam")
    item = tenant.item(asked.id)
    assert (item["consumer"], item["resource"]) == ("invoice", "invoice:7")
    assert (item["timeToApprove"], item["validFor"]) == (None, None)


def test_details_are_the_object_of_the_list(tenant: Tenant) -> None:
    id = tenant.ask()
    assert tenant.get("v1/approvals")["result"] == [tenant.item(id)]


@pytest.mark.parametrize("kind", ["myApprovals", "myRequests", " myRequests "])
def test_details_may_be_asked_for_with_a_request_type(tenant: Tenant, kind: str) -> None:
    id = tenant.ask()
    assert tenant.get(f"v1/approvals/{id}?requestType={kind}")["requestId"] == id


def test_approvers_are_named_only_to_who_may_know_them(tenant: Tenant) -> None:
    """T50: the requester does not learn who can say yes, nor who said it."""
    id = tenant.ask()
    tenant.decide(id, "yes")
    seen = {name: tenant.item(id, name) for name in ("sam", "bo", "root")}
    assert {name: item["approvers"]["userIds"] for name, item in seen.items()} == {
        "sam": [],
        "bo": ["ana", "bo"],
        "root": ["ana", "bo"],
    }
    assert {name: item["actionBy"] for name, item in seen.items()} == {
        "sam": "",
        "bo": "ana",
        "root": "ana",
    }


def test_the_requester_is_no_approver_of_their_own(tenant: Tenant) -> None:
    tenant.placet.groups.add_members("approvers", ["user:sam"], actor=SYSTEM)
    assert tenant.item(tenant.ask(), "ana")["approvers"]["userIds"] == ["ana", "bo"]


def test_approved(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes", comment="go ahead")
    item = tenant.item(id)
    assert (item["status"], item["approverComment"]) == ("APPROVED", "go ahead")
    assert item["expirationTimeApproval"] == "2026-01-01T10:00:00.000Z"


def test_rejected(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "no", comment="not today")
    item = tenant.item(id)
    assert (item["status"], item["approverComment"]) == ("REJECTED", "not today")


def test_time_out_needs_nobody_to_write_it_down(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.clock.advance("599s")
    assert tenant.item(id)["status"] == "PENDING"
    tenant.clock.advance("1s")
    assert tenant.item(id)["status"] == "TIMEOUT"


def test_withdrawn_by_the_requester(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.call("DELETE", f"v1/approvals/{id}")
    item = tenant.item(id)
    assert (item["status"], item["actionBy"]) == ("WITHDRAWN", "sam")


def test_cancelled_by_somebody_else(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.call("DELETE", f"v1/approvals/{id}", by="root")
    assert tenant.item(id)["status"] == "CANCELLED"


def test_cancelled_with_the_resource_that_it_was_for(tenant: Tenant) -> None:
    """The seed: an approval for what was renamed is cancelled."""
    id = tenant.ask()
    tenant.placet.resources.delete("profile:admin/prod", actor=SYSTEM)
    assert tenant.item(id)["status"] == "CANCELLED"


def test_revoked(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes")
    tenant.decide(id, "revoke", comment="wrong window")
    item = tenant.item(id)
    assert (item["status"], item["approverComment"]) == ("REVOKED", "wrong window")


def test_valid_for_is_how_long_the_access_lasts(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes")
    can = ("user:sam", "profile.checkout", "profile:admin/prod")
    tenant.clock.advance("3599s")
    assert tenant.placet.check(*can)
    tenant.clock.advance("1s")
    assert not tenant.placet.check(*can)


def test_what_the_caller_may_not_know_of_is_not_there(tenant: Tenant) -> None:
    id = tenant.ask()
    hidden = tenant.call("GET", f"v1/approvals/{id}", by="eve")
    absent = tenant.call("GET", "v1/approvals/none", by="eve")
    assert (hidden.status_code, hidden.json["errorCode"]) == (404, "E1004")
    assert hidden.json["message"].replace(id, "none") == absent.json["message"]
