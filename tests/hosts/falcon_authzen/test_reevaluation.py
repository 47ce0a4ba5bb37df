"""Evaluating again with what was approved: it has to apply, and policy still decides."""

from typing import Any

import msgspec
import pytest
from access_requests import DELETE, PEP2, READ, Requester
from authzen_client import ALICE, BOB, RECORD_1, RECORD_2

from placet import SYSTEM, ApprovalPolicy, Assignment, Grant
from placet.model import parse_reviews

CONTEXT = {"ip": "10.0.0.1"}


def grant_of(requester: Requester, approval: Any) -> Grant:
    grants = requester.placet.grants.list(approval=approval["id"], actor=SYSTEM).items
    return grants[0]


def test_what_was_approved_is_allowed_until_when(requester: Requester) -> None:
    approval = requester.approved(context=CONTEXT)
    assert requester.evaluated(context=CONTEXT, approval=approval) == {
        "decision": True,
        "context": {
            "approval": {"id": approval["id"], "approved_until": "2026-01-01T09:30:00Z"},
        },
    }


def test_without_the_approval_it_is_denied_as_before(requester: Requester) -> None:
    requester.approved()
    assert requester.evaluated()["decision"] is False


def test_an_evaluation_uses_no_pass_up(requester: Requester) -> None:
    """It only asks; whoever needs "once" takes the pass with a permit."""
    approval = requester.approved()
    for _ in range(3):
        assert requester.evaluated(approval=approval)["decision"] is True
    assert grant_of(requester, approval).status == "active"


def test_a_pass_that_was_taken_answers_nothing_more(requester: Requester) -> None:
    approval = requester.approved(by="user:alice")
    grant = grant_of(requester, approval)
    asked = {"approval": approval, "by": "user:alice"}
    assert requester.evaluated(**asked)["decision"] is True
    requester.placet.grants.take(grant.id, grant.digest, actor="user:alice")
    assert requester.evaluated(**asked)["decision"] is False


def test_access_is_allowed_with_the_approval_and_without(requester: Requester) -> None:
    """It is an assignment, and counts by itself."""
    approval = requester.approved(action=DELETE, resource=RECORD_2)
    assert requester.evaluated(DELETE, RECORD_2) == {"decision": True}
    said = requester.evaluated(DELETE, RECORD_2, approval=approval)
    assert said["context"]["approval"]["approved_until"] == "2026-01-01T11:00:00Z"
    assert requester.evaluated(DELETE, RECORD_1)["decision"] is False


@pytest.mark.parametrize("after", ["30m", "2h"])
def test_it_is_over_at_approved_until(requester: Requester, after: str) -> None:
    read, delete = requester.approved(), requester.approved(action=DELETE, resource=RECORD_2)
    requester.placet.clock.advance(after)
    assert requester.evaluated(approval=read)["decision"] is False
    allowed = requester.evaluated(DELETE, RECORD_2, approval=delete)["decision"]
    assert allowed is (after == "30m")


@pytest.mark.parametrize(
    "other",
    [
        {"subject": BOB},
        {"resource": RECORD_2},
        {"resource": {**RECORD_1, "properties": {"status": "active"}}},
        {"action": DELETE},
        {"action": {**READ, "properties": {"soft": True}}},
        {"context": {}},
        {"context": {**CONTEXT, "ip": "10.0.0.2"}},
        {"context": {**CONTEXT, "more": 1}},
        {"by": PEP2},
    ],
    ids=str,
)
def test_for_anything_else_it_says_nothing(requester: Requester, other: dict[str, Any]) -> None:
    """T26: another tuple, another context, another caller."""
    approval = requester.approved(context=CONTEXT)
    asked = {"context": CONTEXT, "approval": approval, **other}
    assert requester.evaluated(**asked)["decision"] is False


@pytest.mark.parametrize(
    "brought",
    [None, "", {}, [], {"id": 7}, {"id": ""}, {"id": "x"}, {"id": "x" * 300}, {"id": "\x00"}],
    ids=repr,
)
def test_what_is_no_approval_changes_nothing(requester: Requester, brought: Any) -> None:
    requester.approved()
    body = {
        "subject": ALICE,
        "action": READ,
        "resource": RECORD_1,
        "context": {"approval": brought},
    }
    result = requester.post("evaluation", body)
    assert (result.status_code, result.json["decision"]) == (200, False)


def test_dates_in_what_is_brought_count_for_nothing(requester: Requester) -> None:
    approval = {**requester.approved(), "approved_until": "2099-01-01T00:00:00Z"}
    requester.placet.clock.advance("30m")
    assert requester.evaluated(approval=approval)["decision"] is False


@pytest.mark.parametrize("verdict", [None, "reject"])
def test_what_was_not_approved_allows_nothing(requester: Requester, verdict: str | None) -> None:
    requester.task()
    if verdict:
        requester.decided(verdict)
    (approval,) = requester.placet.approvals.list(actor=SYSTEM).items
    assert requester.evaluated(approval={"id": approval.id})["decision"] is False


# -- policy decides as it is now -------------------------------------------------------------------


def test_what_was_revoked_allows_nothing(requester: Requester) -> None:
    approval = requester.approved()
    requester.placet.grants.revoke(grant_of(requester, approval).id, actor=SYSTEM)
    assert requester.evaluated(approval=approval)["decision"] is False


def test_who_is_denied_by_now_is_denied(requester: Requester) -> None:
    approval = requester.approved()
    denied = Assignment(id="no", principal="user:alice", role="reader", effect="deny")
    requester.placet.assignments.create(denied, actor=SYSTEM)
    said = requester.evaluated(approval=approval)
    assert (said["decision"], said["context"]["id"]) == (False, "denied_by")


def test_a_subject_that_is_disabled_by_now_is_denied(requester: Requester) -> None:
    approval = requester.approved()
    with requester.placet.acting(SYSTEM):
        alice = requester.placet.users.get("alice")
        requester.placet.users.update(msgspec.structs.replace(alice, disabled=True))
    assert requester.evaluated(approval=approval)["decision"] is False


def test_what_was_tightened_has_to_be_met(requester: Requester) -> None:
    """T43: a policy that came later was asked by nobody."""
    approval = requester.approved()
    more = ApprovalPolicy(
        id="more",
        applies_to=("record.read",),
        requirement=parse_reviews("1 from group:owners"),
        use_within=60,
    )
    requester.placet.policies.create(more, actor=SYSTEM)
    said = requester.evaluated(approval=approval)
    assert said["decision"] is False
    assert said["context"]["access_request"]["binding_token"]


def test_who_may_not_ask_about_the_subject_is_refused(requester: Requester) -> None:
    approval = requester.approved()
    body = {
        "subject": ALICE,
        "action": READ,
        "resource": RECORD_1,
        "context": {"approval": approval},
    }
    assert requester.post("evaluation", body, by="user:bob").status_code == 403


def test_in_a_batch_an_approval_is_not_looked_at(requester: Requester) -> None:
    """The profile evaluates each approved item by itself."""
    approval = requester.approved()
    body = {
        "subject": ALICE,
        "action": READ,
        "resource": RECORD_1,
        "context": {"approval": approval},
        "evaluations": [{}],
    }
    rows = requester.post("evaluations", body).json["evaluations"]
    assert [row["decision"] for row in rows] == [False]
    del body["evaluations"]
    assert requester.post("evaluations", body).json["decision"] is True
