"""What everyone holds under a condition on `subject` is not held by an actor who does not meet it.

The same text says one thing of the actor and another of who gains; it is as good only where the two
are one, or where it is about nobody in particular and somebody is let in.
"""

from collections.abc import Iterator

import pytest
from lesser_admins import guarded_office
from office import SYSTEM

from placet import AccessDenied, Assignment, Group, Resource, User
from placet.testing import PlacetUnderTest

LEE = "user:lee"
SENIORS = "subject.properties.level == 'senior'"
OWN = "subject.id == resource.properties.owner"


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with guarded_office(directory="closed") as opened:
        yield opened


def everyone_holds(placet: PlacetUnderTest, condition: str) -> None:
    held = Assignment(id="all", principal="everyone", role="clerk", condition=condition)
    placet.assignments.create(held, actor=SYSTEM)


@pytest.mark.parametrize("condition", [SENIORS, OWN, "subject.id == 'sam'"])
def test_a_resource_is_not_let_out_of_its_home_for_those_who_meet_it(
    placet: PlacetUnderTest, condition: str
) -> None:
    everyone_holds(placet, condition)
    at_home = Resource(type="invoice", id="7", scope="retail")
    placet.resources.create(at_home, actor=SYSTEM)
    with pytest.raises(AccessDenied, match="does not hold it there as widely"):
        placet.resources.delete("invoice:7", actor=LEE)


@pytest.mark.parametrize("condition", [SENIORS, OWN])
def test_a_token_of_somebody_else_is_not_to_be_had_by_it(
    placet: PlacetUnderTest, condition: str
) -> None:
    everyone_holds(placet, condition)
    with pytest.raises(AccessDenied, match="the bearer of a credential of user:sam"):
        placet.credentials.issue("user:sam", actor=LEE)


@pytest.mark.parametrize("condition", [SENIORS, OWN])
def test_a_token_of_ones_own_is(placet: PlacetUnderTest, condition: str) -> None:
    everyone_holds(placet, condition)
    assert placet.credentials.issue(LEE, actor=LEE).token.startswith("pat.")


def test_a_token_of_ones_own_carries_what_was_given_under_a_condition_on_oneself(
    placet: PlacetUnderTest,
) -> None:
    own = Assignment(id="own", principal=LEE, role="clerk", condition=SENIORS)
    placet.assignments.create(own, actor=SYSTEM)
    assert placet.credentials.issue(LEE, actor=LEE).token.startswith("pat.")


def test_nobody_is_let_back_in_who_may_meet_it(placet: PlacetUnderTest) -> None:
    everyone_holds(placet, SENIORS)
    away = User(id="old", attributes={"level": "senior"}, disabled=True)
    placet.users.create(away, actor=SYSTEM)
    with pytest.raises(AccessDenied, match="give user:old"):
        placet.users.update(User(id="old", attributes={"level": "senior"}), actor=LEE)


@pytest.mark.parametrize(
    "condition",
    [
        SENIORS,
        OWN,
        f"context.office && ({OWN} || resource.id == subject.id)",
        "subject.id in resource.properties.owners",
    ],
)
def test_somebody_new_may_come_to_what_everyone_has(
    placet: PlacetUnderTest, condition: str
) -> None:
    everyone_holds(placet, condition)
    placet.users.create(User(id="new"), actor=LEE)


@pytest.mark.parametrize(
    "condition",
    [
        "subject.id == 'new'",
        "subject.id in ['new']",
        "subject.id.startsWith('n')",
        "'new' == subject.id == context.office",
        "'new' == // (\n subject.id == context.office",
        "(context.office ? 'new' : resource.id) == subject.id",
        "resource.id == 'new' && subject.type == 'user'",
    ],
)
def test_but_not_under_a_name_that_it_tells_from_others(
    placet: PlacetUnderTest, condition: str
) -> None:
    everyone_holds(placet, condition)
    with pytest.raises(AccessDenied, match="give user:new"):
        placet.users.create(User(id="new"), actor=LEE)


def test_nor_with_the_attributes_that_it_asks_for(placet: PlacetUnderTest) -> None:
    everyone_holds(placet, SENIORS)
    with pytest.raises(AccessDenied, match="give user:new"):
        placet.users.create(User(id="new", attributes={"level": "senior"}), actor=LEE)


def test_a_group_may_be_made_and_enabled_whatever_everyone_has(placet: PlacetUnderTest) -> None:
    """Its members are everyone without it."""
    everyone_holds(placet, SENIORS)
    placet.groups.create(Group(id="crew", disabled=True), actor=LEE)
    placet.groups.update(Group(id="crew"), actor=LEE)
