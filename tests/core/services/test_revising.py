"""Revising a request: a new digest, the policies that apply to it, and no second answer."""

import msgspec
import pytest

from placet import (
    SYSTEM,
    AccessDenied,
    AlreadyExists,
    ApprovalRequired,
    InvalidState,
)
from placet.testing import PlacetUnderTest


def _pending(placet: PlacetUnderTest, amount: int = 900) -> str:
    asked = placet.request("invoice.pay", "invoice:7", {"amount": amount}, actor="user:sam")
    return asked.id


def test_a_yes_to_one_revision_pays_nothing_else(placet: PlacetUnderTest) -> None:
    """T20, T21: what was approved is what may be done, and what is done is what was approved."""
    id = _pending(placet)
    revised = placet.approvals.revise(id, {"amount": 901}, actor="user:sam")
    assert (revised.id, revised.revision) == (id, 2)
    placet.approve(id, by="user:dana")
    with (
        pytest.raises(ApprovalRequired),
        placet.permit("invoice.pay", "invoice:7", {"amount": 900}, actor="user:sam"),
    ):
        pass
    with placet.permit("invoice.pay", "invoice:7", {"amount": 901}, actor="user:sam") as permit:
        assert permit.approval == id


def test_the_revised_one_is_what_asking_again_finds(placet: PlacetUnderTest) -> None:
    id = _pending(placet)
    placet.approvals.revise(id, {"amount": 901}, actor="user:sam")
    assert _pending(placet, 901) == id
    assert _pending(placet, 900) != id


def test_nobody_else_revises_it(placet: PlacetUnderTest) -> None:
    """T42."""
    id = _pending(placet)
    for other in ("user:dana", "user:root"):
        with pytest.raises(AccessDenied, match="only user:sam"):
            placet.approvals.revise(id, {"amount": 1}, actor=other)


def test_two_requests_do_not_become_one(placet: PlacetUnderTest) -> None:
    first, second = _pending(placet, 900), _pending(placet, 901)
    with pytest.raises(AlreadyExists, match=first):
        placet.approvals.revise(second, {"amount": 900}, actor="user:sam")
    assert placet.approvals.get(second, actor=SYSTEM).arguments == {"amount": 901}


def test_the_same_again_changes_nothing(placet: PlacetUnderTest) -> None:
    id = _pending(placet)
    assert placet.approvals.revise(id, {"amount": 900}, actor="user:sam").revision == 1


def test_what_has_ended_is_asked_anew(placet: PlacetUnderTest) -> None:
    """T04."""
    id = _pending(placet)
    placet.reject(id, by="user:dana")
    with pytest.raises(InvalidState):
        placet.approvals.revise(id, {"amount": 1}, actor="user:sam")


def test_a_revision_that_needs_no_approval_is_refused(placet: PlacetUnderTest) -> None:
    policy = placet.policies.get("four-eyes", actor=SYSTEM)

    placet.policies.update(
        msgspec.structs.replace(policy, when="context.amount > 500"), actor=SYSTEM
    )
    id = _pending(placet)
    with pytest.raises(InvalidState, match="allowed"):
        placet.approvals.revise(id, {"amount": 1}, actor="user:sam")
