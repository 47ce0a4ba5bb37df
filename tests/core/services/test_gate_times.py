"""When a gate lets through, what it asks for, and what is looked at again when it is passed."""

from datetime import timedelta

import msgspec
import pytest

from placet import SYSTEM, Approval, Gate, Invalid, InvalidState, ServiceAccount
from placet.model import Blackout, Window, parse_reviews
from placet.testing import PlacetUnderTest

SHA = "sha256:0a1b"
OFFICE = Window(start="09:00", end="17:00")


def _gate(placet: PlacetUnderTest, **fields: object) -> None:
    gate = Gate(id="prod", policy="four-eyes", **fields)  # type: ignore[arg-type]  # fields of a gate
    placet.gates.create(gate, actor=SYSTEM)


def _approved(placet: PlacetUnderTest, digest: str = SHA) -> Approval:
    asked = placet.gates.request("prod", digest, actor="user:root")
    return placet.approve(asked, by="user:dana")


def _status(placet: PlacetUnderTest, labels: dict[str, str] | None = None) -> str:
    return placet.gates.status("prod", SHA, labels=labels, actor=SYSTEM).status


def _policy(placet: PlacetUnderTest, **fields: object) -> None:
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(msgspec.structs.replace(policy, **fields), actor=SYSTEM)


def test_a_gate_is_blocked_outside_its_windows(placet: PlacetUnderTest) -> None:
    _gate(placet, windows=(OFFICE,))
    _policy(placet, use_within=None)
    _approved(placet)
    assert _status(placet) == "open"
    placet.clock.advance("8h")
    assert _status(placet) == "blocked"
    with pytest.raises(InvalidState, match="is blocked"):
        placet.gates.take("prod", SHA, actor="user:root")
    placet.clock.advance("16h")
    assert placet.gates.take("prod", SHA, actor="user:root") is not None


def test_nothing_passes_in_a_blackout_even_what_needs_no_approval(placet: PlacetUnderTest) -> None:
    now = placet.clock.now()
    _gate(placet, blackouts=(Blackout(starts_at=now, ends_at=now + timedelta(hours=1)),))
    _policy(placet, when="context.labels.stage == 'prod'")
    test = {"stage": "test"}
    assert _status(placet, labels=test) == "blocked"
    with pytest.raises(InvalidState):
        placet.gates.take("prod", SHA, labels=test, actor="user:root")
    placet.clock.advance("1h")
    assert placet.gates.take("prod", SHA, labels=test, actor="user:root") is None


def test_what_the_policy_is_not_about_needs_no_approval(placet: PlacetUnderTest) -> None:
    _gate(placet)
    _policy(placet, when="context.labels.stage == 'prod'")
    assert _status(placet, labels={"stage": "test"}) == "not_required"
    assert _status(placet, labels={"stage": "prod"}) == "closed"
    with pytest.raises(InvalidState, match="asks for nothing"):
        placet.gates.request("prod", SHA, labels={"stage": "test"}, actor="user:root")


def test_a_condition_that_cannot_be_told_requires_approval(placet: PlacetUnderTest) -> None:
    """T45."""
    _gate(placet)
    _policy(placet, when="context.labels.stage == 'prod'")
    assert _status(placet) == "closed"


def test_a_policy_that_asks_for_more_since_closes_it(placet: PlacetUnderTest) -> None:
    """T20: looked at when it is passed, not a moment later."""
    _gate(placet)
    _approved(placet)
    _policy(placet, requirement=parse_reviews("2 from group:finance"))
    assert _status(placet) == "closed"
    with pytest.raises(InvalidState, match="is closed"):
        placet.gates.take("prod", SHA, actor="user:root")


def test_a_reviewer_who_has_left_the_group_does_not_open_it(placet: PlacetUnderTest) -> None:
    """T37."""
    _gate(placet)
    _approved(placet)
    placet.groups.remove_members("finance", ["user:dana"], actor=SYSTEM)
    assert _status(placet) == "closed"


def test_a_gate_that_comes_under_another_policy_closes(placet: PlacetUnderTest) -> None:
    """T21."""
    _gate(placet)
    _approved(placet)
    four_eyes = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.create(msgspec.structs.replace(four_eyes, id="other", etag=0), actor=SYSTEM)
    gate = placet.gates.get("prod", actor=SYSTEM)
    placet.gates.update(msgspec.structs.replace(gate, policy="other"), actor=SYSTEM)
    assert _status(placet) == "closed"


def test_who_is_disabled_since_does_not_pass(placet: PlacetUnderTest) -> None:
    _gate(placet)
    _approved(placet)
    root = placet.users.get("root", actor=SYSTEM)
    placet.users.update(msgspec.structs.replace(root, disabled=True), actor=SYSTEM)
    assert _status(placet) == "closed"


def test_a_newer_request_takes_the_place_of_those_that_wait(placet: PlacetUnderTest) -> None:
    _gate(placet, latest_only=True)
    first = placet.gates.request("prod", "sha256:1", actor="user:root")
    second = placet.gates.request("prod", "sha256:2", actor="user:root")
    assert placet.approvals.get(first.id, actor=SYSTEM).status == "superseded"
    assert placet.approvals.get(second.id, actor=SYSTEM).status == "pending"


def test_otherwise_they_wait_beside_each_other(placet: PlacetUnderTest) -> None:
    _gate(placet)
    first = placet.gates.request("prod", "sha256:1", actor="user:root")
    placet.gates.request("prod", "sha256:2", actor="user:root")
    assert placet.approvals.get(first.id, actor=SYSTEM).status == "pending"


def test_a_check_reviews_as_the_service_account_that_it_is(placet: PlacetUnderTest) -> None:
    """T46: as long as it reports nothing, nothing passes."""

    placet.service_accounts.create(ServiceAccount(id="scanner"), actor=SYSTEM)
    _gate(placet)
    _policy(placet, requirement=parse_reviews("1 from service_account:scanner"))
    asked = placet.gates.request("prod", SHA, actor="user:root")
    placet.clock.advance("1h")
    assert _status(placet) == "waiting"
    placet.review(asked.id, "approve", actor="service_account:scanner@/")
    assert _status(placet) == "open"


def test_a_policy_about_another_gate_opens_none(placet: PlacetUnderTest) -> None:
    """T45: what is false for every passing would let everything through."""
    _policy(placet, when="resource.id == 'other'")
    with pytest.raises(Invalid, match="is not about gate 'prod'"):
        _gate(placet)


def test_nor_does_a_policy_that_comes_to_be_about_another(placet: PlacetUnderTest) -> None:
    _gate(placet)
    with pytest.raises(Invalid, match="is not about gate 'prod'"):
        _policy(placet, when="resource.id == 'other'")
    assert _status(placet) == "closed"
