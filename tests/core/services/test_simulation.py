"""What would be: other reviews, another moment, another policy; and nothing is stored of it."""

from datetime import datetime, timedelta

import pytest
from office import SYSTEM

from placet import AccessDenied, ApprovalPolicy, Invalid
from placet.model import InOrder, Rule, parse_reviews
from placet.services.approval_simulation import Supposed
from placet.testing import PlacetUnderTest


@pytest.fixture
def id(placet: PlacetUnderTest) -> str:
    """A request of sam's that needs two of finance, one of whom has said yes."""
    placet.policies.update(changed("2 from group:finance"), actor=SYSTEM)
    asked = placet.request("invoice.pay", "invoice:1", actor="user:sam").id
    placet.review(asked, "approve", actor="user:dana")
    return asked


def changed(requirement: str, **fields: object) -> ApprovalPolicy:
    """The policy with another requirement."""
    return ApprovalPolicy(
        id="four-eyes",
        applies_to=("invoice.pay",),
        requirement=parse_reviews(requirement),
        decide_within=8 * 3600,
        **fields,  # type: ignore[arg-type]  # of the policy
    )


def test_another_review_may_settle_it(placet: PlacetUnderTest, id: str) -> None:
    for verdict, status in (
        ("approve", "approved"),
        ("reject", "rejected"),
        ("abstain", "pending"),
    ):
        would = placet.approvals.simulate(
            id,
            add=[Supposed("user:finn", verdict)],  # type: ignore[arg-type]  # one of the three
            actor="user:root",
        )
        assert would.status == status
    assert would.why == "has 1 of 2 from group:finance"


def test_a_review_may_be_taken_away(placet: PlacetUnderTest, id: str) -> None:
    would = placet.approvals.simulate(id, remove=["user:dana"], actor="user:root")
    assert would.tree.have == 0


def test_nothing_is_stored(placet: PlacetUnderTest, id: str) -> None:
    before = placet.approvals.get(id, actor=SYSTEM), placet.store.head("default")
    placet.approvals.simulate(id, add=[Supposed("user:finn")], actor="user:root")
    assert (placet.approvals.get(id, actor=SYSTEM), placet.store.head("default")) == before


def test_a_review_that_would_be_refused_is_told_with_the_reason(
    placet: PlacetUnderTest, id: str
) -> None:
    supposed = [Supposed(f"user:{who}") for who in ("eve", "sam", "finn", "kim")]
    would = placet.approvals.simulate(id, add=supposed, actor="user:root")
    assert would.status == "approved"
    assert would.refused.keys() == {"user:eve", "user:sam", "user:kim"}
    assert "is not among those who may review" in would.refused["user:eve"]
    assert "stands behind" in would.refused["user:sam"]
    assert "was approved at" in would.refused["user:kim"]


def test_at_another_moment_it_may_have_expired(placet: PlacetUnderTest, id: str) -> None:
    """T17."""
    later = placet.clock.now() + timedelta(hours=8)
    would = placet.approvals.simulate(id, at=later, add=[Supposed("user:finn")], actor="user:root")
    assert (would.status, would.why) == ("expired", "it would be expired")
    assert "expired at" in would.refused["user:finn"]


def test_a_moment_needs_a_time_zone(placet: PlacetUnderTest, id: str) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        placet.approvals.simulate(id, at=datetime(2026, 1, 1), actor="user:root")  # noqa: DTZ001  # what is refused


def test_another_policy_is_taken_with_its_own_deadline_and_rules(
    placet: PlacetUnderTest, id: str
) -> None:
    one = changed("1 from group:finance")
    assert placet.approvals.simulate(id, policy=one, actor="user:root").status == "approved"
    stages = ApprovalPolicy(
        id="p",
        applies_to=("invoice.pay",),
        requirement=InOrder(
            of=(parse_reviews("1 from user:eve"), parse_reviews("1 from group:finance"))
        ),
        decide_within=60,
        rules=(Rule(name="never", verdict="reject", subjects=("user:sam",)),),
    )
    assert placet.approvals.simulate(id, policy=stages, actor="user:root").status == "rejected"
    placet.clock.advance("1m")
    assert placet.approvals.simulate(id, policy=stages, actor="user:root").status == "expired"


def test_a_policy_that_is_not_valid_is_refused(placet: PlacetUnderTest, id: str) -> None:
    bad = ApprovalPolicy(id="p", applies_to=(), requirement=parse_reviews("1 from everyone"))
    with pytest.raises(Invalid, match="applies_to"):
        placet.approvals.simulate(id, policy=bad, actor="user:root")
    with pytest.raises(Invalid, match="nobody-knows-it"):
        placet.approvals.simulate(
            id, policy=changed("1 from group:nobody-knows-it"), actor="user:root"
        )


def test_what_has_ended_is_looked_at_as_if_it_had_not(placet: PlacetUnderTest, id: str) -> None:
    placet.review(id, "reject", actor="user:finn")
    would = placet.approvals.simulate(id, remove=["user:finn"], actor="user:root")
    assert would.status == "pending"


def test_it_is_for_those_who_may_know_the_reviewers(placet: PlacetUnderTest, id: str) -> None:
    """T50."""
    assert placet.approvals.simulate(id, actor="user:finn").status == "pending"
    with pytest.raises(AccessDenied, match="core_approval_view"):
        placet.approvals.simulate(id, actor="user:sam")


def test_a_verdict_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="'maybe' is no verdict"):
        Supposed("user:finn", "maybe")  # type: ignore[arg-type]  # wrong on purpose


def test_a_request_is_tried_before_it_is_made(placet: PlacetUnderTest) -> None:
    head = placet.store.head("default")
    would = placet.approvals.simulate_request("invoice.pay", "invoice:1", actor="user:sam")
    assert (would.outcome, would.policies, would.status) == (
        "approval_required",
        ("four-eyes@/",),
        "pending",
    )
    (leaf,) = would.leaves
    assert (leaf.could, leaf.needed, leaf.reviewers) == (2, 1, ())
    assert would.satisfiable
    assert placet.store.head("default") == head
    assert placet.approvals.list(actor=SYSTEM).items == ()


def test_later_stages_are_shown_as_well(placet: PlacetUnderTest) -> None:
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=InOrder(
                of=(parse_reviews("1 from user:dana"), parse_reviews("1 from user:sam"))
            ),
        ),
        actor=SYSTEM,
    )
    would = placet.approvals.simulate_request("invoice.pay", "invoice:1", actor="user:sam")
    assert [leaf.could for leaf in would.leaves] == [1, 0]
    assert would.satisfiable is False


def test_what_cannot_be_asked_for_says_why(placet: PlacetUnderTest) -> None:
    denied = placet.approvals.simulate_request("invoice.pay", "invoice:1", actor="user:eve")
    allowed = placet.approvals.simulate_request("invoice.read", "invoice:1", actor="user:sam")
    assert (denied.outcome, denied.status, allowed.outcome) == ("denied", None, "allowed")
    assert [reason.code for reason in denied.reasons] == ["no_assignment"]


def test_both_are_plain_json(placet: PlacetUnderTest, id: str) -> None:
    would = placet.approvals.simulate(id, actor="user:root").as_dict()
    asking = placet.approvals.simulate_request("invoice.pay", "invoice:2", actor="user:sam")
    assert (would["approval"], would["tree"]["have"]) == (id, 1)
    assert [*asking.as_dict()["policies"]] == ["four-eyes@/"]
