"""A task: opaque, portable, and told to nobody who may not know of it."""

from typing import Any

import pytest
from access_requests import DELETE, PEP2, READ, Requester, governed, problem
from authzen_client import BUNDLE, RECORD_1, RECORD_2
from hypothesis import given
from hypothesis import strategies as some

from placet import SYSTEM, Approval, ApprovalPolicy, Assignment, Role
from placet.bundle import load
from placet.model import parse_reviews

UNKNOWN = (404, "unknown_task")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


def status(requester: Requester, handle: str) -> Any:
    result = requester.status(handle)
    assert result.status_code == 200, result.text
    return result.json["task"]["status"]


def bundle(requester: Requester) -> str:
    """A task of two items: reading record-1, and deleting record-2."""
    wanted = [(READ, RECORD_1), (DELETE, RECORD_2)]
    items = [
        {
            "resource": resource,
            "action": action,
            "denial": {"binding_token": requester.token(action, resource)},
        }
        for action, resource in wanted
    ]
    single = {"resource": None, "action": None, "denial": None}
    return requester.task("", **single, items=items)


def approval_of(requester: Requester, permission: str) -> Approval:
    (found,) = requester.placet.approvals.list(permission=permission, actor=SYSTEM).items
    return found


def test_a_task_is_pending_until_it_is_decided(requester: Requester) -> None:
    handle = requester.task()
    assert status(requester, handle) == "pending"
    requester.decided()
    assert status(requester, handle) == "approved"


def test_an_approved_task_says_what_to_bring_to_the_next_evaluation(requester: Requester) -> None:
    handle = requester.task()
    requester.placet.clock.advance("5m")
    requester.decided()
    (approval,) = requester.placet.approvals.list(actor=SYSTEM).items
    assert requester.status(handle).json["result"] == {
        "mode": "reevaluate",
        "approval": {
            "id": approval.id,
            "approved_at": "2026-01-01T09:05:00Z",
            "approved_until": "2026-01-01T09:35:00Z",
        },
    }


def test_what_is_rejected_is_denied_and_says_no_more(requester: Requester) -> None:
    handle = requester.task()
    requester.decided("reject", comment="dana does not like it")
    said = requester.status(handle)
    assert said.json["task"]["status"] == "denied"
    assert "result" not in said.json
    assert "dana" not in said.text


def test_nobody_learns_from_a_task_who_decides(requester: Requester) -> None:
    """T50."""
    handle = requester.task()
    pending = requester.status(handle).text
    requester.decided()
    for text in (pending, requester.status(handle).text):
        assert not any(word in text for word in ("dana", "owners", "eyes"))


def test_a_task_that_nobody_decides_is_expired_without_a_sweeper(requester: Requester) -> None:
    handle = requester.task()
    requester.placet.clock.advance("1h")
    assert status(requester, handle) == "expired"


def test_what_is_asked_for_anew_is_cancelled(requester: Requester) -> None:
    """Superseded has no word of its own on the wire."""
    handle = requester.task()
    with requester.placet.acting(SYSTEM):
        requester.placet.policies.create(
            ApprovalPolicy(
                id="more",
                applies_to=("record.read",),
                requirement=parse_reviews("1 from group:owners"),
            )
        )
    assert requester.task() != handle
    assert status(requester, handle) == "cancelled"


def test_looking_decides_nothing(requester: Requester) -> None:
    """T47."""
    handle = requester.task()
    before = requester.placet.token()
    requester.status(handle)
    requester.placet.clock.advance("1h")
    requester.status(handle)
    assert requester.placet.token() == before


def test_a_cancellation_is_no_get(requester: Requester) -> None:
    handle = requester.task()
    assert requester.post(f"requests/{handle}/cancel", method="GET").status_code == 405
    assert status(requester, handle) == "pending"


# -- who may ---------------------------------------------------------------------------------------


def test_a_leaked_handle_tells_nobody_anything(requester: Requester) -> None:
    handle = requester.task()
    for by in (PEP2, "user:bob", "user:eve"):
        assert problem(requester.status(handle, by=by)) == UNKNOWN
        assert problem(requester.cancel(handle, by=by)) == UNKNOWN
    assert requester.post(f"requests/{handle}", by=None, method="GET").status_code == 401


def test_a_handle_is_of_no_task_in_another_account(requester: Requester) -> None:
    """T26."""
    handle = requester.task()
    elsewhere = requester.placet.tenant("acme")
    elsewhere.apply(load(BUNDLE), actor=SYSTEM)
    there = elsewhere.credentials.issue("service_account:pep", actor=SYSTEM).token
    headers = {"Authorization": f"Bearer {there}"}
    result = requester.post(f"requests/{handle}", by=None, headers=headers, method="GET")
    assert problem(result) == UNKNOWN


def test_the_subject_may_know_and_cancel(requester: Requester) -> None:
    handle = requester.task()
    assert requester.status(handle, by="user:alice").status_code == 200
    assert requester.cancel(handle, by="user:alice").json["task"]["status"] == "cancelled"


def test_seeing_a_task_is_not_cancelling_it(requester: Requester) -> None:
    handle = requester.task()
    assert requester.status(handle, by="user:dana").status_code == 200
    assert requester.cancel(handle, by="user:dana").status_code == 403
    assert status(requester, handle) == "pending"


def test_another_enforcement_point_takes_over_with_the_rights_to(requester: Requester) -> None:
    handle = requester.task()
    rights = ("core_approval_view", "core_approval_cancel")
    with requester.placet.acting(SYSTEM):
        requester.placet.roles.create(Role(id="operator", permissions=rights))
        other = Assignment(id="other", principal=PEP2, role="operator")
        requester.placet.assignments.create(other)
    assert requester.status(handle, by=PEP2).status_code == 200
    assert requester.cancel(handle, by=PEP2).json["task"]["status"] == "cancelled"


def test_a_handle_outlives_the_process(requester: Requester) -> None:
    handle = requester.task()
    assert status(Requester(requester.placet), handle) == "pending"


@pytest.fixture(scope="module")
def busy() -> tuple[Requester, str]:
    """One service for all examples, and the handle of a task there."""
    requester = Requester(governed())
    return requester, requester.task()


@given(data=some.data())
def test_a_handle_with_another_letter_is_of_no_task(
    busy: tuple[Requester, str], data: some.DataObject
) -> None:
    requester, handle = busy
    at = data.draw(some.integers(0, len(handle) - 1))
    letter = data.draw(some.sampled_from(LETTERS.replace(handle[at], "")))
    assert problem(requester.status(handle[:at] + letter + handle[at + 1 :])) == UNKNOWN


@pytest.mark.parametrize("handle", ["x", "019b78c9-0a80-7ecf-868d-08d1ff5ceb27", "a%2Fb"])
def test_what_is_no_handle_is_of_no_task(requester: Requester, handle: str) -> None:
    assert problem(requester.status(handle)) == UNKNOWN
    assert problem(requester.cancel(handle)) == UNKNOWN


def test_the_id_of_an_approval_is_no_handle(requester: Requester) -> None:
    requester.task()
    (approval,) = requester.placet.approvals.list(actor=SYSTEM).items
    assert problem(requester.status(approval.id)) == UNKNOWN


# -- cancelling ------------------------------------------------------------------------------------


def test_who_asked_cancels_and_says_why(requester: Requester) -> None:
    handle = requester.task()
    said = {"reason": "not_needed", "comment": "the renewal is done"}
    result = requester.cancel(handle, said)
    assert (result.status_code, result.json["task"]["status"]) == (200, "cancelled")
    (approval,) = requester.placet.approvals.list(actor=SYSTEM).items
    assert approval.resolution is not None
    assert approval.resolution.reason == "not_needed: the renewal is done"


def test_a_cancellation_needs_no_body(requester: Requester) -> None:
    handle = requester.task()
    result = requester.post(f"requests/{handle}/cancel", raw=b"")
    assert result.json["task"]["status"] == "cancelled"


def test_what_has_ended_cannot_be_cancelled(requester: Requester) -> None:
    handle = requester.task()
    requester.decided()
    assert problem(requester.cancel(handle)) == (409, "invalid_task_state")
    assert status(requester, handle) == "approved"


# -- several ---------------------------------------------------------------------------------------


def test_a_bundle_is_pending_while_any_item_is(requester: Requester) -> None:
    handle = bundle(requester)
    requester.placet.approve(approval_of(requester, "record.read"), by="user:dana")
    said = requester.status(handle).json
    assert said["task"]["status"] == "pending"
    assert [item["status"] for item in said["task"]["items"]] == ["approved", "pending"]


def test_a_bundle_whose_items_differ_in_the_end_is_partial(requester: Requester) -> None:
    handle = bundle(requester)
    requester.placet.approve(approval_of(requester, "record.read"), by="user:dana")
    requester.placet.reject(approval_of(requester, "record.delete"), by="user:dana")
    said = requester.status(handle).json
    assert said["task"]["status"] == "partial"
    assert [item["status"] for item in said["task"]["items"]] == ["approved", "denied"]


def test_results_of_a_bundle_are_those_of_its_items(requester: Requester) -> None:
    """A result for all would authorize nothing."""
    handle = bundle(requester)
    requester.decided()
    said = requester.status(handle).json
    assert said["task"]["status"] == "approved"
    assert "result" not in said
    ids = {item["result"]["approval"]["id"] for item in said["task"]["items"]}
    assert len(ids) == 2


def test_cancelling_a_bundle_ends_what_is_pending_of_it(requester: Requester) -> None:
    handle = bundle(requester)
    requester.placet.approve(approval_of(requester, "record.read"), by="user:dana")
    said = requester.cancel(handle).json["task"]
    assert said["status"] == "partial"
    assert [item["status"] for item in said["items"]] == ["approved", "cancelled"]
    assert problem(requester.cancel(handle)) == (409, "invalid_task_state")
