"""Opening an approval that somebody else's work waits for, perhaps decided in the same commit."""

from typing import Any

import msgspec
import pytest
from office import SYSTEM, office

from placet import (
    AccessDenied,
    AlreadyExists,
    ApprovalPolicy,
    Assignment,
    Invalid,
    InvalidState,
    Permission,
    Role,
    hookimpl,
)
from placet.model import Approval, parse_reviews
from placet.testing import PlacetUnderTest

STAGE = {"execution": "e1", "stage": "plan"}


@pytest.fixture
def building(placet: PlacetUnderTest) -> PlacetUnderTest:
    """eve may start a build; dana and finn of finance may release it, and so may kim."""
    with placet.acting(SYSTEM):
        for permission in ("build.start", "build.release", "build.view"):
            placet.permissions.create(Permission.dotted(permission))
        placet.roles.create(Role(id="starter", permissions=("build.start",)))
        placet.roles.create(Role(id="releaser", permissions=("build.start", "build.release")))
        placet.roles.create(Role(id="watcher", permissions=("build.view",)))
        for who, role in (("eve", "starter"), ("dana", "releaser"), ("kim", "releaser")):
            placet.assignments.create(
                Assignment(id=f"{who}-{role}", principal=f"user:{who}", role=role)
            )
        placet.policies.create(
            ApprovalPolicy(
                id="release",
                applies_to=("build.release",),
                needed="when_denied",
                requirement=parse_reviews("1 from permission:build.release"),
                allow_self_review=True,
            )
        )
    return placet


def opened(placet: PlacetUnderTest, by: str = "eve", **more: Any) -> Approval:
    return placet.approvals.open(
        "build.release", "build:7", STAGE, needs="build.start", actor=f"user:{by}", **more
    )


def test_who_opens_it_does_not_ask_to_be_allowed_it(building: PlacetUnderTest) -> None:
    approval = opened(building, labels={"pipeline": "p"})
    assert (approval.status, approval.requester) == ("pending", "user:eve")
    assert (approval.permission, approval.resource) == ("build.release", "build:7")
    assert building.decide("user:eve", "build.release", "build:7").outcome == "denied"
    assert building.approve(approval, by="user:dana").status == "approved"


def test_it_needs_the_right_that_is_named(building: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match=r"lacks build\.start on build:7"):
        opened(building, by="finn")


def test_one_waits_at_a_time_whoever_opened_it(building: PlacetUnderTest) -> None:
    first = opened(building)
    with pytest.raises(AlreadyExists, match=first.id):
        opened(building, by="kim")
    building.reject(first, by="user:dana")
    assert opened(building, by="kim").id != first.id


def test_one_that_has_expired_does_not_wait(building: PlacetUnderTest) -> None:
    policy = building.policies.get("release", actor=SYSTEM)
    building.policies.update(msgspec.structs.replace(policy, decide_within=60), actor=SYSTEM)
    first = opened(building)
    building.clock.advance("1m")
    assert opened(building).id != first.id


def test_without_a_policy_nobody_could_decide(building: PlacetUnderTest) -> None:
    building.policies.delete("release", actor=SYSTEM)
    with pytest.raises(AccessDenied, match="nobody can decide"):
        opened(building)


@pytest.mark.parametrize(("verdict", "ends"), [("approve", "approved"), ("reject", "rejected")])
def test_with_a_verdict_it_is_opened_and_reviewed_in_one_commit(
    building: PlacetUnderTest, verdict: Any, ends: str
) -> None:
    done = opened(building, by="kim", verdict=verdict, comment="as agreed", claimed_by="ceo")
    assert (done.status, done.reviews[0].reviewer, done.reviews[0].comment) == (
        ends,
        "user:kim",
        "as agreed",
    )
    events = building.audit.list(approval=done.id, actor=SYSTEM).items
    assert [event.kind for event in events] == [
        "approval.requested",
        "approval.reviewed",
        f"approval.{ends}",
    ]
    assert len({event.version for event in events}) == 1
    assert (events[1].data["verdict"], events[1].data["claimed_by"]) == (verdict, "ceo")


def test_who_may_not_review_opens_nothing_with_a_verdict(building: PlacetUnderTest) -> None:
    before = building.store.head("default")
    with pytest.raises(AccessDenied):
        opened(building, verdict="approve")
    with pytest.raises(Invalid, match="no verdict"):
        opened(building, by="kim", verdict="maybe")
    assert building.store.head("default") == before


class Veto:
    @hookimpl
    def placet_review_guard(self, approval: object, reviewer: str, verdict: str) -> str | None:
        return "not today" if verdict == "approve" else None


def test_a_veto_of_a_plugin_holds_for_a_verdict_at_once() -> None:
    placet = office(plugins=[Veto()])
    with placet.acting(SYSTEM):
        placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"))
        policy = placet.policies.get("four-eyes")
        placet.policies.update(msgspec.structs.replace(policy, allow_self_review=True))
    with pytest.raises(AccessDenied, match="not today"):
        placet.approvals.open(
            "invoice.pay", needs="invoice.read", verdict="approve", actor="user:dana"
        )


def test_reviewable_says_whether_a_review_would_count_and_says_nothing(
    building: PlacetUnderTest,
) -> None:
    id = opened(building).id
    before = building.store.head("default")
    assert building.approvals.reviewable(id, actor="user:dana").id == id
    with pytest.raises(AccessDenied):
        building.approvals.reviewable(id, actor="user:eve")
    assert building.store.head("default") == before
    building.approve(id, by="user:dana")
    with pytest.raises(InvalidState):
        building.approvals.reviewable(id, actor="user:kim")


def test_people_are_named_to_who_may_see_the_approval(building: PlacetUnderTest) -> None:
    approval = building.approve(opened(building), by="user:dana")
    named = building.approvals.people([approval], actor="user:eve")
    assert {ref: found.name for ref, found in named.items()} == {
        "user:eve": "Eve",
        "user:dana": "Dana",
    }
    assert building.approvals.people([approval], actor="user:finn") == {}


def test_a_right_on_what_it_is_about_lets_one_see_it(building: PlacetUnderTest) -> None:
    id = opened(building).id
    building.assignments.create(
        Assignment(id="sam-watches", principal="user:sam", role="watcher"), actor=SYSTEM
    )
    asked = building.request("invoice.pay", "invoice:7", actor="user:kim")
    seen = building.approvals.seen_with("build.view")
    assert seen.get(id, actor="user:sam").id == id
    assert [one.id for one in seen.list(actor="user:sam").items] == [id]
    with pytest.raises(AccessDenied, match=r"build\.view"):
        seen.list(actor="user:finn")
    with pytest.raises(AccessDenied, match=r"build\.view"):
        seen.get(asked.id, actor="user:eve")
