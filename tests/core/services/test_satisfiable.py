"""A policy that nobody could meet today is refused, unless it says that this is meant."""

import msgspec
import pytest

from placet import SYSTEM, ApprovalPolicy, Group, Invalid
from placet.model import AllOf, AnyOf, Requirement, Reviews, Rule, parse_reviews
from placet.testing import PlacetUnderTest


def _publish(
    placet: PlacetUnderTest, requirement: Requirement | str, **fields: object
) -> ApprovalPolicy:
    tree = parse_reviews(requirement) if isinstance(requirement, str) else requirement
    policy = ApprovalPolicy(
        id="p",
        applies_to=("invoice.read",),
        requirement=tree,
        **fields,  # type: ignore[arg-type]  # fields of a policy
    )
    return placet.policies.create(policy, actor=SYSTEM)


FINANCE = Reviews(count=1, source="group:finance")


def test_more_seats_than_people_are_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match=r"needs 3 from group:finance.*2 for this"):
        _publish(placet, "3 from group:finance")


def test_as_many_as_there_are_will_do(placet: PlacetUnderTest) -> None:
    assert _publish(placet, "2 from group:finance").id == "p"


def test_one_person_for_two_seats_is_nobody_for_one(placet: PlacetUnderTest) -> None:
    """T33: each leaf by itself could be met, both together cannot."""
    with pytest.raises(Invalid):
        _publish(placet, AllOf(of=(FINANCE, parse_reviews("2 from group:finance"))))


def test_unless_they_may_share(placet: PlacetUnderTest) -> None:
    tree = AllOf(of=(FINANCE, parse_reviews("2 from group:finance")))
    assert _publish(placet, tree, shared_seats=True).shared_seats


def test_a_group_of_nobody_is_nobody(placet: PlacetUnderTest) -> None:
    """T30."""
    placet.groups.create(Group(id="empty"), actor=SYSTEM)
    with pytest.raises(Invalid, match="0 for this"):
        _publish(placet, "1 from group:empty")


def test_who_is_disabled_does_not_count(placet: PlacetUnderTest) -> None:

    dana = placet.users.get("dana", actor=SYSTEM)
    placet.users.update(msgspec.structs.replace(dana, disabled=True), actor=SYSTEM)
    with pytest.raises(Invalid, match="1 for this"):
        _publish(placet, "2 from group:finance")


def test_one_way_that_can_be_met_is_enough(placet: PlacetUnderTest) -> None:
    """T34."""
    placet.groups.create(Group(id="empty"), actor=SYSTEM)
    tree = AnyOf(of=(parse_reviews("1 from group:empty"), FINANCE))
    assert _publish(placet, tree).id == "p"


def test_those_count_to_whom_it_is_escalated(placet: PlacetUnderTest) -> None:
    leaf = Reviews(count=3, source="group:finance", escalate_after=60, escalate_to=("user:root",))
    assert _publish(placet, leaf).id == "p"


def test_a_rule_fills_a_seat(placet: PlacetUnderTest) -> None:
    rule = Rule(name="r", verdict="approve", when="context.small")
    assert _publish(placet, "3 from group:finance", rules=(rule,)).id == "p"


@pytest.mark.parametrize("source", ["owner", "manager", "everyone", "permission:invoice.pay"])
def test_whoever_cannot_be_listed_is_taken_to_be_there(
    placet: PlacetUnderTest, source: str
) -> None:
    assert _publish(placet, f"9 from {source}").id == "p"


def test_a_policy_may_be_meant_so(placet: PlacetUnderTest) -> None:
    assert _publish(placet, "3 from group:finance", allow_unsatisfiable=True).id == "p"
