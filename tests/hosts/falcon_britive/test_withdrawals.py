"""Withdrawing a request: by its id, and by what it is for."""

from britive_tenant import Tenant
from falcon import testing


def withdraw(tenant: Tenant, resource: str, consumer: str = "papservice") -> testing.Result:
    return tenant.call("DELETE", f"v1/approvals/consumer/{consumer}/resource?resourceId={resource}")


def test_the_requester_withdraws_by_id(tenant: Tenant) -> None:
    id = tenant.ask()
    done = tenant.call("DELETE", f"v1/approvals/{id}")
    assert (done.status_code, done.content) == (204, b"")
    assert tenant.item(id)["status"] == "WITHDRAWN"


def test_the_requester_withdraws_by_profile(tenant: Tenant) -> None:
    ids = [tenant.ask(), tenant.ask(environment="test")]
    assert withdraw(tenant, "admin/prod").status_code == 204
    assert [tenant.item(id)["status"] for id in ids] == ["WITHDRAWN", "PENDING"]


def test_a_profile_of_a_resource_has_a_consumer_of_its_own(tenant: Tenant) -> None:
    id = tenant.ask_resource()
    assert withdraw(tenant, "root/db1", "papservice").status_code == 404
    assert withdraw(tenant, "root/db1", "resourceprofile").status_code == 204
    assert tenant.item(id)["status"] == "WITHDRAWN"


def test_by_profile_only_ones_own_is_withdrawn(tenant: Tenant) -> None:
    others = tenant.ask(by="kim")
    missing = withdraw(tenant, "admin/prod")
    assert (missing.status_code, missing.json["errorCode"]) == (404, "E1004")
    assert tenant.item(others, "kim")["status"] == "PENDING"


def test_what_has_ended_is_not_withdrawn(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes")
    by_id = tenant.call("DELETE", f"v1/approvals/{id}")
    assert (by_id.status_code, by_id.json["errorCode"]) == (400, "E1003")
    assert withdraw(tenant, "admin/prod").status_code == 404


def test_an_approver_does_not_withdraw_what_others_asked_for(tenant: Tenant) -> None:
    id = tenant.ask()
    done = tenant.call("DELETE", f"v1/approvals/{id}", by="ana")
    assert (done.status_code, done.json["errorCode"]) == (403, "PE-0002")


def test_the_sdk_drops_an_id_that_it_is_given_for_a_profile(tenant: Tenant) -> None:
    """Its `my_access.withdraw_approval_request(request_id=...)` sends None for both names."""
    tenant.ask()
    assert withdraw(tenant, "None/None").status_code == 404
