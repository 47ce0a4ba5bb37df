"""`X-On-Behalf-Of`: a call for somebody else, by their name or with a token of theirs."""

import pytest
from britive_tenant import Tenant
from falcon import testing
from office import SYSTEM

from placet import Assignment, Role, ServiceAccount

PATH = "access/admin/environments/prod/approvalRequest"
CAN = ("user:sam", "profile.checkout", "profile:admin/prod")


@pytest.fixture
def robot(tenant: Tenant) -> dict[str, str]:
    """The headers of a program that may ask for others."""
    with tenant.placet.acting(SYSTEM):
        tenant.placet.service_accounts.create(ServiceAccount(id="ci"))
        tenant.placet.roles.create(Role(id="asks", permissions=("core_approval_requestfor",)))
        tenant.placet.assignments.create(
            Assignment(id="ci", principal="service_account:ci", role="asks")
        )
        token = tenant.placet.credentials.issue("service_account:ci").token
    return {"Authorization": f"Bearer {token}", "X-On-Behalf-Of": "sam"}


def call(tenant: Tenant, method: str, path: str, headers: dict[str, str]) -> testing.Result:
    return tenant.call(method, path, by=None, headers=headers)


def test_a_program_asks_for_somebody(tenant: Tenant, robot: dict[str, str]) -> None:
    asked = call(tenant, "POST", PATH, robot)
    assert asked.json["userId"] == "sam"
    tenant.decide(asked.json["requestId"], "yes")
    assert tenant.placet.check(*CAN)


def test_what_was_asked_for_somebody_is_a_request_of_both(
    tenant: Tenant, robot: dict[str, str]
) -> None:
    id = call(tenant, "POST", PATH, robot).json["requestId"]
    assert tenant.listed("requestType=myRequests", "sam") == [id]
    listed = call(tenant, "GET", "v1/approvals/?requestType=myRequests", robot)
    assert [item["requestId"] for item in listed.json["result"]] == [id]


def test_a_program_withdraws_what_it_asked_for_somebody(
    tenant: Tenant, robot: dict[str, str]
) -> None:
    id = call(tenant, "POST", PATH, robot).json["requestId"]
    path = "v1/approvals/consumer/papservice/resource?resourceId=admin/prod"
    assert call(tenant, "DELETE", path, robot).status_code == 204
    assert tenant.item(id)["status"] == "WITHDRAWN"


def test_a_program_does_not_withdraw_what_somebody_asked_for_themselves(
    tenant: Tenant, robot: dict[str, str]
) -> None:
    id = tenant.ask()
    path = "v1/approvals/consumer/papservice/resource?resourceId=admin/prod"
    assert call(tenant, "DELETE", path, robot).status_code == 404
    assert tenant.item(id)["status"] == "PENDING"


def test_a_program_looks_up_what_somebody_may_ask_for(
    tenant: Tenant, robot: dict[str, str]
) -> None:
    assert len(call(tenant, "GET", "access", robot).json) == 1


@pytest.mark.parametrize("path", ["access", "resource-manager/my-resources"])
def test_nobody_else_learns_what_somebody_may_ask_for(tenant: Tenant, path: str) -> None:
    looked = tenant.call("GET", path, by="eve", headers={"X-On-Behalf-Of": "sam"})
    assert (looked.status_code, looked.json["errorCode"]) == (403, "PE-0002")


def test_who_may_not_ask_for_others_does_not(tenant: Tenant) -> None:
    asked = tenant.call("POST", PATH, by="kim", headers={"X-On-Behalf-Of": "sam"})
    assert (asked.status_code, asked.json["errorCode"]) == (403, "PE-0002")


@pytest.mark.parametrize("name", ["nobody", "x" * 300, "a:b"])
def test_a_name_of_nobody_is_refused(tenant: Tenant, robot: dict[str, str], name: str) -> None:
    asked = call(tenant, "POST", PATH, {**robot, "X-On-Behalf-Of": name})
    assert asked.status_code in (400, 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "v1/approvals/{id}?approveRequest=yes"),
        ("POST", "v1/approvals/revoke"),
        ("GET", "v1/approvals?requestType=myApprovals"),
    ],
)
def test_nobody_decides_in_a_name_that_is_only_said(tenant: Tenant, method: str, path: str) -> None:
    id = tenant.ask()
    headers = {"X-On-Behalf-Of": "ana"}
    said = tenant.call(method, path.replace("{id}", id), by="bo", headers=headers)
    assert (said.status_code, said.json["errorCode"]) == (400, "E1012")
    assert tenant.item(id)["status"] == "PENDING"


def test_somebody_is_named_by_a_token_of_theirs(tenant: Tenant) -> None:
    headers = {"X-On-Behalf-Of": f"Bearer {tenant.token('sam')}"}
    asked = tenant.call("POST", PATH, by="kim", headers=headers)
    assert asked.json["userId"] == "sam"
    stored = tenant.placet.approvals.get(asked.json["requestId"], actor=SYSTEM)
    assert (stored.requester, stored.on_behalf_of) == ("user:kim", "user:sam")


def test_a_token_of_nobody_names_nobody(tenant: Tenant) -> None:
    headers = {"X-On-Behalf-Of": "Bearer pat.default.x.y"}
    assert tenant.call("POST", PATH, by="kim", headers=headers).status_code == 401


def test_neither_of_two_who_stand_behind_a_request_decides_it(tenant: Tenant) -> None:
    tenant.placet.groups.add_members("approvers", ["user:sam", "user:kim"], actor=SYSTEM)
    headers = {"X-On-Behalf-Of": f"Bearer {tenant.token('sam')}"}
    id = tenant.call("POST", PATH, by="kim", headers=headers).json["requestId"]
    assert [tenant.decide(id, "yes", by=by).status_code for by in ("kim", "sam")] == [403, 403]
