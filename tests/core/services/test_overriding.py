"""Break-glass through the service: a right, a reason, a short life, and a look afterwards."""

import msgspec
import pytest

from placet import SYSTEM, AccessDenied, Approval, Assignment, Invalid, InvalidState, NotFound, Role
from placet.testing import PlacetUnderTest


@pytest.fixture
def pending(placet: PlacetUnderTest) -> str:
    """sam waits to pay; kim is on duty, and holds the right to override."""
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(
        msgspec.structs.replace(
            policy, override_by=("user:kim", "user:sam", "user:eve", "user:dana")
        ),
        actor=SYSTEM,
    )
    placet.roles.create(
        Role(id="duty", permissions=("core_approval_override", "core_approval_view")), actor=SYSTEM
    )
    for name in ("kim", "sam"):
        placet.assignments.create(
            Assignment(id=f"duty-{name}", principal=f"user:{name}", role="duty"), actor=SYSTEM
        )
    return placet.request("invoice.pay", "invoice:7", {"amount": 900}, actor="user:sam").id


def _override(placet: PlacetUnderTest, id: str) -> Approval:
    return placet.approvals.override(id, comment="the bank closes", actor="user:kim")


def _later(placet: PlacetUnderTest, id: str) -> Approval:
    (later,) = (
        one
        for one in placet.approvals.list(status="pending", actor=SYSTEM).items
        if one.overrides == id
    )
    return later


def test_it_lets_through_at_once_and_not_for_long(placet: PlacetUnderTest, pending: str) -> None:
    done = _override(placet, pending)
    assert done.resolution is not None
    assert (done.status, done.resolution.kind) == ("approved", "override")
    placet.clock.advance("1h")
    (grant,) = placet.grants.list(actor=SYSTEM).items
    with pytest.raises(InvalidState, match="ended"):
        placet.grants.take(grant.id, done.digest, actor="user:sam")


def test_everybody_who_was_skipped_is_named_in_the_log(
    placet: PlacetUnderTest, pending: str
) -> None:
    _override(placet, pending)
    (event,) = placet.audit.list(kind="approval.overridden", actor=SYSTEM).items
    assert event.data["skipped"] == ["user:dana", "user:finn"]


def test_it_is_looked_at_afterwards(placet: PlacetUnderTest, pending: str) -> None:
    _override(placet, pending)
    later = _later(placet, pending)
    with pytest.raises(AccessDenied):
        placet.review(later.id, "approve", actor="user:kim")
    assert placet.approve(later, by="user:dana").grant is None


def test_rejected_afterwards_it_is_revoked(placet: PlacetUnderTest, pending: str) -> None:
    done = _override(placet, pending)
    placet.reject(_later(placet, pending), by="user:dana")
    assert done.grant is not None
    assert placet.grants.get(done.grant, actor=SYSTEM).status == "revoked"


def test_without_the_right_nobody_overrides(placet: PlacetUnderTest, pending: str) -> None:
    """T40: being named is not enough, and neither is the right."""
    with pytest.raises(NotFound):
        placet.approvals.override(pending, comment="x", actor="user:eve")
    with pytest.raises(AccessDenied, match="core_approval_override"):
        placet.approvals.override(pending, comment="x", actor="user:dana")
    with pytest.raises(AccessDenied, match="does not name"):
        placet.approvals.override(pending, comment="x", actor="user:root")


def test_whoever_asked_cannot_override(placet: PlacetUnderTest, pending: str) -> None:
    """T36."""
    with pytest.raises(AccessDenied, match="stands behind"):
        placet.approvals.override(pending, comment="x", actor="user:sam")


@pytest.mark.parametrize(("verdict", "comment"), [("approve", " "), ("abstain", "x")])
def test_it_decides_and_says_why(
    placet: PlacetUnderTest, pending: str, verdict: str, comment: str
) -> None:
    with pytest.raises(Invalid, match="an override"):
        placet.approvals.override(pending, verdict, comment=comment, actor="user:kim")  # type: ignore[arg-type]  # parametrized
    assert placet.approvals.get(pending, actor=SYSTEM).status == "pending"
