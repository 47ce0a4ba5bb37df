"""For whom an approval waits, as its index says it: never too few, and no more than it has to."""

import pytest
from approval_worlds import People, asked, say

from placet.model import (
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Quorum,
    Requirement,
    Reviews,
    parse_reviews,
)
from placet.storage.terms import waits_for

TEAM = People(qa="ana bo", ops="cy", board="dee")
STAGES = InOrder(
    of=(
        parse_reviews("2 from group:qa"),
        parse_reviews("1 from group:ops"),
        parse_reviews("1 from group:board"),
    )
)


def test_a_stage_waits_for_nobody_before_it_could_open() -> None:
    approval = asked(STAGES)
    assert waits_for(approval) == ("group:qa",)
    approval = say(approval, "ana", TEAM).approval
    assert waits_for(approval) == ("group:qa",)
    approval = say(approval, "bo", TEAM).approval
    assert waits_for(approval) == ("group:ops", "group:qa")
    approval = say(approval, "cy", TEAM).approval
    assert waits_for(approval) == ("group:board", "group:ops", "group:qa")


def test_what_has_ended_waits_for_nobody() -> None:
    assert waits_for(say(asked("1 from group:qa"), "ana", TEAM).approval) == ()


def test_a_rejection_opens_no_stage() -> None:
    said_no = say(asked(STAGES, reject_when=Quorum(2)), "ana", TEAM, "reject")
    assert waits_for(said_no.approval) == ("group:qa",)


def test_shared_seats_need_fewer_people() -> None:
    both = AllOf(of=(parse_reviews("1 from group:qa"), parse_reviews("1 from user:ana")))
    stages = InOrder(of=(both, parse_reviews("1 from group:ops")))
    once = say(asked(stages, shared_seats=True), "ana", TEAM).approval
    assert "group:ops" in waits_for(once)
    assert "group:ops" not in waits_for(say(asked(stages), "ana", TEAM).approval)


@pytest.mark.parametrize(
    ("first", "opens"),
    [
        (AnyOf(of=(parse_reviews("3 from group:qa"), ConditionHolds(when="false"))), True),
        (AtLeast(count=1, of=(parse_reviews("1 from group:qa"),)), False),
        (ConditionHolds(when="false"), True),
    ],
)
def test_a_condition_is_taken_to_hold_for_it_may_hold_later(
    first: Requirement, opens: bool
) -> None:
    stages = InOrder(of=(first, parse_reviews("1 from group:ops")))
    assert ("group:ops" in waits_for(asked(stages))) is opens


def test_those_to_whom_it_is_escalated_are_named_from_the_start() -> None:
    leaf = Reviews(count=1, source="group:qa", escalate_after=60, escalate_to=("group:board",))
    assert waits_for(asked(leaf)) == ("group:board", "group:qa")


@pytest.mark.parametrize(
    ("source", "terms"),
    [
        ("role:lead@/", ("role:lead@/|",)),
        ("permission:a.b", ("permission:a.b|",)),
        ("owner", ("owner|release:7",)),
        ("manager", ("manager|user:sam",)),
        ("everyone", ("everyone",)),
    ],
)
def test_a_source_that_depends_on_where_is_indexed_with_it(
    source: str, terms: tuple[str, ...]
) -> None:
    assert waits_for(asked(f"1 from {source}")) == terms
