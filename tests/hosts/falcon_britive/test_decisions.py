"""Yes, no, and taking it back."""

from typing import Any

import pytest
from britive_tenant import Tenant
from falcon import testing
from office import SYSTEM

from placet import Placet

CAN = ("user:sam", "profile.checkout", "profile:admin/prod")


def refusal(result: testing.Result) -> tuple[int, str]:
    return result.status_code, result.json["errorCode"]


def test_yes_answers_with_nothing(tenant: Tenant) -> None:
    id = tenant.ask()
    said = tenant.decide(id, "yes", comment="")
    assert (said.status_code, said.content) == (204, b"")
    assert tenant.placet.check(*CAN)


def test_no_gives_nothing(tenant: Tenant) -> None:
    id = tenant.ask()
    assert tenant.decide(id, "no", comment="not now").status_code == 204
    assert not tenant.placet.check(*CAN)


@pytest.mark.parametrize("body", [None, {}, {"approverComment": None}, {"more": 1}])
def test_a_body_may_be_absent_or_say_more(tenant: Tenant, body: object) -> None:
    id = tenant.ask()
    sent: dict[str, Any] = {} if body is None else {"json": body}
    said = tenant.call("PATCH", f"v1/approvals/{id}?approveRequest=yes", by="ana", **sent)
    assert said.status_code == 204


def test_the_requester_does_not_decide(tenant: Tenant) -> None:
    tenant.placet.groups.add_members("approvers", ["user:sam"], actor=SYSTEM)
    id = tenant.ask()
    assert refusal(tenant.decide(id, "yes", by="sam")) == (403, "PE-0002")
    assert tenant.item(id)["status"] == "PENDING"


def test_who_is_not_asked_does_not_decide(tenant: Tenant) -> None:
    id = tenant.ask()
    assert refusal(tenant.decide(id, "yes", by="root")) == (403, "PE-0002")
    assert refusal(tenant.decide(id, "yes", by="eve")) == (404, "E1004")


def test_what_is_settled_is_decided_no_more(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes", by="ana")
    for word, by in (("no", "ana"), ("yes", "bo"), ("no", "bo")):
        assert refusal(tenant.decide(id, word, by=by)) == (400, "E1003")
    assert tenant.item(id)["status"] == "APPROVED"


def test_the_same_answer_again_changes_nothing(tenant: Tenant) -> None:
    """A client that lost the answer sends it again."""
    id = tenant.ask()
    tenant.decide(id, "yes")
    head = tenant.placet.store.head("default")
    assert tenant.decide(id, "yes").status_code == 204
    assert tenant.placet.store.head("default") == head


def test_after_the_time_to_approve_nobody_decides(tenant: Tenant) -> None:
    """T11: with no sweeper running."""
    id = tenant.ask()
    tenant.clock.advance("10m")
    assert refusal(tenant.decide(id, "yes")) == (400, "E1003")
    assert not tenant.placet.check(*CAN)


@pytest.mark.parametrize("by", ["ana", "sam", "root"])
def test_what_was_approved_is_revoked(tenant: Tenant, by: str) -> None:
    """By who approved it, by whom it is for, and by who administers."""
    id = tenant.ask()
    tenant.decide(id, "yes", by="ana")
    assert tenant.decide(id, "revoke", by=by, comment="over").status_code == 204
    assert not tenant.placet.check(*CAN)


def test_who_did_not_approve_does_not_revoke(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes", by="ana")
    assert refusal(tenant.decide(id, "revoke", by="bo")) == (403, "PE-0002")
    assert tenant.placet.check(*CAN)


def test_what_is_pending_cannot_be_revoked(tenant: Tenant) -> None:
    assert refusal(tenant.decide(tenant.ask(), "revoke")) == (400, "E1003")


def test_what_was_revoked_cannot_be_revoked_again(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes")
    tenant.decide(id, "revoke")
    assert refusal(tenant.decide(id, "revoke")) == (400, "E1003")


def test_sessions_do_not_outlive_what_is_revoked(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "yes")
    kept = tenant.call(
        "PATCH", f"v1/approvals/{id}?approveRequest=revoke&killSession=false", by="ana"
    )
    assert refusal(kept) == (400, "E1012")
    ended = tenant.call(
        "PATCH", f"v1/approvals/{id}?approveRequest=revoke&killSession=true", by="ana"
    )
    assert ended.status_code == 204


def revoke_all(tenant: Tenant, ids: list[str], by: str = "ana") -> testing.Result:
    body = {"approvals": ids, "revokerComment": "incident", "killSession": True}
    return tenant.call("POST", "v1/approvals/revoke", by=by, json=body)


def test_several_are_revoked_at_once(tenant: Tenant) -> None:
    ids = [tenant.ask(), tenant.ask_resource()]
    for id in ids:
        tenant.decide(id, "yes")
    said = revoke_all(tenant, ids)
    assert (said.status_code, said.content) == (202, b"")
    assert [tenant.item(id)["status"] for id in ids] == ["REVOKED", "REVOKED"]


def test_several_are_revoked_all_or_none(tenant: Tenant) -> None:
    approved, pending = tenant.ask(), tenant.ask_resource()
    tenant.decide(approved, "yes")
    assert revoke_all(tenant, [approved, pending]).status_code == 400
    assert tenant.item(approved)["status"] == "APPROVED"


def test_another_account_has_other_approvals(tenant: Tenant) -> None:
    id = tenant.ask()
    other: Placet = tenant.placet.tenant("other")
    token = other.credentials.issue("service:robot", actor=SYSTEM).token
    headers = {"Authorization": f"Bearer {token}"}
    path = f"v1/approvals/{id}"
    assert tenant.call("GET", path, by=None, headers=headers).status_code == 404
    decided = tenant.call("PATCH", f"{path}?approveRequest=yes", by=None, headers=headers)
    assert refusal(decided) == (404, "E1004")
