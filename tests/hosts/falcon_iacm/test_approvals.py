"""List, create, show and update, as the vendor's contract has them."""

import uuid
from typing import Any

import pytest
from iacm_client import BODY, Caller

from placet import SYSTEM, Assignment
from placet.testing import PlacetUnderTest


def test_creating_answers_200_with_a_uuid_and_nothing_else(iacm: Caller) -> None:
    result = iacm("POST", by="plugin", json=BODY)
    assert (result.status_code, list(result.json)) == (200, ["id"])
    assert str(uuid.UUID(result.json["id"])) == result.json["id"]


def test_the_approval_is_about_the_workspace_and_labels_carry_the_vendors_words(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    stored = placet.approvals.get(iacm.create(), actor=SYSTEM)
    assert (stored.resource, stored.permission, stored.scope, stored.origin) == (
        "IAC_WORKSPACE:vpc", "iac_workspace_approve", "infra/net", "iacm"
    )  # fmt: skip
    assert stored.labels == BODY


def test_an_item_of_the_list_has_what_the_clients_need_and_leaves_out_what_is_not_known(
    iacm: Caller,
) -> None:
    id = iacm.create()
    (item,) = iacm("GET").json
    assert item == {
        **BODY, "account": "default", "org": "infra", "project": "net", "id": id,
        "status": "pending", "created": 1767258000000, "updated": 1767258000000,
    }  # fmt: skip


def test_showing_one_gives_its_status_and_no_id(iacm: Caller, placet: PlacetUnderTest) -> None:
    id = iacm.create()
    placet.clock.advance("1m")
    iacm.settle(id, "approved")
    assert iacm("GET", f"/approvals/{id}").json == {
        "status": "approved", "created": 1767258000000, "updated": 1767258060000,
        "actioned_by": "Ana Ruiz", "actioned_by_email": "ana@example.com",
    }  # fmt: skip


def test_settling_answers_200_with_an_empty_body(iacm: Caller) -> None:
    result = iacm(
        "PUT", f"/approvals/{iacm.create()}", json={"status": "rejected"},
        headers={"Accept": "application/vnd.goa.error"},
    )  # fmt: skip
    assert (result.status_code, result.content, result.headers["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_the_plugin_sees_how_its_approval_was_settled(iacm: Caller, status: str) -> None:
    id = iacm.create()
    assert iacm.status(id, by="plugin") == "pending"
    iacm.settle(id, status)
    assert iacm.status(id, by="plugin") == status


def test_the_id_may_be_written_in_capitals(iacm: Caller) -> None:
    assert iacm.status(iacm.create().upper()) == "pending"


def test_without_a_name_the_id_of_the_reviewer_is_shown(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    placet.assignments.create(
        Assignment(id="vera2", principal="user:vera", role="approver", scope="infra"), actor=SYSTEM
    )
    id = iacm.create()
    iacm.settle(id, "approved", by="vera")
    shown = iacm("GET", f"/approvals/{id}").json
    assert (shown["actioned_by"], "actioned_by_email" in shown) == ("vera", False)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"actioned_by": "Ana Ruiz", "actioned_by_email": "ana@example.com"}, ""),
        ({"actioned_by": "ana"}, ""),
        ({"actioned_by": "John Doe"}, "John Doe"),
        ({"actioned_by_email": "ceo@example.com"}, "<ceo@example.com>"),
        ({"actioned_by": "CEO", "actioned_by_email": "ceo@example.com"}, "CEO <ceo@example.com>"),
    ],
)
def test_who_the_body_says_decided_is_kept_and_never_believed(
    iacm: Caller, placet: PlacetUnderTest, said: dict[str, Any], kept: str
) -> None:
    id = iacm.create()
    iacm.settle(id, "approved", **said)
    shown = iacm("GET", f"/approvals/{id}").json
    assert (shown["actioned_by"], shown["actioned_by_email"]) == ("Ana Ruiz", "ana@example.com")
    assert placet.approvals.get(id, actor=SYSTEM).reviews[0].claimed_by == kept
    (event,) = placet.audit.list(kind="approval.reviewed", actor=SYSTEM).items
    assert event.data.get("claimed_by", "") == kept


def test_keys_and_parameters_that_nobody_knows_are_passed_over(iacm: Caller) -> None:
    id = iacm.create()
    iacm.settle(id, "approved", identifier=id, tags={}, accountIdentifier="default")
    assert iacm.listed("?pageIndex=0&pageSize=100&orgIdentifier=infra") == [id]


def test_it_is_served_with_and_without_the_prefix_of_the_vendors_cloud(iacm: Caller) -> None:
    id = iacm.create()
    path = f"/gateway/iacm/api/orgs/infra/projects/net/approvals/{id}"
    assert iacm("GET", path).json["status"] == "pending"


def test_created_and_settled_at_once_is_a_request_and_a_review_of_the_caller(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    id = iacm.create(by="ana", status="approved")
    assert iacm("GET", f"/approvals/{id}").json["actioned_by"] == "Ana Ruiz"
    events = placet.audit.list(approval=id, actor=SYSTEM).items
    assert [event.kind for event in events] == [
        "approval.requested", "approval.reviewed", "approval.approved"
    ]  # fmt: skip
    assert len({event.version for event in events}) == 1


def test_created_and_rejected_at_once(iacm: Caller) -> None:
    assert iacm.status(iacm.create(by="ana", status="rejected")) == "rejected"
