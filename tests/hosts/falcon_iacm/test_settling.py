"""What can follow on what: one approval waits for a stage, and it is settled once."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from iacm_client import BODY, Caller

from placet import SYSTEM, ApprovalPolicy
from placet.model import parse_reviews
from placet.testing import PlacetUnderTest


def test_a_second_one_for_the_same_stage_is_a_conflict_while_the_first_waits(
    iacm: Caller,
) -> None:
    iacm.create()
    second = iacm("POST", by="ana", json=BODY)
    assert (second.status_code, second.json["name"]) == (409, "ConflictError")


@pytest.mark.parametrize("other", ["pipeline_execution_id", "pipeline_stage_id", "workspace_id"])
def test_another_execution_stage_or_workspace_is_another_one(iacm: Caller, other: str) -> None:
    assert iacm.create() != iacm.create(**{other: "another"})


def test_the_same_stage_of_another_project_is_another_one(iacm: Caller) -> None:
    iacm.create()
    path = "/iacm/api/orgs/infra/projects/other/approvals"
    assert iacm("POST", path, by="plugin", json=BODY).status_code == 200


def test_after_the_first_is_settled_there_may_be_a_second(iacm: Caller) -> None:
    first = iacm.create()
    iacm.settle(first, "rejected")
    assert iacm.create() != first


@pytest.mark.parametrize("second", ["approved", "rejected", "pending"])
def test_what_is_settled_stays_settled(iacm: Caller, placet: PlacetUnderTest, second: str) -> None:
    id = iacm.create()
    iacm.settle(id, "approved")
    iacm.token("bo")
    before = placet.store.head("default")
    refused = iacm.settle(id, second, by="bo")
    assert (refused.status_code, refused.json["name"]) == (409, "ConflictError")
    assert placet.store.head("default") == before


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_the_same_again_by_the_same_person_changes_nothing(
    iacm: Caller, placet: PlacetUnderTest, status: str
) -> None:
    id = iacm.create()
    iacm.settle(id, status)
    before = placet.store.head("default")
    assert iacm.settle(id, status).status_code == 200
    assert placet.store.head("default") == before


def test_the_other_by_the_same_person_is_a_conflict(iacm: Caller) -> None:
    id = iacm.create()
    iacm.settle(id, "approved")
    assert iacm.settle(id, "rejected").status_code == 409


def test_pending_on_a_pending_one_changes_nothing(iacm: Caller, placet: PlacetUnderTest) -> None:
    id = iacm.create()
    iacm.token("ana")
    before = placet.store.head("default")
    assert iacm.settle(id, "pending").status_code == 200
    assert placet.store.head("default") == before


def cancelled(placet: PlacetUnderTest, id: str) -> None:
    placet.approvals.cancel(id, actor="user:root")


def expired(placet: PlacetUnderTest, id: str) -> None:
    placet.clock.advance("2h")


@pytest.mark.parametrize("ended", [cancelled, expired])
def test_whatever_ends_without_a_yes_is_rejected_here(
    placet: PlacetUnderTest, iacm: Caller, ended: Callable[[PlacetUnderTest, str], None]
) -> None:
    placet.policies.create(policy(decide_within=3600), actor=SYSTEM)
    id = iacm.create()
    ended(placet, id)
    assert iacm.status(id) == "rejected"
    assert iacm.listed("?status_type=rejected") == [id]
    assert iacm.listed("?status_type=pending") == []
    assert "actioned_by" not in iacm("GET", f"/approvals/{id}").json
    for status in ("approved", "rejected", "pending"):
        assert iacm.settle(id, status).status_code == 409


def policy(reviews: str = "1 from permission:iac_workspace_approve", **more: Any) -> ApprovalPolicy:
    """What takes the place of the default."""
    usual = ApprovalPolicy(
        id="_iacm_approval",
        applies_to=("iac_workspace_approve",),
        needed="when_denied",
        requirement=parse_reviews(reviews),
        allow_unattributed=True,
    )
    return msgspec.structs.replace(usual, **more)


def test_the_default_policy_may_be_replaced(placet: PlacetUnderTest, iacm: Caller) -> None:
    placet.policies.create(policy(reviews="2 from permission:iac_workspace_approve"), actor=SYSTEM)
    id = iacm.create()
    iacm.settle(id, "approved")
    assert iacm.status(id) == "pending"
    iacm.settle(id, "approved", by="bo")
    assert iacm.status(id) == "approved"


def test_a_policy_of_a_lower_scope_adds_to_the_default(
    placet: PlacetUnderTest, iacm: Caller
) -> None:
    placet.policies.create(
        policy(id="bo-too", scope="infra", reviews="1 from user:bo"), actor=SYSTEM
    )
    id = iacm.create()
    iacm.settle(id, "approved")
    assert iacm.status(id) == "pending"
    iacm.settle(id, "approved", by="bo")
    assert iacm.status(id) == "approved"


def test_the_default_policy_takes_nothing_from_those_who_hold_the_permission(
    placet: PlacetUnderTest,
) -> None:
    ask = ("iac_workspace_approve", "IAC_WORKSPACE:vpc")
    assert placet.decide("user:ana", *ask, scope="infra/net").outcome == "allowed"
    assert placet.decide("user:kim", *ask, scope="infra/net").outcome == "denied"
